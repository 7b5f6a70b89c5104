"""Local times to UTC, many at once: what does not exist, and what exists twice."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import DAY, HOUR

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = 6 * HOUR
_FIRST, _LAST = 1800, 2200


class Utc(NamedTuple):
    """UTC ms; `missing`: no such local time; `twice`: it exists twice, `ms` is the first.

    The second is `second` ms later.
    """

    ms: Ints
    missing: Mask
    twice: Mask
    second: Ints


class _Change(NamedTuple):
    at: int  # UTC ms
    before: int  # offset, ms
    after: int


def to_utc(local: Ints, zone: ZoneInfo) -> Utc:
    """UTC of local times given in ms as if they were UTC."""
    nothing = np.zeros(local.size, np.bool_)
    shift = np.zeros(local.size, np.int64)
    if local.size == 0:
        return Utc(local, nothing, nothing, shift)
    low, high = int(local.min()), int(local.max())
    changes = _changes(zone.key, _year(low - DAY), _year(high + DAY))
    near = [c for c in changes if low - 2 * DAY <= c.at <= high + 2 * DAY]
    offset = np.full(local.size, _offset(zone, low - 2 * DAY), np.int64)
    missing, twice = nothing.copy(), nothing.copy()
    for change in near:
        step = change.after - change.before
        old, new = change.at + change.before, change.at + change.after
        offset[local >= max(old, new)] = change.after
        if step > 0:
            missing |= (local >= old) & (local < new)
        else:
            again = (local >= new) & (local < old)
            offset[again] = change.before
            twice |= again
            shift[again] = -step
    return Utc(local - offset, missing, twice, shift)


def _year(ms: int) -> int:
    return min(max(1970 + round(ms / DAY / 365.2425), _FIRST), _LAST)


def _changes(key: str, first: int, last: int) -> list[_Change]:
    return [change for year in range(first - 1, last + 2) for change in _changes_of(key, year)]


@lru_cache(maxsize=2000)
def _changes_of(key: str, year: int) -> tuple[_Change, ...]:
    """The changes of offset in a year, found by looking every six hours and halving."""
    zone = ZoneInfo(key)
    at, end = (_ms(datetime(y, 1, 1, tzinfo=UTC)) for y in (year, year + 1))
    found = []
    before = _offset(zone, at)
    while at < end:
        after = _offset(zone, at + _STEP)
        if after != before:
            low, high = at, at + _STEP
            while high - low > 1000:
                middle = (low + high) // 2000 * 1000
                low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
            found.append(_Change(high, before, after))
            before = after
        at += _STEP
    return tuple(found)


def _offset(zone: ZoneInfo, ms: int) -> int:
    moment = (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone)
    offset = moment.utcoffset() or timedelta()
    return offset // timedelta(milliseconds=1)


def _ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
