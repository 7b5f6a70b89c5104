"""/api/v1/alerts.atom and the CAP 1.2 document of each transition."""

from http import HTTPStatus

from flask import Blueprint, Response, abort, url_for
from sqlalchemy import Connection

from floodwatch.reports import atom, cap
from floodwatch.store import alert_log
from floodwatch.web.api import may_see
from floodwatch.web.guard import TOKEN, needs
from floodwatch.web.here import here
from floodwatch.web.services import services

blueprint = Blueprint("cap_feed", __name__, url_prefix="/api/v1")
MOST_ALERTS, MOST_ENTRIES = 100, 200


@blueprint.get("/alerts.atom")
@needs(TOKEN)
def feed() -> Response:
    """The newest transitions of the newest alerts, each with a link to its CAP document."""
    with services().database.read() as connection:
        found = here(connection)
        rows = alert_log.alerts(connection, state="all", limit=MOST_ALERTS)
        messages = [
            spoken for row in rows if may_see(row["station"]) for spoken in _spoken(connection, row)
        ]
    messages.sort(key=lambda spoken: (-spoken.occasion.now, -spoken.seq))
    entries = [(spoken, _address(spoken)) for spoken in messages[:MOST_ENTRIES]]
    link = url_for("cap_feed.feed", _external=True)
    body = atom.feed(entries, found.district, link=link, now=found.now)
    return Response(body, mimetype="application/atom+xml")


@blueprint.get("/alerts/<int:alert_id>/cap/<int:seq>.xml")
@needs(TOKEN)
def message(alert_id: int, seq: int) -> Response:
    """One transition as CAP 1.2."""
    with services().database.read() as connection:
        found = here(connection)
        row = alert_log.alert(connection, alert_id)
        if row is None or not may_see(row["station"]):
            abort(HTTPStatus.NOT_FOUND)
        spoken = next((each for each in _spoken(connection, row) if each.seq == seq), None)
    if spoken is None:
        abort(HTTPStatus.NOT_FOUND)
    return Response(cap.document(spoken, found.district), mimetype=atom.CAP_TYPE)


def _spoken(connection: Connection, row: dict[str, object]) -> list[cap.Spoken]:
    events = alert_log.events(connection, int(str(row["id"])))
    return cap.spoken_of(row, events, here().district)


def _address(spoken: cap.Spoken) -> str:
    number = spoken.occasion.alert_id
    return url_for("cap_feed.message", alert_id=number, seq=spoken.seq, _external=True)
