"""The demonstration's clock: pause, speed and jumps, as orders the engine obeys."""

import re
from http import HTTPStatus

from flask import Blueprint, abort, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from floodwatch.model.people import Role
from floodwatch.sources.simulator.control import SHOWS, STORM, Show
from floodwatch.store import clockwork, people
from floodwatch.web.guard import needs, wants_json
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.services import now, services

blueprint = Blueprint("demo", __name__)
SETTING = "demo"
JUMPS = {
    "暴雨": _l("暴雨"),
    "失测": _l("失测"),
    "水情日报": _l("水情日报"),
    "补报": _l("补报"),
}


def show() -> Show:
    """What the demonstration shows."""
    return SHOWS.get(here().show, STORM)


def jumps() -> list[tuple[str, str]]:
    """(name, words) of the jump buttons."""
    return [(jump.label, _worded(jump.label)) for jump in show().jumps]


def _worded(label: str) -> str:
    """A label of the show in the reader's language: a clock and a word, or a day of the drought."""
    if day := re.fullmatch(r"旱情第(\d+)天", label):
        return _("旱情第%(n)s天", n=day[1])
    clock, _blank, what = label.partition(" ")
    return f"{clock} {JUMPS[what]}" if what in JUMPS else label


def opening() -> int:
    """When the show opens to its visitors (ms UTC); before it the clock runs up to there."""
    return show().opening


def speeds() -> list[tuple[int, str]]:
    """(speed, words) of the speed buttons."""
    words = {3_600: _("1 小时/秒"), 86_400: _("1 天/秒")}
    return [(speed, words.get(speed, f"×{speed}")) for speed in show().speeds]


@blueprint.post("/demo")
@needs(Role.OFFICER)
def steer() -> ResponseReturnValue:
    """Write the next order."""
    if not here().demonstration:
        abort(HTTPStatus.NOT_FOUND)
    speed, jump = request.form.get("speed", ""), request.form.get("jump", "")
    given = services()
    with given.database.write() as tx:
        standing = dict(clockwork.setting(tx.connection, SETTING) or {})
        order = {
            "speed": standing.get("speed", show().speed),
            "paused": bool(standing.get("paused", False)),
            "jump": None,
            "seq": int(standing.get("seq", 0)) + 1,
        }
        if speed == "0":
            order["paused"] = not order["paused"]
        elif speed in {str(known) for known in show().speeds}:
            order |= {"speed": int(speed), "paused": False}
        elif jump in {each.label for each in show().jumps}:
            order |= {"jump": jump, "paused": False}
        else:
            known = ", ".join(map(str, show().speeds))
            abort(HTTPStatus.BAD_REQUEST, f"speed is 0 or {known}; jump is one of the buttons")
        clockwork.set_setting(tx, SETTING, order)
        at, what = now(given, tx.connection), jump or speed
        people.record(tx.connection, now=at, who=current_user.name, action="demo", what=what)
    if wants_json():
        return jsonify(order)
    return redirect(request.referrer or url_for("overview.show"))
