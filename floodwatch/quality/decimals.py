"""Values whose decimal point is lost or misplaced: 10477 among readings of 104.77. Pure."""

import math
from collections import Counter

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Variables that do not change tenfold and back between two readings.
STEADY = frozenset({"stage", "tail_stage", "piezometric_stage", "storage", "pressure", "battery"})
_JUMP = 5.0  # a change by this factor begins another stretch
_NEAR = 0.05  # with the point put right a value lies so near to its neighbour
_LONGEST = 1000  # more readings than this in a row are no slip
_RESTLESS = 4  # one jump in so many of many readings: the values are not steady


def lost_points(values: Floats) -> Mask:
    """Which values of one series, by rising time, are their neighbours times a power of ten.

    They are the fewer ones, and stand between others that agree; at an end only a single one is
    told.
    """
    wrong = np.zeros(values.size, np.bool_)
    size = np.abs(values)
    if values.size < 3 or float(size.max()) < _JUMP * float(size.min()):
        return wrong
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = values[1:] / values[:-1]
    jumps = np.flatnonzero(~((ratio < _JUMP) & (ratio > 1 / _JUMP))) + 1
    if jumps.size > _LONGEST and jumps.size * _RESTLESS > values.size:
        return wrong
    bounds = [0, *jumps.tolist(), values.size]
    chain = [0]  # powers of ten of stretches that follow one another, against the first
    first = 0
    for at in range(1, len(bounds)):
        end = at == len(bounds) - 1
        power = None if end else _power(values[bounds[at]], values[bounds[at] - 1])
        if power:
            chain.append(chain[-1] + power)
            continue
        _mark(wrong, bounds[first : at + 1], chain)
        first, chain = at, [0]
    return wrong


def _mark(wrong: Mask, bounds: list[int], chain: list[int]) -> None:
    """Mark the stretches of a chain that differ from what most of its readings agree on."""
    count: Counter[int] = Counter()
    for at, power in enumerate(chain):
        count[power] += bounds[at + 1] - bounds[at]
    base, most = count.most_common(1)[0]
    if len(count) == 1 or most * 2 <= bounds[-1] - bounds[0]:
        return
    believed = [at for at, power in enumerate(chain) if power == base]
    for at, power in enumerate(chain):
        length = bounds[at + 1] - bounds[at]
        inside = believed[0] < at < believed[-1]
        if power != base and length <= (_LONGEST if inside else 1):
            wrong[bounds[at] : bounds[at + 1]] = True


def _power(value: float, near: float) -> int | None:
    """The power of ten between two values that otherwise agree; None: they do not."""
    if value == 0 or near == 0 or (value < 0) != (near < 0):
        return None
    power = round(math.log10(value / near))
    return power if abs(value / near / 10.0**power - 1) <= _NEAR else None
