"""Which clauses of the plans an alert calls for: by day, place and gravity. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from floodwatch.model.district import Plan
from floodwatch.model.severity import Severity


class Asked(NamedTuple):
    """What is asked of the plans: an alert's place, rule and worst severity, and when it fired."""

    station: str
    kind: str
    type: str
    band: str
    severity: Severity
    at: int


def in_force(plan: Plan, at: int) -> bool:
    """Whether a clause was in force at `at` (ms UTC)."""
    begun = plan.valid_from is None or plan.valid_from <= at
    return begun and (plan.valid_to is None or at < plan.valid_to)


def applicable(plans: Iterable[Plan], asked: Asked) -> list[Plan]:
    """The clauses that apply, gravest first; those of the very station before those of its kind."""
    found = [plan for plan in plans if _applies(plan, asked)]
    return sorted(found, key=lambda plan: (-plan.severity, not plan.station))


def _applies(plan: Plan, asked: Asked) -> bool:
    return (
        in_force(plan, asked.at)
        and plan.severity <= asked.severity
        and plan.station in ("", asked.station)
        and plan.kind in ("", asked.kind)
        and plan.type in ("", asked.type)
        and plan.name in ("", asked.band)
    )
