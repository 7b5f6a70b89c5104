"""Hydrological days: from 08:00 to 08:00 local, named by the day they end, and their summaries.

A reading belongs to the day with start < time <= end: increments end at their time, so that the
rain of the last minutes before 08:00 is counted where it fell, and the reading of 08:00 itself is
the day's last.
"""

import math
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from floodwatch.hydrology.series import Series
from floodwatch.model.quality import Flag

BEGINS = time(8)


class Day(NamedTuple):
    """One day of one series in the canonical unit; times ms UTC; failed readings do not count.

    `coverage` is the share (0 to 1) of the intervals of timed reporting with at least one reading.
    `mean` is of the readings, not weighted by time; `sum` makes sense for increments.
    """

    day: int  # yyyymmdd
    n: int
    coverage: float
    minimum: float
    minimum_at: int
    maximum: float
    maximum_at: int
    mean: float
    sum: float
    first: float
    last: float


class Bounds(NamedTuple):
    """When a hydrological day begins (exclusive) and ends (inclusive), ms UTC."""

    day: int
    start: int
    end: int


def day_of(moment: int, tz: ZoneInfo) -> date:
    """The hydrological day that holds `moment` (ms UTC), by the date it ends."""
    # The millisecond before: 08:00 sharp still belongs to the day that ends then.
    local = datetime.fromtimestamp((moment - 1) / 1000, tz) - timedelta(hours=BEGINS.hour)
    return local.date() + timedelta(days=1)


def bounds(day: date, tz: ZoneInfo) -> Bounds:
    """The span of the hydrological day that ends on `day`; 23 or 25 hours where clocks change."""
    number = day.year * 10_000 + day.month * 100 + day.day
    return Bounds(number, _at_eight(day - timedelta(days=1), tz), _at_eight(day, tz))


def days(first: int, last: int, tz: ZoneInfo) -> Iterator[Bounds]:
    """The hydrological days that hold the moments from `first` to `last` (ms UTC)."""
    day, end = day_of(first, tz), day_of(last, tz)
    while day <= end:
        yield bounds(day, tz)
        day += timedelta(days=1)


def summary(span: Bounds, series: Series, *, timed: int) -> Day | None:
    """The day's figures from a series that holds its readings; None without a believable one.

    `timed` is the gauge's reporting interval (ms).
    """
    inside = series.between(span.start, span.end)
    inside = inside.take(inside.quality % 10 != Flag.FAIL)
    n = inside.size
    if n == 0:
        return None
    values = inside.values
    low, high = int(values.argmin()), int(values.argmax())
    total = math.fsum(values.tolist())
    return Day(
        span.day,
        n,
        _coverage(span, inside, timed),
        float(values[low]),
        int(inside.times[low]),
        float(values[high]),
        int(inside.times[high]),
        total / n,
        total,
        float(values[0]),
        float(values[-1]),
    )


def _coverage(span: Bounds, inside: Series, timed: int) -> float:
    interval = max(timed, 1)
    expected = max((span.end - span.start) // interval, 1)
    slots = (inside.times - span.start - 1) // interval
    heard = 1 + int((slots[1:] != slots[:-1]).sum())
    return min(heard / expected, 1.0)


def _at_eight(day: date, tz: ZoneInfo) -> int:
    return int(datetime.combine(day, BEGINS, tz).timestamp()) * 1000
