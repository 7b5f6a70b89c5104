"""The demonstration storm through the rules on silence alone: 石桥 at once, nobody else in 48 h."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from floodwatch import config
from floodwatch.alerts.lifecycle import step
from floodwatch.hydrology.series import Series, empty
from floodwatch.model.alert import RuleKey, RuleState, Transition, TransitionKind
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.reading import Latest, Reading, SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.quality.flagging import assess_series, limits_of
from floodwatch.rules import compile_rules
from floodwatch.rules.context import Context, Rule
from floodwatch.sources.simulator import faults, reports, storm

CONFIG = Path(__file__).parents[2] / "config"
T0 = storm.T0  # 20:00 local
RESERVOIRS = tuple(f"6199000{n}" for n in range(1, 7))
SILENT = faults.SILENT_STATION
WATCHED = ("rise_silent", "rise_flat", "stuck")


class Known(NamedTuple):
    """All readings of one series, by time, with the moment each arrives."""

    series: Series
    arrivals: np.ndarray[tuple[int], np.dtype[np.int64]]
    late_after: int

    def at(self, key: SeriesKey, now: int) -> tuple[Series, Latest | None]:
        """What is known of it at `now`."""
        seen = self.arrivals <= now
        part = self.series.take(seen)
        if not part.size:
            return part, None
        time, value = int(part.times[-1]), float(part.values[-1])
        others = np.flatnonzero(part.values != value)
        since = int(part.times[others[-1] + 1]) if others.size else int(part.times[0])
        heard = int(self.arrivals[seen].max())
        late = int(self.arrivals[seen][-1]) - time > self.late_after
        reading = Reading(key, time, value, int(part.quality[-1]), heard)
        return part, Latest(reading, heard, since, late)


class Storm:
    """The rules of the demonstration's reservoirs, on its own clock."""

    def __init__(self) -> None:
        self.district = config.load(CONFIG)
        sent = reports.storm_reports(storm.run(), rain_totals=defaultdict(float))
        found: dict[SeriesKey, dict[int, tuple[float, int]]] = defaultdict(dict)
        for arrival, reading in faults.spoil(sent):
            for gauge in self.district.stations[reading.station].gauges:
                named = (reading.variable, reading.gauge or "1")
                if (gauge.variable, gauge.gauge) == named and reading.value is not None:
                    time = min(reading.time, arrival)
                    found[gauge.key].setdefault(time, (reading.value, arrival))
        self.known = {key: self._known(key, readings) for key, readings in found.items()}
        rules = [r for r in compile_rules(self.district) if r.key.type in WATCHED]
        self.rules = [r for r in rules if r.key.station in RESERVOIRS]

    def _known(self, key: SeriesKey, readings: dict[int, tuple[float, int]]) -> Known:
        station = self.district.stations[key.station]
        times = np.array(sorted(readings), np.int64)
        values = np.array([readings[t][0] for t in times.tolist()])
        arrivals = np.array([readings[t][1] for t in times.tolist()], np.int64)
        quality = assess_series(values, times, limits=limits_of(self.district.gauges[key], station))
        return Known(Series(times, values, quality), arrivals, station.reporting.silent_after)

    def play(self, rule: Rule) -> list[Transition]:
        """Every transition of one rule in 48 h."""
        keys = [need.key for need in rule.needs if need.wakes and need.key in self.known]
        arrivals = {int(a) for key in keys for a in self.known[key].arrivals}
        waiting = sorted(arrivals | {T0 + HOUR}, reverse=True)
        state, said = RuleState(), []
        while waiting or state.due is not None:
            news = waiting[-1] if waiting else T0 + 48 * HOUR
            now = min(news, state.due if state.due is not None else news)
            if now >= T0 + 48 * HOUR:
                break
            if waiting and now == news:
                waiting.pop()
            finding = rule.judge(self._context(rule, now))
            state, made = step(state, finding, now=now, holds=rule.holds)
            said += made
            if state.due is not None and state.due <= now:
                state = replace(state, due=None)
        return said

    def _context(self, rule: Rule, now: int) -> Context:
        latest, windows = {}, {}
        for need in rule.needs:
            part, newest = (
                self.known[need.key].at(need.key, now)
                if need.key in self.known
                else (empty(), None)
            )
            windows[need.key] = part
            if newest is not None:
                latest[need.key] = newest
        return Context(now, now, latest, windows)


@pytest.fixture(scope="module")
def played() -> dict[RuleKey, list[Transition]]:
    known = Storm()
    return {rule.key: known.play(rule) for rule in known.rules}


def local(clock: str) -> int:
    """ms of a local time of 18 June."""
    hours, minutes = clock.split(":")
    return T0 + (4 + int(hours)) * HOUR + int(minutes) * MINUTE


def of(played: dict[RuleKey, list[Transition]], station: str, type_: str) -> list[Transition]:
    return [
        t
        for key, made in played.items()
        for t in made
        if (key.station, key.type) == (station, type_)
    ]


def test_every_reservoir_has_its_rules(played: dict[RuleKey, list[Transition]]) -> None:
    for type_ in WATCHED:
        assert {key.station for key in played if key.type == type_} == set(RESERVOIRS)


def test_the_silent_reservoir_is_told_after_one_missed_report(
    played: dict[RuleKey, list[Transition]],
) -> None:
    fired, *_ = of(played, SILENT, "rise_silent")
    assert local("04:26") <= fired.at <= local("04:32")
    assert fired.severity is Severity.I
    assert fired.finding.value == 104.77
    assert "104.77米后失测" in str(fired.finding.facts["zh"])
    assert "读水尺" in str(fired.finding.facts["act_zh"])


def test_its_late_readings_end_it_once(played: dict[RuleKey, list[Transition]]) -> None:
    kinds = [t.kind for t in of(played, SILENT, "rise_silent")]
    assert kinds == [TransitionKind.FIRED, TransitionKind.RESOLVED]
    assert of(played, SILENT, "rise_silent")[-1].at == faults.BACK_AGAIN


@pytest.mark.parametrize("type_", WATCHED)
@pytest.mark.parametrize("station", RESERVOIRS)
def test_no_other_reservoir_is_called_silent_or_stuck(
    played: dict[RuleKey, list[Transition]], station: str, type_: str
) -> None:
    if (station, type_) != (SILENT, "rise_silent"):
        assert of(played, station, type_) == []
