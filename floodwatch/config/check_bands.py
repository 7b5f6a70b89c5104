"""Whole-folder checks of thresholds beside each other: their order, and the days they cover."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from floodwatch.config.dates import local_day
from floodwatch.config.placed import Placed
from floodwatch.model.errors import Problem
from floodwatch.model.season import Season
from floodwatch.model.threshold import Threshold

_FIRST = date(2024, 1, 1)  # a leap year: 02-29 must be covered too
DAYS = [(d.month, d.day) for d in (_FIRST + timedelta(n) for n in range(366))]
_INDEX = {day: index for index, day in enumerate(DAYS)}
WHOLE_YEAR = (1 << 366) - 1
Group = tuple[str, ...]


def check_order(group: list[Placed]) -> Iterator[Problem]:
    """Of thresholds in force together, the worse must lie further out."""
    for place, one in enumerate(group):
        for other in group[place + 1 :]:
            mild, bad = sorted((one, other), key=lambda p: p.threshold.severity)
            a, b = mild.threshold, bad.threshold
            if a.severity == b.severity or not _together(a, b) or _further(b, a):
                continue
            what = (
                f"{a.station}: {b.name} ({b.severity.name}) at {b.value:g} does not lie "
                f"further out than {a.name} ({a.severity.name}) at {a.value:g}"
            )
            remedy = "a worse severity needs a worse value: correct one of the two"
            yield bad.entry.problem(b.comparator.value, what, remedy)


def check_apart(group: list[Placed]) -> Iterator[Problem]:
    """Of one gauge, what is too low must lie below what is too high."""
    low = [p for p in group if p.threshold.comparator.direction == "down"]
    high = [p for p in group if p.threshold.comparator.direction == "up"]
    for one in low:
        for other in high:
            a, b = one.threshold, other.threshold
            if a.value >= b.value and _together(a, b):
                what = (
                    f"{a.station}: {a.name} at {a.value:g} (too low) is not below {b.name} at "
                    f"{b.value:g} (too high)"
                )
                remedy = "one of them would always be open: correct one of the two"
                yield one.entry.problem(a.comparator.value, what, remedy)


def check_days(group: list[Placed], zone: ZoneInfo) -> Iterator[Problem]:
    """Thresholds of one name: no day of the year twice, none left out between them.

    Orders stand in place of the others and may begin and end as they like, but not two at once.
    """
    yield from _overlaps([placed for placed in group if placed.threshold.order])
    group = [placed for placed in group if not placed.threshold.order]
    yield from _overlaps(group)
    bounds: set[int] = set()
    for placed in group:
        ends = (placed.threshold.valid_from, placed.threshold.valid_to)
        bounds |= {end for end in ends if end is not None}
    edges = [None, *sorted(bounds), None]
    spans = list(pairwise(edges))
    inside = [bool(_valid(group, start, end)) for start, end in spans]
    for place, (start, end) in enumerate(spans):
        valid = _valid(group, start, end)
        if not valid and any(inside[:place]) and any(inside[place:]):
            yield _hole(group, start, end, zone)
        elif valid and not any(p.entry.table.only_in_season for p in valid):
            yield from _gap(valid, _days_between(start, end, zone), _when(start, end, zone))


def season_mask(season: Season | None) -> int:
    """The days of a season as bits of a year."""
    if season is None:
        return WHOLE_YEAR
    first, last = _INDEX[season.first], _INDEX[season.last]
    if first <= last:
        return ((1 << (last - first + 1)) - 1) << first
    return WHOLE_YEAR & ~(((1 << (first - last - 1)) - 1) << (last + 1))


def ranges(mask: int) -> str:
    """The days of a mask in words, joined over New Year: 10-01 to 03-31, 05-02."""
    runs: list[list[int]] = []
    for day in range(366):
        if mask >> day & 1:
            if runs and runs[-1][1] == day - 1:
                runs[-1][1] = day
            else:
                runs.append([day, day])
    if len(runs) > 1 and runs[0][0] == 0 and runs[-1][1] == 365:
        runs[0][0] = runs.pop()[0]
    return ", ".join(_run(first, last) for first, last in runs)


def _run(first: int, last: int) -> str:
    names = ["{:02d}-{:02d}".format(*DAYS[day]) for day in (first, last)]
    return names[0] if first == last else " to ".join(names)


def _together(a: Threshold, b: Threshold) -> bool:
    start = max(a.valid_from or 0, b.valid_from or 0)
    ends = [end for end in (a.valid_to, b.valid_to) if end is not None]
    apart = bool(ends) and min(ends) <= start
    return not apart and bool(season_mask(a.season) & season_mask(b.season))


def _further(worse: Threshold, milder: Threshold) -> bool:
    if worse.comparator.direction == "down":
        return worse.value < milder.value
    return worse.value > milder.value


def _overlaps(group: list[Placed]) -> Iterator[Problem]:
    for place, one in enumerate(group):
        for other in group[place + 1 :]:
            a, b = one.threshold, other.threshold
            if a.severity != b.severity or not _together(a, b):
                continue
            days = ranges(season_mask(a.season) & season_mask(b.season))
            if a.season is None and b.season is None:
                days = "all year"
            what = f"{a.station}: {a.name} has two values on the same days ({days})"
            where = "season" if b.season else "name"
            yield other.entry.problem(
                where, what, "correct the seasons or dates, or give one another name"
            )


def _valid(group: list[Placed], start: int | None, end: int | None) -> list[Placed]:
    def holds(t: Threshold) -> bool:
        begun = t.valid_from is None or (start is not None and t.valid_from <= start)
        lasts = t.valid_to is None or (end is not None and t.valid_to >= end)
        return begun and lasts

    return [placed for placed in group if holds(placed.threshold)]


def _days_between(start: int | None, end: int | None, zone: ZoneInfo) -> int:
    if start is None or end is None:
        return WHOLE_YEAR
    first, after = local_day(start, zone), local_day(end, zone)
    if (after - first).days >= 366:
        return WHOLE_YEAR
    mask = 0
    for n in range((after - first).days):
        day = first + timedelta(n)
        mask |= 1 << _INDEX[(day.month, day.day)]
    return mask


def _when(start: int | None, end: int | None, zone: ZoneInfo) -> str:
    """A span between changes in words; nothing when it is all time."""
    since = f" from {local_day(start, zone)}" if start is not None else ""
    return since + (f" before {local_day(end, zone)}" if end is not None else "")


def _gap(valid: list[Placed], wanted: int, when: str) -> Iterator[Problem]:
    covered = 0
    for placed in valid:
        covered |= season_mask(placed.threshold.season)
    missing = wanted & ~covered
    if missing:
        last = valid[-1]
        what = f"{last.station.code}: {last.threshold.name} has no value on {ranges(missing)}{when}"
        remedy = "add a value for these days, or set only_in_season = true if there is none"
        yield last.entry.problem("season", what, remedy)


def _hole(group: list[Placed], start: int | None, end: int | None, zone: ZoneInfo) -> Problem:
    first = group[0]
    days = [local_day(at, zone).isoformat() for at in (start, end) if at is not None]
    what = f"{first.station.code}: {first.threshold.name} has no value from {' to '.join(days)}"
    late = [p for p in group if p.threshold.valid_from == end] or [first]
    return late[0].entry.problem("valid_from", what, "let the dates follow each other")
