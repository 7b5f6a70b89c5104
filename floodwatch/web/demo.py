"""The demonstration's clock: pause, speed and jumps, as orders the engine obeys."""

from http import HTTPStatus

from flask import Blueprint, abort, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from floodwatch.model.people import Role
from floodwatch.sources.simulator.control import JUMPS, SPEEDS
from floodwatch.store import clockwork
from floodwatch.web.guard import needs, wants_json
from floodwatch.web.here import here
from floodwatch.web.services import services

blueprint = Blueprint("demo", __name__)
SETTING = "demo"


def jumps() -> list[tuple[str, str]]:
    """(name, words) of the jump buttons."""
    return [(jump.label, jump.label) for jump in JUMPS]


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
            "speed": standing.get("speed", 60),
            "paused": bool(standing.get("paused", False)),
            "jump": None,
            "seq": int(standing.get("seq", 0)) + 1,
        }
        if speed == "0":
            order["paused"] = not order["paused"]
        elif speed.isdigit() and int(speed) in SPEEDS:
            order |= {"speed": int(speed), "paused": False}
        elif jump in {each.label for each in JUMPS}:
            order |= {"jump": jump, "paused": False}
        else:
            abort(HTTPStatus.BAD_REQUEST, "speed is 0, 1, 6 or 60; jump is one of the buttons")
        clockwork.set_setting(tx, SETTING, order)
    if wants_json():
        return jsonify(order)
    return redirect(request.referrer or url_for("overview.show"))
