"""Limits as people see them: which are in force, how far away, and their steps over the seasons."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from floodwatch.model.reading import SeriesKey
from floodwatch.model.season import Season
from floodwatch.model.severity import Severity
from floodwatch.model.threshold import Threshold, ruling


@dataclass(frozen=True, slots=True)
class Gap:
    """How a value stands to one limit: `beyond` by `distance`, or `distance` short of it."""

    threshold: Threshold
    beyond: bool
    distance: float  # never negative, canonical unit


def of_series(thresholds: Iterable[Threshold], key: SeriesKey) -> list[Threshold]:
    """The limits on the value itself of a series (not its rate, not rain windows)."""
    return [
        each
        for each in thresholds
        if (each.station, each.gauge, each.variable) == key[:3]
        and each.comparator.direction in ("up", "down")
        and not each.window
    ]


def gaps(
    thresholds: Iterable[Threshold], value: float, *, at: int, tz: ZoneInfo
) -> tuple[list[Gap], list[Gap]]:
    """(those passed, worst first; those not passed, nearest first) among the limits in force."""
    passed: list[Gap] = []
    ahead: list[Gap] = []
    for each in ruling(thresholds, at, tz):
        beyond = each.comparator.met(value, each.value)
        gap = Gap(each, beyond, abs(value - each.value))
        (passed if beyond else ahead).append(gap)
    passed.sort(key=lambda gap: (-gap.threshold.severity, gap.distance))
    ahead.sort(key=lambda gap: (gap.distance, gap.threshold.severity))
    return passed, ahead


@dataclass(frozen=True, slots=True)
class Steps:
    """One limit's value over a span: from times[i] on it is values[i]; None: not in force."""

    name: str
    label: str
    severity: Severity
    times: tuple[int, ...]
    values: tuple[float | None, ...]

    @property
    def last(self) -> float | None:
        """The value at the end of the span."""
        return self.values[-1]

    def extremes(self) -> list[float]:
        """Every value it takes."""
        return [value for value in self.values if value is not None]


def steps(thresholds: Iterable[Threshold], start: int, end: int, *, tz: ZoneInfo) -> list[Steps]:
    """The step line of each limit name between two times; seasons switch at 08:00 local.

    Of two that are in force at once under one name the one with the latest beginning counts: an
    order with a date stands over the standing season.
    """
    by_name: dict[str, list[Threshold]] = {}
    for each in thresholds:
        by_name.setdefault(each.name, []).append(each)
    found = []
    for name, group in by_name.items():
        times = _changes(group, start, end, tz=tz)
        values = [_value(group, at, tz=tz) for at in times]
        kept = [i for i in range(len(times)) if i == 0 or values[i] != values[i - 1]]
        if all(values[i] is None for i in kept):
            continue
        ruling = _ruling(group, end, tz=tz) or group[-1]
        found.append(
            Steps(
                name,
                ruling.label or name,
                ruling.severity,
                tuple(times[i] for i in kept),
                tuple(values[i] for i in kept),
            )
        )
    return sorted(found, key=lambda each: max(each.extremes()))


def _ruling(group: list[Threshold], at: int, *, tz: ZoneInfo) -> Threshold | None:
    return max(ruling(group, at, tz), key=lambda each: each.valid_from or -1, default=None)


def _value(group: list[Threshold], at: int, *, tz: ZoneInfo) -> float | None:
    ruling = _ruling(group, at, tz=tz)
    return None if ruling is None else ruling.value


def _changes(group: list[Threshold], start: int, end: int, *, tz: ZoneInfo) -> list[int]:
    """Every moment of the span at which another limit may be in force."""
    moments = {start}
    for each in group:
        for edge in (each.valid_from, each.valid_to):
            if edge is not None and start < edge < end:
                moments.add(edge)
        if each.season is not None:
            moments.update(at for at in _switches(each.season, start, end, tz=tz) if at < end)
    return sorted(at for at in moments if at >= start)


def _switches(season: Season, start: int, end: int, *, tz: ZoneInfo) -> list[int]:
    """Every 08:00 at which the season begins or is over, from `start` on."""
    years = [datetime.fromtimestamp(at / 1000, tz).year for at in (start, end)]
    found = []
    for year in range(years[0], years[1] + 1):
        for (month, day), extra in ((season.first, 0), (season.last, 1)):
            leap_safe = datetime(year, month, 1, 8, tzinfo=tz) + timedelta(days=day - 1 + extra)
            found.append(int(leap_safe.timestamp() * 1000))
    return [at for at in found if at > start]
