"""The last alerts of rules that others watch."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, func, select, text

from floodwatch.model.alert import RuleKey
from floodwatch.model.severity import Severity
from floodwatch.store.dialect import Dialect, dialect_of
from floodwatch.store.tables import alert


def ended(connection: Connection, rules: Iterable[RuleKey]) -> dict[RuleKey, tuple[Severity, int]]:
    """The last alert of each that has ended: its last severity, and when (service ms)."""
    by_name = {str(rule): rule for rule in rules}
    if not by_name:
        return {}
    dialect = dialect_of(connection.dialect.name)
    rows = connection.execute(_last(dialect), {"rules": dialect.array(by_name)})
    return {by_name[r.rule]: (Severity(r.severity), r.resolved_at) for r in rows}


@cache  # asked with nearly every reading: making the statement anew costs as much as asking
def _last(dialect: Dialect) -> Select[Any]:
    chosen = text(f"alert.rule IN {dialect.texts('rules')}")
    newest = select(func.max(alert.c.id)).where(chosen, alert.c.resolved_at.is_not(None))
    return select(alert.c.rule, alert.c.severity, alert.c.resolved_at).where(
        alert.c.id.in_(newest.group_by(alert.c.rule))
    )
