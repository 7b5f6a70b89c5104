"""/calls: the hand call list (叫应) and its ledger; /inbox: the demonstration's phones."""

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from floodwatch.model.alert import CallResult
from floodwatch.model.clock import MINUTE
from floodwatch.model.errors import Refused
from floodwatch.model.people import Role
from floodwatch.store import alert_log, delivery_log
from floodwatch.web.guard import needs, wants_json
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.services import now, services

blueprint = Blueprint("calls", __name__)
CLOCK = 5 * MINUTE


@blueprint.get("/calls")
@needs(Role.OFFICER)
def show() -> str:
    """The next person large, the others below, the ledger last."""
    with services().database.read() as connection:
        at = here(connection).now
        me = (current_user.person, current_user.name)  # nobody calls himself
        entries = [e for e in alert_log.call_list(connection, now=at) if e.person not in me]
        ledger = delivery_log.calls(connection)
    ready = [entry for entry in entries if not entry.last_call or at - entry.last_call >= CLOCK]
    waiting = [entry for entry in entries if entry not in ready]
    return render_template(
        "calls.html",
        entries=[*ready, *waiting],
        ledger=ledger,
        people=here().district.people,
        stations=here().district.stations,
        results=list(CallResult),
        clock=CLOCK,
    )


@blueprint.post("/calls")
@needs(Role.OFFICER)
def record() -> ResponseReturnValue:
    """One call and its result."""
    person = request.form.get("person", "")
    try:
        result = CallResult(request.form.get("result", ""))
    except ValueError as error:
        raise Refused(
            f"unknown result; use one of {', '.join(each.value for each in CallResult)}"
        ) from error
    if person not in here().district.people:
        raise Refused(f"{person!r} is not in recipients.toml")
    given = services()
    with given.database.write() as tx:
        number = alert_log.record_call(
            tx,
            person,
            result=result,
            officer=current_user.person or current_user.name,
            now=now(given, tx.connection),
            note=request.form.get("note", "").strip()[:1000],
        )
    if wants_json():
        return jsonify(call=number)
    flash(_("已记入叫应台账"), "done")
    return redirect(url_for("calls.show"))


@blueprint.get("/inbox")
@needs(Role.VIEWER)
def inbox() -> str:
    """示范手机: every message of the local inbox, a phone a person."""
    with services().database.read() as connection:
        here(connection)
        phones = delivery_log.inbox(connection)
    return render_template("inbox.html", phones=phones, people=here().district.people)
