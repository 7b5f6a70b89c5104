"""/response: the register of emergency response, and what the open alerts would speak for."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from floodwatch.alerts.response import Proposal, proposal
from floodwatch.model.errors import Refused
from floodwatch.model.people import Role
from floodwatch.model.severity import Severity
from floodwatch.store import board, responses
from floodwatch.web.care import done, field, me
from floodwatch.web.guard import needs
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.services import now, services

blueprint = Blueprint("responses", __name__)


def proposed(connection: Connection) -> Proposal | None:
    """What is proposed beyond the response in force; None when nothing is."""
    found = proposal(board.alerts(connection, state="firing", limit=5000))
    known = here(connection).response
    return None if found is None or (known and known.level >= found.level) else found


@blueprint.get("/response")
@needs(Role.VIEWER)
def show() -> str:
    """What is in force, what is proposed, and every act."""
    with services().database.read() as connection:
        here(connection)
        found = proposed(connection)
        acts = responses.history(connection)
    return render_template("response.html", proposal=found, acts=acts, levels=list(Severity))


@blueprint.post("/response")
@needs(Role.OFFICER)
def record() -> ResponseReturnValue:
    """Start, change or end: people decide, the register keeps it."""
    act, document, note = field("action"), field("document")[:200], field("note")[:1000]
    who = field("who")[:100] or me()
    if who != me():
        note = f"{note} ({_('登记人')} {me()})".strip()
    given = services()
    with given.database.write() as tx:
        at = now(given, tx.connection)
        if act == responses.END:
            responses.end(tx, who=who, document=document, note=note, now=at)
        elif act in (responses.START, responses.CHANGE):
            write = responses.start if act == responses.START else responses.change
            write(tx, _level(field("level")), who=who, document=document, note=note, now=at)
        else:
            raise Refused("action is start, change or end")
    return done(_("已登记"), "responses.show")


def _level(given: str) -> Severity:
    if given not in Severity.__members__:
        raise Refused("level is IV, III, II or I")
    return Severity[given]
