"""The ledger of calls (叫应台账): a line for each answer somebody was asked for, and its end."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select

from floodwatch.model.alert import ObligationState
from floodwatch.model.clock import MINUTE
from floodwatch.store.among import among
from floodwatch.store.tables import alert, call, obligation, outbox

MOST = 2_000
REACHED, PASSED, OPEN, OVER = "reached", "passed", "open", "over"
OUTCOMES = {
    ObligationState.ANSWERED.value: REACHED,
    ObligationState.ENTERED.value: REACHED,
    ObligationState.DEPUTY.value: PASSED,
    ObligationState.OPEN.value: OPEN,
    ObligationState.ENDED.value: OVER,
}


class Line(NamedTuple):
    """One line. Times service ms; `calls` by the machine, `by_hand` (at, result, officer)."""

    id: int
    alert_id: int
    station: str
    variable: str
    label: str
    severity: int
    party: str
    stands_for: str
    way: str
    opened_at: int
    outcome: str  # reached | passed | open | over: it ended without an answer
    state: str
    ended_at: int | None
    ended_by: str | None
    via: str | None
    note: str | None
    calls: int
    by_hand: tuple[tuple[int, str, str], ...]

    @property
    def minutes(self) -> int | None:
        """How long the answer took."""
        return None if self.ended_at is None else (self.ended_at - self.opened_at) // MINUTE


def lines(
    connection: Connection,
    *,
    start: int = 0,
    end: int | None = None,
    alert_id: int | None = None,
) -> list[Line]:
    """Whoever was asked from `start` to before `end`, or about one alert; oldest first."""
    o, a = obligation.c, alert.c
    query = (
        select(obligation, a.station, a.variable, a.label)
        .join(alert, a.id == o.alert_id)
        .where(o.step >= 0, o.opened_at >= start)
        .order_by(o.opened_at, o.id)
        .limit(MOST)
    )
    if end is not None:
        query = query.where(o.opened_at < end)
    if alert_id is not None:
        query = query.where(o.alert_id == alert_id)
    rows = connection.execute(query).all()
    calls = _calls(connection, {row.alert_id for row in rows})
    by_hand = _by_hand(connection, {row.party for row in rows}, start)
    return [_line(row, calls, by_hand) for row in rows]


def _line(
    row: Row[Any],
    calls: dict[tuple[int, str], int],
    by_hand: dict[tuple[int, str], list[tuple[int, str, str]]],
) -> Line:
    place = (row.alert_id, row.party)
    return Line(
        id=row.id,
        alert_id=row.alert_id,
        station=row.station,
        variable=row.variable,
        label=row.label,
        severity=row.severity,
        party=row.party,
        stands_for=row.stands_for,
        way=row.way,
        opened_at=row.opened_at,
        outcome=OUTCOMES[row.state],
        state=row.state,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        via=row.via,
        note=row.note,
        calls=calls.get(place, 0),
        by_hand=tuple(by_hand.get(place, ())),
    )


def _calls(connection: Connection, alerts: set[int]) -> dict[tuple[int, str], int]:
    c = outbox.c
    moments = func.count(c.created_at.distinct())  # a call on two channels is one
    query = (
        select(c.alert_id, c.person, moments)
        .where(among(connection, c.alert_id, alerts), c.way == "call", c.instead_of.is_(None))
        .group_by(c.alert_id, c.person)
    )
    return {(number, person): n for number, person, n in connection.execute(query)}


def _by_hand(
    connection: Connection, people: set[str], start: int
) -> dict[tuple[int, str], list[tuple[int, str, str]]]:
    query = select(call).where(among(connection, call.c.person, people), call.c.at >= start)
    found: dict[tuple[int, str], list[tuple[int, str, str]]] = {}
    for row in connection.execute(query.order_by(call.c.at, call.c.id)):
        for number in row.alerts:
            found.setdefault((number, row.person), []).append((row.at, row.result, row.officer))
    return found
