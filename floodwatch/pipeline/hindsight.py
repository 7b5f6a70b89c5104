"""What rules are given in a rehearsal: the stored readings of a past period as they came in."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from threading import Lock
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.hydrological_day import bounds, day_of, summary
from floodwatch.hydrology.series import Series
from floodwatch.model.alert import RuleKey, RuleState
from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.district import District
from floodwatch.model.quality import Flag
from floodwatch.model.reading import Latest, Reading, SeriesKey
from floodwatch.pipeline import doubt
from floodwatch.pipeline.doubt import Beside
from floodwatch.rules.basin import WATER, basin_of, finest_rain
from floodwatch.rules.context import Context, Day, Ended, Need, Rule
from floodwatch.rules.order import Order
from floodwatch.rules.storm import heaviest_hour

HELD = 6_000_000  # readings held at once, about; those used longest ago make room


class Source(Protocol):
    """Where readings come from: store.readings.Readings, or arrays in a test."""

    def series(self, key: SeriesKey, start: int, end: int) -> Series:
        """The readings with start <= time <= end."""
        ...


class Entered(Protocol):
    """What people had entered into the registers at a past moment."""

    def rows(self, name: str, station: str, now: int) -> Sequence[Mapping[str, Any]]:
        """The rows of a register that concerned a station (or the district) then."""
        ...

    def moments(self, name: str, station: str) -> Sequence[int]:
        """When such rows were entered or changed."""
        ...


class Nothing:
    """Registers nobody ever wrote in."""

    def rows(self, name: str, station: str, now: int) -> Sequence[Mapping[str, Any]]:
        """None."""
        del name, station, now
        return ()

    def moments(self, name: str, station: str) -> Sequence[int]:
        """Never."""
        del name, station
        return ()


class Past:
    """The lives of rules that others watch: how each stood at any moment."""

    def __init__(self) -> None:
        self._lives: dict[RuleKey, tuple[list[int], list[RuleState], list[Ended | None]]] = {}

    def keep(self, rule: RuleKey, life: Iterable["Stood"]) -> None:
        """The whole life of a rule, by rising time."""
        found = list(life)
        self._lives[rule] = (
            [stood.at for stood in found],
            [stood.state for stood in found],
            [stood.ended for stood in found],
        )

    def changes(self, rules: Iterable[RuleKey]) -> set[int]:
        """When any of these changed its phase or severity."""
        return {at for rule in rules for at in self._lives.get(rule, ([],))[0]}

    def at(
        self, rules: Iterable[RuleKey], moment: int
    ) -> tuple[dict[RuleKey, RuleState], dict[RuleKey, Ended]]:
        """Their states at a moment, and the last alerts of those that have ended one."""
        states: dict[RuleKey, RuleState] = {}
        over: dict[RuleKey, Ended] = {}
        for rule in rules:
            times, lived, ended = self._lives.get(rule, ([], [], []))
            place = int(np.searchsorted(times, moment, side="right")) - 1 if times else -1
            if place >= 0:
                states[rule] = lived[place]
                if (last := ended[place]) is not None:
                    over[rule] = last
        return states, over


class Stood(NamedTuple):
    """How a rule stood from a moment on; `ended`: its last alert that was over by then."""

    at: int
    state: RuleState
    ended: Ended | None


class Known:
    """One series of the period, and its newest believable reading at any moment."""

    def __init__(self, key: SeriesKey, series: Series) -> None:
        self.key = key
        self.series = series

    @cached_property
    def believed(self) -> Series:
        """Without readings that cannot be."""
        kept = self.series.quality % 10 <= Flag.SUSPECT
        return self.series if kept.all() else self.series.take(kept)

    @cached_property
    def _runs(self) -> NDArray[np.int64]:
        """Where runs of equal values begin."""
        return np.flatnonzero(np.diff(self.believed.values, prepend=np.nan) != 0)

    def at(self, moment: int) -> Latest | None:
        """None: nothing was known yet."""
        times, values, quality = self.believed
        place = int(times.searchsorted(moment, side="right")) - 1
        if place < 0:
            return None
        time = int(times[place])
        run = int(self._runs.searchsorted(place, side="right")) - 1
        since = int(times[self._runs[run]])
        reading = Reading(self.key, time, float(values[place]), int(quality[place]), time)
        return Latest(reading, heard=time, since=since)

    def between(self, start: int, end: int) -> Series:
        """The readings with start <= time <= end, without a copy."""
        times = self.series.times
        low, high = times.searchsorted(start), times.searchsorted(end, side="right")
        return self.series.take(slice(int(low), int(high)))


class Hindsight:
    """Gives every rule what it asked for, as of any moment of the period from `start` to `end`."""

    def __init__(
        self,
        readings: Source,
        district: District,
        rules: Sequence[Rule],
        order: Order,
        *,
        start: int,
        end: int,
        entered: Entered,
    ) -> None:
        self._readings = readings
        self._district = district
        self._order = order
        self._start, self._end = start, end
        self._entered = entered
        self._back = _look_back(rules, order)
        self._held: OrderedDict[SeriesKey, Known] = OrderedDict()
        self._days: dict[SeriesKey, list[Day]] = {}
        self._lock = Lock()
        self.past = Past()
        self.counted: dict[SeriesKey, int] = {}  # readings of the period that rules were given

    def known(self, key: SeriesKey) -> Known:
        """A series with what lies before the period as far as any rule looks back."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
                return found
        back = self._back.get(key, DAY)
        found = Known(key, self._readings.series(key, self._start - back, self._end))
        with self._lock:
            self._held[key] = found
            while len(self._held) > 1 and sum(k.series.size for k in self._held.values()) > HELD:
                self._held.popitem(last=False)
        return found

    def heard(self, needs: Iterable[Need]) -> dict[SeriesKey, Known]:
        """The series of these needs that have readings at all."""
        known = {need.key: self.known(need.key) for need in needs}
        return {key: found for key, found in known.items() if found.series.size}

    def context(self, rule: Rule, known: Mapping[SeriesKey, Known], at: int) -> Context:
        """What the rule sees at the moment `at`."""
        latest, windows = {}, {}
        for need in rule.needs:
            found = known.get(need.key)
            if found is None:
                continue
            if (newest := found.at(at)) is not None:
                latest[need.key] = newest
            if need.span:
                windows[need.key] = found.between(at - need.span, at)
        order, key = self._order, rule.key
        if key not in order.watching and key not in order.days and key not in order.registers:
            return Context(at, at, latest, windows)
        states, ended = self.past.at(order.watching.get(key, ()), at)
        daily = {need.key: self._last(need.key, at, need.days) for need in order.days.get(key, ())}
        entered = {
            name: self._entered.rows(name, key.station, at) for name in order.registers.get(key, ())
        }
        return Context(at, at, latest, windows, states, daily, entered, ended)

    def entries(self, rule: Rule) -> set[int]:
        """When people entered something of the period that the rule consults."""
        names = self._order.registers.get(rule.key, ())
        found = (at for name in names for at in self._entered.moments(name, rule.key.station))
        return {at for at in found if self._start <= at <= self._end}

    def consults(self, rule: Rule) -> bool:
        """Whether anything in the registers ever concerned the rule."""
        names = self._order.registers.get(rule.key, ())
        return any(self._entered.moments(name, rule.key.station) for name in names)

    def beside(self, rule: RuleKey, at: int) -> Beside:
        """Rain and neighbours of a suspect reading's place."""
        station = self._district.stations.get(rule.station)
        if station is None or rule.variable not in WATER:
            return Beside(0.0, {})
        basin = basin_of(self._district, station)
        rain = [k for code in basin.rain for k in finest_rain(self._district.stations[code])]
        amounts = [self.known(key).between(at - doubt.LOOK_BACK, at) for key in rain]
        hours = [heaviest_hour(s, key, at=at) for s, key in zip(amounts, rain, strict=True)]
        beside = basin.neighbours[: doubt.SOME]
        near = [self.known(SeriesKey(code, "1", rule.variable)).at(at) for code in beside]
        told = [latest.reading for latest in near if latest is not None]
        measured = hours if any(series.size for series in amounts) else ()
        return doubt.weighed(measured, told, self._district, now=at)

    def _last(self, key: SeriesKey, at: int, count: int) -> Sequence[Day]:
        """The rows of the last `count` days that were over at `at`."""
        tz = self._district.zone_of(key.station)
        today = day_of(at + 1, tz)
        first, last = _number(today - timedelta(days=count)), _number(today)
        return [row for row in self._summed(key) if first <= row.day < last]

    def _summed(self, key: SeriesKey) -> list[Day]:
        found = self._days.get(key)
        if found is None:
            self._days[key] = found = list(self._sum_up(key))
        return found

    def _sum_up(self, key: SeriesKey) -> Iterable[Day]:
        tz, series = self._district.zone_of(key.station), self.known(key).series
        if not series.size:
            return
        place = self._district.stations.get(key.station)
        timed = place.reporting.timed if place else HOUR
        day, last = day_of(int(series.times[0]), tz), day_of(self._end + 1, tz)
        while day < last:
            d = summary(bounds(day, tz), series, timed=timed)
            if d is not None:
                yield Day(
                    d.day, d.n, d.coverage, d.minimum, d.maximum, d.mean, d.sum, d.first, d.last
                )
            day += timedelta(days=1)


def _look_back(rules: Iterable[Rule], order: Order) -> dict[SeriesKey, int]:
    """How far before the period each series is needed, ms."""
    found: dict[SeriesKey, int] = {}
    for rule in rules:
        for need in rule.needs:
            found[need.key] = max(found.get(need.key, DAY), need.span)
        for wish in order.days.get(rule.key, ()):
            found[wish.key] = max(found.get(wish.key, DAY), (wish.days + 2) * DAY)
    return found


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day
