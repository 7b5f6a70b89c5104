"""The bands of a rule: its thresholds, those in force at a moment, and the worst of them."""

import bisect
import operator
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from floodwatch.model.season import Season
from floodwatch.model.severity import Severity
from floodwatch.model.threshold import Comparator, Threshold, ruling

DIGITS = 9  # values and limits are compared after rounding: 95.20 is 95.2, however computed
FOREVER = 1 << 62
TESTS: dict[Comparator, Callable[[Any, Any], Any]] = {
    Comparator.ABOVE: operator.gt,
    Comparator.BELOW: operator.lt,
    Comparator.AT_OR_BELOW: operator.le,
}
SIGNS = {
    Comparator.ABOVE: ">",
    Comparator.AT_OR_ABOVE: "≥",
    Comparator.BELOW: "<",
    Comparator.AT_OR_BELOW: "≤",
    Comparator.RISE: "≥",
    Comparator.FALL: "≥",
}


class Band(NamedTuple):
    """One threshold, ready to be compared."""

    severity: Severity
    name: str
    label: str
    comparator: Comparator
    limit: float
    clear: float
    test: Callable[[Any, Any], Any]  # of a value or of an array of them
    threshold: Threshold

    def open(self, value: float) -> bool:
        """Whether the comparator is met."""
        return bool(self.test(value, self.limit))

    def holds(self, value: float) -> bool:
        """Whether it is not left yet: open, or the comparator is still met against `clear`.

        So `above 95.20, clear 95.18` is left at 95.18, and `at_or_above 0.100, clear 0.050` only
        below 0.050. With clear = limit there is no hysteresis.
        """
        return bool(self.test(value, self.clear) or self.test(value, self.limit))


class Stretch(NamedTuple):
    """Bands that stay the same for start <= time < end, worst first."""

    start: int
    end: int
    bands: tuple[Band, ...]


def band(threshold: Threshold) -> Band:
    """A threshold as a band."""
    return Band(
        threshold.severity,
        threshold.name,
        threshold.label or threshold.name,
        threshold.comparator,
        round(threshold.value, DIGITS),
        round(threshold.clear, DIGITS),
        TESTS.get(threshold.comparator, operator.ge),
        threshold,
    )


class Bands:
    """All thresholds of one rule, by the time at which they are in force."""

    __slots__ = ("_all", "_fixed", "_now", "_tz")

    def __init__(self, thresholds: Iterable[Threshold], tz: ZoneInfo) -> None:
        self._all = tuple(sorted(map(band, thresholds), key=_gravity, reverse=True))
        self._tz = tz
        changing = any(
            t.season or t.valid_from is not None or t.valid_to is not None
            for t in (b.threshold for b in self._all)
        )
        self._fixed = not changing
        # The stretch last asked for: readings come in time order, seasons switch twice a year.
        self._now = Stretch(-FOREVER, FOREVER, self._all) if self._fixed else Stretch(0, 0, ())

    @property
    def all(self) -> tuple[Band, ...]:
        """Every band, in force or not."""
        return self._all

    def at(self, time: int) -> Stretch:
        """The bands in force at `time` (ms UTC) and from when until when that is so."""
        known = self._now
        if known.start <= time < known.end:
            return known
        start, end = self._around(time)
        valid = set(ruling((b.threshold for b in self._all), time, self._tz))
        bands = tuple(b for b in self._all if b.threshold in valid)
        self._now = found = Stretch(start, end, bands)
        return found

    def _around(self, time: int) -> tuple[int, int]:
        moments = sorted(self._moments(time))
        place = bisect.bisect_right(moments, time)
        start = moments[place - 1] if place else -FOREVER
        return start, moments[place] if place < len(moments) else FOREVER

    def _moments(self, time: int) -> Iterable[int]:
        year = datetime.fromtimestamp(time / 1000, self._tz).year
        for threshold in (b.threshold for b in self._all):
            if threshold.season is not None:
                for y in (year - 1, year, year + 1):
                    yield from switches(threshold.season, y, self._tz)
            yield from (m for m in (threshold.valid_from, threshold.valid_to) if m is not None)


def switches(season: Season, year: int, tz: ZoneInfo) -> tuple[int, int]:
    """The moments (ms UTC) in `year` when the season begins and ends: 08:00 local."""
    begin = _day(year, season.first)
    end = _day(year, season.last)
    if (end.month, end.day) == season.last:
        end += timedelta(days=1)
    return _eight(begin, tz), _eight(end, tz)


def _day(year: int, day: tuple[int, int]) -> date:
    try:
        return date(year, *day)
    except ValueError:  # 29 February of a common year: the next day that exists
        return date(year, 3, 1)


def _eight(day: date, tz: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, 8, tzinfo=tz).timestamp()) * 1000


def _gravity(b: Band) -> tuple[int, float]:
    return int(b.severity), -b.limit if b.comparator.direction == "down" else b.limit


def worst(bands: Sequence[Band], value: float) -> tuple[Band | None, Band | None]:
    """The worst band that is open at `value`, and the worst that holds; bands come worst first."""
    held: Band | None = None
    for candidate in bands:
        met = candidate.test
        if met(value, candidate.limit):
            return candidate, held or candidate
        if held is None and met(value, candidate.clear):
            held = candidate
    return None, held


def next_band(bands: Sequence[Band], value: float) -> Band | None:
    """The nearest band not open yet, None when all are."""
    ahead = [b for b in bands if not b.open(value)]
    return min(ahead, key=lambda b: abs(b.limit - value)) if ahead else None
