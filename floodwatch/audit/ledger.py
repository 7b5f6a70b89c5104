"""The alerts as they were written down, each with the course of its severity."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, or_, select

from floodwatch.store import tables

SPOKEN = ("fired", "worsened")


@dataclass(slots=True)
class Alert:
    """One alert: when it stood, and how grave it was from when on (service ms)."""

    id: int
    rule: str
    fired_at: int
    resolved_at: int | None
    course: list[tuple[int, int]] = field(default_factory=list)  # (at, severity)

    def worst_by(self, moment: int) -> int:
        """The worst severity it had reached by then; 0: none yet."""
        return max((severity for at, severity in self.course if at <= moment), default=0)


def alerts(connection: Connection, *, start: int, end: int) -> dict[str, list[Alert]]:
    """The alerts that stood at any time between, by rule."""
    table, event = tables.alert.c, tables.alert_event.c
    stood = [
        table.fired_at <= end + 3_600_000,
        or_(table.resolved_at.is_(None), table.resolved_at >= start - 3_600_000),
    ]
    rows = connection.execute(
        select(table.id, table.rule, table.fired_at, table.resolved_at).where(*stood)
    )
    found = {row.id: Alert(row.id, row.rule, row.fired_at, row.resolved_at) for row in rows}
    courses = connection.execute(
        select(event.alert_id, event.at, event.severity)
        .join_from(tables.alert_event, tables.alert, event.alert_id == table.id)
        .where(event.kind.in_(SPOKEN), event.severity.is_not(None), *stood)
    )
    for row in courses:
        if row.alert_id in found:
            found[row.alert_id].course.append((row.at, row.severity))
    by_rule: dict[str, list[Alert]] = {}
    for alert in found.values():
        by_rule.setdefault(alert.rule, []).append(alert)
    return by_rule
