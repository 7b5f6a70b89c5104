"""A series as arrays: the form in which readings are computed with."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Series(NamedTuple):
    """Readings of one series, by rising time.

    `times` int64 ms UTC, `values` float64 in the canonical unit, `quality` int16 packed flags; one
    length.
    """

    times: NDArray[np.int64]
    values: NDArray[np.float64]
    quality: NDArray[np.int16]

    def between(self, after: int, until: int) -> "Series":
        """The part with after < time <= until (the period convention: times end intervals)."""
        low, high = np.searchsorted(self.times, [after, until], side="right")
        return self.take(slice(int(low), int(high)))

    def take(self, chosen: "slice | NDArray[np.bool_] | NDArray[np.int64]") -> "Series":
        """The readings of a slice, a mask or indices."""
        return Series(self.times[chosen], self.values[chosen], self.quality[chosen])

    @property
    def size(self) -> int:
        """How many readings."""
        return int(self.times.size)


def empty() -> Series:
    """A series without readings."""
    return Series(np.empty(0, np.int64), np.empty(0, np.float64), np.empty(0, np.int16))
