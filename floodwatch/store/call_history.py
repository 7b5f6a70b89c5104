"""How each person was rung, and when each answered last."""

from collections.abc import Collection
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Select, and_, bindparam, func, not_, select

from floodwatch.model.alert import ObligationState
from floodwatch.model.notification import OutboxState
from floodwatch.store.among import listed
from floodwatch.store.dialect import Dialect, dialect_of
from floodwatch.store.tables import obligation, outbox

GONE = (OutboxState.SUPERSEDED.value, OutboxState.FAILED.value, OutboxState.EXPIRED.value)
BY_HIMSELF = (ObligationState.ANSWERED.value, ObligationState.ENTERED.value)


class History(NamedTuple):
    """Calls since the last answer as (at, severity), oldest first; and that answer."""

    calls: tuple[tuple[int, int], ...] = ()
    answered_at: int | None = None
    answered: int = 0


def history(connection: Connection, people: Collection[str], *, since: int) -> dict[str, History]:
    """The telephone of each of these since then (service ms); one never rung is absent."""
    if not people:
        return {}
    dialect = dialect_of(connection.dialect.name)
    values = {"people": dialect.array(people), "since": since}
    answered: dict[str, tuple[int, int]] = {}
    for party, at, severity in dialect.ask(connection, _ended(dialect), values):
        answered[party] = (at, severity)
    calls: dict[str, list[tuple[int, int]]] = {}
    for person, at, severity in dialect.ask(connection, _rung(dialect), values):
        if at > answered.get(person, (-1, 0))[0]:
            calls.setdefault(person, []).append((at, severity))
    found = {}
    for person in {*answered, *calls}:
        at_, severity_ = answered.get(person, (None, 0))
        found[person] = History(tuple(calls.get(person, ())), at_, severity_)
    return found


_SINCE = bindparam("since", type_=BigInteger)


@cache
def _ended(dialect: Dialect) -> Select[Any]:
    o = obligation.c
    return (
        select(o.party, o.ended_at, func.max(o.severity))
        .where(listed(dialect, o.party, "people"), o.ended_at >= _SINCE)
        .where(o.state.in_(BY_HIMSELF))
        .group_by(o.party, o.ended_at)
        .order_by(o.ended_at)
    )


@cache
def _rung(dialect: Dialect) -> Select[Any]:
    """A call on several channels, also one after the other, is one call."""
    c = outbox.c
    never_rang = and_(c.accepted_at.is_(None), c.state.in_(GONE))
    return (
        select(c.person, c.created_at, func.max(c.severity))
        .where(listed(dialect, c.person, "people"), c.created_at >= _SINCE, c.way == "call")
        .where(c.instead_of.is_(None), not_(never_rang))
        .group_by(c.person, c.created_at)
        .order_by(c.created_at)
    )
