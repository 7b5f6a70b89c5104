"""How readings are cut into blocks: which block takes a reading, merging, cutting. Pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series, empty

TARGET = 8_000  # readings of a block
SPLIT = 2 * TARGET  # more than this are cut
SMALL = TARGET // 8  # fewer join a neighbour when a block is rewritten anyway

Ints = NDArray[np.int64]


class Head(NamedTuple):
    """A stored block without its data: time of its first and last reading, and how many."""

    start: int
    end: int
    n: int
    version: int


class Overwritten(NamedTuple):
    """What stood where readings were put, one entry a reading put, by rising time.

    `values` (NaN where `absent`) and `quality` (0 where absent) are the old ones. `duplicate`: the
    same value stood there already; `corrected`: another one did.
    """

    times: NDArray[np.int64]
    values: NDArray[np.float64]
    absent: NDArray[np.bool_]
    quality: NDArray[np.int16]
    duplicate: NDArray[np.bool_]

    @property
    def corrected(self) -> NDArray[np.bool_]:
        """Where another value stood before."""
        return ~self.absent & ~self.duplicate


def tidy(series: Series) -> Series:
    """By rising time, each time once: of several readings of one time the last one wins."""
    if (series.times[1:] > series.times[:-1]).all():
        return series
    order = np.argsort(series.times, kind="stable")
    times = series.times[order]
    order = order[np.append(times[1:] != times[:-1], True)]
    return series.take(order)


def places(heads: Sequence[Head], times: Ints) -> Ints:
    """Index of the block that takes each reading (rising times); -1 and len(heads) are new ones.

    `heads` are neighbours and hold, where there are such, the last that starts at or before the
    first of `times` and the first that starts after the last of them. A reading belongs to the last
    block that starts at or before it. Beyond either end of the series a full block is not grown: a
    new one begins, so that appending rewrites at most one part-filled block.
    """
    if not heads:
        return np.zeros(times.size, np.int64)
    place = owners(heads, times)
    if heads[0].n < TARGET:
        place = np.maximum(place, 0)
    last = heads[-1]
    beyond = times > last.end
    # Readings inside the full last block rewrite it anyway: then all go in and it is cut.
    if last.n >= TARGET and not ((place == len(heads) - 1) & ~beyond).any():
        place[beyond] = len(heads)
    return place


def owners(heads: Sequence[Head], times: Ints) -> Ints:
    """Index of the last block that starts at or before each time; -1: before all of them."""
    starts = np.array([head.start for head in heads], np.int64)
    return np.searchsorted(starts, times, side="right").astype(np.int64) - 1


def union(old: Series, new: Series, *, keep_same: bool = False) -> tuple[Series, Overwritten]:
    """`old` with `new` put over it (both by rising unique times), and what was overwritten.

    `keep_same`: a reading with the same value is no effect, its quality stays; without it the new
    quality is taken.
    """
    if not old.size:
        before = Overwritten(
            new.times,
            np.full(new.size, np.nan),
            np.ones(new.size, np.bool_),
            np.zeros(new.size, np.int16),
            np.zeros(new.size, np.bool_),
        )
        return new, before
    at = np.searchsorted(old.times, new.times)
    hit = np.zeros(new.size, np.bool_)
    inside = at < old.size
    hit[inside] = old.times[at[inside]] == new.times[inside]
    values = np.full(new.size, np.nan)
    quality = np.zeros(new.size, np.int16)
    values[hit], quality[hit] = old.values[at[hit]], old.quality[at[hit]]
    same = hit & (values == new.values)
    before = Overwritten(new.times, values, ~hit, quality, same)
    written = hit & ~same if keep_same else hit
    return _put(old, new, at, written=written, added=~hit), before


def _put(
    old: Series, new: Series, at: Ints, *, written: NDArray[np.bool_], added: NDArray[np.bool_]
) -> Series:
    if written.any():
        over, source = at[written], np.flatnonzero(written)
        values, quality = old.values.copy(), old.quality.copy()
        values[over], quality[over] = new.values[source], new.quality[source]
        old = Series(old.times, values, quality)
    if not added.any():
        return old
    at, new = at[added], new.take(added)
    if at[0] == old.size:
        return joined([old, new])
    return Series(
        np.insert(old.times, at, new.times),
        np.insert(old.values, at, new.values),
        np.insert(old.quality, at, new.quality),
    )


def without(series: Series, times: Ints) -> Series:
    """`series` without the readings at `times`."""
    return series.take(~np.isin(series.times, times))


def same(one: Series, other: Series) -> bool:
    """Whether two series are the same to the bit."""
    return (
        np.array_equal(one.times, other.times)
        and np.array_equal(one.values.view(np.int64), other.values.view(np.int64))
        and np.array_equal(one.quality, other.quality)
    )


def cut(series: Series) -> Iterator[Series]:
    """Pieces of about TARGET readings, one piece when there are at most SPLIT; none when empty."""
    n = series.size
    if n == 0:
        return
    pieces = 1 if n <= SPLIT else round(n / TARGET)
    bounds = np.linspace(0, n, pieces + 1).astype(np.int64)
    for low, high in pairwise(bounds.tolist()):
        yield series.take(slice(low, high))


def joined(parts: Sequence[Series]) -> Series:
    """Neighbouring parts as one series."""
    if not parts:
        return empty()
    if len(parts) == 1:
        return parts[0]
    return Series(
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.quality for part in parts]),
    )


def nothing() -> Overwritten:
    """Nothing put, nothing overwritten."""
    return union(empty(), empty())[1]


def together(parts: Sequence[Overwritten]) -> Overwritten:
    """What was overwritten in neighbouring parts as one."""
    if not parts:
        return nothing()
    if len(parts) == 1:
        return parts[0]
    return Overwritten(
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.absent for part in parts]),
        np.concatenate([part.quality for part in parts]),
        np.concatenate([part.duplicate for part in parts]),
    )
