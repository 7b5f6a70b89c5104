"""What changed since a shift began, as the tables know it. Times are service ms."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, func, select

from floodwatch.model.notification import OutboxState
from floodwatch.store import responses
from floodwatch.store import tables as t
from floodwatch.store.responses import Response

Row = Mapping[str, Any]
SPOKEN = ("fired", "worsened", "resolved")
WAITING = (OutboxState.PENDING.value, OutboxState.LEASED.value, OutboxState.RETRY.value)
LOST = (OutboxState.FAILED.value, OutboxState.EXPIRED.value)


class Shift(NamedTuple):
    """Everything a hand-over sheet says of (start, end], in the order of time."""

    start: int
    end: int
    events: tuple[Row, ...]  # of alerts: fired, worsened, resolved; each with its alert's row
    open: tuple[Row, ...]  # alerts that stand, gravest first
    owing: tuple[Row, ...]  # answers not given: party, alert_id, severity, opened_at
    calls: tuple[Row, ...]
    entries: tuple[Row, ...]  # of the duty log
    responses: tuple[Row, ...]
    response: Response | None  # in force at the end
    mutes: tuple[Row, ...]  # still in force
    imports: tuple[Row, ...]
    versions: tuple[Row, ...]  # of the configuration: at, who
    hazards: tuple[Row, ...]  # open
    silent: tuple[str, ...]  # stations with a gauge that should have spoken
    undelivered: int
    lost: int


def shift(connection: Connection, *, start: int, end: int, silent: tuple[str, ...]) -> Shift:
    """Read the facts of (start, end]; `silent` are the stations that are silent now."""
    event, alert, owed = t.alert_event, t.alert, t.obligation
    spoken = (
        select(
            event.c.at,
            event.c.kind,
            event.c.severity.label("to"),
            event.c.facts.label("told"),
            alert,
        )
        .join(alert, alert.c.id == event.c.alert_id)
        .where(event.c.kind.in_(SPOKEN), _in(event.c.at, start, end))
        .order_by(event.c.at, event.c.id)
    )
    stands = alert.c.resolved_at.is_(None)
    owing = (
        select(owed.c.party, owed.c.alert_id, owed.c.severity, owed.c.opened_at, owed.c.step)
        .where(owed.c.state == "open", owed.c.party != "room")
        .order_by(owed.c.severity.desc(), owed.c.opened_at)
    )
    return Shift(
        start,
        end,
        _rows(connection, spoken),
        _rows(
            connection,
            select(alert).where(stands).order_by(alert.c.severity.desc(), alert.c.fired_at),
        ),
        _rows(connection, owing),
        _between(connection, t.call, start, end),
        _between(connection, t.log_entry, start, end),
        tuple(responses.between(connection, start, end)),
        responses.current(connection, at=end),
        _rows(
            connection,
            select(t.mute).where(and_(t.mute.c.ended_at.is_(None), t.mute.c.ends > end)),
        ),
        _between(connection, t.imported, start, end),
        _rows(
            connection,
            select(t.config_version.c.id, t.config_version.c.at, t.config_version.c.who).where(
                _in(t.config_version.c.at, start, end)
            ),
        ),
        _rows(connection, select(t.hazard).where(t.hazard.c.closed_at.is_(None))),
        silent,
        _count(connection, WAITING, start=None),
        _count(connection, LOST, start=start),
    )


def _in(column: ColumnElement[int], start: int, end: int) -> ColumnElement[bool]:
    return and_(column > start, column <= end)


def _between(connection: Connection, table: Table, start: int, end: int) -> tuple[Row, ...]:
    query = select(table).where(_in(table.c.at, start, end)).order_by(table.c.at, table.c.id)
    return _rows(connection, query)


def _rows(connection: Connection, query: Any) -> tuple[Row, ...]:
    return tuple(dict(row) for row in connection.execute(query).mappings())


def _count(connection: Connection, states: tuple[str, ...], *, start: int | None) -> int:
    """Messages in these states; with `start` only those written since."""
    o = t.outbox.c
    query = select(func.count()).where(o.state.in_(states))
    if start is not None:
        query = query.where(o.created_at > start)
    return int(connection.execute(query).scalar_one())
