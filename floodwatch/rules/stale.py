"""Silence of a gauge is itself a finding (失测)."""

from collections.abc import Iterable, Mapping, Sequence

from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station, StationKind
from floodwatch.model.threshold import Threshold
from floodwatch.rules.context import Context, Need
from floodwatch.rules.defaults import RAIN, holds
from floodwatch.rules.level import change_per_hour
from floodwatch.rules.settings import choose, number, severity
from floodwatch.rules.words import duration

TYPE = "stale"
PARAMETERS = {
    "after_min": "minutes of silence; default 1.2 times the timed report and 5 min",
    "severity": "IV, III, II or I",
}
LOOK_BACK = 3 * HOUR
# What the equipment says of itself: its own silence shows with the gauge beside it.
HOUSEKEEPING = frozenset({"battery", "signal"})
FLOOD_KINDS = frozenset(
    {StationKind.RESERVOIR, StationKind.RIVER, StationKind.LAKE, StationKind.WATERLOGGING}
)


class StaleRule:
    """One gauge that should have spoken.

    Fresh only while both the time of receipt and the time of measurement advance: a logger that
    repeats an old reading is as silent as one that says nothing. A gauge never heard is unknown,
    not silent: coverage shows it grey. A rain gauge's increments and its counter are one gauge.
    """

    __slots__ = ("_after", "_severity", "holds", "key", "needs")

    def __init__(
        self,
        key: RuleKey,
        *,
        series: Sequence[SeriesKey],
        holds: Holds,
        silent_after: int,
        severity: Severity,
    ) -> None:
        self.key = key
        self.holds = holds
        span = 0 if key.variable in RAIN else LOOK_BACK
        self.needs: tuple[Need, ...] = tuple(Need(s, span) for s in series)
        self._after = silent_after
        self._severity = severity

    def judge(self, context: Context) -> Finding:
        """Whether the gauge is silent at `context.at`, and when it would become so."""
        latest = (context.latest.get(need.key) for need in self.needs)
        known = [each for each in latest if each and each.heard]  # 0: only imports told of it
        if not known:
            return UNKNOWN
        moments = {each.reading.key: self._silent_at(each, context) for each in known}
        newest = max(known, key=lambda candidate: moments[candidate.reading.key])
        silent_at = moments[newest.reading.key]
        silent = context.now >= silent_at
        found = self._severity if silent else None
        return Finding(
            severity=found,
            holding=found,
            band=TYPE,
            label="失测",
            value=newest.reading.value,
            time=newest.reading.time,
            recheck_at=None if silent else self._recheck(newest, context.now, silent_at),
            facts=self._facts(context, newest),
        )

    def _silent_at(self, latest: Latest, context: Context) -> int:
        """Service time from which the gauge counts as silent."""
        heard = latest.heard
        # The reading judged may itself be old: then its time is held against the present.
        present = context.now if latest.late else context.at
        measured = latest.reading.time + context.now - present
        return min(heard, measured) + self._after + 1

    def _recheck(self, latest: Latest, now: int, silent_at: int) -> int:
        """Judged at a reading's own time, its delay on the way does not show: look again sooner."""
        by_measure = latest.reading.time + self._after + 1
        return by_measure if now < by_measure < silent_at else silent_at

    def _facts(self, context: Context, latest: Latest) -> Mapping[str, float | int | str]:
        reading = latest.reading
        facts: dict[str, float | int | str] = {
            "last": reading.value,
            "last_time": reading.time,
            "age": max(0, context.now - reading.time),
            "silent_after": self._after,
        }
        rate = change_per_hour(context.windows.get(reading.key), until=reading.time)
        if rate is not None:
            facts["rate"] = rate
        return facts

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        span = duration(self._after, language)
        if language == "zh":
            return f"超过{span}无数据即失测({self._severity.numeral}级)"
        return f"silent after {span} without data ({self._severity.name})"


def build(
    district: District,
    station: Station,
    thresholds: Sequence[Threshold],
) -> Iterable[StaleRule]:
    """One rule for each gauge that measures water, rain or supply."""
    del thresholds
    grouped: dict[tuple[str, str], list[SeriesKey]] = {}
    for gauge in station.gauges:
        if gauge.variable not in HOUSEKEEPING and gauge.gauge != "manual":
            name = "rainfall" if gauge.variable in RAIN else gauge.variable
            grouped.setdefault((gauge.gauge, name), []).append(gauge.key)
    for (gauge_name, variable), series in grouped.items():
        key = RuleKey(station.code, gauge_name, variable, TYPE, "none")
        usual = holds(kind=station.kind, outlet=station.outlet, variable=variable, type=TYPE)
        chosen = choose(district.rules, station, key, default=usual)
        if chosen.enabled:
            after = number(chosen.parameters, "after_min", station.reporting.silent_after / MINUTE)
            yield StaleRule(
                key,
                series=series,
                holds=chosen.holds,
                silent_after=round(after * MINUTE),
                severity=severity(chosen.parameters, _usual(station, variable)),
            )


def _usual(station: Station, variable: str) -> Severity:
    watched = station.kind in FLOOD_KINDS and variable in ("stage", "ponding_depth")
    return Severity.III if watched else Severity.IV
