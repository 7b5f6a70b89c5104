"""What comes in and what is tried out: /incoming, /exercise, and the page behind an answer link."""

from collections.abc import Sequence
from http import HTTPStatus

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from floodwatch.model.clock import DAY
from floodwatch.model.errors import Refused
from floodwatch.model.people import Role
from floodwatch.notify import quota, routing
from floodwatch.notify.breaker import Line
from floodwatch.notify.link import Grant, opened
from floodwatch.pipeline import answer_link, exercise, lines
from floodwatch.store import alert_log, dispatch, exercises, incoming
from floodwatch.store.answers import Matter
from floodwatch.web.auth import limiter
from floodwatch.web.care import me
from floodwatch.web.guard import PUBLIC, needs
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.services import now, services

blueprint = Blueprint("delivery", __name__)
REFUSED_WITHIN = 7 * DAY


@blueprint.get("/incoming")
@needs(Role.OFFICER)
def heard() -> str:
    """Messages that came in with what they were taken for; how the channels stand."""
    with services().database.read() as connection:
        at = here(connection).now
        return render_template(
            "incoming.html",
            messages=incoming.newest(connection),
            channels=_channels(connection, at),
            refused=dispatch.refused_contacts(connection, since=at - REFUSED_WITHIN),
        )


@blueprint.app_template_global("channels_down")
def channels_down() -> dict[str, Line]:
    """The channels that do not work now, for the page of the service's health."""
    with services().database.read() as connection:
        return {name: line for name, line in lines.known(connection).items() if line.down}


def _channels(connection: Connection, at: int) -> list[dict[str, object]]:
    """Every way out of the configuration: how it stands, and what it took today."""
    district = here(connection).district
    known = lines.known(connection)
    used = dispatch.used(connection, quota.day_of(at, district.tz))
    found: list[dict[str, object]] = []
    for name in routing.known_channels(district):
        line = known.get(name)
        limits = quota.limits_of(district.channels.get(name, {}))
        found.append(
            {
                "name": name,
                "since": line.since if line else None,
                "said": line.said if line else "",
                "last_ok": line.last_ok if line else None,
                "sent": used.get((name, dispatch.EVERY_ADDRESS), 0),
                "limit": limits.per_day,
            }
        )
    return found


@blueprint.get("/exercise")
@needs(Role.OFFICER)
def show_exercises() -> str:
    """The last exercises; of the newest or the chosen one, who has answered."""
    with services().database.read() as connection:
        here(connection)
        every = exercises.exercises(connection)
        wanted = request.args.get("number", "")
        chosen = next((e for e in every if str(e.id) == wanted), every[0] if every else None)
        asked = exercises.asked(connection, chosen.id) if chosen else []
    return render_template(
        "exercise.html",
        exercises=every,
        chosen=chosen,
        asked=asked,
        groups=sorted(here().district.groups),
    )


@blueprint.post("/exercise")
@needs(Role.OFFICER)
def start_exercise() -> ResponseReturnValue:
    """Send a marked message to everybody or to a group."""
    given = services()
    with given.database.write() as tx:
        number = exercise.start(
            tx,
            who=me(),
            scope=request.form.get("scope", ""),
            district=here().district,
            now=now(given, tx.connection),
        )
    flash(_("演练第 %(n)s 号已发出", n=number), "done")
    return redirect(url_for("delivery.show_exercises", number=number))


@blueprint.get("/answer/<token>")
@needs(PUBLIC)
@limiter.limit("60 per minute")
def ask(token: str) -> str:
    """What the person owes, and a button. Looking answers nothing."""
    given = services()
    with given.database.read() as connection:
        at = here(connection).now
        grant = _granted(connection, token, at)
        matters, exercised = _owed(connection, grant, at)
    return render_template(
        "answer.html",
        person=grant.person,
        token=token,
        matters=matters,
        exercises=exercised,
        stations=here().district.stations,
        done=False,
    )


@blueprint.post("/answer/<token>")
@needs(PUBLIC)
@limiter.limit("30 per minute")
def confirm(token: str) -> str:
    """End what this person owes of the matters that were shown; nothing of anybody else."""
    given = services()
    shown = set(request.form.getlist("alert"))
    with given.database.write() as tx:
        at = now(given, tx.connection)
        grant = _granted(tx.connection, token, at)
        matters, _exercised = _owed(tx.connection, grant, at)
        mine = sorted({m.alert_id for m in matters if str(m.alert_id) in shown})
        for number in mine:
            alert_log.answer(
                tx, grant.person, who=grant.person, via="link", now=at, alert_id=number
            )
        if request.form.get("exercise"):
            exercises.answer(tx, grant.person, via="link", now=at, since=at - exercise.OPEN)
    return render_template(
        "answer.html",
        person=grant.person,
        token=token,
        matters=[m for m in matters if m.alert_id in mine],
        exercises=[],
        stations=here().district.stations,
        done=True,
    )


def _granted(connection: Connection, token: str, at: int) -> Grant:
    """What the link allows; 400 when it is forged, too old, or of somebody who is gone."""
    key = answer_link.key(connection)
    try:
        if key is None:
            raise Refused("no such link was ever sent")
        grant = opened(token, key, now=at)
    except Refused as error:
        abort(HTTPStatus.BAD_REQUEST, str(error))
    if grant.person not in here(connection).district.people:
        abort(HTTPStatus.BAD_REQUEST, "this person is no longer in recipients.toml")
    return grant


def _owed(
    connection: Connection, grant: Grant, at: int
) -> tuple[Sequence[Matter], list[exercises.Exercise]]:
    """The open matters of the person and the exercises that wait for an answer."""
    entries = alert_log.call_list(connection, now=at)
    matters = [matter for e in entries if e.person == grant.person for matter in e.matters]
    since = at - exercise.OPEN
    return matters, exercises.owed(connection, grant.person, since=since)
