"""Rain fallen in windows that end now, from increments or a counter, and how sure that is.

Times in ms UTC, amounts in mm. A window is (at - w, at]; an amount belongs to the window in which
its period ends. Reporting is on change (PRACTICE 12): a silence of at most `silent_after` between
two reports, or since the last one, says that nothing fell; a longer one is a hole. Between two
reports of a counter the difference is known however long the silence was, but not when it fell:
over a silence longer than `silent_after` it is spread evenly, and a window that begins inside such
a stretch has a hole there unless the difference is zero.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.counter import increments
from floodwatch.hydrology.series import Series

RESOLUTION = 1.0  # mm by which two gauges of one rain differ though both are right
WHOLE = 0.9999  # less coverage than this is a hole


class Amounts(NamedTuple):
    """Rain by stretches (start, end], by rising end. `missing`: stretches that tell nothing;
    `spread`: long stretches of known amount, (start, end, mm), whose rain is not in `amounts`.
    `at` is where the knowledge is looked at from.
    """

    ends: NDArray[np.int64]
    amounts: NDArray[np.float64]
    missing: tuple[tuple[int, int], ...]
    spread: tuple[tuple[int, int, float], ...]
    at: int


class Windows(NamedTuple):
    """For each window: mm fallen, and the share of the window that is known (1 = all of it)."""

    sums: list[float]
    coverage: list[float]


def from_increments(series: Series, *, at: int, period: int, silent_after: int) -> Amounts:
    """Amounts of a series of increments, each for the `period` that ends at its time."""
    ends, amounts = series.times, series.values
    if ends.size and float(amounts.min()) < 0:
        amounts = np.maximum(amounts, 0.0)
    missing = _before(int(ends[0]) - period if ends.size else at)
    if ends.size:
        pauses = np.flatnonzero(np.diff(ends) > silent_after + period)
        missing += [(int(ends[i]), int(ends[i + 1]) - period) for i in pauses]
        if at - int(ends[-1]) > silent_after:
            missing.append((int(ends[-1]), at))
    return Amounts(ends, amounts, tuple(missing), (), at)


def from_counter(series: Series, *, at: int, silent_after: int) -> Amounts:
    """Amounts of a running total: the differences between its reports."""
    times = series.times
    amounts = increments(series.values)
    missing = _before(int(times[0]) if times.size else at)
    spread = []
    if times.size:
        for i in np.flatnonzero(np.diff(times) > silent_after):
            spread.append((int(times[i]), int(times[i + 1]), float(amounts[i])))
            amounts[i] = 0.0
        if at - int(times[-1]) > silent_after:
            missing.append((int(times[-1]), at))
    return Amounts(times[1:], amounts, tuple(missing), tuple(spread), at)


def windows(source: Amounts, spans: Sequence[int]) -> Windows:
    """Rain and coverage of windows of the given lengths (ms) that end at the source's `at`."""
    at = source.at
    starts = [at - span for span in spans]
    total = np.cumsum(source.amounts)
    places = np.searchsorted(source.ends, starts, side="right").tolist()
    whole = float(total[-1]) if total.size else 0.0
    sums = [whole - (float(total[place - 1]) if place else 0.0) for place in places]
    coverage = [1.0] * len(sums)
    if source.missing or source.spread:
        for i, start in enumerate(starts):
            unknown = sum(_overlap(start, at, *hole) for hole in source.missing)
            for begin, end, amount in source.spread:
                part = _overlap(start, at, begin, end)
                sums[i] += amount * part / (end - begin)
                unknown += part if amount > 0 and begin < start else 0
            coverage[i] = max(0.0, 1.0 - unknown / spans[i])
    return Windows([round(total, 6) for total in sums], coverage)


def contradicted(fine: Amounts, other: Amounts, *, period: int, other_period: int) -> Amounts:
    """`fine` with holes where another source tells of more rain in a stretch than it does.

    Silence says that nothing fell, unless something else has seen it fall. `other_period` 0: a
    counter, whose stretches run from report to report. Where one does not end with a period of the
    fine, that whole period may belong to it.
    """
    ends, mm = other.ends, other.amounts
    wet = np.flatnonzero(mm > RESOLUTION)
    begins = ends - other_period
    if not other_period:
        begins = np.concatenate(([ends[0] - period], ends[:-1])) if ends.size else ends
    stretches = [(int(begins[i]), int(ends[i]), float(mm[i])) for i in wet]
    stretches += [one for one in other.spread if one[2] > RESOLUTION]
    total = np.concatenate(([0.0], np.cumsum(fine.amounts)))
    holes = list(fine.missing)
    for begin, end, amount in stretches:
        around = [begin - begin % max(period, 1), end + -end % max(period, 1)]
        low, high = np.searchsorted(fine.ends, around, side="right")
        if total[high] - total[low] + RESOLUTION < amount:
            holes += _outside(begin, end, fine.missing)
    return fine if len(holes) == len(fine.missing) else fine._replace(missing=tuple(holes))


def _outside(begin: int, end: int, holes: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts of a stretch that no hole covers yet, so that none is counted twice."""
    parts = [(begin, end)]
    for low, high in holes:
        parts = [
            part
            for start, stop in parts
            for part in ((start, min(stop, low)), (max(start, high), stop))
            if part[0] < part[1]
        ]
    return parts


def leaves_at(source: Amounts, span: int) -> int | None:
    """When the oldest rain in a window of `span` leaves it (ms UTC); None: the window is dry."""
    place = int(np.searchsorted(source.ends, source.at - span, side="right"))
    wet = np.flatnonzero(source.amounts[place:])
    return int(source.ends[place + int(wet[0])]) + span if wet.size else None


def _before(first: int) -> list[tuple[int, int]]:
    """Nothing is known before the first report."""
    return [(-(1 << 60), first)]


def _overlap(start: int, end: int, begin: int, until: int) -> int:
    return max(0, min(end, until) - max(start, begin))
