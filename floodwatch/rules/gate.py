"""A gate between the lake and the outer river: backflow, held up, may drain, drain ahead."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station, StationKind
from floodwatch.model.threshold import Threshold
from floodwatch.rules.bands import DIGITS, Bands
from floodwatch.rules.context import Context, Need
from floodwatch.rules.quiet_water import SLIGHT, standing, twice
from floodwatch.rules.settings import choose, number
from floodwatch.rules.window import sound

TYPE = "gate"
PARAMETERS = {
    "lake": "code of the lake whose control level in force is meant by draining",
    "margin": "m by which the outer water must be lower for the gate to drain; default 0.05",
    "pre_drain": "stage in m to which the lake is drained before heavy rain; else no reminder",
    "forecast_mm": "mm of forecast rain in 24 h from which that is asked for; default 50",
}
FORECAST = "forecast"
VARIABLES = ("stage", "tail_stage", "gate_opening")
RECHECK = 30 * MINUTE


class Seen(NamedTuple):
    """The gate at the moment judged."""

    stage: float
    tail: float
    opening: float
    time: int
    late: bool
    control: float | None  # the lake's control level in force
    rain: float  # forecast mm of the coming 24 h


class Limits(NamedTuple):
    """By what the gate is judged."""

    margin: float
    pre_drain: float | None
    forecast_mm: float


class Matter(NamedTuple):
    """One thing to be said of a gate: in which cases, how grave, in which words."""

    variable: str
    direction: str  # with the variable it tells the matter's alert from the others'
    severity: Severity
    holds: Holds
    band: str
    label: str
    met: Callable[[Seen, Limits], bool]
    said: Callable[[Seen], tuple[str, str]]  # zh, en
    act: tuple[str, str]


def _backflow(seen: Seen, limits: Limits) -> bool:
    del limits
    return seen.opening > 0 and round(seen.tail - seen.stage, DIGITS) >= 0


def _held_up(seen: Seen, limits: Limits) -> bool:
    head = round(seen.stage - seen.tail, DIGITS)
    return seen.opening <= 0 and head < limits.margin


def _may_drain(seen: Seen, limits: Limits) -> bool:
    head = round(seen.stage - seen.tail, DIGITS)
    over = seen.control is not None and seen.stage > seen.control
    return over and seen.opening <= 0 and head >= limits.margin


def _drain_ahead(seen: Seen, limits: Limits) -> bool:
    wanted = limits.pre_drain is not None and seen.stage > limits.pre_drain
    return wanted and seen.rain >= limits.forecast_mm


def _levels(seen: Seen) -> tuple[str, str]:
    zh = f"内湖{seen.stage:.2f}米，外河{seen.tail:.2f}米"
    return zh, f"lake {seen.stage:.2f} m, river {seen.tail:.2f} m"


def _said(zh: str, en: str) -> Callable[[Seen], tuple[str, str]]:
    def said(seen: Seen) -> tuple[str, str]:
        levels = _levels(seen)
        return f"{zh}，{levels[0]}", f"{en}, {levels[1]}"

    return said


def _rain_ahead(seen: Seen) -> tuple[str, str]:
    mm = f"{seen.rain:g}"
    return (
        f"预报24小时雨量{mm}毫米，湖水位{seen.stage:.2f}米高于预降目标",
        f"forecast {mm} mm in 24 h, lake {seen.stage:.2f} m is above its target",
    )


MATTERS = (
    Matter(
        "gate_opening",
        "up",
        Severity.I,
        Holds(0, 10 * MINUTE),
        "backflow",
        "外河倒灌",
        _backflow,
        _said("外河倒灌，闸门未关", "river flows in, the gate is open"),
        ("请立即关闸", "Shut the gate now"),
    ),
    # A river that lets go for an hour or two and comes back is the same matter.
    Matter(
        "tail_stage",
        "up",
        Severity.IV,
        Holds(0, 2 * HOUR),
        "held_up",
        "外河顶托",
        _held_up,
        _said("外河顶托，关闸，转电排", "held up by the river, gate shut, over to pumps"),
        ("请按预案电排", "Pump as planned"),
    ),
    Matter(
        "stage",
        "up",
        Severity.IV,
        Holds(15 * MINUTE, 30 * MINUTE),
        "may_drain",
        "可自排",
        _may_drain,
        _said("可自排", "may drain by itself"),
        ("请开闸自排", "Open the gate"),
    ),
    Matter(
        "stage",
        "none",
        Severity.IV,
        Holds(0, HOUR),
        "drain_ahead",
        "预降提醒",
        _drain_ahead,
        _rain_ahead,
        ("请预排预降", "Drain ahead"),
    ),
)


class GateRule:
    """One matter of one gate; each is an alert of its own."""

    __slots__ = (
        "_control",
        "_lake",
        "_limits",
        "_matter",
        "_series",
        "_silent_after",
        "holds",
        "key",
        "needs",
        "registers",
    )

    def __init__(
        self,
        station: str,
        matter: Matter,
        *,
        limits: Limits,
        holds: Holds,
        silent_after: int,
        control: Bands | None = None,
    ) -> None:
        self.key = key_of(station, matter)
        self.holds = holds
        self._matter = matter
        self._limits = limits
        self._silent_after = silent_after
        self._control = control
        self._series = tuple(SeriesKey(station, "1", variable) for variable in VARIABLES)
        self.needs: tuple[Need, ...] = tuple(Need(key) for key in self._series)
        self.registers: tuple[str, ...] = (FORECAST,) if matter.band == "drain_ahead" else ()

    def judge(self, context: Context) -> Finding:
        """The verdict on the three gauges at `context.at`."""
        seen = self._look(context)
        if seen is None:
            return UNKNOWN
        matter = self._matter
        found = matter.severity if matter.met(seen, self._limits) else None
        return Finding(
            found,
            found,
            band=matter.band,
            label=matter.label,
            value=seen.stage if matter.variable == "stage" else self._value(seen),
            time=seen.time,
            may_clear=not seen.late,
            recheck_at=context.now + RECHECK if self.registers and seen.rain else None,
            facts=self._facts(seen, context.now) if found else {},
        )

    def _value(self, seen: Seen) -> float:
        return seen.tail if self._matter.variable == "tail_stage" else seen.opening

    def _look(self, context: Context) -> Seen | None:
        found: list[Latest] = []
        for key in self._series:
            latest = sound(context, key, silent_after=self._silent_after)
            if latest is None:
                return None
            found.append(latest)
        stage, tail, opening = (latest.reading.value for latest in found)
        control = None
        if self._control is not None:
            bands = self._control.at(context.at).bands
            control = min((band.limit for band in bands), default=None)
        return Seen(
            stage,
            tail,
            opening,
            max(latest.reading.time for latest in found),
            any(latest.late for latest in found),
            control,
            forecast_mm(context, context.now, context.now + DAY) if self.registers else 0.0,
        )

    def _facts(self, seen: Seen, now: int) -> Mapping[str, float | int | str]:
        zh, en = self._matter.said(seen)
        act_zh, act_en = self._matter.act
        return {
            "zh": zh,
            "en": en,
            "act_zh": act_zh,
            "act_en": act_en,
            "stage": seen.stage,
            "tail_stage": seen.tail,
            "opening": seen.opening,
            "age": max(0, now - seen.time),
        }

    def quiet(
        self, series: Mapping[SeriesKey, Series], moments: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which of the readings at `moments` can change no state while no rain is forecast.

        At them and at the one before all three gauges are good and fresh, and the matter is far.
        """
        stage, tail, opening = (standing(series.get(key), moments) for key in self._series)
        calm = np.ones(moments.shape, bool)
        for each in (stage, tail, opening):
            calm &= each.sound & (each.ages <= self._silent_after)
        head = stage.values - tail.values
        shut, near = opening.values <= 0, self._limits.margin
        with np.errstate(invalid="ignore"):
            if self._matter.band == "backflow":
                calm &= shut | (head > SLIGHT)
            elif self._matter.band == "held_up":
                calm &= ~shut | (head > near + SLIGHT)
            elif self._matter.band == "may_drain":
                lowest = (
                    min((b.limit for b in self._control.all), default=np.inf)
                    if (self._control)
                    else np.inf
                )
                calm &= ~shut | (head < near - SLIGHT) | (stage.values <= lowest)
        return twice(calm)

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        matter, zh = self._matter, language == "zh"
        words = {
            "backflow": ("闸门开着而外河不低于内湖", "open while the river is not below the lake"),
            "held_up": (
                f"关闸且内外水位差不足{self._limits.margin:g}米",
                f"shut, and the lake is less than {self._limits.margin:g} m above the river",
            ),
            "may_drain": (
                "关闸、外河低于内湖、湖水位超控制水位",
                "shut, river below the lake, lake above its control level",
            ),
            "drain_ahead": (
                f"预报24小时雨量≥{self._limits.forecast_mm:g}毫米且湖水位高于预降目标"
                f"{self._limits.pre_drain}米",
                f"forecast ≥ {self._limits.forecast_mm:g} mm in 24 h, lake above "
                f"{self._limits.pre_drain} m",
            ),
        }[matter.band]
        if zh:
            return f"{matter.label}：{words[0]}({matter.severity.numeral}级)"
        return f"{words[1]} ({matter.severity.name})"


def key_of(station: str, matter: Matter) -> RuleKey:
    """The identity of a matter of a gate."""
    return RuleKey(station, "1", matter.variable, TYPE, matter.direction)


def forecast_mm(context: Context, start: int, end: int) -> float:
    """Forecast rain between two moments: rows that reach in count by their share of it, mm.

    Where two speak of the same time the newer one counts: a forecast that
    is corrected must not be added to the one it corrects.
    """
    given = context.registers.get(FORECAST, ())
    rows = [
        (int(row["begins"]), int(row["ends"]), float(row["rainfall_mm"]))
        for row in sorted(given, key=_issued, reverse=True)
    ]
    edges = sorted({start, end, *(t for row in rows for t in row[:2] if start < t < end)})
    total = 0.0
    for low, high in pairwise(edges):
        told = next((r for r in rows if r[0] <= low and high <= r[1] and r[1] > r[0]), None)
        if told is not None:
            total += told[2] * (high - low) / (told[1] - told[0])
    return round(total, 1)


def _issued(row: Mapping[str, Any]) -> tuple[int, int]:
    return int(row.get("issued_at") or 0), int(row.get("id") or 0)


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[GateRule]:
    """The matters of a gate that knows both waters and its opening."""
    del thresholds
    have = {g.variable for g in station.gauges if g.gauge == "1"}
    if station.kind is not StationKind.GATE or not have.issuperset(VARIABLES):
        return
    for matter in MATTERS:
        key = key_of(station.code, matter)
        chosen = choose(district.rules, station, key, default=matter.holds)
        if not chosen.enabled:
            continue
        drained = "pre_drain" in chosen.parameters
        limits = Limits(
            number(chosen.parameters, "margin", 0.05),
            number(chosen.parameters, "pre_drain", 0.0) if drained else None,
            number(chosen.parameters, "forecast_mm", 50.0),
        )
        control = _control(district, str(chosen.parameters.get("lake", "")))
        if matter.band == "drain_ahead" and limits.pre_drain is None:
            continue
        if matter.band == "may_drain" and control is None:
            continue
        yield GateRule(
            station.code,
            matter,
            limits=limits,
            holds=chosen.holds,
            silent_after=station.reporting.silent_after,
            control=control,
        )


def _control(district: District, lake: str) -> Bands | None:
    """The lake's control levels, by season."""
    found = [
        t
        for t in district.thresholds
        if (t.station, t.variable, t.name) == (lake, "stage", "control")
    ]
    return Bands(found, district.zone_of(lake)) if found else None
