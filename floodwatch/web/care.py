"""What officers do beside answering: shelve, assign, comment; maintenance of stations."""

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from floodwatch.alerts.muting import SHELVED_USUALLY
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.errors import Refused
from floodwatch.model.moment import parse
from floodwatch.model.people import Role
from floodwatch.model.severity import Severity
from floodwatch.pipeline import shelving
from floodwatch.store import board, care, mutes
from floodwatch.web.alert_words import headline
from floodwatch.web.guard import needs, wants_json
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.services import now, services

blueprint = Blueprint("care", __name__)


def me() -> str:
    """The name under which the signed-in person acts."""
    return str(current_user.person or current_user.name)


def field(name: str) -> str:
    """A field of the form, without blanks around."""
    return request.form.get(name, "").strip()


def span_field(name: str, *, usual: int) -> int:
    """Minutes in a field of the form, as ms."""
    given = field(name)
    if not given:
        return usual
    if not (given.isascii() and given.isdigit() and len(given) < 6):
        raise Refused(f"{given!r} is not a number of minutes")
    return int(given) * MINUTE


@blueprint.post("/alerts/<int:alert_id>/shelve")
@needs(Role.OFFICER)
def shelve(alert_id: int) -> ResponseReturnValue:
    """Nobody is reminded of an alert for a while."""
    given = services()
    with given.database.write() as tx:
        shelving.shelve(
            tx,
            alert_id,
            district=given.configuration.current(tx.connection),
            span=span_field("minutes", usual=SHELVED_USUALLY),
            who=me(),
            reason=field("reason"),
            second=field("second"),
            now=now(given, tx.connection),
        )
    return done(_("已搁置"), "alerts.detail", alert_id=alert_id)


@blueprint.post("/alerts/<int:alert_id>/assign")
@needs(Role.OFFICER)
def assign(alert_id: int) -> ResponseReturnValue:
    """Somebody of the room takes it on."""
    given = services()
    with given.database.write() as tx:
        at = now(given, tx.connection)
        care.assign(tx, alert_id, to=field("to")[:100], who=me(), now=at)
    return done(_("已记入"), "alerts.detail", alert_id=alert_id)


@blueprint.post("/alerts/<int:alert_id>/comment")
@needs(Role.OFFICER)
def comment(alert_id: int) -> ResponseReturnValue:
    """A word for the timeline."""
    given = services()
    with given.database.write() as tx:
        care.comment(tx, alert_id, text=field("text"), who=me(), now=now(given, tx.connection))
    return done(_("已记入"), "alerts.detail", alert_id=alert_id)


@blueprint.get("/mutes")
@needs(Role.VIEWER)
def show() -> str:
    """Everything that is muted now, by whom and until when; and what was before."""
    with services().database.read() as connection:
        at = here(connection).now
        alerts = [a for a in board.alerts(connection, state="firing") if a["muted_by"]]
        everything = mutes.rows(connection)
    for alert in alerts:
        alert["headline"] = headline(alert)
    standing = [row for row in everything if row["ended_at"] is None and row["ends"] > at]
    return render_template(
        "mutes.html",
        standing=standing,
        ended=[row for row in everything if row not in standing],
        alerts=alerts,
        stations=here().district.stations,
        people=here().district.people,
        longest=int(here().district.service.get("longest_maintenance") or shelving.LONGEST),
    )


@blueprint.post("/mutes")
@needs(Role.OFFICER)
def maintain() -> ResponseReturnValue:
    """A station is worked on: from now, or from a moment, for so long."""
    given = services()
    with given.database.write() as tx:
        district = given.configuration.current(tx.connection)
        at = now(given, tx.connection)
        begins = parse(field("begins"), district.tz) if field("begins") else at
        shelving.maintain(
            tx,
            field("station"),
            district=district,
            begins=begins,
            ends=begins + span_field("minutes", usual=2 * HOUR),
            who=me(),
            reason=field("reason"),
            severity=Severity.I if field("gravest") else Severity.II,
            second=field("second"),
            now=at,
        )
    return done(_("已登记维护"), "care.show")


@blueprint.post("/mutes/<int:mute_id>/end")
@needs(Role.OFFICER)
def end(mute_id: int) -> ResponseReturnValue:
    """End a mute before its time."""
    given = services()
    with given.database.write() as tx:
        shelving.end(tx, mute_id, who=me(), now=now(given, tx.connection))
    return done(_("已提前结束，仍未解除的告警将重新通知"), "care.show")


def done(text: str, endpoint: str, **where: int | str) -> ResponseReturnValue:
    """Say that it is done: to a script, or on the page that shows it."""
    if wants_json():
        return jsonify(done=True)
    flash(text, "done")
    return redirect(url_for(endpoint, **where))  # type: ignore[arg-type]
