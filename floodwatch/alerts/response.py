"""Proposes a level of emergency response from what is open; people decide. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from floodwatch.model.severity import Severity

# What counts: water and works. Silence, supply, permits and the service itself do not.
TYPES = frozenset({"level", "rainfall", "district_rain", "pump", "gate", "rise_silent", "seepage"})
# (level proposed, gravest alert it needs, at how many stations), the gravest first.
LADDER = (
    (Severity.I, Severity.I, 3),
    (Severity.II, Severity.I, 1),
    (Severity.III, Severity.II, 1),
    (Severity.IV, Severity.III, 2),
)


class Proposal(NamedTuple):
    """A level, and the alerts for which it is proposed."""

    level: Severity
    alerts: tuple[int, ...]
    stations: int


def proposal(alerts: Iterable[Mapping[str, Any]]) -> Proposal | None:
    """What the open alerts speak for; None when they speak for nothing.

    Low water, what only imported history opened and doubtful readings speak for nothing. The
    figures are a suggestion to begin with: each district's own plan decides.
    """
    counting = [
        row
        for row in alerts
        if row["type"] in TYPES
        and row["direction"] != "down"
        and row["origin"] != "import"
        and not row["suspect"]
        and row["resolved_at"] is None
    ]
    for level, needed, many in LADDER:
        grave = [row for row in counting if row["severity"] >= needed]
        stations = {row["station"] for row in grave}
        if len(stations) >= many:
            return Proposal(level, tuple(row["id"] for row in grave), len(stations))
    return None
