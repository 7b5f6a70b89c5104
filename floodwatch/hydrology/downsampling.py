"""Fewer points for a chart without losing a crest, a trough or a gap (M4, stretch by stretch).

M4 keeps the first, last, lowest and highest reading of each of many equal spans of time, which is
all that can be seen of a line at that width (Jugel et al., VLDB 2014). A gap is a step more than
three times the usual one. Every stretch between gaps is treated by itself, and readings that are
not believed are treated apart from those that are, so that no false one hides a true crest.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from tsdownsample import M4Downsampler

from floodwatch.hydrology.series import Series
from floodwatch.model.quality import Flag

GAP_STEPS = 3
_SAMPLE = 4_096
_DOUBTED_SHARE = 5  # one fifth of the points at most goes to readings that are not believed
_FEWEST = 12  # points of a stretch: the downsampler wants two spans of four, and both ends
_LEAST = 2 * _FEWEST

Indices = NDArray[np.int64]
_m4 = M4Downsampler()  # type: ignore[no-untyped-call]


def usual_step(times: NDArray[np.int64]) -> int:
    """The step (ms) that a series keeps nine times in ten; 0 with fewer than two readings.

    Not the median: a gauge that reports hourly and every 5 minutes on change would have its dry
    weeks taken for gaps.
    """
    steps = np.diff(times)
    if steps.size == 0:
        return 0
    sample = steps[:: steps.size // _SAMPLE + 1]
    return int(np.partition(sample, sample.size * 9 // 10)[sample.size * 9 // 10])


def gaps(times: NDArray[np.int64], *, step: int | None = None) -> Indices:
    """Indices of the first readings after a gap. `step` (ms) is the usual one where it is known."""
    usual = step or usual_step(times)
    if usual <= 0:
        return np.empty(0, np.int64)
    return np.flatnonzero(np.diff(times) > GAP_STEPS * usual) + 1


def thin(series: Series, max_points: int, *, step: int | None = None) -> Series:
    """At most `max_points` of the series' own readings, enough to draw it.

    With more gaps than points the longest are kept; with under 24 points crest, ends and trough.
    """
    most = max_points
    if series.size <= most:
        return series
    flags = series.quality % 10
    believed = (flags != Flag.SUSPECT) & (flags != Flag.FAIL)
    if most < _LEAST:
        return series.take(_few(series.values, believed, most))
    doubted = np.flatnonzero(~believed)
    if doubted.size == 0:
        return series.take(_chosen(series, most, step))
    share = min(doubted.size, max(_FEWEST, most // _DOUBTED_SHARE))
    sure = np.flatnonzero(believed)
    kept = np.concatenate(
        [
            sure[_chosen(series.take(sure), most - share, step)],
            doubted[_chosen(series.take(doubted), share, step)],
        ]
    )
    return series.take(np.sort(kept))


def broken(series: Series, reference: NDArray[np.int64], *, step: int | None = None) -> Series:
    """The series with a NaN in the middle of each gap of the `reference` times.

    So that a line drawn through it breaks there. `reference` are the times before thinning.
    """
    after = gaps(reference, step=step)
    if after.size == 0:
        return series
    middle = reference[after - 1] + (reference[after] - reference[after - 1]) // 2
    at = np.searchsorted(series.times, middle)
    return Series(
        np.insert(series.times, at, middle),
        np.insert(series.values, at, np.nan),
        np.insert(series.quality, at, np.int16(Flag.MISSING)),
    )


def _chosen(series: Series, most: int, step: int | None) -> Indices:
    """Indices of the readings to keep: M4 of each stretch, each with its share of the points."""
    if series.size <= most:
        return np.arange(series.size)
    after = _longest_gaps(series.times, most // _LEAST, step)
    free = most - _FEWEST * (after.size + 1)
    chosen = []
    for low, high in pairwise([0, *after.tolist(), series.size]):
        share = _FEWEST + free * (high - low) // series.size // 4 * 4
        if high - low <= share:
            chosen.append(np.arange(low, high))
            continue
        times, values = series.times[low:high], series.values[low:high]
        found = _m4.downsample(times, values, n_out=share - 4).astype(np.int64)
        # It rounds the end of its last span and may lose the newest reading there.
        chosen.append(low + np.unique(np.append(found, [0, high - low - 1])))
    return np.concatenate(chosen)


def _few(values: NDArray[np.float64], believed: NDArray[np.bool_], most: int) -> Indices:
    """Indices of crest, ends and trough of what is believed, then of others at equal distances."""
    sure = np.flatnonzero(believed) if believed.any() else np.arange(values.size)
    crest, trough = sure[values[sure].argmax()], sure[values[sure].argmin()]
    even = np.linspace(0, values.size - 1, most).astype(np.int64)
    wanted = dict.fromkeys([int(crest), int(sure[-1]), int(sure[0]), int(trough), *even.tolist()])
    return np.array(sorted(list(wanted)[:most]), np.int64)


def _longest_gaps(times: NDArray[np.int64], most: int, step: int | None) -> Indices:
    after = gaps(times, step=step)
    if after.size <= most:
        return after
    lengths = times[after] - times[after - 1]
    return np.sort(after[np.argpartition(lengths, -most)[-most:]]) if most else after[:0]
