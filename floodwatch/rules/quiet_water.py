"""Which readings of water can change nothing: bounds over whole series, for rehearsal."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.clock import MINUTE
from floodwatch.model.quality import Flag

SLIGHT = 1e-8  # more than rounding can move a value
LATELY = 10 * MINUTE  # the shortest time over which the tempo of a gauge is taken

Times = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Standing(NamedTuple):
    """What a series says at each moment: value and age (ms) of its newest believable reading.

    `sound`: there is one, and it is not doubted.
    """

    values: NDArray[np.float64]
    ages: Times
    sound: Mask


def places(times: Times, moments: Times) -> Times:
    """Index of the last of `times` at or before each moment; -1: none. Both rise."""
    first = int(times.searchsorted(moments[0])) if moments.size else 0
    part = times[first : first + moments.size]
    if part.size == moments.size and np.array_equal(part, moments):
        return np.arange(first, first + moments.size)
    return times.searchsorted(moments, side="right") - 1


def good(series: Series) -> Series:
    """Without suspect and failed readings; the same series when there are none."""
    kept = series.quality % 10 <= Flag.NOT_EVALUATED
    return series if kept.all() else series.take(kept)


def heard(series: Series) -> Series:
    """Without failed readings only."""
    kept = series.quality % 10 <= Flag.SUSPECT
    return series if kept.all() else series.take(kept)


def standing(series: Series | None, moments: Times) -> Standing:
    """The newest reading of a series at each moment."""
    known = heard(series) if series is not None else None
    if known is None or not known.size:
        nothing = np.full(moments.shape, np.nan)
        return Standing(nothing, np.zeros_like(moments), np.zeros(moments.shape, bool))
    place = places(known.times, moments)
    there = place >= 0
    place = np.maximum(place, 0)
    sound = there & (known.quality[place] % 10 <= Flag.NOT_EVALUATED)
    return Standing(known.values[place], moments - known.times[place], sound)


def exactly(of: Times, ok: Mask, moments: Times) -> Mask:
    """`ok` of the readings at `of`, looked up for moments; False where no reading is of then."""
    if not of.size:
        return np.zeros(moments.shape, bool)
    place = np.maximum(places(of, moments), 0)
    found: Mask = ok[place] & (of[place] == moments)
    return found


def before(series: Series, span: int, *, least: int) -> tuple[NDArray[np.float64], Mask]:
    """The value in force `span` before each reading, and whether a reading of at most `least` ms
    before says so."""
    place = series.times.searchsorted(series.times - span, side="right") - 1
    known = place >= 0
    place = np.maximum(place, 0)
    return series.values[place], known & (series.times - series.times[place] <= least)


def waits(times: Times, moments: Times) -> Times:
    """Of each moment: the gap (ms) around it between two of `times`, very long at the end."""
    after = np.append(np.diff(times), 1 << 60)
    place = places(times, moments)
    return np.where(place >= 0, after[np.maximum(place, 0)], 1 << 60)


def twice(calm: Mask) -> Mask:
    """Calm at a moment and at the one before: then that has said everything already."""
    calm = calm.copy()
    calm[1:] &= calm[:-1].copy()
    calm[:1] = False
    return calm


def unmoved(kinds: Times, values: NDArray[np.float64], *, follows: Mask, down: bool) -> Mask:
    """Where a value means the same as the one before and adds nothing to it: it is no further, or
    the next one, which means the same too, is further still and will say it."""
    same = np.zeros(kinds.shape, bool)
    same[1:] = (kinds[1:] == kinds[:-1]) & follows[1:]
    change = np.diff(values, prepend=values[:1])
    beyond = change < 0 if down else change > 0
    found = same & ~beyond
    found[:-1] |= same[:-1] & same[1:] & beyond[1:]
    return found


def slopes(series: Series, *, count: int, span: int, least: int) -> NDArray[np.float64]:
    """Slope per hour of the line through the newest `count` readings of the last `span` ms before
    each reading; infinite where fewer than `least` are there."""
    found = np.full(series.size, np.inf)
    enough = np.zeros(series.size, bool)
    if series.size >= least:
        enough[least - 1 :] = series.times[least - 1 :] - series.times[: 1 - least or None] < span
    moved = np.concatenate(([0], np.cumsum(np.diff(series.values) != 0)))
    lately = moved.copy()
    lately[count - 1 :] -= moved[: 1 - count or None]  # changes among the newest `count`
    found[enough & (lately == 0)] = 0.0  # most of the time nothing moves
    rows = np.flatnonzero(enough & (lately > 0))
    found[rows] = _lines(series, rows, count=count, span=span)
    return found


def _lines(series: Series, rows: Times, *, count: int, span: int) -> NDArray[np.float64]:
    n, x, y, xx, xy = (np.zeros(rows.size) for _ in range(5))
    for back in range(count):
        at = np.maximum(rows - back, 0)
        away = (series.times[at] - series.times[rows]) / 3_600_000.0
        inside = (rows >= back) & (series.times[at] > series.times[rows] - span)
        away = np.where(inside, away, 0.0)
        # Differences from the newest value: sums of squares stay small.
        rise = np.where(inside, series.values[at] - series.values[rows], 0.0)
        n, x, y, xx, xy = n + inside, x + away, y + rise, xx + away * away, xy + away * rise
    spread = n * xx - x * x
    return (n * xy - x * y) / np.where(spread > 0, spread, np.inf)
