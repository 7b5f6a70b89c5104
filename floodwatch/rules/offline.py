"""A station none of whose gauges speaks (全站失联): one alert, not one a gauge."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import MINUTE, SECOND
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station
from floodwatch.model.threshold import Threshold
from floodwatch.rules.context import Context, Need
from floodwatch.rules.defaults import holds
from floodwatch.rules.settings import choose, severity
from floodwatch.rules.silence import GRACE, silent_at
from floodwatch.rules.stale import gauges_of, in_flood, usual_severity
from floodwatch.rules.storm import Storm, storm_of
from floodwatch.rules.words import duration

TYPE = "offline"
GAUGE, VARIABLE = "*", "all"
PARAMETERS = {"severity": "IV, III, II or I; default that of its gravest gauge"}
SOONER = SECOND  # before the last gauge's own alert, which this one then stands for
AGAIN = MINUTE  # how often it looks whether a silent station speaks again, and in a storm


class OfflineRule:
    """All gauges of one station, silent together. It looks when time asks for it, not at readings.

    Gauges never heard do not count; with fewer than two that were, the gauge's own alert says it.
    """

    __slots__ = (
        *("_after", "_gauges", "_severity", "_storm", "_timed", "holds", "key", "needs"),
        "watches",
    )

    def __init__(
        self,
        key: RuleKey,
        *,
        gauges: Sequence[Sequence[SeriesKey]],
        holds: Holds,
        station: Station,
        severity: Severity,
        storm: Storm | None,
    ) -> None:
        self.key = key
        self.holds = holds
        own = tuple(Need(series, 0, wakes=False) for gauge in gauges for series in gauge)
        self.needs: tuple[Need, ...] = (*own, *(storm.needs if storm else ()))
        self.watches: tuple[RuleKey, ...] = storm.watches if storm else ()
        self._gauges = tuple(tuple(gauge) for gauge in gauges)
        self._after = station.reporting.silent_after
        self._timed = station.reporting.timed
        self._severity = severity
        self._storm = storm

    def judge(self, context: Context) -> Finding:
        """Whether every gauge has been silent for its time, and when that would be."""
        calm, quick = self._moments(context, self._after), None
        if self._storm is not None:
            quick = self._moments(context, min(self._after, self._timed + GRACE))
        if len(calm) < 2:
            return replace(UNKNOWN, recheck_at=context.now + self._timed)
        silent, now = max(calm), context.now
        sooner = max(quick) if quick else silent
        storm = sooner <= now < silent and self._storm is not None and self._storm.rages(context)
        if now >= silent or storm:
            return self._silent(context)
        waits = sooner if now < sooner else min(silent, now + AGAIN)
        return Finding(
            None,
            # What fell silent in a storm is not heard because the storm is over.
            self._severity if now >= sooner else None,
            recheck_at=waits,
            facts={"zh": "恢复报数", "en": "reports again"},
        )

    def _moments(self, context: Context, after: int) -> list[int]:
        """When each gauge ever heard counts as silent."""
        found = []
        for gauge in self._gauges:
            latest = (context.latest.get(key) for key in gauge)
            known = [each for each in latest if each is not None and each.heard]
            if known:
                found.append(max(silent_at(each, context, after - SOONER) for each in known))
        return found

    def _silent(self, context: Context) -> Finding:
        known = [latest for latest in context.latest.values() if latest.reading.key in self._own]
        newest = max(known, key=lambda latest: min(latest.heard, latest.reading.time))
        time = min(newest.heard, newest.reading.time)
        count = len({(each.reading.key.gauge, each.reading.key.variable) for each in known})
        return Finding(
            self._severity,
            self._severity,
            band=TYPE,
            label="全站失联",
            time=time,
            recheck_at=context.now + AGAIN,
            facts={
                "gauges": count,
                "age": context.now - time,
                "zh": f"全站失联，{count}个测点均无数据",
                "en": f"is off line, none of {count} gauges speaks",
                "act_zh": "请检查供电和通信、到场查看",
                "act_en": "Check power and link, look on site",
            },
        )

    @property
    def _own(self) -> frozenset[SeriesKey]:
        return frozenset(series for gauge in self._gauges for series in gauge)

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        span = duration(self._after, language)
        if language == "zh":
            return f"所有测点超过{span}无数据即全站失联({self._severity.numeral}级)，只发一条"
        return f"off line when no gauge spoke for {span} ({self._severity.name})"


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[OfflineRule]:
    """One rule for each station with at least two gauges."""
    del thresholds
    gauges = gauges_of(station, TYPE)
    if len(gauges) < 2:
        return
    key = RuleKey(station.code, GAUGE, VARIABLE, TYPE, "none")
    usual = holds(kind=station.kind, outlet=station.outlet, variable=VARIABLE, type=TYPE)
    chosen = choose(district.rules, station, key, default=usual)
    if chosen.enabled:
        gravest = max(usual_severity(station, k.variable) for k in gauges)
        flood = any(in_flood(station, k.variable) for k in gauges)
        yield OfflineRule(
            key,
            gauges=list(gauges.values()),
            holds=chosen.holds,
            station=station,
            severity=severity(chosen.parameters, gravest),
            storm=storm_of(district, station) if flood else None,
        )
