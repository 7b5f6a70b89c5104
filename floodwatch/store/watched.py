"""The last alerts of rules that others watch."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from floodwatch.model.alert import RuleKey
from floodwatch.model.severity import Severity
from floodwatch.store.among import among
from floodwatch.store.tables import alert


def ended(connection: Connection, rules: Iterable[RuleKey]) -> dict[RuleKey, tuple[Severity, int]]:
    """The last alert of each that has ended: its last severity, and when (service ms)."""
    by_name = {str(rule): rule for rule in rules}
    if not by_name:
        return {}
    chosen = among(connection, alert.c.rule, list(by_name))
    newest = select(func.max(alert.c.id)).where(chosen, alert.c.resolved_at.is_not(None))
    query = select(alert.c.rule, alert.c.severity, alert.c.resolved_at).where(
        alert.c.id.in_(newest.group_by(alert.c.rule))
    )
    return {
        by_name[r.rule]: (Severity(r.severity), r.resolved_at) for r in connection.execute(query)
    }
