"""The open alerts that stand on one suspect reading alone."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from floodwatch.model.alert import RuleKey
from floodwatch.store.among import among
from floodwatch.store.tables import alert as _alert


class Doubted(NamedTuple):
    """A suspect reading on which alone an alert stands: its time, what is known beside it.

    `asked`: the patrol has been asked to look.
    """

    time: int
    asked: bool
    facts: dict[str, Any]


def doubted(connection: Connection, rules: Iterable[RuleKey]) -> dict[RuleKey, Doubted]:
    """Of these rules, those whose open alert stands on a suspect reading alone."""
    by_name = {str(rule): rule for rule in rules}
    query = select(_alert.c.rule, _alert.c.value_time, _alert.c.fired_at, _alert.c.facts).where(
        among(connection, _alert.c.rule, list(by_name)),
        _alert.c.resolved_at.is_(None),
        _alert.c.suspect,
    )
    found = {}
    for row in connection.execute(query):
        facts = dict(row.facts or {})
        time = row.value_time or row.fired_at
        found[by_name[row.rule]] = Doubted(time, bool(facts.get("asked")), facts)
    return found
