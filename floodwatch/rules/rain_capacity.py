"""纳雨能力 as an alarm: less room below the design flood than rain is to be expected."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.rain_capacity import RunoffPair, rain_capacity_mm
from floodwatch.hydrology.series import Series
from floodwatch.hydrology.storage import StorageCurve
from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station, StationKind
from floodwatch.model.threshold import Threshold
from floodwatch.rules.bands import Bands
from floodwatch.rules.context import Context, DailyNeed, Need
from floodwatch.rules.defaults import RAIN
from floodwatch.rules.gate import FORECAST, forecast_mm
from floodwatch.rules.quiet_rain import rain_since, told
from floodwatch.rules.quiet_water import standing, twice
from floodwatch.rules.rainfall import fallen, sources
from floodwatch.rules.settings import choose, number, severity
from floodwatch.rules.window import sound

TYPE = "rain_capacity"
PARAMETERS = {
    "concentration_h": "hours the rain needs to the reservoir; default 1",
    "forecast_h": "hours of typed-in forecast that count; default 24",
    "least_mm": "expected rain below which nothing is said; default 10",
    "dry": "runoff coefficient when less than 20 mm fell in 7 days; default 0.55",
    "wet": "runoff coefficient otherwise; default 0.85",
    "severity": "IV, III, II or I; default III",
}
DESIGN = "design_flood"
HOLDS = Holds(0, HOUR)
WEEK = 7
KEPT = 1.2  # an alarm stands until the room is so many times the rain expected
AGAIN = 10 * MINUTE  # rain leaves its window though nothing may come to say so


class Basin(NamedTuple):
    """What the figure is made of."""

    curve: StorageCurve
    area_km2: float
    runoff: RunoffPair
    concentration: int  # ms
    forecast: int  # ms
    least_mm: float


class _Room(NamedTuple):
    """The figure at the moment judged, mm."""

    left: float  # to the design flood, less the rain still on its way
    fallen: float  # of the last concentration time
    ahead: float  # forecast
    alpha: float
    limit: float  # the design flood, m
    may_clear: bool


class RainCapacityRule:
    """Room to the design flood against the rain of the last Tc and what is forecast.

    Left = (V(design) − V(now)) / (1000·A·α) − rain of the last Tc, which is still on its way.
    Outflow is left out, on the safe side. The room to the flood limit is small on every normal
    day: it is shown on the board and never an alarm.
    """

    __slots__ = (
        "_bands",
        "_basin",
        "_rain",
        "_rain_silent",
        "_rain_zone",
        "_severity",
        "_silent_after",
        "_stage",
        "days",
        "holds",
        "key",
        "needs",
        "registers",
    )

    def __init__(
        self,
        key: RuleKey,
        bands: Bands,
        basin: Basin,
        *,
        rain: Sequence[SeriesKey],
        rain_silent: int,
        rain_zone: ZoneInfo,
        severity: Severity,
        holds: Holds,
        silent_after: int,
    ) -> None:
        self.key = key
        self.holds = holds
        self._bands = bands
        self._basin = basin
        self._severity = severity
        self._silent_after = silent_after
        self._rain_silent = rain_silent
        self._rain_zone = rain_zone
        self._stage = SeriesKey(key.station, key.gauge, "stage")
        back = basin.concentration + rain_silent
        self._rain = tuple(Need(series, back + series.period) for series in rain)
        self.needs: tuple[Need, ...] = (Need(self._stage), *self._rain)
        amounts = [series for series in rain if series.variable == "rainfall"]
        self.days: tuple[DailyNeed, ...] = tuple(DailyNeed(s, WEEK) for s in amounts[:1])
        self.registers: tuple[str, ...] = (FORECAST,)

    def judge(self, context: Context) -> Finding:
        """The verdict by the newest stage and the rain until `context.at`."""
        stage = sound(context, self._stage, silent_after=self._silent_after)
        room = self._room(context, stage) if stage else None
        if stage is None or room is None:
            return UNKNOWN
        expected = room.fallen + room.ahead
        matters = expected >= self._basin.least_mm
        found = self._severity if matters and room.left < expected else None
        held = found or (self._severity if matters and room.left < expected * KEPT else None)
        return Finding(
            found,
            held,
            band=TYPE if held else "",
            label="纳雨能力不足" if held else "",
            value=stage.reading.value,
            time=stage.reading.time,
            may_clear=room.may_clear and not stage.late,
            recheck_at=context.now + AGAIN if expected else None,
            facts=self._facts(room, context.now - stage.reading.time) if held else {},
        )

    def _room(self, context: Context, stage: Latest) -> _Room | None:
        design = [b.limit for b in self._bands.at(context.at).bands]
        basin = self._basin
        now = float(basin.curve.storage(stage.reading.value))
        top = float(basin.curve.storage(min(design))) if design else float("nan")
        if now != now or top != top:
            return None  # off the curve: nothing is guessed
        rain, uncertain = fallen(
            context,
            self._rain,
            spans=(basin.concentration,),
            silent_after=self._rain_silent,
            tz=self._rain_zone,
        )
        window = rain.get(basin.concentration)
        mm = window.amount if window else 0.0
        alpha = basin.runoff.of(self._week(context, mm))
        left = rain_capacity_mm(
            now, top, area_km2=basin.area_km2, coefficient=alpha, on_the_way_mm=mm
        )
        ahead = forecast_mm(context, context.now, context.now + basin.forecast)
        known = window is not None and window.coverage > 0.99 and not uncertain
        return _Room(left, mm, ahead, alpha, min(design), known)

    def _week(self, context: Context, now_mm: float) -> float:
        """Rain of the last seven days, mm; where nothing is known of it the soil counts as wet."""
        rows = [day.sum for need in self.days for day in context.daily.get(need.key, ())]
        known = [mm for mm in rows if mm is not None]
        return sum(known) + now_mm if known else self._basin.runoff.wet_from_mm

    def _facts(self, room: _Room, age: int) -> Mapping[str, float | int | str]:
        left, rain = f"{max(0.0, room.left):.0f}", f"{room.fallen:.0f}"
        tc = f"{self._basin.concentration / HOUR:g}"
        ahead_zh = f"、预报{room.ahead:.0f}毫米" if room.ahead else ""
        ahead_en = f", forecast {room.ahead:.0f} mm" if room.ahead else ""
        return {
            "zh": f"距设计洪水位仅可纳雨{left}毫米，近{tc}小时已雨{rain}毫米{ahead_zh}",
            "en": f"room for {left} mm to the design flood; {rain} mm fell in {tc} h{ahead_en}",
            "act_zh": "请提前预警下游",
            "act_en": "Warn those downstream early",
            "left": round(room.left, 1),
            "fallen": round(room.fallen, 1),
            "forecast": room.ahead,
            "alpha": room.alpha,
            "limit": room.limit,
            "age": max(0, age),
        }

    def quiet(
        self, series: Mapping[SeriesKey, Series], moments: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which of the readings at `moments` can change no state while nothing is forecast.

        At them and at the one before less rain fell than is spoken of, by every source, one source
        tells all of it, and the stage is good, fresh and on the curve.
        """
        calm = np.full(moments.shape, self._basin.least_mm > 0)
        whole = np.zeros(moments.shape, bool)
        for need in self._rain:
            mine = series.get(need.key)
            if mine is not None and mine.size:
                calm &= rain_since(mine, need, moments) < self._basin.least_mm
                whole |= told(mine, need, moments, silent_after=self._rain_silent)
        stage = standing(series.get(self._stage), moments)
        curve = self._basin.curve
        known = np.isfinite(curve.storage(stage.values))
        known &= all(np.isfinite(curve.storage(b.limit)) for b in self._bands.all)
        fresh = stage.sound & (stage.ages <= self._silent_after)
        return twice(calm & whole & known & fresh)

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        tc, degree = f"{self._basin.concentration / HOUR:g}", self._severity
        if language == "zh":
            return f"距设计洪水位的纳雨能力小于近{tc}小时雨量加预报({degree.numeral}级)，未计下泄"
        return f"room to the design flood below the rain of {tc} h and forecast ({degree.name})"


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[RainCapacityRule]:
    """One rule for a reservoir with a curve, a catchment, a design flood and a rain gauge."""
    design = [
        t
        for t in thresholds
        if (t.name, t.variable) == (DESIGN, "stage") and t.comparator.direction == "up"
    ]
    gauge = district.stations.get(station.rain_from, station)
    measured = any(g.variable in RAIN for g in gauge.gauges)
    whole = bool(station.curve and station.catchment and design and measured)
    if station.kind is not StationKind.RESERVOIR or not whole:
        return
    key = RuleKey(station.code, design[0].gauge, "stage", TYPE, "up")
    chosen = choose(district.rules, station, key, default=HOLDS)
    if not chosen.enabled:
        return
    given = chosen.parameters
    yield RainCapacityRule(
        key,
        Bands(design, district.zone_of(station.code)),
        Basin(
            StorageCurve.from_table(station.curve, name=station.code),
            station.catchment or 0.0,
            RunoffPair(number(given, "dry", 0.55), number(given, "wet", 0.85)),
            round(number(given, "concentration_h", 1) * HOUR),
            round(number(given, "forecast_h", 24) * HOUR),
            number(given, "least_mm", 10),
        ),
        rain=sources(gauge, "1"),
        rain_silent=gauge.reporting.silent_after,
        rain_zone=district.zone_of(gauge.code),
        severity=severity(given, Severity.III),
        holds=chosen.holds,
        silent_after=station.reporting.silent_after,
    )
