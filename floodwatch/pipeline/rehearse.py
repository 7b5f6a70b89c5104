"""Rehearsal: stored readings of a period through the same rules and the same life of an alert.

The virtual present is the time of the reading. Between two readings everything is done that time
alone would have done: holds that run out, rain that leaves its window, seasons that switch.
"""

import bisect
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from floodwatch.alerts.lifecycle import step
from floodwatch.hydrology.series import Series
from floodwatch.model.alert import RuleKey, RuleState, Transition, TransitionKind
from floodwatch.model.clock import DAY
from floodwatch.model.district import District
from floodwatch.model.finding import Finding
from floodwatch.model.moment import iso
from floodwatch.model.quality import Flag
from floodwatch.model.reading import Latest, Reading, SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.rules.context import Context, Rule, Skipping
from floodwatch.rules.defaults import SILENCE
from floodwatch.rules.registry import compile_rules

AFTERWARDS = 4 * DAY  # how long time goes on after the last reading of a rule
WAITING = ("level",)  # rules that, unable to clear, wait for a reading and nothing else


class Source(Protocol):
    """Where readings come from: store.readings.Readings, or arrays in a test."""

    def series(self, key: SeriesKey, start: int, end: int) -> Series:
        """The readings with start <= time <= end."""
        ...


@dataclass(slots=True)
class Rehearsed:
    """One alert from firing to resolved, as it would have been."""

    rule: RuleKey
    fired_at: int
    severity: Severity  # the worst
    suspect: bool
    transitions: list[Transition] = field(default_factory=list)
    resolved_at: int | None = None
    peak: float | None = None
    peak_at: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The alert in the words of the command's JSON; seconds rounded down."""
        return {
            "station": self.rule.station,
            "gauge": self.rule.gauge,
            "variable": self.rule.variable,
            "rule": self.rule.type,
            "direction": self.rule.direction,
            "severity": self.severity.name,
            "fired_at": second(self.fired_at),
            "resolved_at": second(self.resolved_at),
            "peak": self.peak,
            "peak_at": second(self.peak_at),
            "suspect": self.suspect,
            "transitions": [
                {
                    "kind": said.kind.value,
                    "severity": said.severity.name,
                    "at": second(said.at),
                    "threshold": said.finding.band,
                    "value": said.finding.value,
                }
                for said in self.transitions
            ],
        }


@dataclass(slots=True)
class Rehearsal:
    """What the rules would have said; `readings`: how many they were given."""

    alerts: list[Rehearsed]
    readings: int

    def as_json(self, *, seconds: float) -> dict[str, Any]:
        """The document of the command; `seconds` is what it took."""
        said = Counter(t.kind.value for alert in self.alerts for t in alert.transitions)
        return {
            "alerts": [alert.as_json() for alert in self.alerts],
            "notifications": {kind.value: said[kind.value] for kind in TransitionKind},
            "readings": self.readings,
            "seconds": round(seconds, 3),
        }


def second(moment: int | None) -> str | None:
    """UTC to the second, rounded down."""
    return None if moment is None else iso(moment // 1_000 * 1_000)


def rehearse(
    readings: Source,
    district: District,
    *,
    start: int,
    end: int,
    stations: Collection[str] | None = None,
    stale: bool = False,
    skip: bool = True,
) -> Rehearsal:
    """Replay all readings with start <= time <= end (ms UTC) through the rules of `district`.

    Silence of gauges is left out unless `stale`: in a stored series it mostly shows how it was
    collected. `skip` leaves out readings of which a rule says that they can change nothing.
    """
    alerts: list[Rehearsed] = []
    known: dict[SeriesKey, Series] = {}
    for rule in compile_rules(district):
        if (stations is not None and rule.key.station not in stations) or (
            rule.key.type in SILENCE and not stale
        ):
            continue
        run = _Run(rule, _series(readings, rule, start=start, end=end), skip=skip)
        known.update((key, run.within(key, start, end)) for key in run.series)
        alerts += run.play(start, end)
    alerts.sort(key=lambda alert: (alert.fired_at, alert.rule))
    return Rehearsal(alerts, sum(series.size for series in known.values()))


def _series(readings: Source, rule: Rule, *, start: int, end: int) -> dict[SeriesKey, Series]:
    """What the rule needs, with what lies before the period as far as it looks back."""
    found = {
        need.key: readings.series(need.key, start - max(need.span, DAY), end) for need in rule.needs
    }
    return {key: series for key, series in found.items() if series.size}


class _Run:
    """One rule on its way through time."""

    def __init__(
        self, rule: Rule, series: Mapping[SeriesKey, Series], *, skip: bool = True
    ) -> None:
        self.rule = rule
        self._skip = skip
        self.series = series
        self._knowledge = {key: _Knowledge(key, found) for key, found in series.items()}
        self._state = RuleState()
        self._open: Rehearsed | None = None
        self._done: list[Rehearsed] = []

    def within(self, key: SeriesKey, start: int, end: int) -> Series:
        """The readings of the period itself."""
        return self.series[key].between(start - 1, end)

    def play(self, start: int, end: int) -> list[Rehearsed]:
        """Every reading of the period and all that time decides between them and after."""
        moments = self._moments(start, end)
        for moment in moments:
            self._wait(moment - 1)
            self._judge(moment)
        if moments:
            self._wait(min(end, moments[-1] + AFTERWARDS))
        return self._done

    def _moments(self, start: int, end: int) -> list[int]:
        """When readings came that may change something."""
        times = [self.within(key, start, end).times for key in self.series]
        if not times:
            return []
        moments: NDArray[np.int64] = np.unique(np.concatenate(times))
        if self._skip and isinstance(self.rule, Skipping) and moments.size:
            calm = self.rule.quiet(self.series, moments)
            calm[0] = False  # what was before the period has not been judged
            moments = moments[~calm]
        return [int(moment) for moment in moments]

    def _wait(self, until: int) -> None:
        """Let time pass up to and including `until`."""
        while self._state.due is not None and self._state.due <= until:
            due, before = self._state.due, self._state
            finding = self._judge(due)
            unchanged = replace(self._state, due=due) == before
            if unchanged and not finding.may_clear and self.rule.key.type in WAITING:
                self._state = replace(self._state, due=finding.recheck_at)

    def _judge(self, moment: int) -> Finding:
        latest = {}
        for key, knowledge in self._knowledge.items():
            found = knowledge.at(moment)
            if found is not None:
                latest[key] = found
        finding = self.rule.judge(Context(moment, moment, latest, self.series))
        self._state, said = step(
            self._state,
            finding,
            now=moment,
            holds=self.rule.holds,
            direction=self.rule.key.direction,
        )
        self._note(said, finding)
        return finding

    def _note(self, said: tuple[Transition, ...], finding: Finding) -> None:
        for transition in said:
            if transition.kind is TransitionKind.FIRED:
                self._open = Rehearsed(
                    self.rule.key, transition.at, transition.severity, finding.suspect
                )
                self._done.append(self._open)
            if self._open is not None:
                self._open.transitions.append(transition)
                self._open.severity = max(self._open.severity, transition.severity)
                if transition.kind is TransitionKind.RESOLVED:
                    self._open.resolved_at = transition.at
                    self._open = None
        if self._open is not None:
            self._open.suspect = self._open.suspect and (
                finding.suspect or finding.severity is None
            )
            self._open.peak, self._open.peak_at = self._state.peak, self._state.peak_at


class _Knowledge:
    """The newest believable reading of one series at any moment."""

    def __init__(self, key: SeriesKey, series: Series) -> None:
        believed = series.quality % 10 <= Flag.SUSPECT
        values, times = series.values[believed], series.times[believed]
        changed = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)
        runs = np.searchsorted(changed, np.arange(values.size), side="right") - 1
        self._key = key
        self._times: list[int] = times.tolist()
        self._values: list[float] = values.tolist()
        self._quality: list[int] = series.quality[believed].tolist()
        self._since: list[int] = times[changed[runs]].tolist() if values.size else []

    def at(self, moment: int) -> Latest | None:
        """None: nothing was known yet."""
        place = bisect.bisect_right(self._times, moment) - 1
        if place < 0:
            return None
        time = self._times[place]
        reading = Reading(self._key, time, self._values[place], self._quality[place], time)
        return Latest(reading, heard=time, since=self._since[place])
