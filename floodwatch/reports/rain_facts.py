"""The rain of one hydrological day at one gauge, from the best of its series. Pure."""

from collections.abc import Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from floodwatch.hydrology.rain_since_eight import from_total_since_eight
from floodwatch.hydrology.rainfall import WHOLE, Amounts, from_counter, from_increments, windows
from floodwatch.hydrology.series import Series
from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.quality import Flag
from floodwatch.model.reading import SeriesKey


class RainDay(NamedTuple):
    """Rain of the 24 hours that end at `at`, mm. `coverage` 1: the whole day is known.

    `hour` is the greatest amount of any hour, the one that ends at `hour_ends`; None without rain
    or where only a daily amount is known.
    """

    station: str
    total: float
    coverage: float
    hour: float | None = None
    hour_ends: int | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing is missing: else the amount is a lower bound."""
        return self.coverage >= WHOLE


def rain_day(
    station: str, series: Mapping[SeriesKey, Series], *, at: int, silent_after: int, tz: ZoneInfo
) -> RainDay | None:
    """The day's rain from the finest of the station's series that covers most of it.

    Increments come before a counter, a counter before the total since 08:00; of two that cover the
    same, the earlier in this order. None when no series knows anything of the day.
    """
    found = [
        told
        for key in sorted(series, key=_order)
        if (
            told := _one(
                station, key, _believed(series[key]), at=at, silent_after=silent_after, tz=tz
            )
        )
    ]
    return max(found, key=lambda told: round(told.coverage, 3), default=None)


def _order(key: SeriesKey) -> tuple[int, int, str]:
    names = ("rainfall", "rainfall_total", "rainfall_day")
    return names.index(key.variable), key.period, key.gauge


def _believed(series: Series) -> Series:
    return series.take(~np.isin(series.quality % 10, (Flag.FAIL, Flag.MISSING)))


def _one(
    station: str, key: SeriesKey, series: Series, *, at: int, silent_after: int, tz: ZoneInfo
) -> RainDay | None:
    if not series.size:
        return None
    if key.variable == "rainfall_day":
        amounts = from_total_since_eight(series, at=at, silent_after=silent_after, tz=tz)
    elif key.variable == "rainfall_total":
        amounts = from_counter(series, at=at, silent_after=silent_after)
    else:
        amounts = from_increments(series, at=at, period=key.period, silent_after=silent_after)
    told = windows(amounts, [DAY])
    if not told.coverage[0]:
        return None
    worst = _hour(amounts, at) if key.period <= HOUR else None
    return RainDay(station, told.sums[0], told.coverage[0], *(worst or (None, None)))


def _hour(amounts: Amounts, at: int) -> tuple[float, int] | None:
    """The greatest amount of any 60 minutes of the day, and when they end (the first of equals)."""
    inside = (amounts.ends > at - DAY) & (amounts.ends <= at)
    ends, total = amounts.ends[inside], np.cumsum(amounts.amounts[inside])
    if not ends.size or total[-1] <= 0:
        return None
    before = np.searchsorted(ends, ends - HOUR, side="right") - 1
    sums = total - np.where(before >= 0, total[np.maximum(before, 0)], 0.0)
    best = int(np.argmax(np.round(sums, 6)))
    return round(float(sums[best]), 6), int(ends[best])
