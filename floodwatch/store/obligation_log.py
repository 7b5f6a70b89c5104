"""Opens, ends and moves on obligations, many at a time; answers are in store.answers."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, select, text, update

from floodwatch.model.alert import ObligationState
from floodwatch.store.among import among, listed
from floodwatch.store.database import Transaction
from floodwatch.store.dialect import Dialect, dialect_of
from floodwatch.store.tables import alert as _alert
from floodwatch.store.tables import latest as _latest
from floodwatch.store.tables import obligation as _obligation
from floodwatch.store.tables import series as _series


class Owing(NamedTuple):
    """An obligation to be opened. `within`: ms to answer in; it is due then unless `due` is given.

    `step` -1 waits to be asked; `told_at`: when it was called, service ms. `stands_for`: who did
    not answer.
    """

    alert_id: int
    party: str
    severity: int
    within: int
    stands_for: str = ""
    way: str = "call"
    step: int = 0
    due: int | None = None
    told_at: int | None = None
    opened_at: int | None = None  # when the person is told, if that is not now


class Standing(NamedTuple):
    """An obligation of an alert, open or not."""

    id: int
    alert_id: int
    party: str
    severity: int
    open: bool


class Move(NamedTuple):
    """An obligation's next step. `told_at` None leaves it; `opened_at` likewise."""

    id: int
    step: int
    due: int | None
    told_at: int | None = None
    opened_at: int | None = None


_COLUMNS = (
    *("alert_id", "party", "severity", "state", "opened_at", "within", "due", "step", "rev"),
    *("stands_for", "way", "told_at"),
)
NOT_NEEDED = "answered in time"
DENIED = "denied: the reading that asked for it was in doubt"
GAVE_UP = 2  # the step from which on only the hand call list goes on


def standing(
    connection: Connection, dialect: Dialect, alert_ids: Collection[int]
) -> list[Standing]:
    """What people themselves owe to these alerts, or have answered or owed, oldest first; what a
    reading in doubt alone had asked for counts for nothing.
    """
    statement = f"""
        SELECT id, alert_id, party, severity, state = 'open' AS owed FROM obligation
        WHERE alert_id IN {dialect.integers("alerts")} AND stands_for = ''
          AND (note IS NULL OR note <> :denied) ORDER BY id
    """
    values = {"alerts": dialect.array(alert_ids), "denied": DENIED}
    rows = connection.execute(text(statement), values)
    return [Standing(row.id, row.alert_id, row.party, row.severity, bool(row.owed)) for row in rows]


def open(tx: Transaction, owing: Iterable[Owing], *, now: int) -> None:
    """Open obligations; one of the same alert, party and severity that is open stays as it is.

    One that has ended is owed anew; the timeline keeps how it ended before.
    """
    owing = list(owing)
    _open_anew(tx, owing, now)
    rows = [
        [
            *(one.alert_id, one.party, one.severity, "open"),
            *(now if one.opened_at is None else one.opened_at, one.within),
            now + one.within if one.due is None else one.due,
            *(one.step, tx.rev, one.stands_for, one.way, one.told_at),
        ]
        for one in owing
    ]
    unique = ("alert_id", "party", "severity", "stands_for")
    tx.dialect.upsert(tx.connection, _obligation, rows, columns=_COLUMNS, key=unique, update=())


def _open_anew(tx: Transaction, owing: Sequence[Owing], now: int) -> None:
    """Open those again that have ended."""
    statement = f"""
        SELECT id, alert_id, party, severity, stands_for FROM obligation
        WHERE alert_id IN {tx.dialect.integers("alerts")} AND state <> 'open'
    """
    alerts = {"alerts": tx.dialect.array({one.alert_id for one in owing})}
    ended = {
        (row.alert_id, row.party, row.severity, row.stands_for): row.id
        for row in tx.connection.execute(text(statement), alerts)
    }
    for one in owing if ended else ():
        number = ended.get((one.alert_id, one.party, one.severity, one.stands_for))
        if number is not None:
            again = {
                **{"state": ObligationState.OPEN.value, "within": one.within, "step": one.step},
                **{"way": one.way, "told_at": one.told_at, "rev": tx.rev},
                "opened_at": now if one.opened_at is None else one.opened_at,
                "due": now + one.within if one.due is None else one.due,
                **dict.fromkeys(("ended_at", "ended_by", "via", "note")),
            }
            mine = update(_obligation).where(_obligation.c.id == number)
            tx.connection.execute(mine.values(again))


def supersede(tx: Transaction, ids: Sequence[int], *, now: int) -> None:
    """End obligations in whose place one for a graver severity was opened."""
    _end(tx, f"id IN {tx.dialect.integers('chosen')}", ids, now, "superseded: the alert worsened")


def end(tx: Transaction, alert_ids: Sequence[int], *, now: int) -> None:
    """End what is still owed to alerts that have resolved."""
    _end(tx, f"alert_id IN {tx.dialect.integers('chosen')}", alert_ids, now, "the alert resolved")


def deny(tx: Transaction, alert_id: int, *, above: int, now: int) -> None:
    """End what is owed to an alert for more than the severity at which it really stands."""
    which = f"alert_id IN {tx.dialect.integers('chosen')} AND severity > {int(above)}"
    _end(tx, which, [alert_id], now, DENIED)


def _end(tx: Transaction, which: str, chosen: Sequence[int], now: int, note: str) -> None:
    if not chosen:
        return
    statement = f"""
        UPDATE obligation SET state = 'ended', due = NULL, ended_at = :now, note = :note, rev = :rev
        WHERE state = 'open' AND {which}
    """
    values = {"now": now, "note": note, "rev": tx.rev, "chosen": tx.dialect.array(chosen)}
    tx.connection.execute(text(statement), values)


def is_due(connection: Connection, *, now: int) -> bool:
    """Whether anybody's time to answer is up."""
    return bool(dialect_of(connection.dialect.name).ask(connection, _IS_DUE, {"now": now}))


_IS_DUE = text("SELECT 1 FROM obligation WHERE due <= :now AND state = 'open' LIMIT 1")


def due(connection: Connection, *, now: int, most: int) -> list[dict[str, Any]]:
    """Obligations whose time is up, gravest first, then longest waiting: each on its alert's row.

    Of the obligation: obligation_id, party, owed_for (the severity), within, step and owed_due. Of
    the gauge: newest and newest_time, its latest reading now, None when there is none.
    """
    dialect = dialect_of(connection.dialect.name)
    return dialect.dicts(connection, _due(), {"now": now, "most": most})


def owed_by(connection: Connection, parties: Collection[str]) -> list[dict[str, Any]]:
    """Everything these parties owe, due or not, in the same words and order."""
    dialect = dialect_of(connection.dialect.name)
    return dialect.dicts(connection, _owed_by(dialect), {"parties": dialect.array(parties)})


@cache
def _due() -> Select[Any]:
    return _owed().where(_obligation.c.due <= bindparam("now")).limit(bindparam("most"))


@cache
def _owed_by(dialect: Dialect) -> Select[Any]:
    return _owed().where(listed(dialect, _obligation.c.party, "parties"))


def _owed() -> Select[Any]:
    owed, gauge = _obligation.c, _series.c
    same = and_(
        gauge.station == _alert.c.station,
        gauge.gauge == _alert.c.gauge,
        gauge.variable == _alert.c.variable,
        gauge.period == 0,
    )
    return (
        select(
            _alert,
            owed.id.label("obligation_id"),
            owed.party,
            owed.severity.label("owed_for"),
            owed.within,
            owed.step,
            owed.way,
            owed.stands_for,
            owed.told_at,
            owed.due.label("owed_due"),
            _latest.c.value.label("newest"),
            _latest.c.time.label("newest_time"),
        )
        .join(_alert, _alert.c.id == owed.alert_id)
        .outerjoin(_series, same)
        .outerjoin(_latest, _latest.c.series_id == gauge.id)
        .where(owed.state == ObligationState.OPEN.value)
        .order_by(owed.severity.desc(), owed.due, owed.id)
    )


class Owed(NamedTuple):
    """An open obligation, in short."""

    id: int
    alert_id: int
    party: str
    severity: int
    step: int
    due: int | None


def owed_by_others(connection: Connection, known: Collection[str]) -> list[Owed]:
    """What is owed by anybody but these."""
    o = _obligation.c
    query = select(o.id, o.alert_id, o.party, o.severity, o.step, o.due)
    query = query.where(o.state == ObligationState.OPEN.value).order_by(o.id)
    named = set(known)
    return [Owed(*row) for row in connection.execute(query) if row.party not in named]


def move_on(tx: Transaction, moves: Sequence[Move]) -> None:
    """Set the next step of each."""
    tx.dialect.run(tx.connection, _MOVED, [move._asdict() | {"rev": tx.rev} for move in moves])


_MOVED = text(
    "UPDATE obligation SET step = :step, due = :due, rev = :rev,"
    " told_at = COALESCE(CAST(:told_at AS bigint), told_at),"
    " opened_at = COALESCE(CAST(:opened_at AS bigint), opened_at) WHERE id = :id"
)


def not_needed(tx: Transaction, ids: Sequence[int], *, now: int) -> None:
    """End those that were to be asked only if nobody answered."""
    _end(tx, f"id IN {tx.dialect.integers('chosen')}", ids, now, NOT_NEEDED)


def answered_among(connection: Connection, alert_ids: Collection[int]) -> set[int]:
    """Those of these alerts to which anybody has answered."""
    query = select(_obligation.c.alert_id).where(
        among(connection, _obligation.c.alert_id, alert_ids),
        _obligation.c.state.not_in([ObligationState.OPEN.value, ObligationState.ENDED.value]),
    )
    return set(connection.execute(query).scalars())


def silent_parties(connection: Connection, alert_ids: Collection[int]) -> dict[int, list[str]]:
    """Who was asked about each of these alerts and still owes an answer."""
    query = select(_obligation.c.alert_id, _obligation.c.party).where(
        among(connection, _obligation.c.alert_id, alert_ids),
        _obligation.c.state == ObligationState.OPEN.value,
        _obligation.c.step >= 0,
    )
    found: dict[int, list[str]] = {}
    for alert_id, party in connection.execute(query.order_by(_obligation.c.id)):
        found.setdefault(alert_id, []).append(party)
    return found


def unreached(connection: Connection) -> list[str]:
    """Whom the machine has called in vain, and nobody has answered in their place."""
    query = (
        select(_obligation.c.party)
        .where(_obligation.c.state == ObligationState.OPEN.value, _obligation.c.step >= GAVE_UP)
        .where(_obligation.c.party != "room")
        .distinct()
        .order_by(_obligation.c.party)
    )
    return list(connection.execute(query).scalars())
