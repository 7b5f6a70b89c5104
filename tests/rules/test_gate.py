"""The gate rule: backflow, held up by the river, may drain by itself, drain ahead."""

from dataclasses import replace

import pytest

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.district import RuleSetting
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.season import Season
from floodwatch.model.severity import Severity
from floodwatch.model.station import StationKind
from floodwatch.model.threshold import Comparator
from floodwatch.rules import compile_rules
from floodwatch.rules.context import Rule
from tests.rules.making import CODE, T, context, limit
from tests.rules.works import around, every, known, works

LAKE = "61990031"
GATE = works(StationKind.GATE, "stage", "tail_stage", "gate_opening")
POND = works(StationKind.LAKE, "stage", code=LAKE)
SETTING = RuleSetting("gate", station=CODE, parameters={"lake": LAKE, "pre_drain": 26.30})
CONTROL = [
    replace(limit(Severity.IV, Comparator.ABOVE, value, value, name="control"), station=LAKE)
    for value in (26.60, 26.80)
]
CONTROL = [
    replace(each, season=season)
    for each, season in zip(
        CONTROL, (Season((4, 1), (9, 30)), Season((10, 1), (3, 31))), strict=True
    )
]
RULES = {
    (rule.key.variable, rule.key.direction): rule
    for rule in compile_rules(around(GATE, POND, settings=[SETTING], limits=CONTROL))
    if rule.key.type == "gate"
}
BACKFLOW, HELD_UP = RULES["gate_opening", "up"], RULES["tail_stage", "up"]
MAY_DRAIN, AHEAD = RULES["stage", "up"], RULES["stage", "none"]


def judge(
    rule: Rule, stage: float, tail: float, opening: float, *, mm: float = 0, at: int = T
) -> Finding:
    """The verdict on one set of readings."""
    found = known(
        stage=every(5, stage, until=at),
        tail_stage=every(5, tail, until=at),
        gate_opening=every(5, opening, until=at),
    )
    seen = context(found, at=at)
    rows = [{"begins": at, "ends": at + DAY, "rainfall_mm": mm}] if mm else []
    return rule.judge(replace(seen, registers={"forecast": rows}))


@pytest.mark.parametrize(
    ("tail", "severity"), [(26.49, None), (26.50, Severity.I), (26.6, Severity.I)]
)
def test_an_open_gate_with_the_river_not_lower_flows_back(
    tail: float, severity: Severity | None
) -> None:
    assert judge(BACKFLOW, 26.50, tail, 0.5).severity is severity
    assert BACKFLOW.holds.up == 0


def test_a_shut_gate_never_flows_back() -> None:
    assert judge(BACKFLOW, 26.50, 27.5, 0.0).severity is None


def test_a_gate_shut_because_the_river_stands_too_high_is_a_notice() -> None:
    found = judge(HELD_UP, 26.51, 26.48, 0.0)
    assert (found.severity, found.band) == (Severity.IV, "held_up")
    assert found.facts["zh"] == "外河顶托，关闸，转电排，内湖26.51米，外河26.48米"
    assert judge(HELD_UP, 26.51, 26.46, 0.0).severity is None
    assert judge(HELD_UP, 26.51, 26.48, 0.5).severity is None


def test_a_lake_over_its_control_level_that_could_drain_says_so() -> None:
    assert judge(MAY_DRAIN, 26.65, 26.60, 0.0).severity is Severity.IV
    assert judge(MAY_DRAIN, 26.65, 26.61, 0.0).severity is None
    assert judge(MAY_DRAIN, 26.60, 26.40, 0.0).severity is None
    assert judge(MAY_DRAIN, 26.65, 26.40, 0.5).severity is None


def test_the_control_level_is_that_of_the_season() -> None:
    winter = T + 180 * DAY
    assert judge(MAY_DRAIN, 26.65, 26.40, 0.0, at=winter).severity is None
    assert judge(MAY_DRAIN, 26.81, 26.40, 0.0, at=winter).severity is Severity.IV


@pytest.mark.parametrize(
    ("mm", "stage", "severity"),
    [(49.9, 26.45, None), (50, 26.45, Severity.IV), (80, 26.30, None), (0, 27.0, None)],
)
def test_before_heavy_rain_a_lake_above_its_target_is_to_be_drained(
    mm: float, stage: float, severity: Severity | None
) -> None:
    assert judge(AHEAD, stage, 26.0, 0.5, mm=mm).severity is severity


def test_only_the_part_of_a_forecast_that_lies_ahead_counts() -> None:
    found = known(stage=every(5, 26.5), tail_stage=every(5, 26.0), gate_opening=every(5, 0.5))
    rows = [{"begins": T - 12 * HOUR, "ends": T + 12 * HOUR, "rainfall_mm": 90.0}]
    seen = replace(context(found, at=T), registers={"forecast": rows})
    assert AHEAD.judge(seen).severity is None


def test_without_one_of_the_gauges_nothing_is_said() -> None:
    found = known(stage=every(5, 26.5), gate_opening=every(5, 0.5))
    assert BACKFLOW.judge(context(found, at=T)) is UNKNOWN
    old = known(
        stage=every(5, 26.5),
        tail_stage=every(5, 26.6, until=T - 30 * MINUTE),
        gate_opening=every(5, 0.5),
    )
    assert BACKFLOW.judge(context(old, at=T)) is UNKNOWN


def test_without_a_lake_or_a_target_only_the_gate_itself_is_judged() -> None:
    plain = [r.key.variable for r in compile_rules(around(GATE)) if r.key.type == "gate"]
    assert plain == ["gate_opening", "tail_stage"]


def test_they_are_described() -> None:
    for rule in RULES.values():
        describe = rule.describe
        assert describe("zh") and describe("en")


def test_a_forecast_that_is_corrected_is_not_added_to_the_one_before() -> None:
    found = known(
        stage=every(5, 26.45, until=T),
        tail_stage=every(5, 26.0, until=T),
        gate_opening=every(5, 0.5, until=T),
    )
    day = {"begins": T, "ends": T + DAY}
    first = day | {"id": 1, "issued_at": T - HOUR, "rainfall_mm": 40}
    second = day | {"id": 2, "issued_at": T, "rainfall_mm": 30}
    rows = {"forecast": [first, second]}
    assert AHEAD.judge(replace(context(found, at=T), registers=rows)).severity is None
    later = second | {"begins": T + DAY // 2, "rainfall_mm": 35}  # the second half of the day anew
    rows = {"forecast": [first, later]}
    found_ = AHEAD.judge(replace(context(found, at=T), registers=rows))
    assert found_.severity is Severity.IV
    assert "55毫米" in str(found_.facts["zh"])
