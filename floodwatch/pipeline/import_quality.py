"""The quality of imported readings: what cannot be, what the maker says, and lost points."""

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.quality import Flag, Reason, pack
from floodwatch.pipeline.import_order import Sorted
from floodwatch.pipeline.import_slots import Slot
from floodwatch.quality.decimals import STEADY, lost_points
from floodwatch.quality.flagging import range_flags

Qualities = NDArray[np.int16]
LOST_POINT = pack(Flag.SUSPECT, Reason.DECIMAL)


def assessed(slot: Slot, values: NDArray[np.float64], readings: Sorted) -> Qualities:
    """Packed quality of sorted readings for the archive; `values` are canonical."""
    found = range_flags(values, slot.limits)
    extra = remarks(slot, values, readings)
    return found if extra is None else worst(found, extra)


def remarks(slot: Slot, values: NDArray[np.float64], readings: Sorted) -> Qualities | None:
    """What is to be said of readings beside their range, 0 for nothing; None: nothing of any."""
    found = readings.quality
    if slot.key.variable in STEADY:
        lost = lost_points(values)
        if lost.any():
            points = np.where(lost, np.int16(LOST_POINT), np.int16(0))
            found = points if found is None else worst(points, found)
    return found


def worst(one: Qualities, other: Qualities) -> Qualities:
    """Of two packed qualities the one with the worse flag, the first where they are alike."""
    return np.where(other % 10 > one % 10, other, one).astype(np.int16)
