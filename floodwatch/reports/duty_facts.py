"""What the duty room did in a day, as the tables know it."""

from sqlalchemy import Connection, func, or_, select

from floodwatch.model.alert import ObligationState
from floodwatch.model.notification import OutboxState
from floodwatch.reports.facts import Duty
from floodwatch.store import responses
from floodwatch.store import tables as t

_REACHED = (
    ObligationState.ANSWERED.value,
    ObligationState.DEPUTY.value,
    ObligationState.ENTERED.value,
)
_WAITING = (OutboxState.PENDING.value, OutboxState.LEASED.value, OutboxState.RETRY.value)


def duty(connection: Connection, *, start: int, end: int) -> Duty:
    """Alerts that began in (start, end], those open at `end`, answers owed and given meanwhile.

    Times are service ms.
    """
    a, o = t.alert.c, t.obligation.c
    began = select(a.worst, func.count()).where(a.fired_at > start, a.fired_at <= end)
    fired: dict[int, int] = dict(connection.execute(began.group_by(a.worst)).all())
    still = or_(a.resolved_at.is_(None), a.resolved_at > end)
    standing = select(t.alert).where(a.fired_at <= end, still)
    rows = connection.execute(standing.order_by(a.severity.desc(), a.fired_at)).mappings()
    owed = select(o.state, func.count()).where(
        o.party != "room", o.opened_at > start, o.opened_at <= end
    )
    states: dict[str, int] = dict(connection.execute(owed.group_by(o.state)).all())
    waiting = select(func.count()).where(t.outbox.c.state.in_(_WAITING))
    return Duty(
        fired,
        tuple(dict(row) for row in rows),
        sum(states.values()),
        sum(states.get(name, 0) for name in _REACHED),
        responses.current(connection, at=end),
        connection.execute(waiting).scalar_one(),
    )
