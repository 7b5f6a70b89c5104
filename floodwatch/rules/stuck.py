"""A gauge whose number has not moved for days while it should have (数值不变). Grade IV, by day."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station, StationKind
from floodwatch.model.threshold import Threshold
from floodwatch.rules.basin import Keyed, basin_of, finest_rain
from floodwatch.rules.context import Context, DailyNeed, Day, Need
from floodwatch.rules.defaults import holds
from floodwatch.rules.extrapolate import called
from floodwatch.rules.settings import choose, number
from floodwatch.rules.slots import next_slot

TYPE = "stuck"
PARAMETERS = {
    "flat_days": "whole days without change; default 3",
    "rain_mm": "rain of these days from which water must have moved; default 30",
    "moved_m": "range of a neighbour's stage in these days that counts as movement; default 0.10",
}
EVERY = 6 * HOUR
KINDS = frozenset({StationKind.RESERVOIR, StationKind.LAKE, StationKind.RIVER})
BESIDE = 4  # neighbours that are looked at


class StuckRule:
    """One gauge that repeats a number for days.

    Reservoirs are flat by nature: of water it counts only if much rain fell or a neighbour's stage
    moved in the meantime; of a meter, if another meter of the same user ran on each of these days.
    It costs nothing a reading: it looks every six hours.
    """

    __slots__ = (
        *("_days", "_moved", "_neighbours", "_rain", "_rain_mm", "_series", "days", "holds"),
        *("key", "needs"),
    )

    def __init__(
        self,
        key: RuleKey,
        *,
        series: SeriesKey,
        neighbours: Sequence[SeriesKey],
        rain: Sequence[SeriesKey],
        holds: Holds,
        days: int,
        rain_mm: float,
        moved: float,
    ) -> None:
        self.key = key
        self.holds = holds
        self.needs: tuple[Need, ...] = (Need(series, 0, wakes=False),)
        self.days: tuple[DailyNeed, ...] = tuple(
            DailyNeed(each, days) for each in (*neighbours, *rain)
        )
        self._series = series
        self._neighbours = tuple(neighbours)
        self._rain = tuple(rain)
        self._days = days
        self._rain_mm = rain_mm
        self._moved = moved

    def judge(self, context: Context) -> Finding:
        """Whether the newest value is that of days ago though something else moved."""
        again = next_slot(self.key, context.now, every=EVERY)
        latest = context.latest.get(self._series)
        if latest is None:
            return replace(UNKNOWN, recheck_at=again)
        value, since = latest.reading.value, latest.since
        stands = latest.reading.time - since >= self._days * DAY
        why = self._moving(context) if stands else ""
        if not why:
            return Finding(
                None,
                None,
                may_clear=not stands,
                value=value,
                time=latest.reading.time,
                recheck_at=again,
                facts={"zh": "读数恢复变化", "en": "moves again"},
            )
        days = (latest.reading.time - since) // DAY
        zh, en = called(self.key.variable, "zh"), called(self.key.variable, "en")
        return Finding(
            Severity.IV,
            Severity.IV,
            band=TYPE,
            label="数值不变",
            value=value,
            time=latest.reading.time,
            recheck_at=again,
            facts={
                "since": since,
                "evidence": why,
                "zh": f"{zh}{days}天未变而{_WHY[why][0]}",
                "en": f"{en} has not moved for {days} days while {_WHY[why][1]}",
                "act_zh": "请核查仪器",
                "act_en": "Check the instrument",
            },
        )

    def _moving(self, context: Context) -> str:
        """What says that it should have moved: "rain", "neighbour", or nothing."""
        for key in self._rain:
            days = context.daily.get(key, ())
            if sum(day.sum or 0.0 for day in days) >= self._rain_mm:
                return "rain"
        ran = (_ran(context.daily.get(key, ()), key, self._days) for key in self._neighbours)
        return "neighbour" if any(moved >= self._moved for moved in ran) else ""

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        if language == "zh":
            return f"{self._days}天数值不变而有大雨或旁表在走，即疑仪器卡死(Ⅳ级)"
        return f"unchanged for {self._days} days while it rained or others moved (IV)"


_WHY = {
    "rain": ("同期有大雨", "much rain fell"),
    "neighbour": ("旁站在动", "others moved"),
}


def _ran(days: Sequence[Day], key: SeriesKey, count: int) -> float:
    """Of a meter: what it counted on its slowest day; of a stage: its range over all days."""
    if len(days) < count:
        return 0.0
    if key.variable == "meter_volume":
        return min((d.last or 0.0) - (d.first or 0.0) for d in days)
    tops = [d.maximum for d in days if d.maximum is not None]
    lows = [d.minimum for d in days if d.minimum is not None]
    return round(max(tops) - min(lows), 4) if tops and lows else 0.0


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[StuckRule]:
    """One rule for each gauge of water and each meter that something can contradict."""
    del thresholds
    metered = station.kind is StationKind.METER
    if not metered and station.kind not in KINDS:
        return
    variable = "meter_volume" if metered else "stage"
    gauge = next((g for g in station.gauges if (g.variable, g.gauge) == (variable, "1")), None)
    if gauge is None:
        return
    neighbours, rain = _beside(district, station, variable)
    if not neighbours and not rain:
        return
    key = RuleKey(station.code, "1", variable, TYPE, "none")
    usual = holds(kind=station.kind, outlet=station.outlet, variable=variable, type=TYPE)
    chosen = choose(district.rules, station, key, default=usual)
    if chosen.enabled:
        yield StuckRule(
            key,
            series=gauge.key,
            neighbours=neighbours,
            rain=rain,
            holds=chosen.holds,
            days=max(1, round(number(chosen.parameters, "flat_days", 3))),
            rain_mm=number(chosen.parameters, "rain_mm", 30),
            moved=1e-6 if metered else number(chosen.parameters, "moved_m", 0.10),
        )


def _beside(
    district: District, station: Station, variable: str
) -> tuple[list[SeriesKey], list[SeriesKey]]:
    if station.kind is StationKind.METER:
        codes: Iterable[str] = same_user(district, station)
        rain: list[SeriesKey] = []
    else:
        basin = basin_of(district, station)
        codes = [c for c in basin.neighbours if district.stations[c].kind is station.kind]
        rain = [key for code in basin.rain for key in finest_rain(district.stations[code])][:1]
        rain = [key for key in rain if key.variable == "rainfall"]
    found = [
        gauge.key
        for code in codes
        for gauge in district.stations[code].gauges
        if (gauge.variable, gauge.gauge) == (variable, "1")
    ]
    return found[:BESIDE], rain


def same_user(district: District, station: Station) -> list[str]:
    """The other meters of one user: names that differ by their number alone."""
    return [c for c in _users(Keyed(district))[_user(station.name)] if c != station.code]


@lru_cache(maxsize=2)
def _users(keyed: Keyed) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for station in keyed.district.stations.values():
        if station.kind is StationKind.METER:
            user = _user(station.name)
            found[user] = (*found.get(user, ()), station.code)
    return found


def _user(name: str) -> str:
    return re.sub(r"\d+", "#", name)
