"""A rising list of limits, each step one severity graver: IV, III, II, I."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from floodwatch.model.errors import Refused
from floodwatch.model.severity import Severity
from floodwatch.rules.settings import refusal


class Reached(NamedTuple):
    """The step that is open and the one not left yet, by place in the list; -1: none."""

    open: int
    held: int

    @property
    def severity(self) -> Severity | None:
        """Of the open one."""
        return grade(self.open)

    @property
    def holding(self) -> Severity | None:
        """Of the one not left yet."""
        return grade(self.held)

    @property
    def shown(self) -> int:
        """The one that is spoken of."""
        return self.open if self.open >= 0 else self.held


def steps(parameters: Mapping[str, Any], name: str, default: Sequence[float]) -> tuple[float, ...]:
    """The list of a parameter. Raises Refused for what is none."""
    given = parameters.get(name, default)
    if wrong := refusal(name, given):
        raise Refused(f"rule parameter {name}: {wrong}")
    return tuple(map(float, given))[:4]


def grade(place: int) -> Severity | None:
    """The severity of a step."""
    return None if place < 0 else Severity(min(place + 1, 4))


def rising(value: float, limits: Sequence[float], *, clear: float) -> Reached:
    """At or above; a step is left again below its limit times `clear` (less than 1)."""
    return Reached(
        sum(value >= limit for limit in limits) - 1,
        sum(value >= limit * clear for limit in limits) - 1,
    )


def falling(value: float, limits: Sequence[float], *, clear: float) -> Reached:
    """At or below, `limits` falling; a step is left again above its limit times `clear`."""
    return Reached(
        sum(value <= limit for limit in limits) - 1,
        sum(value <= limit * clear for limit in limits) - 1,
    )
