"""/alerts: the list, one alert with its timeline, and what people do about it."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Connection

from floodwatch.model.alert import ObligationState
from floodwatch.model.mute import MuteKind
from floodwatch.model.people import Role
from floodwatch.model.severity import Severity
from floodwatch.store import alert_log, board, delivery_log, mutes, pictures
from floodwatch.web.alert_words import headline
from floodwatch.web.care import me
from floodwatch.web.guard import needs, wants_json
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.overview import board_at
from floodwatch.web.plans import clauses
from floodwatch.web.services import now, services

blueprint = Blueprint("alerts", __name__)
LONGEST_NOTE = 1000


@blueprint.get("/alerts")
@needs(Role.VIEWER)
def index() -> str:
    """Open alerts, or all with filters."""
    state = "all" if request.args.get("state") == "all" else "firing"
    station, severity = request.args.get("station", ""), request.args.get("severity", "")
    with services().database.read() as connection:
        found = board.alerts(connection, state=state, station=station, limit=500)
        answers = board.answers(connection, [alert["id"] for alert in found])
    if severity in {str(int(each)) for each in Severity}:
        found = [alert for alert in found if alert["worst"] >= int(severity)]
    for alert in found:
        alert["answered"], alert["owed"] = answers.get(alert["id"], (0, 0))
        alert["headline"] = headline(alert)
    return render_template(
        "alerts.html", alerts=found, state=state, station=station, severity=severity
    )


@blueprint.get("/alerts/<int:alert_id>")
@needs(Role.VIEWER)
def detail(alert_id: int) -> str:
    """One alert: what, since when, who has answered, what was sent."""
    with services().database.read() as connection:
        alert = alert_log.alert(connection, alert_id)
        if alert is None:
            abort(HTTPStatus.NOT_FOUND)
        here(connection)
        made = board_at(connection)
        events = alert_log.events(connection, alert_id)
        duties = alert_log.obligations(connection, alert_id=alert_id)
        sent = delivery_log.messages(connection, alert_id)
        todo = clauses(connection, alert)
        mute = _mute_of(connection, alert["muted_by"] or "")
        picture = pictures.newest(connection, alert["station"])
    alert["headline"] = headline(alert)
    return render_template(
        "alert.html",
        alert=alert,
        row=made.by_code.get(alert["station"]),
        station=here().district.stations.get(alert["station"]),
        events=events,
        duties=duties,
        sent=sent,
        todo=todo,
        mute=mute,
        picture=picture,
        people=here().district.people,
        phones={name: person.phone for name, person in here().district.people.items()},
    )


def _mute_of(connection: Connection, by: str) -> dict[str, Any] | None:
    """The mute by people that keeps the alert silent; None: it speaks, or another speaks for it."""
    kind, _colon, number = by.partition(":")
    return mutes.row(connection, int(number)) if kind in set(MuteKind) else None


@blueprint.post("/alerts/<int:alert_id>/ack")
@needs(Role.OFFICER)
def acknowledge(alert_id: int) -> ResponseReturnValue:
    """The room has it."""
    who = request.form.get("who", "").strip()[:100] or current_user.name
    note = request.form.get("note", "").strip()[:LONGEST_NOTE]
    if who not in (current_user.name, current_user.person):
        note = f"{note} ({_('登录人')} {current_user.name})".strip()
    given = services()
    with given.database.write() as tx:
        at = now(given, tx.connection)
        alert_log.acknowledge(
            tx, alert_id, who=who, note=note, via="page", now=at, person=current_user.person or ""
        )
    return _done(alert_id, _("已收到"))


@blueprint.post("/alerts/<int:alert_id>/answer")
@needs(Role.OFFICER)
def answer(alert_id: int) -> ResponseReturnValue:
    """The officer enters another person's answer: 电话已通知本人, or the deputy's."""
    party = request.form.get("party", "")
    deputy = request.form.get("state") == ObligationState.DEPUTY
    given = services()
    with given.database.write() as tx:
        alert_log.answer(
            tx,
            party,
            who=me(),
            via="page",
            now=now(given, tx.connection),
            alert_id=alert_id,
            note=request.form.get("note", "").strip()[:LONGEST_NOTE],
            state=ObligationState.DEPUTY if deputy else ObligationState.ENTERED,
        )
    return _done(alert_id, _("已记入：%(party)s", party=party))


def _done(alert_id: int, text: str) -> ResponseReturnValue:
    if wants_json():
        return jsonify(done=True, alert=alert_id)
    flash(text, "done")
    return redirect(url_for("alerts.detail", alert_id=alert_id))
