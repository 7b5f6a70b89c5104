"""Who owes an answer, who gave one, and the ledger of calls made by hand (叫应台账)."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from floodwatch.model.alert import CallResult, ObligationState
from floodwatch.model.clock import MINUTE
from floodwatch.model.errors import Refused
from floodwatch.model.notification import OutboxState
from floodwatch.store import timeline
from floodwatch.store.among import among
from floodwatch.store.database import Transaction
from floodwatch.store.tables import alert, audit, call, obligation, outbox

ROOM = "room"
VOICE = "voice"  # the channel that rings
CALL_AGAIN = 5 * MINUTE  # the clock of the hand call list
HIMSELF = "the person has answered himself"
_OPEN = ObligationState.OPEN.value


class Matter(NamedTuple):
    """One open matter of a person on the call list. Times service ms, value in canonical units."""

    obligation_id: int
    alert_id: int
    severity: int
    station: str
    gauge: str
    variable: str
    type: str
    label: str
    value: float | None
    limit_value: float | None
    suspect: bool
    opened_at: int
    due: int | None
    step: int


class CallEntry(NamedTuple):
    """A person who owes answers; one call covers all matters."""

    person: str
    severity: int  # the worst
    due: int | None  # the earliest
    waiting: int  # ms since the oldest matter was opened
    calls: int  # made since then
    last_result: str | None
    last_call: int | None
    last_officer: str | None
    matters: tuple[Matter, ...]


class Owed(NamedTuple):
    """An open obligation. `party` is a person's name or the room; `opened_at` service ms."""

    id: int
    alert_id: int
    party: str
    opened_at: int


def open_obligations(connection: Connection) -> list[Owed]:
    """Every obligation that is still owed, in the order in which they were opened."""
    columns = (obligation.c.id, obligation.c.alert_id, obligation.c.party, obligation.c.opened_at)
    query = select(*columns).where(obligation.c.state == _OPEN, obligation.c.step >= 0)
    query = query.order_by(obligation.c.opened_at, obligation.c.id)
    return [Owed(*row) for row in connection.execute(query)]


def obligations(
    connection: Connection, *, alert_id: int | None = None, open_only: bool = False
) -> list[dict[str, Any]]:
    """Obligations as rows, the room's first, then by person: of one alert or of all."""
    query = select(obligation)
    if alert_id is not None:
        query = query.where(obligation.c.alert_id == alert_id)
    if open_only:
        query = query.where(obligation.c.state == _OPEN)
    query = query.order_by(obligation.c.alert_id, obligation.c.party != ROOM, obligation.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def acknowledge(
    tx: Transaction,
    alert_id: int,
    *,
    who: str,
    note: str,
    via: str,
    now: int,
    person: str = "",
) -> dict[str, Any]:
    """The room has it: silence this severity here until it clears; a worse one breaks through.

    Answers the room's obligation, and those of `who` (or of `person`, whom that user is), never
    another's. A second time has no effect. Refused when no such alert stands. Returns its row.
    """
    row = _standing(tx.connection, alert_id)
    if row["acked_severity"] is not None and row["acked_severity"] >= row["severity"]:
        return row
    acked = {
        "acked_by": who,
        "acked_at": now,
        "acked_severity": row["severity"],
        "note": note or row["note"],
        "rev": tx.rev,
    }
    tx.connection.execute(update(alert).where(alert.c.id == alert_id).values(acked))
    timeline.append(
        tx, [timeline.Entry(alert_id, now, "acked", note, who, row["severity"], {"via": via})]
    )
    mine = [ROOM, who, *([person] if person else [])]
    open_mine = _open_of(mine).where(
        obligation.c.alert_id == alert_id,
        obligation.c.stands_for.in_(["", ROOM]),  # to look is not to have reached somebody
    )
    _end(tx, open_mine, state=ObligationState.ANSWERED, who=who, via=via, note=note, now=now)
    _audit(tx, now=now, who=who, action="acknowledge", what=f"alert {alert_id}: {note}")
    return row | acked


def look_again(tx: Transaction, worse: Iterable[tuple[int, int]]) -> None:
    """Alerts that are again as bad (alert, severity) as they were when somebody saw them, having
    eased: the room must look anew."""
    by_severity: dict[int, list[int]] = {}
    for number, severity in worse:
        by_severity.setdefault(severity, []).append(number)
    for severity, numbers in by_severity.items():
        seen = update(alert).where(
            among(tx.connection, alert.c.id, numbers), alert.c.acked_severity >= severity
        )
        tx.connection.execute(
            seen.values(acked_by=None, acked_at=None, acked_severity=None, rev=tx.rev)
        )


def answer(
    tx: Transaction,
    party: str,
    *,
    who: str,
    via: str,
    now: int,
    alert_id: int | None = None,
    note: str = "",
    state: ObligationState = ObligationState.ANSWERED,
) -> int:
    """A person's own answer, the deputy's (DEPUTY) or the officer's 电话已通知本人 (ENTERED).

    Ends that person's open obligations of one alert, or of all; the number ended is returned, 0
    when nothing was owed any more. Refused when that person never owed an answer to this alert.
    """
    query = _open_of([party])
    if alert_id is not None:
        query = query.where(obligation.c.alert_id == alert_id)
    rows = _end(tx, query, state=state, who=who, via=via, note=note, now=now)
    if not rows and alert_id is not None and not _ever_owed(tx.connection, alert_id, party):
        raise Refused(f"{party} owes no answer to alert {alert_id}; see `floodwatch alerts`")
    facts = {"party": party, "via": via, "state": state.value}
    timeline.append(
        tx,
        [
            timeline.Entry(row["alert_id"], now, "answered", note, who, row["severity"], facts)
            for row in rows
        ],
    )
    if rows:
        numbers = ", ".join(str(row["alert_id"]) for row in rows)
        action = "answer" if state is ObligationState.ANSWERED else "enter answer"
        what = f"{party} by {via}: {numbers}: {note}"
        _audit(tx, now=now, who=who, action=action, what=what)
    return len(rows)


def record_call(
    tx: Transaction,
    person: str,
    *,
    result: CallResult,
    officer: str,
    now: int,
    note: str = "",
) -> int:
    """Write a call made by hand into the ledger; its number.

    REACHED answers every open matter of the person. After any other result the person is due again
    in five minutes, or earlier if that was so before: a call nobody took delays no escalation.
    """
    owed = [dict(row) for row in tx.connection.execute(_open_of([person])).mappings()]
    facts = {"party": person, "result": result.value}
    covered = sorted({row["alert_id"] for row in owed})
    inserted = insert(call).returning(call.c.id)
    values = {"person": person, "at": now, "result": result.value, "officer": officer}
    number: int = tx.connection.execute(
        inserted, values | {"note": note or None, "alerts": covered, "rev": tx.rev}
    ).scalar_one()
    timeline.append(
        tx, [timeline.Entry(i, now, "call", note, officer, facts=facts) for i in covered]
    )
    what = f"{person}: {result.value}: {', '.join(map(str, covered))}: {note}"
    _audit(tx, now=now, who=officer, action="call", what=what)
    if result is CallResult.REACHED:
        answer(tx, person, who=person, via="call", now=now, note=note)
    elif owed:
        again = update(obligation).where(
            among(tx.connection, obligation.c.id, [row["id"] for row in owed])
        )
        later = or_(obligation.c.due.is_(None), obligation.c.due > now + CALL_AGAIN)
        tx.connection.execute(again.where(later).values(due=now + CALL_AGAIN, rev=tx.rev))
    return number


def call_list(connection: Connection, *, now: int) -> list[CallEntry]:
    """Who is to be called, worst first, then who is due first. Telephone numbers: the district."""
    query = (
        select(
            obligation.c.party,
            obligation.c.id.label("obligation_id"),
            obligation.c.alert_id,
            obligation.c.severity,
            alert.c.station,
            alert.c.gauge,
            alert.c.variable,
            alert.c.type,
            alert.c.label,
            alert.c.value,
            alert.c.limit_value,
            alert.c.suspect,
            obligation.c.opened_at,
            obligation.c.due,
            obligation.c.step,
        )
        .join(alert, alert.c.id == obligation.c.alert_id)
        .where(obligation.c.state == _OPEN, obligation.c.party != ROOM)
        .where(obligation.c.step >= 0, obligation.c.opened_at <= now)
        .where(alert.c.muted_by.is_(None))
        .order_by(obligation.c.severity.desc(), obligation.c.opened_at, obligation.c.id)
    )
    matters: dict[str, list[Matter]] = {}
    for party, *columns in connection.execute(query):
        matters.setdefault(party, []).append(Matter(*columns))
    calls = _calls(connection, matters)
    found = [_entry(person, owed, calls.get(person, []), now) for person, owed in matters.items()]
    return sorted(found, key=lambda e: (-e.severity, e.due is None, e.due or 0, -e.waiting))


def _entry(
    person: str, matters: Sequence[Matter], calls: Sequence[dict[str, Any]], now: int
) -> CallEntry:
    since = min(matter.opened_at for matter in matters)
    made = [row for row in calls if row["at"] >= since]
    last = made[-1] if made else {"result": None, "at": None, "officer": None}
    return CallEntry(
        person=person,
        severity=max(matter.severity for matter in matters),
        due=min((m.due for m in matters if m.due is not None), default=None),
        waiting=now - since,
        calls=len(made),
        last_result=last["result"],
        last_call=last["at"],
        last_officer=last["officer"],
        matters=tuple(matters),
    )


def _calls(connection: Connection, people: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    earliest = (
        select(func.min(obligation.c.opened_at))
        .where(obligation.c.state == _OPEN)
        .scalar_subquery()
    )
    query = select(call).where(among(connection, call.c.person, people), call.c.at >= earliest)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(query.order_by(call.c.at, call.c.id)).mappings():
        found.setdefault(row["person"], []).append(dict(row))
    return found


def _standing(connection: Connection, alert_id: int) -> dict[str, Any]:
    row = connection.execute(select(alert).where(alert.c.id == alert_id)).mappings().first()
    if row is None:
        raise Refused(f"there is no alert {alert_id}; `floodwatch alerts` lists those that stand")
    if row["resolved_at"] is not None:
        raise Refused(f"alert {alert_id} has already cleared; there is nothing to acknowledge")
    return dict(row)


def _open_of(parties: Sequence[str]) -> Select[Any]:
    return select(obligation).where(
        obligation.c.party.in_(list(parties)), obligation.c.state == _OPEN
    )


def _ever_owed(connection: Connection, alert_id: int, party: str) -> bool:
    query = select(obligation.c.id).where(
        obligation.c.alert_id == alert_id, obligation.c.party == party
    )
    return connection.execute(query.limit(1)).first() is not None


def _end(
    tx: Transaction,
    which: Select[Any],
    *,
    state: ObligationState,
    who: str,
    via: str,
    note: str,
    now: int,
) -> list[dict[str, Any]]:
    """End the obligations selected, and drop the reminders and calls that have not left yet.

    With it ends what others were asked in these people's place, and what these answered for others.
    """
    rows = [dict(row) for row in tx.connection.execute(which).mappings()]
    if not rows:
        return rows
    answered = state is not ObligationState.ENDED
    ended = {"state": state.value, "due": None, "ended_at": now, "ended_by": who, "via": via}
    tx.connection.execute(
        update(obligation)
        .where(among(tx.connection, obligation.c.id, [row["id"] for row in rows]))
        .values(**ended, note=note or None, rev=tx.rev)
    )
    tx.connection.execute(
        update(outbox)
        .where(
            among(tx.connection, outbox.c.alert_id, {row["alert_id"] for row in rows}),
            among(tx.connection, outbox.c.person, {row["party"] for row in rows}),
            or_(outbox.c.kind.in_(("reminder", "escalated")), outbox.c.channel == VOICE),
            outbox.c.kind.not_in(("resolved", "missed")),
            outbox.c.state.in_([OutboxState.PENDING.value, OutboxState.RETRY.value]),
            ~_still_owes(),
            true() if answered else ~_never_heard(),
        )
        .values(state=OutboxState.SUPERSEDED.value, next_at=None, reason="answered", rev=tx.rev)
    )
    for row in rows:
        _end_beside(tx, row, via=via, now=now, answered=answered)
    return rows


def _still_owes() -> ColumnElement[bool]:
    """Whether the receiver of a message owes an answer to its alert for another reason."""
    still = obligation.alias("still")
    same = (still.c.alert_id == outbox.c.alert_id, still.c.party == outbox.c.person)
    return exists(select(still.c.id).where(*same, still.c.state == _OPEN))


def _never_heard() -> ColumnElement[bool]:
    """Whether a message is all that is left of what its receiver was to be told of the alert."""
    other, heard = outbox.alias("other"), outbox.alias("heard")
    same = (other.c.alert_id == outbox.c.alert_id, other.c.person == outbox.c.person)
    told = (heard.c.alert_id == outbox.c.alert_id, heard.c.person == outbox.c.person)
    made_room = other.c.state == OutboxState.SUPERSEDED.value
    return and_(
        exists(select(other.c.id).where(*same, made_room, other.c.kind.in_(("fired", "worsened")))),
        ~exists(select(heard.c.id).where(*told, heard.c.state == OutboxState.ACCEPTED.value)),
    )


def _end_beside(
    tx: Transaction, row: dict[str, Any], *, via: str, now: int, answered: bool
) -> None:
    """What others owe in place of this party, and what it has `answered` for somebody else."""
    o = obligation.c
    same = select(obligation).where(o.alert_id == row["alert_id"], o.state == _OPEN)
    others = same.where(o.stands_for == row["party"])
    party = str(row["party"])
    _end(tx, others, state=ObligationState.ENDED, who=party, via=via, note=HIMSELF, now=now)
    if row["stands_for"] and answered:
        first = same.where(o.party == row["stands_for"], o.severity <= row["severity"])
        _end(tx, first, state=ObligationState.DEPUTY, who=party, via=via, note="", now=now)


def _audit(tx: Transaction, *, now: int, who: str, action: str, what: str) -> None:
    tx.connection.execute(insert(audit), {"at": now, "who": who, "action": action, "what": what})
