"""Readings of a file in the order of the store: misdated ones found, repeats told apart. Pure."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import DAY

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

JUMP = 30 * DAY
_LONGEST = 1000  # more readings than this in a row are no mistake of a date
_LOOK = 5  # a run of mistakes may jump about itself
_UNORDERED = 10  # one jump in so many readings: the file is not in the order of time


class Past(NamedTuple):
    """The last believed stretch of a series in a file so far: its last time and how long it is."""

    time: int
    length: int


class Dates(NamedTuple):
    """`wrong`: misdated readings. Those from `open_from` on cannot be judged without what follows.

    `past` is to be handed in with what follows.
    """

    wrong: Mask
    open_from: int
    past: Past | None


def check_dates(times: Ints, past: Past | None, *, final: bool) -> Dates:
    """Find readings whose date jumps away from their neighbours in the file by over 30 days, and
    back. `times` in the order of the file. A file that is in no order has no neighbours.
    """
    wrong = np.zeros(times.size, np.bool_)
    if times.size == 0:
        return Dates(wrong, 0, past)
    steps = np.diff(times)
    near = past is None or abs(int(times[0]) - past.time) <= JUMP
    if near and (not steps.size or (steps.min() >= -JUMP and steps.max() <= JUMP)):
        length = int(times.size) + (0 if past is None else past.length)
        return Dates(wrong, times.size, Past(int(times[-1]), length))
    starts = np.flatnonzero(np.abs(steps) > JUMP) + 1
    if past is None or abs(int(times[0]) - past.time) <= JUMP:
        starts = np.concatenate([[0], starts])
    else:
        starts = np.concatenate([[-1, 0], starts])  # what went before is a stretch of its own
    if starts.size > 20 and starts.size * _UNORDERED > times.size:
        return Dates(wrong, times.size, Past(int(times[-1]), 1))
    ends = np.append(starts[1:], times.size)
    stretches = _Stretches(times, starts.tolist(), ends.tolist(), past)
    open_from, last = stretches.walk(wrong, final=final)
    return Dates(wrong, open_from, last)


class _Stretches:
    """Readings between jumps; the first one may begin in what went before."""

    def __init__(self, times: Ints, starts: list[int], ends: list[int], past: Past | None) -> None:
        self._times, self._starts, self._ends, self._past = times, starts, ends, past

    def walk(self, wrong: Mask, *, final: bool) -> tuple[int, Past]:
        """Mark what is wrong; returns where the undecided rest begins, and the past before it."""
        past = self._past or Past(int(self._times[0]), 0)
        if self._starts[0] >= 0:
            past = self._after(0, past)
        at = 1
        while at < len(self._starts):
            back = self._back(at, past)
            if back is not None:
                wrong[self._starts[at] : self._starts[back]] = True
                past, at = self._after(back, past), back + 1
            elif not final and self._times.size - self._starts[at] <= _LONGEST:
                return self._starts[at], past
            else:
                past, at = self._after(at, Past(0, 0)), at + 1
        return self._times.size, past

    def _after(self, at: int, past: Past) -> Past:
        length = self._ends[at] - self._starts[at]
        return Past(int(self._times[self._ends[at] - 1]), past.length + length)

    def _back(self, at: int, past: Past) -> int | None:
        """The stretch in which the dates are back where they were before `at`."""
        for back in range(at + 1, min(at + _LOOK, len(self._starts))):
            length = self._starts[back] - self._starts[at]
            if length > _LONGEST:
                return None
            if abs(int(self._times[self._starts[back]]) - past.time) > JUMP:
                continue
            around = past.length + self._ends[back] - self._starts[back]
            return back if length == 1 or length * 2 <= around else None
        return None


class Sorted(NamedTuple):
    """Readings by rising unique time, of several for one time the last.

    `first` holds the first value of each time; `again` and `changed` how many more there were for
    it that repeat or change the value before them (None: nowhere any); `origin` where each came
    from (None: as they came); `quality` what the maker says of each, packed (None: nothing).
    """

    times: Ints
    values: Floats
    first: Floats
    again: Ints | None
    changed: Ints | None
    origin: Ints | None
    quality: NDArray[np.int16] | None = None

    def part(self, low: int, high: int) -> "Sorted":
        """Some of them, by their places."""
        return self.some(slice(low, high))

    def some(self, which: slice | Mask) -> "Sorted":
        """Some of them, by a slice or a mask."""
        columns = (column if column is None else column[which] for column in self)
        return Sorted(*columns)  # type: ignore[arg-type]

    def repeats(self) -> tuple[int, int]:
        """How many repeat the value before them, and how many change it."""
        if self.again is None or self.changed is None:
            return 0, 0
        return int(self.again.sum()), int(self.changed.sum())


def in_order(times: Ints, values: Floats, quality: NDArray[np.int16] | None = None) -> Sorted:
    """Sort readings given in the order of a file."""
    if (times[1:] > times[:-1]).all():
        return Sorted(times, values, values, None, None, None, quality)
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    quality = None if quality is None else quality[order]
    repeats = times[1:] == times[:-1]
    if not repeats.any():
        return Sorted(times, values, values, None, None, order, quality)
    starts = np.flatnonzero(np.append(True, ~repeats))
    ends = np.append(starts[1:], times.size) - 1
    same = np.append(False, repeats & (values[1:] == values[:-1])).astype(np.int64)
    again = np.add.reduceat(same, starts)
    changed = ends - starts - again
    kept = None if quality is None else quality[ends]
    return Sorted(times[ends], values[ends], values[starts], again, changed, order[ends], kept)


def by_series(series: NDArray[np.int32]) -> tuple[list[int], list[int], Ints | None]:
    """The series that occur, the bounds of each one's readings once they are brought together, and
    the stable order that does so; None when they are together already.
    """
    first = int(series[0])
    if (series == first).all():
        return [first], [0, int(series.size)], None
    sizes = np.bincount(series)
    present = np.flatnonzero(sizes)
    bounds = [0, *np.cumsum(sizes[present]).tolist()]
    if (series[1:] >= series[:-1]).all():
        return present.tolist(), bounds, None
    # 16 bits: numpy then sorts by counting.
    narrow = series.astype(np.uint16) if sizes.size < 1 << 16 else series
    return present.tolist(), bounds, np.argsort(narrow, kind="stable")
