"""What a rule reads from the readings of a window: values in force, change, extremes."""

import numpy as np

from floodwatch.hydrology.series import Series
from floodwatch.model.quality import Flag
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.rules.belief import doubtful, failed
from floodwatch.rules.context import Context


def believable(series: Series | None) -> Series | None:
    """Without suspect and failed readings; None when nothing is left."""
    if series is None or not series.size:
        return None
    kept = series.take(series.quality % 10 <= Flag.NOT_EVALUATED)
    return kept if kept.size else None


def value_at(series: Series | None, moment: int) -> float | None:
    """The value in force at `moment`: the last one read until then, as reporting is on change."""
    if series is None:
        return None
    place = int(np.searchsorted(series.times, moment, side="right")) - 1
    return float(series.values[place]) if place >= 0 else None


def lived(series: Series | None, *, after: int, until: int) -> Series | None:
    """The values in force at any time of (after, until]: also the one that was there before."""
    if series is None:
        return None
    low, high = np.searchsorted(series.times, [after, until], side="right")
    found = series.take(slice(max(int(low) - 1, 0), int(high)))
    return found if found.size else None


def sound(context: Context, key: SeriesKey, *, silent_after: int) -> Latest | None:
    """The newest reading of a series that can be judged by: neither failed, doubted nor old."""
    latest = context.latest.get(key)
    if latest is None or failed(latest.reading.quality) or doubtful(latest.reading.quality):
        return None
    return latest if context.at - latest.reading.time <= silent_after else None
