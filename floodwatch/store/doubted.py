"""The open alerts that stand on one suspect reading alone."""

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause, text

from floodwatch.model.alert import RuleKey
from floodwatch.store.dialect import Dialect, dialect_of


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
    dialect = dialect_of(connection.dialect.name)
    rows = dialect.ask(connection, _doubted(dialect), {"rules": dialect.array(by_name)})
    found = {}
    for rule, value_time, fired_at, stored in rows:
        facts = dict(dialect.document(stored) or {})
        time = value_time or fired_at
        found[by_name[rule]] = Doubted(time, bool(facts.get("asked")), facts)
    return found


@cache
def _doubted(dialect: Dialect) -> TextClause:
    return text(
        "SELECT rule, value_time, fired_at, facts FROM alert"
        f" WHERE rule IN {dialect.texts('rules')} AND resolved_at IS NULL AND suspect"
    )
