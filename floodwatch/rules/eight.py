"""Rules that look once a day, at the values of 08:00."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from floodwatch.hydrology.hydrological_day import BEGINS
from floodwatch.hydrology.series import Series
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.quality import Flag

LAG = 5 * MINUTE  # the report of 08:00 is given this long to arrive
OLDEST = (
    3 * HOUR
)  # a value of 08:00 may be older than 08:00 by this much, or by the gauge's silence
BACK = 8 * DAY  # how far such a rule looks back in readings


class Morning(NamedTuple):
    """One 08:00 (ms UTC) and the value then; None when nobody knows it."""

    at: int
    value: float | None


def last_eight(now: int, tz: ZoneInfo) -> int:
    """The 08:00 that is to be judged at `now` (ms UTC)."""
    local = datetime.fromtimestamp((now - LAG) / 1_000, tz)
    day = local.date() if local.time() >= BEGINS else local.date() - timedelta(days=1)
    return _ms(day, tz)


def next_look(now: int, tz: ZoneInfo) -> int:
    """When the next 08:00 can be judged."""
    return _ms(day_at(last_eight(now, tz), tz) + timedelta(days=1), tz) + LAG


def day_at(moment: int, tz: ZoneInfo) -> date:
    """The local date of a moment."""
    return datetime.fromtimestamp(moment / 1_000, tz).date()


def mornings(
    series: Series | None, now: int, tz: ZoneInfo, *, count: int, silent_after: int
) -> list[Morning]:
    """The last `count` values of 08:00, oldest first. A doubtful value serves where no other is."""
    last = day_at(last_eight(now, tz), tz)
    moments = [_ms(last - timedelta(days=n), tz) for n in range(count - 1, -1, -1)]
    return [Morning(at, _value(series, at, max(OLDEST, silent_after))) for at in moments]


def _value(series: Series | None, at: int, oldest: int) -> float | None:
    if series is None:
        return None
    near = series.between(at - oldest, at)
    flags = near.quality % 10
    for unfit in ((Flag.FAIL, Flag.MISSING, Flag.SUSPECT), (Flag.FAIL, Flag.MISSING)):
        found = near.take(~np.isin(flags, unfit))
        if found.size:
            return float(found.values[-1])
    return None


def _ms(day: date, tz: ZoneInfo) -> int:
    return int(datetime.combine(day, time(BEGINS.hour), tz).timestamp()) * 1_000
