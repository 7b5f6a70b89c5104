"""/ : what needs somebody now, and the board of the room."""

from typing import NamedTuple

from flask import Blueprint, Response, current_app, render_template, request
from sqlalchemy import Connection

from floodwatch.model.people import Role
from floodwatch.store import sounds
from floodwatch.web.board_text import plain
from floodwatch.web.boards import Board, Boards
from floodwatch.web.guard import needs
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.map_view import drawing
from floodwatch.web.services import services

blueprint = Blueprint("overview", __name__)


def board_at(connection: Connection) -> Board:
    """The board of this moment."""
    boards: Boards = current_app.extensions["floodwatch.boards"]
    return boards.at(connection, here(connection))


def groups() -> list[tuple[str, str]]:
    """(group, words) of the filter chips."""
    return [
        ("reservoir", _("水库")),
        ("points", _("内涝点")),
        ("water", _("河湖闸泵")),
        ("rain", _("雨量")),
        ("supply", _("供水与计量")),
    ]


class Night(NamedTuple):
    """How often the room was to hear a tone in the last night, or in this one so far."""

    now: bool
    tones: int


def night_at(connection: Connection) -> Night:
    """Quiet nights are a promise: this is how it was kept."""
    present = here(connection)
    begins, ends = sounds.night_of(present.now, present.tz)
    return Night(present.now < ends, sounds.count(connection, begins, ends))


@blueprint.get("/")
@needs(Role.VIEWER)
def show() -> str:
    """The overview."""
    with services().database.read() as connection:
        made = board_at(connection)
    drawn = drawing(here().district, made.rows)
    return render_template("overview.html", board=made, groups=groups(), map=drawn)


@blueprint.get("/board.txt")
@needs(Role.VIEWER)
def text() -> Response:
    """The board as text for the work group: 复制文字."""
    with services().database.read() as connection:
        made = board_at(connection)
    group = request.args.get("group", "")
    return Response(plain(made, here(), group=group), mimetype="text/plain; charset=utf-8")
