"""Silence of a gauge is itself a finding (失测), sooner so in a storm."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Reporting, Station, StationKind
from floodwatch.model.threshold import Threshold
from floodwatch.rules.basin import WATER
from floodwatch.rules.context import Context, Need
from floodwatch.rules.defaults import RAIN, holds
from floodwatch.rules.level import trend
from floodwatch.rules.quiet_water import LATELY, before, exactly, good, heard, twice, waits
from floodwatch.rules.settings import choose, number, severity
from floodwatch.rules.silence import (
    GRACE,
    believable,
    look_again,
    quick_interval,
    silent_at,
    tempo,
)
from floodwatch.rules.storm import HEAVY_MM, Storm, storm_of
from floodwatch.rules.words import duration

TYPE = "stale"
PARAMETERS = {
    "after_min": "minutes of silence; default 1.2 times the timed report and 5 min",
    "severity": "IV, III, II or I",
    "storm_mm": "rain of an hour, mm, from which silence counts after one expected interval; "
    "0: never for rain",
}
LOOK_BACK = 3 * HOUR
ASK_AGAIN = 5 * MINUTE  # whether a storm has begun, once its shorter limit has passed
FLOOD_KINDS = frozenset(
    {StationKind.RESERVOIR, StationKind.RIVER, StationKind.LAKE, StationKind.WATERLOGGING}
)


class StaleRule:
    """One gauge that should have spoken.

    Fresh only while both the time of receipt and the time of measurement advance: a logger that
    repeats an old reading is as silent as one that says nothing. A gauge never heard is unknown,
    not silent: coverage shows it grey. A rain gauge's increments and its counter are one gauge.

    In a storm one expected interval and a minute are enough: the timed one, or the additional one
    while the water falls so fast that the gauge must speak (while it rises, `rise_silent` says so).
    The end of the storm alone ends no alert.
    """

    __slots__ = (
        *("_after", "_reporting", "_severity", "_storm", "holds", "key", "needs", "series"),
        "watches",
    )

    def __init__(
        self,
        key: RuleKey,
        *,
        series: Sequence[SeriesKey],
        holds: Holds,
        silent_after: int,
        severity: Severity,
        reporting: Reporting,
        storm: Storm | None = None,
    ) -> None:
        self.key = key
        self.holds = holds
        self.series = tuple(series)
        span = 0 if key.variable in RAIN else LOOK_BACK
        own = tuple(Need(s, span) for s in series)
        self.needs: tuple[Need, ...] = (*own, *(storm.needs if storm else ()))
        self.watches: tuple[RuleKey, ...] = storm.watches if storm else ()
        self._after = silent_after
        self._severity = severity
        self._reporting = reporting
        self._storm = storm

    def judge(self, context: Context) -> Finding:
        """Whether the gauge is silent at `context.at`, and when it would become so."""
        latest = (context.latest.get(key) for key in self.series)
        known = [each for each in latest if each and each.heard]  # 0: only imports told of it
        if not known:
            return UNKNOWN
        newest = max(known, key=lambda candidate: silent_at(candidate, context, self._after))
        calm = silent_at(newest, context, self._after)
        after = self._quick(context, newest)
        quick = silent_at(newest, context, after)
        storm = quick < calm and self._storm is not None and self._storm.rages(context)
        silent = context.now >= (quick if storm else calm)
        found = self._severity if silent else None
        return Finding(
            severity=found,
            # What has fallen silent in a storm has not been heard because the storm is over.
            holding=self._severity if context.now >= quick else None,
            band=TYPE,
            label="失测",
            value=newest.reading.value,
            time=newest.reading.time,
            recheck_at=None if silent else self._recheck(context, newest, calm, quick, after),
            facts=self._facts(context, newest, after if storm else self._after, silent=silent),
        )

    def _quick(self, context: Context, latest: Latest) -> int:
        """How long it may be silent in a storm."""
        if self._storm is None:
            return self._after
        expected = self._reporting.timed
        if self.key.variable in WATER and self._reporting.additional:
            good = believable(context.windows.get(latest.reading.key), until=latest.reading.time)
            falls = tempo(good, falling=True) if good is not None else None
            quick = falls and quick_interval(self._reporting, self.key.variable, falls.sure)
            expected = quick or expected
        return min(self._after, expected + GRACE)

    def _recheck(self, context: Context, newest: Latest, calm: int, quick: int, after: int) -> int:
        now = context.now
        if now < quick:
            return look_again(newest, now, quick, after)
        return look_again(newest, now, min(calm, now + ASK_AGAIN), self._after)

    def _facts(
        self, context: Context, latest: Latest, silent_after: int, *, silent: bool
    ) -> Mapping[str, float | int | str]:
        reading = latest.reading
        facts: dict[str, float | int | str] = {
            "last": reading.value,
            "last_time": reading.time,
            "age": max(0, context.now - reading.time),
            "silent_after": silent_after,
        }
        if silent:  # nobody asks how a gauge moved that speaks
            facts |= trend(context.windows.get(reading.key), until=reading.time)
        return facts

    def quiet(
        self, series: Mapping[SeriesKey, Series], moments: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which of the readings at `moments` can change no state, nor anything until the next one.

        Before and after them the gauge spoke again so soon that in no storm it would be silent.
        """
        known = [heard(series[key]) for key in self.series if key in series]
        times = [each.times for each in known if each.size]
        if not times:
            return np.zeros(moments.shape, bool)
        spoke = times[0] if len(times) == 1 else np.unique(np.concatenate(times))
        gap = waits(spoke, moments)
        if self._storm is None:
            return twice(gap <= self._after)
        expected = min(self._after, self._reporting.timed + GRACE)
        quick = self._reporting.additional if self.key.variable in WATER else 0
        soon = min(expected, quick + GRACE) if quick else expected
        calm = gap <= soon
        if soon < expected and len(known) == 1:
            mine = good(known[0])
            lately, there = before(mine, LATELY, least=LOOK_BACK)
            steady = exactly(mine.times, there & (mine.values >= lately), moments)
            calm |= steady & (gap <= expected)
        return twice(calm)

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        span = duration(self._after, language)
        sooner = min(self._after, self._reporting.timed + GRACE)
        quick = self._storm is not None and sooner < self._after
        short = duration(sooner, language)
        if language == "zh":
            storm = f"，暴雨或涨水时{short}" if quick else ""
            return f"超过{span}无数据即失测({self._severity.numeral}级){storm}"
        storm = f", {short} in a storm" if quick else ""
        return f"silent after {span} without data ({self._severity.name}){storm}"


def build(
    district: District,
    station: Station,
    thresholds: Sequence[Threshold],
) -> Iterable[StaleRule]:
    """One rule for each gauge that measures water, rain or supply."""
    del thresholds
    for key, series in gauges_of(station, TYPE).items():
        usual = holds(kind=station.kind, outlet=station.outlet, variable=key.variable, type=TYPE)
        chosen = choose(district.rules, station, key, default=usual)
        if chosen.enabled:
            after = number(chosen.parameters, "after_min", station.reporting.silent_after / MINUTE)
            heavy = number(chosen.parameters, "storm_mm", HEAVY_MM)
            speaks = "after_min" not in chosen.parameters and in_flood(station, key.variable)
            yield StaleRule(
                key,
                series=series,
                holds=chosen.holds,
                silent_after=round(after * MINUTE),
                severity=severity(chosen.parameters, usual_severity(station, key.variable)),
                reporting=station.reporting,
                storm=storm_of(district, station, heavy_mm=heavy) if speaks else None,
            )


def gauges_of(station: Station, type_: str) -> dict[RuleKey, list[SeriesKey]]:
    """The series of each gauge whose silence counts, by the key of a rule of that type."""
    grouped: dict[RuleKey, list[SeriesKey]] = {}
    for gauge in station.gauges:
        if gauge.watched:
            name = "rainfall" if gauge.variable in RAIN else gauge.variable
            key = RuleKey(station.code, gauge.gauge, name, type_, "none")
            grouped.setdefault(key, []).append(gauge.key)
    return grouped


def in_flood(station: Station, variable: str) -> bool:
    """Whether the gauge is one that a storm is watched by."""
    return (station.kind in FLOOD_KINDS and variable in WATER) or variable == "rainfall"


def usual_severity(station: Station, variable: str) -> Severity:
    """How grave the silence of a gauge is unless somebody says so."""
    watched = station.kind in FLOOD_KINDS and variable in ("stage", "ponding_depth")
    return Severity.III if watched else Severity.IV
