"""The pump rule: a trip with rising water, running without effect, and what is neither."""

from collections.abc import Sequence

from floodwatch.model.clock import MINUTE
from floodwatch.model.district import RuleSetting
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.severity import Severity
from floodwatch.model.station import StationKind
from floodwatch.rules import compile_rules
from floodwatch.rules.context import Rule
from tests.rules.making import CODE, T, context, only_rule
from tests.rules.works import around, every, known, works

GATE = "61990032"
STATION = works(StationKind.PUMP, "stage", "pumps_running", "flow")
STARTS = {"starts": [24.0, 24.3, 24.6], "stop": 23.5, "unit_flow": 0.6}


def rule(**parameters: object) -> Rule:
    setting = RuleSetting("pump", station=CODE, parameters=STARTS | parameters)
    gate = works(StationKind.GATE, "gate_opening", code=GATE)
    return only_rule(around(STATION, gate, settings=[setting]), "pump")


RULE = rule()


def judge(
    stages: Sequence[float],
    running: Sequence[float],
    *,
    flow: float | None = None,
    judged: Rule = RULE,
    opening: Sequence[float] = (),
) -> Finding:
    """The verdict at T on readings of every five minutes."""
    found = dict(known(stage=every(5, *stages), pumps_running=every(5, *running)))
    if flow is not None:
        found |= known(flow=every(5, flow))
    if opening:
        found |= known(GATE, gate_opening=every(5, *opening))
    return judged.judge(context(found, at=T))


def test_two_units_trip_while_the_water_rises() -> None:
    found = judge([24.31, 24.32, 24.33, 24.34, 24.42], [2, 2, 2, 2, 1])
    assert (found.severity, found.band, found.value) == (Severity.II, "pump_trip", 24.42)
    assert found.facts["zh"] == "涨水停泵，前池24.42米，10分钟涨9厘米，应开2台实开1台"
    assert "恢复机组" in str(found.facts["act_zh"])


def test_a_rise_of_exactly_the_limit_counts() -> None:
    assert judge([24.40, 24.41, 24.43], [2, 2, 0]).severity is Severity.II
    assert judge([24.40, 24.41, 24.42], [2, 2, 0]).severity is None


def test_water_that_stands_keeps_an_alert_only_while_it_still_rises() -> None:
    assert judge([24.40, 24.41, 24.42], [2, 2, 0]).holding is Severity.II
    assert judge([24.40, 24.40, 24.40], [2, 2, 0]).holding is None


def test_exactly_at_a_start_stage_a_unit_is_due_after_its_delay() -> None:
    assert judge([23.93, 24.00, 24.00], [0, 0, 0]).severity is Severity.II
    assert judge([23.90, 23.95, 24.00], [0, 0, 0]).severity is None


def test_a_jump_over_two_starts_asks_for_both_units() -> None:
    found = judge([23.80, 24.40, 24.45], [0, 0, 0])
    assert (found.severity, found.facts["due"]) == (Severity.II, 2)


def test_units_that_run_while_more_flows_in_are_no_fault() -> None:
    assert judge([24.03, 24.07, 24.13], [1, 1, 1], flow=0.6).severity is None


def test_a_unit_stopped_at_the_stop_stage_is_not_missed() -> None:
    stages = [23.73, 23.61, 23.49, 23.57, 23.67]
    assert judge(stages, [3, 3, 3, 0, 0]).severity is None


def test_a_unit_that_ran_is_missed_below_its_start_stage_too() -> None:
    assert judge([23.90, 23.88, 23.86, 23.90, 23.93], [2, 2, 2, 0, 0]).severity is Severity.II


def test_running_without_flow_while_the_water_rises() -> None:
    found = judge([24.03, 24.07, 24.13, 24.19], [1, 1, 1, 1], flow=0.2)
    assert (found.severity, found.band) == (Severity.III, "pump_weak")
    assert judge([24.13, 24.13, 24.13, 24.13], [1, 1, 1, 1], flow=0.2).severity is None


def test_no_effect_is_said_only_after_running_long_enough() -> None:
    assert judge([24.03, 24.07, 24.13], [0, 1, 1], flow=0.2).severity is None


def test_without_a_flow_gauge_all_units_must_run_before_that_is_said() -> None:
    blind = rule(unit_flow=0)
    stages = [24.60, 24.65, 24.70, 24.75]
    assert judge(stages, [3, 3, 3, 3], judged=blind).severity is Severity.III
    assert judge(stages[:1] * 3 + [24.29], [2, 2, 2, 2], judged=blind).severity is None


def test_pumps_stand_while_the_gate_drains() -> None:
    gated = rule(gate=GATE)
    stages, running = [24.40, 24.45, 24.50], [2, 0, 0]
    assert judge(stages, running, judged=gated, opening=[0.5, 0.5, 0.5]).severity is None
    assert judge(stages, running, judged=gated, opening=[0, 0, 0]).severity is Severity.II


def test_a_long_delay_spares_a_station_that_must_first_be_asked() -> None:
    asked = rule(delay_min=40)
    stages = [24.40 + 0.02 * k for k in range(8)]
    assert judge(stages, [0] * 8, judged=asked).severity is None
    stages = [24.40 + 0.02 * k for k in range(10)]
    assert judge(stages, [0] * 10, judged=asked).severity is Severity.II


def test_of_a_silent_station_nothing_is_said() -> None:
    found = known(
        stage=every(5, 24.3, 24.4, until=T), pumps_running=every(5, 2, until=T - 90 * MINUTE)
    )
    assert RULE.judge(context(found, at=T)) is UNKNOWN


def test_without_start_stages_there_is_no_rule() -> None:
    assert not [r for r in compile_rules(around(STATION)) if r.key.type == "pump"]


def test_it_is_described() -> None:
    described = RULE.describe
    assert "24.00/24.30/24.60" in described("zh") and "24.00/24.30/24.60" in described("en")
