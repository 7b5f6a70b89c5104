"""What rules leave out in a rehearsal changes no alert: every reading judged gives the same."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from floodwatch.hydrology.series import Series, empty
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.district import District, RuleSetting
from floodwatch.model.quality import GOOD, Flag, Reason, pack
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, Reporting, Station, StationKind
from floodwatch.model.threshold import Comparator, Threshold
from floodwatch.pipeline.rehearse import Rehearsal, rehearse
from floodwatch.rules.context import Skipping
from floodwatch.rules.registry import BUILDERS, WHOLE, compile_rules
from tests.rules.making import CODE, T, limit, series

OTHER, RAINS, LAKE = "61990002", "61990051", "61990031"
SUSPECT = pack(Flag.SUSPECT, Reason.RATE)
FAILED = pack(Flag.FAIL, Reason.IMPOSSIBLE)
KIND = StationKind
STEP = {"stage": 0.01, "rainfall": 0.5}
QUICK = Reporting(HOUR, 5 * MINUTE, STEP)
BANDS = (
    limit(Severity.III, Comparator.AT_OR_ABOVE, 96.0, 95.9, name="half_way"),
    limit(Severity.II, Comparator.AT_OR_ABOVE, 96.5, 96.4, name="design_flood"),
)
CURVE = tuple((90.0 + k, 100_000.0 * k) for k in range(15))


class Case(NamedTuple):
    """A rule type, a district that has it, and around which value each series moves."""

    type: str
    district: District
    around: Mapping[SeriesKey, float]

    @property
    def alone(self) -> District:
        """The district with all other rules off."""
        others = (RuleSetting(name, enabled=False) for name in BUILDERS if name != self.type)
        return replace(self.district, rules=(*self.district.rules, *others))


def place(code: str, kind: StationKind, *gauges: Gauge, **more: object) -> Station:
    """A station that reports on change."""
    reporting = more.pop("reporting", QUICK)
    assert isinstance(reporting, Reporting)
    return Station(code, f"示范{code[-2:]}", kind, gauges, reporting=reporting, **more)  # type: ignore[arg-type]


def area(
    *stations: Station, limits: Sequence[Threshold] = (), rules: Sequence[RuleSetting] = ()
) -> District:
    places = {station.code: station for station in stations}
    return District(stations=places, thresholds=tuple(limits), rules=tuple(rules))


def stage(code: str) -> SeriesKey:
    return SeriesKey(code, "1", "stage")


RAIN_KEY = SeriesKey(RAINS, "1", "rainfall", 5 * MINUTE)
SINCE_EIGHT = SeriesKey(RAINS, "1", "rainfall_day")
RAIN_GAUGE = place(RAINS, KIND.RAIN, Gauge(RAINS, "rainfall", period=5 * MINUTE))
DAM = place(
    CODE,
    KIND.RESERVOIR,
    Gauge(CODE, "stage"),
    Gauge(CODE, "seepage"),
    outlet="gated",
    curve=CURVE,
    catchment=2.0,
    rain_from=RAINS,
)
NEXT = place(OTHER, KIND.RESERVOIR, Gauge(OTHER, "stage"), outlet="gated", rain_from=RAINS)
GATE_KEYS = {
    SeriesKey(CODE, "1", name): value
    for name, value in (("stage", 95.5), ("tail_stage", 95.4), ("gate_opening", 0.0))
}
PUMP_KEYS = {
    SeriesKey(CODE, "1", name): value
    for name, value in (("stage", 24.3), ("pumps_running", 0.0), ("flow", 1.0))
}
WATER = area(DAM, NEXT, RAIN_GAUGE, limits=BANDS)
WET = {stage(CODE): 95.8, stage(OTHER): 95.8, RAIN_KEY: 0.0}
CASES = (
    Case("level", WATER, {stage(CODE): 95.8}),
    Case(
        "rate",
        area(
            DAM,
            limits=(
                limit(Severity.III, Comparator.RISE, 0.10, 0.08, name="rise"),
                limit(Severity.IV, Comparator.RISE, 0.30, 0.24, name="quick", window=10 * MINUTE),
                limit(Severity.IV, Comparator.FALL, 0.20, 0.16, name="fall"),
            ),
            rules=[RuleSetting("rate", station=CODE)],
        ),
        {stage(CODE): 95.8},
    ),
    Case("eta", area(DAM, limits=BANDS, rules=[RuleSetting("eta")]), {stage(CODE): 95.8}),
    Case(
        "gate",
        area(
            place(CODE, KIND.GATE, *(Gauge(CODE, key.variable) for key in GATE_KEYS)),
            place(LAKE, KIND.LAKE, Gauge(LAKE, "stage")),
            limits=(
                Threshold(
                    *(LAKE, "1", "stage", "control", Severity.IV, Comparator.ABOVE),
                    value=95.3,
                    clear=95.2,
                ),
            ),
            rules=[RuleSetting("gate", station=CODE, parameters={"lake": LAKE, "pre_drain": 95.0})],
        ),
        GATE_KEYS,
    ),
    Case(
        "pump",
        area(
            place(CODE, KIND.PUMP, *(Gauge(CODE, key.variable) for key in PUMP_KEYS)),
            rules=[
                RuleSetting(
                    "pump", station=CODE, parameters={"starts": [24.2, 24.5], "unit_flow": 2.0}
                )
            ],
        ),
        PUMP_KEYS,
    ),
    Case(
        "seepage",
        area(
            DAM,
            rules=[
                RuleSetting(
                    "seepage",
                    station=CODE,
                    parameters={"points": {"1": [[95.0, 0.2], [97.0, 1.1]]}, "tolerance": 0.2},
                )
            ],
        ),
        {SeriesKey(CODE, "1", "seepage"): 0.6, stage(CODE): 95.8},
    ),
    Case("rain_capacity", area(DAM, RAIN_GAUGE, limits=BANDS), {stage(CODE): 96.3, RAIN_KEY: 0.0}),
    Case(
        "rain_capacity",
        area(DAM, place(RAINS, KIND.RAIN, Gauge(RAINS, "rainfall_day")), limits=BANDS),
        {stage(CODE): 96.3, SINCE_EIGHT: 0.0},
    ),
    Case("stale", WATER, WET),
    Case("rise_silent", WATER, WET),
    Case("rise_flat", WATER, WET),
)
UNMASKED = {  # judged whenever they ask to be, which no reading does
    *("offline", "feed", "stuck", "composite", "drought", "storage_low", "supply_days"),
    *("inspection", "permit", "meter", "dry_days"),
}
ELSEWHERE = {"rainfall", "district_rain"}  # tested beside the rules of rain


class Stored:
    def __init__(self, known: Mapping[SeriesKey, Series]) -> None:
        self.known = known

    def series(self, key: SeriesKey, start: int, end: int) -> Series:
        return self.known.get(key, empty()).between(start - 1, end)


def seen(found: Rehearsal, type_: str) -> list[object]:
    return [
        (a.rule, a.resolved_at, a.peak, [(t.kind, t.at, t.severity) for t in a.transitions])
        for a in found.alerts
        if a.rule.type == type_
    ]


def play(case: Case, known: Mapping[SeriesKey, Series], *, skip: bool) -> Rehearsal:
    return rehearse(
        Stored(known), case.alone, start=T - DAY, end=T + 20 * DAY, stale=True, skip=skip
    )


Piece = tuple[int, int, float, int]
pieces = st.lists(
    st.tuples(
        st.sampled_from(
            [MINUTE, 5 * MINUTE, 5 * MINUTE, 10 * MINUTE, HOUR, 100 * MINUTE, 9 * HOUR]
        ),
        st.integers(1, 14),
        st.sampled_from([0.0, 0.0, 0.0, 0.01, 0.01, 0.04, 0.2, 0.6, -0.01, -0.05, -0.4]),
        st.sampled_from([GOOD] * 12 + [SUSPECT, FAILED]),
    ),
    min_size=1,
    max_size=8,
)


def walk(key: SeriesKey, around: float, made: Sequence[Piece]) -> Series:
    """A series that moves in pieces: so many steps of one length and one change."""
    points, flags, time, value = [], {}, T, around
    for step, count, change, flag in made:
        for _ in range(count):
            time += step
            value = round(value + change, 3)
            if key.variable == "rainfall":
                value = round(max(0.0, 20 * change), 1)
            if key == SINCE_EIGHT:  # T is 08:00
                fresh = (time - 1 - T) // DAY > (time - step - 1 - T) // DAY
                value = round((0.0 if fresh else value) + max(0.0, 19 * change), 1)
            if key.variable in ("pumps_running", "gate_opening"):
                value = float(max(0, min(2, round(value + 10 * change))))
            points.append((time, value))
        flags[len(points) - 1] = flag
    return series(points, flags)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.type)
def test_what_is_left_out_changes_no_alert(case: Case) -> None:
    keys = list(case.around)

    @settings(max_examples=25, deadline=None)
    @given(st.tuples(*(pieces for _ in keys)))
    def holds(made: tuple[Sequence[Piece], ...]) -> None:
        known = {
            key: walk(key, case.around[key], pieces) for key, pieces in zip(keys, made, strict=True)
        }
        left_out = play(case, known, skip=True)
        assert seen(left_out, case.type) == seen(play(case, known, skip=False), case.type)

    holds()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.type)
def test_calm_weeks_are_hardly_looked_at(case: Case) -> None:
    times = T + np.arange(14 * 288, dtype=np.int64) * 5 * MINUTE
    good = np.full(times.size, GOOD, np.int16)
    rest = {"stage": -0.7, "tail_stage": -0.6, "seepage": -0.3}
    known = {
        key: Series(times, np.full(times.size, around + rest.get(key.variable, 0.0)), good)
        for key, around in case.around.items()
    }
    if case.type == "gate":
        known[SeriesKey(CODE, "1", "tail_stage")].values[:] = 94.0
    found = rehearse(Stored(known), case.alone, start=T, end=T + 14 * DAY, stale=True)
    assert found.alerts == []
    assert found.judged < times.size // 20


def test_every_rule_type_has_a_mask_or_needs_none() -> None:
    masked = {case.type for case in CASES} | ELSEWHERE
    assert masked | UNMASKED == {*BUILDERS, *WHOLE}
    for case in CASES:
        built = [r for r in compile_rules(case.district) if r.key.type == case.type]
        assert built
        assert all(isinstance(rule, Skipping) for rule in built)
