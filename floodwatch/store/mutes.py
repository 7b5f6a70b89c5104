"""Mutes as rows, and what alerts, obligations and messages become while nobody is told."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    TextClause,
    and_,
    bindparam,
    case,
    func,
    insert,
    null,
    or_,
    select,
    text,
    update,
)

from floodwatch.model.alert import ObligationState, Origin
from floodwatch.model.mute import (
    FEED,
    LEVEL,
    OFFLINE,
    RISE_SILENT,
    SERVICE,
    STALE,
    SYSTEM,
    Matter,
    Mute,
    MuteKind,
)
from floodwatch.model.notification import OutboxState
from floodwatch.model.people import Way
from floodwatch.model.station import MANUAL
from floodwatch.store.among import among
from floodwatch.store.database import Transaction
from floodwatch.store.dialect import Dialect, dialect_of
from floodwatch.store.tables import alert, mute, obligation, outbox

ROOM = "room"
BY_ALERT = "alert:"
_SAYING = (FEED, OFFLINE, RISE_SILENT)  # alerts that may stand for others
_MATTER = (alert.c.id, alert.c.station, alert.c.gauge, alert.c.type, alert.c.severity)
_OPEN = ObligationState.OPEN.value
_HOW = (alert.c.muted_by, null().label("resolved_at"), alert.c.variable)  # of an open alert


class Muting(NamedTuple):
    """What decides who is muted: people's mutes, alerts, and those that may stand for others."""

    mutes: list[Mute]
    matters: list[Matter]
    others: list[Matter]


class Fresh(NamedTuple):
    """A mute to be written down. Times service ms."""

    kind: MuteKind
    station: str
    alert_id: int | None
    severity: int
    begins: int
    ends: int
    who: str
    second: str
    reason: str


def unended(connection: Connection) -> list[Mute]:
    """Every mute whose end has not been dealt with, also those that begin later."""
    rows = dialect_of(connection.dialect.name).ask(connection, _UNENDED, {})
    return [Mute(row[0], MuteKind(row[1]), *row[2:]) for row in rows]


_UNENDED = (
    select(*(mute.c[name] for name in Mute._fields))
    .where(mute.c.ended_at.is_(None))
    .order_by(mute.c.id)
)


def muting(connection: Connection) -> Muting:
    """Everything muting is decided by; two short questions while nothing is muted."""
    mutes = unended(connection)
    open_ = alert.c.resolved_at.is_(None)
    rows_ = dialect_of(connection.dialect.name).ask(connection, _SAID, {})
    saying = [Matter(*row) for row in rows_]
    if not mutes and not saying:
        return Muting([], [], [])
    others = [matter for matter in saying if matter.type in (*_SAYING, SYSTEM)]
    concerned: list[ColumnElement[bool]] = [alert.c.muted_by.is_not(None), _BY_HAND]
    if read := {m.station for m in saying if m.type == LEVEL and m.gauge == MANUAL}:
        telemetry = and_(alert.c.type == LEVEL, alert.c.gauge != MANUAL)
        there = among(connection, alert.c.station, read)
        others += _matters(connection, select(*_MATTER, *_HOW).where(open_, telemetry, there))
    if any(matter.type != LEVEL for matter in others):
        concerned.append(alert.c.type.in_((STALE, OFFLINE, FEED)))
    if shelved := [one.alert_id for one in mutes if one.alert_id is not None]:
        concerned.append(among(connection, alert.c.id, shelved))
    if worked_on := [one.station for one in mutes if one.kind is MuteKind.MAINTENANCE]:
        concerned.append(among(connection, alert.c.station, worked_on))
    query = select(*_MATTER, *_HOW).where(open_, or_(*concerned)).order_by(alert.c.id)
    matters = _matters(connection, query)
    return Muting(mutes, matters, [*others, *_ended(connection, matters)])


_SPEAKS = or_(alert.c.type.in_(_SAYING), and_(alert.c.type == SYSTEM, alert.c.gauge != SERVICE))
_BY_HAND = and_(alert.c.type == LEVEL, alert.c.gauge == MANUAL)
_SAID = select(*_MATTER, *_HOW).where(
    alert.c.resolved_at.is_(None), or_(_SPEAKS, _BY_HAND, alert.c.muted_by.is_not(None))
)


def _matters(connection: Connection, query: Select[Any]) -> list[Matter]:
    return [Matter(*row) for row in connection.execute(query)]


def _ended(connection: Connection, matters: Iterable[Matter]) -> list[Matter]:
    """The alerts that have ended while others were muted by them."""
    names = (matter.muted_by or "" for matter in matters)
    ids = {int(name.removeprefix(BY_ALERT)) for name in names if name.startswith(BY_ALERT)}
    if not ids:
        return []
    query = select(*_MATTER, alert.c.muted_by, alert.c.resolved_at, alert.c.variable).where(
        among(connection, alert.c.id, ids), alert.c.resolved_at.is_not(None)
    )
    return _matters(connection, query)


def add(tx: Transaction, fresh: Fresh) -> int:
    """Write a mute down; its number."""
    row = fresh._asdict() | {"kind": fresh.kind.value, "second": fresh.second or None}
    made = insert(mute).values(**row, rev=tx.rev).returning(mute.c.id)
    return int(tx.connection.execute(made).scalar_one())


def end(tx: Transaction, ids: Collection[int], *, who: str, now: int) -> None:
    """End mutes; one that has ended stays as it is."""
    mine = update(mute).where(among(tx.connection, mute.c.id, ids), mute.c.ended_at.is_(None))
    tx.connection.execute(mine.values(ended_at=now, ended_by=who, rev=tx.rev))


def row(connection: Connection, mute_id: int) -> dict[str, Any] | None:
    """One mute as a row."""
    found = connection.execute(select(mute).where(mute.c.id == mute_id)).mappings().first()
    return dict(found) if found else None


def rows(
    connection: Connection, *, now: int | None = None, most: int = 200
) -> list[dict[str, Any]]:
    """Mutes as rows, the newest first: those in force or to come at `now`, or all."""
    query = select(mute).order_by(mute.c.id.desc()).limit(most)
    if now is not None:
        query = query.where(mute.c.ended_at.is_(None), mute.c.ends > now)
    return [dict(found) for found in connection.execute(query).mappings()]


def count(connection: Connection) -> int:
    """How many open alerts are muted, by whatever."""
    query = select(func.count()).where(alert.c.resolved_at.is_(None), alert.c.muted_by.is_not(None))
    return int(connection.execute(query).scalar_one())


def of_alert(connection: Connection, alert_id: int) -> list[Mute]:
    """The shelves of an alert that have not ended."""
    return [one for one in unended(connection) if one.alert_id == alert_id]


def set_muted(tx: Transaction, wanted: Mapping[int, str | None]) -> None:
    """Write why each of these alerts is muted; None: it is not."""
    if not wanted:
        return
    by_id = update(alert).where(alert.c.id == bindparam("old_id"))
    values = by_id.values(muted_by=bindparam("new_muted"), rev=tx.rev)
    tx.connection.execute(
        values, [{"old_id": number, "new_muted": why} for number, why in wanted.items()]
    )


def pause(tx: Transaction, alert_ids: Sequence[int] | None = None) -> None:
    """Nobody is reminded of what is muted; answers are owed and taken all the same."""
    query = update(obligation).where(obligation.c.state == _OPEN, obligation.c.due.is_not(None))
    if alert_ids is None:
        muted = select(alert.c.id).where(
            alert.c.resolved_at.is_(None), alert.c.muted_by.is_not(None)
        )
        query = query.where(obligation.c.alert_id.in_(muted))
    else:
        query = query.where(among(tx.connection, obligation.c.alert_id, alert_ids))
    tx.connection.execute(query.values(due=None, rev=tx.rev))


def is_paused_due(connection: Connection, *, now: int) -> bool:
    """Whether something muted would be reminded of now."""
    return bool(dialect_of(connection.dialect.name).ask(connection, _PAUSED_DUE, {"now": now}))


_PAUSED_DUE = (
    select(obligation.c.id)
    .join(alert, alert.c.id == obligation.c.alert_id)
    .where(obligation.c.due <= bindparam("now"), obligation.c.state == _OPEN)
    .where(alert.c.resolved_at.is_(None), alert.c.muted_by.is_not(None))
    .limit(1)
)


def resume(tx: Transaction, alert_ids: Sequence[int], *, now: int) -> None:
    """What is still owed is due again, each in its own time from now."""
    mine = update(obligation).where(
        among(tx.connection, obligation.c.alert_id, alert_ids),
        obligation.c.state == _OPEN,
        obligation.c.due.is_(None),
    )
    tx.connection.execute(mine.values(due=now + obligation.c.within, rev=tx.rev))


def wake_room(tx: Transaction, alert_ids: Sequence[int], *, now: int) -> None:
    """The room must look again: what it acknowledged before the mute does not count any more.

    Where it is to hear a tone, the tone is due at once. The step goes on: what was asked at each
    is known by it.
    """
    chosen = among(tx.connection, alert.c.id, alert_ids)
    tx.connection.execute(
        update(alert)
        .where(chosen)
        .values(acked_by=None, acked_at=None, acked_severity=None, rev=tx.rev)
    )
    due = case((obligation.c.way == Way.CALL.value, now), else_=now + obligation.c.within)
    again: dict[str, Any] = {"state": _OPEN, "due": due, "opened_at": now, "rev": tx.rev}
    again |= dict.fromkeys(("ended_at", "ended_by", "via", "told_at"))
    present = select(alert.c.severity).where(alert.c.id == obligation.c.alert_id).scalar_subquery()
    tx.connection.execute(
        update(obligation)
        .where(
            among(tx.connection, obligation.c.alert_id, alert_ids),
            and_(obligation.c.party == ROOM, obligation.c.severity == present),
        )
        .values(**again)
    )


def hold(tx: Transaction, alert_ids: Iterable[int], *, since: int, until: int) -> None:
    """Messages of these alerts written since then wait until `until` before they leave."""
    mine = update(outbox).where(
        among(tx.connection, outbox.c.alert_id, list(alert_ids)),
        outbox.c.state == OutboxState.PENDING.value,
        outbox.c.created_at >= since,
        outbox.c.next_at < until,
    )
    tx.connection.execute(mine.values(next_at=until, rev=tx.rev))


def alert_rows(connection: Connection, ids: Iterable[int]) -> list[dict[str, Any]]:
    """These alerts as rows, without those that only imported history has opened."""
    query = select(alert).where(
        among(connection, alert.c.id, list(ids)),
        alert.c.resolved_at.is_(None),
        alert.c.origin != Origin.IMPORT.value,
    )
    return [dict(found) for found in connection.execute(query.order_by(alert.c.id)).mappings()]


def muted_among(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """Of these alerts those that are muted, and by what."""
    dialect = dialect_of(connection.dialect.name)
    rows = dialect.ask(connection, _muted_among(dialect), {"ids": dialect.array(ids)})
    return dict(map(tuple, rows))


@cache
def _muted_among(dialect: Dialect) -> TextClause:
    return text(
        "SELECT id, muted_by FROM alert WHERE muted_by IS NOT NULL"
        f" AND id IN {dialect.integers('ids')}"
    )
