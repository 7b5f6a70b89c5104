"""Rain in bins for a hyetograph: aligned to 08:00 local, each amount in the bin it ends in."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from floodwatch.charts.hydrograph import Bars
from floodwatch.hydrology.counter import increments
from floodwatch.hydrology.rain_since_eight import from_total_since_eight
from floodwatch.hydrology.series import Series
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.quality import Flag

FOREVER = 1 << 60


def width_for(span: int, period: int) -> int:
    """How wide a bar is over a span (ms), never narrower than what a reading covers."""
    for longest, width in ((36 * HOUR, 5 * MINUTE), (8 * DAY, HOUR), (40 * DAY, 6 * HOUR)):
        if span <= longest:
            return max(width, period)
    return max(DAY, period)


def from_increments(series: Series, width: int, *, tz: ZoneInfo, name: str) -> Bars:
    """Bars of a series of rain increments (mm, each for the period that ends at its time)."""
    flags = series.quality % 10
    return _binned(series.times, series.values, flags, width=width, tz=tz, name=name)


def from_counter(series: Series, width: int, *, tz: ZoneInfo, name: str) -> Bars:
    """Bars of a running total (mm): the differences between its reports."""
    flags = series.quality[1:] % 10
    amounts = increments(series.values)
    return _binned(series.times[1:], amounts, flags, width=width, tz=tz, name=name)


def from_since_eight(series: Series, width: int, *, tz: ZoneInfo, name: str) -> Bars:
    """Bars of a total since 08:00 (mm), which begins anew each morning."""
    last = int(series.times[-1]) if series.size else 0
    found = from_total_since_eight(series, at=last, silent_after=FOREVER, tz=tz)
    flags = series.quality[1:] % 10
    return _binned(found.ends, found.amounts, flags, width=width, tz=tz, name=name)


def _binned(
    times: NDArray[np.int64],
    amounts: NDArray[np.float64],
    flags: NDArray[np.int16],
    *,
    width: int,
    tz: ZoneInfo,
    name: str,
) -> Bars:
    kept = flags != Flag.FAIL
    times, amounts, flags = times[kept], amounts[kept], flags[kept]
    if times.size == 0:
        return Bars(np.empty(0, np.int64), np.empty(0, np.float64), width, name)
    local = datetime.fromtimestamp(int(times[0]) / 1000, tz)
    shift = local.utcoffset()
    offset = (int(shift.total_seconds() * 1000) if shift else 0) - 8 * HOUR
    bins = -((-(times + offset)) // width)  # (start, end]: an amount belongs to the bin it ends in
    ends, index = np.unique(bins, return_inverse=True)
    sums = np.zeros(ends.size)
    np.add.at(sums, index, amounts)
    doubted = np.zeros(ends.size, np.bool_)
    doubted[index[flags == Flag.SUSPECT]] = True
    return Bars(np.asarray(ends * width - offset, np.int64), sums, width, name, doubted)
