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


@cache  # asked with nearly every reading: making the statement anew costs as much as asking
def _last(dialect: Dialect) -> TextClause:
    return text(
        "SELECT rule, severity, resolved_at FROM alert WHERE id IN ("
        f"SELECT MAX(id) FROM alert WHERE rule IN {dialect.texts('rules')}"
        " AND resolved_at IS NOT NULL GROUP BY rule)"
    )
