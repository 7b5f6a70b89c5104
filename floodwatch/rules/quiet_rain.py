"""Which rain reports can change nothing: bounds over whole series, for rehearsal."""

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.clock import HOUR
from floodwatch.model.quality import Flag
from floodwatch.rules.context import Need

Times = NDArray[np.int64]
SINCE_EIGHT = "rainfall_day"
WITHIN_A_DAY = 23 * HOUR  # no two mornings lie in it, though the clocks change


def rain_since(series: Series, need: Need, moments: Times) -> NDArray[np.float64]:
    """Rain of the whole span before each moment, mm.

    Infinite where the series has doubted values, a counter that dropped or any rain since 08:00:
    let the rule look.
    """
    rising = np.diff(series.values, prepend=series.values[:1])
    amounts = series.values if need.key.variable == "rainfall" else rising
    doubted = (series.quality % 10 > Flag.NOT_EVALUATED) | (amounts < 0)
    if need.key.variable == SINCE_EIGHT:
        doubted |= series.values > 0
    doubts = np.concatenate(([0], np.cumsum(doubted)))
    sums = np.concatenate(([0.0], np.cumsum(amounts)))
    end = np.searchsorted(series.times, moments, side="right")
    start = np.searchsorted(series.times, moments - need.span, side="right")
    return np.where(doubts[end] > doubts[start], np.inf, sums[end] - sums[start])


def told(series: Series, need: Need, moments: Times, *, silent_after: int) -> NDArray[np.bool_]:
    """Whether the series was never silent in the span before each moment, nor up to it."""
    if need.key.variable == SINCE_EIGHT:
        silent_after = min(silent_after, WITHIN_A_DAY)
    breaks = np.flatnonzero(np.diff(series.times) > silent_after)
    begins = series.times[np.concatenate(([0], breaks + 1))]  # of stretches without silence
    begun = begins[np.maximum(np.searchsorted(begins, moments, side="right") - 1, 0)]
    place = np.searchsorted(series.times, moments, side="left") - 1
    since = moments - series.times[np.maximum(place, 0)]
    return (place >= 0) & (since <= silent_after) & (begun <= moments - need.span)
