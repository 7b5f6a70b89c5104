"""Flags with reasons for the readings of a batch or a file. Nothing is dropped here."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import HOUR
from floodwatch.model.quality import GOOD, Flag, Reason, pack
from floodwatch.quality.limits import PREDECESSOR, Limits, limits_of

__all__ = ["Limits", "Previous", "assess", "assess_series", "limits_of", "range_flags"]

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Qualities = NDArray[np.int16]

IMPOSSIBLE = pack(Flag.FAIL, Reason.IMPOSSIBLE)
OUTSIDE = pack(Flag.SUSPECT, Reason.GROSS_RANGE)
TOO_FAST = pack(Flag.SUSPECT, Reason.RATE)
SPIKE = pack(Flag.SUSPECT, Reason.SPIKE)
STUCK = pack(Flag.SUSPECT, Reason.FLAT)
AFTER_GAP = pack(Flag.GOOD, Reason.GAP)
LOOK_BACK = 24  # readings within which a return to where a jump came from is seen as one


class Previous(NamedTuple):
    """What came before each reading of a batch: the reading before it in its series.

    `values` NaN: there is none. `since`: time of the first reading of the run of equal values that
    the one before belongs to. `places`: its place in the same batch, whose quality
    is then found here; -1 when it comes from the store with `quality`.
    """

    values: Floats
    times: Times
    quality: Qualities
    since: Times
    places: NDArray[np.int64]


class Left(NamedTuple):
    """The reading that a jump left."""

    value: float
    time: int


def assess(
    values: Floats, times: Times, *, previous: Previous, limits: Limits | Sequence[Limits]
) -> Qualities:
    """Packed quality of every reading of a batch, each with its worst reason.

    `limits`: one for each, or for all. The elements may be of different series, those of one series
    by rising time. Out of what a value can be at all: FAIL. Outside the gauge's range, or faster
    than the water can move: SUSPECT. A jump away is suspect; the next reading is good if it
    confirms the jump or comes back. From a suspect reading of the store it is not known where it
    jumped from, so a fall from it is a return and a further rise is a jump.
    """
    each = [limits] if isinstance(limits, Limits) else limits
    found = range_flags(values, limits)
    elapsed = times - previous.times
    change = values - previous.values
    rise, fall = _allowed(elapsed, previous, limits)
    with np.errstate(invalid="ignore"):
        judged = (elapsed > 0) & (elapsed <= PREDECESSOR)
        fast = judged & ((change > rise) | (-change > fall))
    _mark_jumps(found, values, times, fast=fast, previous=previous, limits=limits)
    flat, dry, pause = np.array([(x.flat, x.dry, x.gap) for x in each]).reshape(-1, 3).T
    stuck = (change == 0) & (values > dry) & (times - previous.since >= flat)
    found[(found == GOOD) & stuck] = STUCK
    found[(found == GOOD) & ~np.isnan(previous.values) & (elapsed > pause)] = AFTER_GAP
    return found


class Known(NamedTuple):
    """The reading before another one of its series, and since when its value stood."""

    value: float
    time: int
    since: int


def plainly_good(value: float, time: int, *, before: Known | None, limits: Limits) -> bool:
    """Whether `assess` would find nothing about this reading.

    Nearly all readings come one by one and are good; for one alone, arrays take ten times as long.
    """
    own = limits
    if not (own.soft_low <= value <= own.soft_high and own.hard_low <= value <= own.hard_high):
        return False
    if before is None:
        return True
    elapsed, change = time - before.time, value - before.value
    if not 0 < elapsed <= min(own.gap, PREDECESSOR):
        return False
    rise, fall = own.rates_at(before.value)
    span = (elapsed / HOUR) ** own.power
    if change > rise * span + own.tolerance or -change > fall * span + own.tolerance:
        return False
    return not (change == 0 and value > own.dry and time - before.since >= own.flat)


def range_flags(values: Floats, limits: Limits | Sequence[Limits]) -> Qualities:
    """GOOD, or out of the hard (FAIL) or soft (SUSPECT) limits, packed; NaN is FAIL.

    `limits` for all values, or one for each.
    """
    each = [limits] if isinstance(limits, Limits) else limits
    table = [(x.hard_low, x.hard_high, x.soft_low, x.soft_high) for x in each]
    hard_low, hard_high, soft_low, soft_high = np.array(table, float).reshape(-1, 4).T
    found = np.full(values.shape, GOOD, np.int16)
    found[~((values >= soft_low) & (values <= soft_high))] = OUTSIDE
    found[~((values >= hard_low) & (values <= hard_high))] = IMPOSSIBLE
    return found


def _allowed(
    elapsed: Times, previous: Previous, limits: Limits | Sequence[Limits]
) -> tuple[Floats, Floats]:
    """Largest believable rise and fall since the reading before."""
    hours = np.maximum(elapsed, 1) / HOUR
    if isinstance(limits, Limits):
        rise, fall = limits.rates_of(previous.values)
        span = hours if limits.power == 1.0 else hours**limits.power
        return rise * span + limits.tolerance, fall * span + limits.tolerance
    rates = [x.rates_at(v) for x, v in zip(limits, previous.values.tolist(), strict=True)]
    rise, fall = np.array(rates).reshape(-1, 2).T
    power, tolerance = np.array([(x.power, x.tolerance) for x in limits]).reshape(-1, 2).T
    span = np.power(hours, power)
    return rise * span + tolerance, fall * span + tolerance


def _mark_jumps(
    found: Qualities,
    values: Floats,
    times: Times,
    *,
    fast: NDArray[np.bool_],
    previous: Previous,
    limits: Limits | Sequence[Limits],
) -> None:
    """Mark jumps in `found`, in order: what is a jump depends on what the one before was."""
    base: dict[int, Left] = {}  # a jump's place -> what it jumped from
    for i in np.flatnonzero(fast).tolist():
        before = int(previous.places[i])
        left = _left(before, base, previous)
        if left is not None:
            elapsed = int(times[i]) - left.time
            own = limits if isinstance(limits, Limits) else limits[i]
            if _near(float(values[i]), left.value, elapsed=elapsed, limits=own):
                continue
        quality = int(found[before]) if before >= 0 else int(previous.quality[i])
        if quality % 10 <= Flag.NOT_EVALUATED:
            left = Left(float(previous.values[i]), int(previous.times[i]))
        elif left is None and values[i] < previous.values[i]:
            continue
        if left is not None:
            base[i] = left
        if found[i] == GOOD:
            found[i] = TOO_FAST


def _left(place: int, base: dict[int, Left], previous: Previous) -> Left | None:
    """What the last jump at or shortly before `place` of the batch jumped from."""
    for _ in range(LOOK_BACK):
        if place < 0 or place in base:
            return base.get(place)
        place = int(previous.places[place])
    return None


def _near(value: float, anchor: float, *, elapsed: int, limits: Limits) -> bool:
    """Whether `value` can have been reached from `anchor` in `elapsed` ms."""
    rise, fall = limits.rates_at(anchor)
    span = max(elapsed, 1) / HOUR
    change = value - anchor
    limit = rise if change > 0 else fall
    return bool(abs(change) <= limit * span**limits.power + limits.tolerance)


def assess_series(values: Floats, times: Times, *, limits: Limits) -> Qualities:
    """Packed quality of one series by rising time, such as a file: neighbours on both sides known.

    A jump that the next reading takes back is a SPIKE; one that it confirms is only fast (RATE).
    """
    if not values.size:
        return np.empty(0, np.int16)
    index = np.arange(values.size) - 1
    earlier = np.maximum(index, 0)
    changed = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)
    starts = times[changed[np.searchsorted(changed, earlier, side="right") - 1]]
    before = values[earlier].copy()
    before[0] = np.nan
    quality = np.full(values.size, GOOD, np.int16)
    previous = Previous(before, times[earlier], quality, starts, index)
    found = assess(values, times, previous=previous, limits=limits)
    jumped = np.flatnonzero(found == TOO_FAST)
    inner = jumped[(jumped > 0) & (jumped < values.size - 1)]
    up = values[inner] - values[inner - 1]
    back = values[inner] - values[inner + 1]
    returned = (np.sign(up) == np.sign(back)) & (np.abs(back) >= np.abs(up) / 2)
    found[inner[returned]] = SPIKE
    return found
