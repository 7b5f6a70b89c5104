"""A pumping station whose water rises while its pumps stand, or run without effect."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station, StationKind
from floodwatch.model.threshold import Threshold
from floodwatch.rules.context import Context, Need
from floodwatch.rules.quiet_water import SLIGHT, good, places, standing, twice
from floodwatch.rules.settings import choose, number
from floodwatch.rules.window import believable, lived, sound, value_at

TYPE = "pump"
PARAMETERS = {
    "starts": "stages in m at which the first, second … unit must run; without them no rule",
    "stop": "stage in m below which the units stop; default 0.5 m below the first start",
    "delay_min": "minutes over a start stage before its unit must run; default 5",
    "rise": "m by which the water must have risen in 10 minutes; default 0.03",
    "effect_min": "minutes of running after which an effect must show; default 15",
    "unit_flow": "m³/s that one unit lifts; without it the measured flow is not looked at",
    "gate": "code of a gate station: while its gate is open the pumps may stand",
}
RISING = 10 * MINUTE  # over which the rise of the water is taken
LATCHED = 30 * MINUTE  # a unit that ran so lately goes on until the water is below `stop`
NEAR_STOP = 0.05  # m above `stop`: so close to it a unit may just have stopped
WEAK = 0.5  # less than this share of what the units lift is no effect
HOLD_DOWN = 10 * MINUTE


class Works(NamedTuple):
    """What a pumping station is: its start stages (rising), and how it is judged."""

    starts: tuple[float, ...]
    stop: float
    delay: int  # ms
    rise: float  # m in RISING
    effect: int  # ms
    unit_flow: float | None


class _Seen(NamedTuple):
    """The station at the moment judged."""

    stage: Latest
    running: Latest
    rise: float  # m in RISING
    due: int  # units that must run
    idle: bool  # fewer do
    weak: bool  # they run, and lift little or nothing


class PumpRule:
    """Rising water with fewer units running than its stage asks for: II. Without effect: III.

    A unit is due when the water has stood over its start stage for the whole delay, or when it ran
    within the last half hour and the water has not been down at the stop stage since. Water that
    rises while all due units run and lift what they should is more inflow, not a fault.
    """

    __slots__ = (
        "_flow",
        "_gate",
        "_running",
        "_silent_after",
        "_stage",
        "_works",
        "holds",
        "key",
        "needs",
    )

    def __init__(
        self,
        key: RuleKey,
        works: Works,
        *,
        holds: Holds,
        silent_after: int,
        has_flow: bool,
        gate: str = "",
    ) -> None:
        self.key = key
        self.holds = holds
        self._works = works
        self._silent_after = silent_after
        station, gauge = key.station, key.gauge
        self._stage = SeriesKey(station, gauge, "stage")
        self._running = SeriesKey(station, gauge, "pumps_running")
        self._flow = SeriesKey(station, gauge, "flow") if has_flow else None
        self._gate = SeriesKey(gate, "1", "gate_opening") if gate else None
        back = max(LATCHED, works.effect, works.delay) + silent_after
        needs = [Need(self._stage, back), Need(self._running, back)]
        needs += [Need(self._flow, back)] if self._flow else []
        needs += [Need(self._gate, back, wakes=False)] if self._gate else []
        self.needs: tuple[Need, ...] = tuple(needs)

    def judge(self, context: Context) -> Finding:
        """The verdict on stage and pumps at `context.at`."""
        seen = self._look(context)
        if seen is None:
            return UNKNOWN
        severity = None
        if seen.rise >= self._works.rise:
            severity = Severity.II if seen.idle else Severity.III if seen.weak else None
        # A unit that still stands is no all-clear only because the water has paused.
        holding = severity or (Severity.II if seen.idle and seen.rise > 0 else None)
        trip = severity is not Severity.III
        return Finding(
            severity,
            holding,
            band="pump_trip" if trip else "pump_weak",
            label="涨水停泵" if trip else "开泵无效",
            value=seen.stage.reading.value,
            time=seen.stage.reading.time,
            may_clear=not (seen.stage.late or seen.running.late),
            facts=self._facts(context, seen) if holding else {},
        )

    def _look(self, context: Context) -> _Seen | None:
        stage = sound(context, self._stage, silent_after=self._silent_after)
        running = sound(context, self._running, silent_after=self._silent_after)
        stages = believable(context.windows.get(self._stage))
        if stage is None or running is None or stages is None:
            return None
        at, value, units = context.at, stage.reading.value, round(running.reading.value)
        before = value_at(stages, at - RISING)
        rise = 0.0 if before is None else round(value - before, 6)
        due = 0 if self._drains(context) else self._due(context, stages, value)
        return _Seen(stage, running, rise, due, units < due, self._weak(context, units))

    def _due(self, context: Context, stages: Series, value: float) -> int:
        at, works = context.at, self._works
        stood = lived(stages, after=at - works.delay, until=at)
        known = int(stages.times[0]) <= at - works.delay
        lowest = min(float(stood.values.min()), value) if stood and known else float("-inf")
        due = sum(lowest >= round(start, 6) for start in works.starts)
        ran = lived(believable(context.windows.get(self._running)), after=at - LATCHED, until=at)
        if ran is None:
            return due
        most = float(ran.values.max())
        last = int(ran.times[np.flatnonzero(ran.values == most)[-1]])
        since = stages.between(last - 1, at).values
        low = min(float(since.min()), value) if since.size else value
        return max(due, round(most)) if low > works.stop + NEAR_STOP else due

    def _drains(self, context: Context) -> bool:
        """Whether the gate was open at any time of the delay."""
        if self._gate is None:
            return False
        opening = lived(
            believable(context.windows.get(self._gate)),
            after=context.at - self._works.delay,
            until=context.at,
        )
        return opening is not None and float(opening.values.max()) > 0

    def _weak(self, context: Context, units: int) -> bool:
        """Whether units have run long enough, and lift less than half of what they should."""
        works = self._works
        ran = lived(
            believable(context.windows.get(self._running)),
            after=context.at - works.effect,
            until=context.at,
        )
        if units < 1 or ran is None or float(ran.values.min()) < 1:
            return False
        if int(ran.times[0]) > context.at - works.effect:
            return False
        if self._flow is None or works.unit_flow is None:
            return units >= len(works.starts)  # all run, and the water rises all the same
        flow = sound(context, self._flow, silent_after=self._silent_after)
        return flow is not None and flow.reading.value < WEAK * units * works.unit_flow

    def _facts(self, context: Context, seen: _Seen) -> Mapping[str, float | int | str]:
        stage, units = seen.stage.reading, round(seen.running.reading.value)
        level, cm = f"{stage.value:.2f}", round(seen.rise * 100)
        if seen.idle:
            zh = f"涨水停泵，前池{level}米，10分钟涨{cm}厘米，应开{seen.due}台实开{units}台"
            en = f"pumps stand: forebay {level} m, +{cm} cm in 10 min, {units} of {seen.due} units"
            act = ("请立即到站恢复机组", "Go to the station, restart the units")
        else:
            zh = f"开泵{units}台无效，前池{level}米，10分钟仍涨{cm}厘米"
            en = f"{units} units without effect: forebay {level} m, up {cm} cm in 10 min"
            act = ("请到站检查机组和拦污栅", "Check units and trash rack")
        return {
            "zh": zh,
            "en": en,
            "act_zh": act[0],
            "act_en": act[1],
            "rise": seen.rise,
            "due": seen.due,
            "running": units,
            "age": max(0, context.now - stage.time),
        }

    def quiet(
        self, series: Mapping[SeriesKey, Series], moments: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which of the readings at `moments` can change no state, whatever the state is.

        At them and at the one before stage and pumps are good and fresh, and the water does not
        rise, or it is below the first start while no unit has started or stopped within the last
        half hour and either none runs or it rises too little.
        """
        works, silent_after = self._works, self._silent_after
        stage = standing(series.get(self._stage), moments)
        running = standing(series.get(self._running), moments)
        calm = stage.sound & running.sound
        calm &= (stage.ages <= silent_after) & (running.ages <= silent_after)
        if not calm.any():
            return calm
        then = standing(good(series[self._stage]), moments - RISING)
        with np.errstate(invalid="ignore"):
            rise = np.where(then.sound, stage.values - then.values, 0.0)
            # The window of the rule may not reach so far: then it counts as no rise.
            flat = (rise <= 0) | ~then.sound
            units = good(series[self._running])
            turns = units.times[np.flatnonzero(np.diff(units.values, prepend=np.nan) != 0)]
            turned = moments - turns[np.maximum(places(turns, moments), 0)]
            low = (stage.values < works.starts[0] - SLIGHT) & (turned > LATCHED)
            none = (running.values < 0.5) | (rise < works.rise - SLIGHT)
        return twice(calm & (flat | (low & none)))

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        starts = "/".join(f"{start:.2f}" for start in self._works.starts)
        if language == "zh":
            return f"前池到{starts}米应依次开泵：涨水而未开(Ⅱ级)，开泵无效(Ⅲ级)"
        return f"units must run from {starts} m: rising while they stand (II), no effect (III)"


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[PumpRule]:
    """One rule for each fore-bay with a stage and a count of pumps, where starts are configured."""
    del thresholds
    have = {(g.gauge, g.variable) for g in station.gauges}
    for gauge, variable in sorted(have):
        if station.kind is not StationKind.PUMP or variable != "pumps_running":
            continue
        key = RuleKey(station.code, gauge, "stage", TYPE, "up")
        chosen = choose(district.rules, station, key, default=Holds(0, HOLD_DOWN))
        if not chosen.enabled or "starts" not in chosen.parameters or (gauge, "stage") not in have:
            continue
        yield PumpRule(
            key,
            _works(chosen.parameters),
            holds=chosen.holds,
            silent_after=station.reporting.silent_after,
            has_flow=(gauge, "flow") in have,
            gate=str(chosen.parameters.get("gate", "")),
        )


def _works(parameters: Mapping[str, Any]) -> Works:
    starts = tuple(float(start) for start in parameters["starts"])
    unit_flow = number(parameters, "unit_flow", 0.0)
    return Works(
        starts=starts,
        stop=number(parameters, "stop", starts[0] - 0.5),
        delay=round(number(parameters, "delay_min", 5) * MINUTE),
        rise=number(parameters, "rise", 0.03),
        effect=round(number(parameters, "effect_min", 15) * MINUTE),
        unit_flow=unit_flow or None,
    )
