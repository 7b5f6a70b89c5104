"""Thresholds: the configured values, their comparators, seasons and dates."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from floodwatch.model.season import Season
from floodwatch.model.severity import Severity

FLOOD_LIMIT = ("flood_limit", "spill")  # names; of a reservoir without a gate it is the weir


class Comparator(StrEnum):
    """How a value is held against a threshold."""

    ABOVE = "above"
    AT_OR_ABOVE = "at_or_above"
    BELOW = "below"
    AT_OR_BELOW = "at_or_below"
    RISE = "rise"  # per hour
    FALL = "fall"  # per hour

    @property
    def direction(self) -> str:
        """Which side is the dangerous one: up, down, rise or fall."""
        return {
            "above": "up",
            "at_or_above": "up",
            "below": "down",
            "at_or_below": "down",
        }.get(self.value, self.value)

    def met(self, value: float, limit: float) -> bool:
        """Whether `value` is over the limit in this sense."""
        match self:
            case Comparator.ABOVE:
                return value > limit
            case Comparator.BELOW:
                return value < limit
            case Comparator.AT_OR_BELOW:
                return value <= limit
            case _:
                return value >= limit


@dataclass(frozen=True, slots=True)
class Threshold:
    """One value with the severity it opens, in the canonical unit of its variable.

    `clear` is the value at which it is left again (always filled in: the default is the rule's
    hysteresis). `window` is the rain window in ms, 0 otherwise. `valid_from` (inclusive) and
    `valid_to` (exclusive) are ms UTC. `order` is the number of the document of a dated order, which
    while valid stands in place of the other thresholds of its name.
    """

    station: str
    gauge: str
    variable: str
    name: str
    severity: Severity
    comparator: Comparator
    value: float
    clear: float
    window: int = 0
    season: Season | None = None
    valid_from: int | None = None
    valid_to: int | None = None
    source: str = ""
    label: str = ""  # the customary word, e.g. 汛限水位
    order: str = ""  # e.g. 示防〔2026〕1号

    @property
    def slot(self) -> tuple[str, str, str, str]:
        """What an order and the thresholds it replaces have in common."""
        return self.station, self.gauge, self.variable, self.name


def in_force(threshold: Threshold, time: int, tz: ZoneInfo) -> bool:
    """Whether the threshold's dates and season include `time` (ms UTC)."""
    if threshold.valid_from is not None and time < threshold.valid_from:
        return False
    if threshold.valid_to is not None and time >= threshold.valid_to:
        return False
    return threshold.season is None or threshold.season.contains(time, tz)


def ruling(thresholds: Iterable[Threshold], time: int, tz: ZoneInfo) -> tuple[Threshold, ...]:
    """Those in force at `time` (ms UTC); an order stands alone under its name, lower or higher."""
    valid = [each for each in thresholds if in_force(each, time, tz)]
    ordered = {each.slot for each in valid if each.order}
    return tuple(each for each in valid if each.order or each.slot not in ordered)
