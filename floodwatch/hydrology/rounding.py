"""Rounding as Python's `round` does it, for arrays."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SPLIT = 2.0**27 + 1
_MOST = 11  # decimals whose power of ten has at most 26 bits that are not zero
_BITS = 2.0**-51  # of a product, relative: what its rounding may have moved


def rounded(values: Floats, decimals: int) -> Floats:
    """Python's round(value, decimals) of every value, to the bit.

    The scaled number is not exact: where it lies so near the middle that this could decide, it is
    looked at more closely. Where doubles lie further apart than the last decimal nothing changes.
    """
    factor = 10.0**decimals
    size = np.abs(values)
    largest = float(size.max(initial=0.0))
    coarse = 2.0**54 / factor  # from here on
    if largest >= coarse:
        found = values.copy()
        fine = size < coarse
        found[fine] = rounded(values[fine], decimals)
        return found
    scaled = values * factor
    near: Floats = np.rint(scaled)
    scaled -= near
    np.abs(scaled, out=scaled)
    doubtful = np.flatnonzero(scaled >= 0.5 - size * (factor * _BITS))
    near /= factor
    if doubtful.size:
        near[doubtful] = _near_the_middle(values[doubtful], decimals)
    return near


def _near_the_middle(values: Floats, decimals: int) -> Floats:
    """The same, with what the product loses: exactly, as factor has few bits (Dekker)."""
    factor = 10.0**decimals
    scaled = values * factor
    upper = values * _SPLIT - (values * _SPLIT - values)
    lost = (upper * factor - scaled) + (values - upper) * factor
    below = np.floor(scaled)
    beyond = (scaled - below - 0.5) + lost
    even = below + (below % 2)
    near = np.where(beyond > 0, below + 1, np.where(beyond < 0, below, even))
    near = np.copysign(near, values) / factor
    large = np.abs(scaled) >= 2.0**51 if decimals <= _MOST else np.ones(values.size, np.bool_)
    for index in np.flatnonzero(large).tolist():
        near[index] = round(float(values[index]), decimals)
    return near
