"""GET /api/v1/events: the stream of changes that keeps every open page true."""

from http import HTTPStatus

from flask import Blueprint, Flask, Response, abort, current_app, request
from flask_login import current_user

from floodwatch.store import sessions
from floodwatch.web import bearer
from floodwatch.web.bearer import Grants
from floodwatch.web.boards import Boards
from floodwatch.web.changes import Hub
from floodwatch.web.guard import TOKEN, needs
from floodwatch.web.services import Services, services

blueprint = Blueprint("live", __name__)


def install(app: Flask, *, most_streams: int) -> None:
    """Make the one hub, the one board and the token cache of this process."""
    given: Services = app.extensions["floodwatch"]
    boards = Boards()
    app.extensions["floodwatch.boards"] = boards
    app.extensions["floodwatch.hub"] = Hub(given, boards, most=most_streams)
    app.extensions["floodwatch.grants"] = Grants(given)


def hub() -> Hub:
    """The hub of this process."""
    found: Hub = current_app.extensions["floodwatch.hub"]
    return found


@blueprint.get("/api/v1/events")
@needs(TOKEN)
def events() -> Response:
    """Server-sent events: reading, alert, coverage, change, clock, reset."""
    given = request.headers.get("Last-Event-ID") or request.args.get("last_event_id", "")
    last = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
    grant = bearer.grant()
    if grant is not None and grant.stations is not None:
        abort(HTTPStatus.FORBIDDEN, "the stream shows every station; this token may not")
    stream = hub().join(last)
    if stream is None:
        abort(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"{hub().most} streams are open already; close a page or poll instead",
        )
    given_services = services()
    token = bearer.secret() if grant else None
    grants: Grants = current_app.extensions["floodwatch.grants"]
    session_secret = "" if grant else str(current_user.get_id())

    def valid() -> bool:
        if token is not None:
            return grants(token) is not None
        with given_services.database.read() as connection:
            found = sessions.session_user(
                connection, session_secret, now=given_services.clock.wall()
            )
        return found is not None

    response = Response(stream.messages(valid), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-cache, no-transform"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(stream.close)
    return response
