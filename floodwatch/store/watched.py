"""The last alerts of rules that others watch."""

from collections.abc import Iterable
from functools import cache

from sqlalchemy import Connection, TextClause, text

from floodwatch.model.alert import RuleKey
from floodwatch.model.severity import Severity
from floodwatch.store.dialect import Dialect, dialect_of


def ended(connection: Connection, rules: Iterable[RuleKey]) -> dict[RuleKey, tuple[Severity, int]]:
    """The last alert of each that has ended: its last severity, and when (service ms)."""
    by_name = {str(rule): rule for rule in rules}
    if not by_name:
        return {}
    dialect = dialect_of(connection.dialect.name)
    rows = dialect.ask(connection, _last(dialect), {"rules": dialect.array(by_name)})
    return {by_name[rule]: (Severity(severity), at) for rule, severity, at in rows}


def left(
    connection: Connection, rules: Iterable[RuleKey], *, since: int
) -> dict[RuleKey, list[tuple[Severity, int]]]:
    """Every severity these rules had and left since then (service ms), oldest first."""
    by_name = {str(rule): rule for rule in rules}
    dialect = dialect_of(connection.dialect.name)
    values = {"rules": dialect.array(by_name), "since": since}
    found: dict[RuleKey, list[tuple[Severity, int]]] = {}
    for rule, severity, at in dialect.ask(connection, _left(dialect), values):
        found.setdefault(by_name[rule], []).append((Severity(severity), at))
    return found


@cache
def _left(dialect: Dialect) -> TextClause:
    return text(
        "SELECT a.rule, COALESCE(e.previous, e.severity), e.at FROM alert AS a"
        " JOIN alert_event AS e ON e.alert_id = a.id"
        f" WHERE a.rule IN {dialect.texts('rules')}"
        " AND (a.resolved_at IS NULL OR a.resolved_at >= :since)"
        " AND e.at >= :since AND e.kind IN ('eased', 'resolved') ORDER BY e.id"
    )


@cache  # asked with nearly every reading: making the statement anew costs as much as asking
def _last(dialect: Dialect) -> TextClause:
    return text(
        "SELECT rule, severity, resolved_at FROM alert WHERE id IN ("
        f"SELECT MAX(id) FROM alert WHERE rule IN {dialect.texts('rules')}"
        " AND resolved_at IS NOT NULL GROUP BY rule)"
    )
