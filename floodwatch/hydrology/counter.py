"""Running totals (rain counters, meters) into what was added between two readings."""

import numpy as np
from numpy.typing import NDArray

SMALLEST_MODULUS = 1_000.0
GLITCH = 20.0


def increments(
    values: NDArray[np.float64], *, modulus: float | None = None, glitch: float = GLITCH
) -> NDArray[np.float64]:
    """What was added between each reading and the one before: one fewer than `values`, never < 0.

    Unit as given. A drop is a reset: the counter is rebased and nothing is credited, because how
    much had been counted before the reset is not known. It is a roll-over, credited in full, when
    the counter stood within 1 % below its `modulus` (unknown: the next power of ten from 1,000 on)
    and now stands within 1 % above zero. A drop followed at once by a rise of more than `glitch`
    back to the old total is one false reading in between: only what exceeds the old total counts.
    """
    if values.size < 2:
        return np.empty(0, np.float64)
    change = np.diff(values)
    added = np.maximum(change, 0.0)
    drops = np.flatnonzero(change < 0)
    for i in drops:
        top = modulus or _next_power(values[i])
        if values[i] >= 0.99 * top and values[i + 1] <= 0.01 * top:
            added[i] = top - values[i] + values[i + 1]
        elif i + 2 < values.size and change[i + 1] > glitch and values[i + 2] >= values[i]:
            added[i + 1] = values[i + 2] - values[i]
    return added


def _next_power(value: float) -> float:
    """The power of ten just above a counter, at least 1,000."""
    top = SMALLEST_MODULUS
    while top <= value:
        top *= 10
    return top
