"""The checks of QARTOD, by their names: arrays in, flags out. They know nothing of stations.

Flags are those of model.quality.Flag; values that are NaN are MISSING. Times int64 ms, rising.
"""

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import HOUR
from floodwatch.model.quality import Flag

Flags = NDArray[np.int16]
Floats = NDArray[np.float64]
Bound = float | NDArray[np.float64]
Mask = bool | NDArray[np.bool_]


def _flags(values: Floats, *, suspect: Mask, fail: Mask = False) -> Flags:
    found = np.full(values.shape, int(Flag.GOOD), np.int16)
    found[np.broadcast_to(suspect, values.shape)] = Flag.SUSPECT
    found[np.broadcast_to(fail, values.shape)] = Flag.FAIL
    found[np.isnan(values)] = Flag.MISSING
    return found


def gross_range(
    values: Floats,
    *,
    hard_low: Bound,
    hard_high: Bound,
    soft_low: Bound = -np.inf,
    soft_high: Bound = np.inf,
) -> Flags:
    """FAIL outside the hard limits, SUSPECT outside the soft ones; the limits are inside."""
    return _flags(
        values,
        suspect=(values < soft_low) | (values > soft_high),
        fail=(values < hard_low) | (values > hard_high),
    )


def rate_of_change(
    values: Floats,
    times: NDArray[np.int64],
    *,
    per_hour: Bound,
    tolerance: Bound = 0.0,
) -> Flags:
    """SUSPECT where the change since the reading before is larger than `per_hour` allows.

    The first reading and one after a missing value are GOOD: nothing speaks against them.
    `tolerance` is added to what is allowed (resolution, waves).
    """
    change = np.abs(np.diff(values, prepend=np.nan))
    hours = np.diff(times, prepend=times[:1]) / HOUR
    with np.errstate(invalid="ignore"):
        return _flags(values, suspect=change > per_hour * hours + tolerance)


def spike(values: Floats, *, suspect: Bound, fail: Bound = np.inf) -> Flags:
    """A value that stands away from the mean of its two neighbours.

    First and last, and those beside a missing value, are NOT_EVALUATED.
    """
    found = np.full(values.shape, int(Flag.NOT_EVALUATED), np.int16)
    if values.size > 2:
        away = np.full(values.shape, np.nan)
        away[1:-1] = np.abs(values[1:-1] - (values[:-2] + values[2:]) / 2)
        with np.errstate(invalid="ignore"):
            judged = _flags(values, suspect=away > suspect, fail=away > fail)
        known = ~np.isnan(away)
        found[known] = judged[known]
    found[np.isnan(values)] = Flag.MISSING
    return found


def run_starts(values: Floats, times: NDArray[np.int64], *, tolerance: float = 0.0) -> Floats:
    """For each reading the time (ms) since when all values lie within `tolerance` of each other.

    Missing values neither break a run nor belong to one (NaN).
    """
    found = np.full(values.shape, np.nan)
    present = np.flatnonzero(~np.isnan(values))
    kept = values[present]
    begin = 0
    low = high = kept[0] if kept.size else 0.0
    for i, value in enumerate(kept.tolist()):
        low, high = min(low, value), max(high, value)
        while high - low > tolerance:
            begin += 1
            part = kept[begin : i + 1]
            low, high = float(part.min()), float(part.max())
        found[present[i]] = times[present[begin]]
    return found


def flat_line(
    values: Floats,
    times: NDArray[np.int64],
    *,
    suspect_after: float,
    fail_after: float = np.inf,
    tolerance: float = 0.0,
) -> Flags:
    """SUSPECT when a run of equal values (within `tolerance`) has lasted `suspect_after` ms."""
    lasted = times - run_starts(values, times, tolerance=tolerance)
    with np.errstate(invalid="ignore"):
        return _flags(values, suspect=lasted >= suspect_after, fail=lasted >= fail_after)


def gap(times: NDArray[np.int64], *, longest: Bound) -> NDArray[np.bool_]:
    """Which readings come later than `longest` ms after the one before."""
    return np.asarray(np.diff(times, prepend=times[:1]) > longest, bool)
