"""Rain fallen in windows from a total since 08:00 local, which begins anew each morning.

What a report counts is known even where the one before is of another day: all of it fell since
08:00. A drop at another hour says nothing, as one of a counter. Clocks differ by minutes: a drop
shortly before 08:00, or in the report after one that came shortly after 08:00, is the morning's. So
a total that has not dropped a few minutes after 08:00 may still be yesterday's. Until the next
report only what it is more than the one before is counted, and the time between has a hole.
"""

from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.counter import increments
from floodwatch.hydrology.hydrological_day import bounds, day_of, days
from floodwatch.hydrology.rainfall import Amounts
from floodwatch.hydrology.series import Series
from floodwatch.model.clock import MINUTE

CLOCKS_DIFFER = 15 * MINUTE
LONG_AGO = -(1 << 60)


class _Steps(NamedTuple):
    """What lies between each report and the next."""

    begin: NDArray[np.int64]  # the last 08:00 before the later one
    crosses: NDArray[np.bool_]  # whether that lies between them
    skips: NDArray[np.bool_]  # whether more than one does
    reset: NDArray[np.bool_]  # whether the total began anew between them
    unsure: NDArray[np.bool_]  # nobody can say so yet


def from_total_since_eight(series: Series, *, at: int, silent_after: int, tz: ZoneInfo) -> Amounts:
    """Amounts of a total that begins anew at 08:00 of `tz`."""
    times, values = series.times, series.values
    if not times.size:
        return Amounts(times, values, ((LONG_AGO, at),), (), at)
    steps = _steps(times, values, tz)
    before = np.concatenate(([0.0], np.cumsum(np.where(steps.reset, values[:-1], 0.0))))
    amounts = increments(values + before)
    missing, spread = _first(int(times[0]), float(values[0]), tz)
    long = (np.diff(times) > silent_after) | steps.skips
    for i in np.flatnonzero(long | steps.unsure).tolist():
        start, end = int(times[i]), int(times[i + 1])
        whole = not steps.unsure[i] and (steps.crosses[i] or not steps.reset[i])
        begin = end if not whole else int(steps.begin[i]) if steps.reset[i] else start
        if begin > start:
            missing.append((start, begin))
        if whole:
            spread.append((begin, end, float(amounts[i])))
            amounts[i] = 0.0
    if at - int(times[-1]) > silent_after:
        missing.append((int(times[-1]), at))
    return Amounts(times[1:], amounts, tuple(missing), tuple(spread), at)


def _steps(times: NDArray[np.int64], values: NDArray[np.float64], tz: ZoneInfo) -> _Steps:
    spans = list(days(int(times[0]), int(times[-1]), tz))
    starts, ends = (np.array([s[place] for s in spans], np.int64) for place in (1, 2))
    day = np.searchsorted(ends, times, side="left")  # 08:00 sharp is of the day that ends then
    old, new = day[:-1], day[1:]
    begin = starts[new]
    crosses, drops = new > old, np.diff(values) < 0
    early = drops & ~crosses & (ends[new] - times[1:] <= CLOCKS_DIFFER)
    late = drops & ~crosses & ~early & (times[:-1] - begin <= CLOCKS_DIFFER)
    late &= ~np.isin(new, new[crosses & drops]) & ~np.isin(new - 1, old[early])
    over = np.isin(old, old[early]) & (new == old + 1)  # it had begun anew before
    unsure = crosses & ~drops & ~over & (values[:-1] > 0) & (new == old + 1)
    unsure &= (int(times[-1]) - begin <= CLOCKS_DIFFER) & ~np.isin(new, new[late])
    reset = crosses & (drops | ~(over | unsure | np.isin(new, new[late])))
    return _Steps(begin, crosses, new > old + 1, reset | early | late, unsure)


def _first(
    time: int, value: float, tz: ZoneInfo
) -> tuple[list[tuple[int, int]], list[tuple[int, int, float]]]:
    """What the first report tells of the time before it, and what nothing tells."""
    begin = bounds(day_of(time, tz), tz).start
    if time - begin <= CLOCKS_DIFFER:
        return [(LONG_AGO, time)], []
    return [(LONG_AGO, begin)], [(begin, time, value)]
