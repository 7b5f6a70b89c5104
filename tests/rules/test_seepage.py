"""Seepage and pore pressure for the stage at which they are."""

import pytest

from floodwatch.hydrology.series import Series
from floodwatch.model.clock import HOUR
from floodwatch.model.district import RuleSetting
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, StationKind
from floodwatch.rules import compile_rules
from tests.rules.making import CODE, STAGE, T, context, only_rule, series, station
from tests.rules.works import around, every

DAM = station(Gauge(CODE, "stage"), Gauge(CODE, "seepage", "S1"), kind=StationKind.RESERVOIR)
LINE = {"points": {"S1": [[85.0, 0.2], [95.0, 1.2]]}, "tolerance": 0.3}
RULE = only_rule(around(DAM, settings=[RuleSetting("seepage", parameters=LINE)]), "seepage")
S1 = SeriesKey(CODE, "S1", "seepage")


def judge(stages: list[float], value: float) -> Finding:
    """The verdict on a value after stages read every hour."""
    found: dict[SeriesKey, Series] = {S1: series([(T, value)])}
    if stages:
        found[STAGE] = series(every(60, *stages))
    return RULE.judge(context(found, at=T))


@pytest.mark.parametrize(
    ("stage", "value", "severity"),
    [
        (90.0, 1.0, None),  # exactly on usual + tolerance
        (90.0, 1.01, Severity.III),
        (95.0, 1.01, None),  # the same seepage is usual five metres higher
        (99.0, 1.50, None),  # above the line it goes on level
        (99.0, 1.51, Severity.III),
        (80.0, 0.51, Severity.III),
    ],
)
def test_it_is_judged_for_its_stage(stage: float, value: float, severity: Severity | None) -> None:
    assert judge([stage], value).severity is severity


def test_the_limit_of_the_stage_is_told() -> None:
    found = judge([90.0], 1.2)
    assert (found.limit, found.value, found.facts["usual"]) == (1.0, 1.2, 0.7)


def test_a_dam_answers_late_so_the_highest_stage_of_its_memory_counts() -> None:
    assert judge([95.0, 90.0, 90.0], 1.4).severity is None
    long_ago = {
        S1: series([(T, 1.4)]),
        STAGE: series([(T - 50 * HOUR, 95.0), (T - 40 * HOUR, 90.0)]),
    }
    assert RULE.judge(context(long_ago, at=T)).severity is Severity.III


def test_it_is_left_a_little_below_its_limit() -> None:
    assert judge([90.0], 0.95).holding is Severity.III
    assert judge([90.0], 0.94).holding is None


def test_without_a_stage_nothing_can_be_said() -> None:
    assert judge([], 9.0) is UNKNOWN


def test_a_stage_alone_does_not_wake_it() -> None:
    assert [need.wakes for need in RULE.needs] == [True, False]


def test_without_a_line_there_is_no_rule() -> None:
    assert not [r for r in compile_rules(around(DAM)) if r.key.type == "seepage"]


def test_it_is_described() -> None:
    describe = RULE.describe
    assert "S1" in describe("zh") and "S1" in describe("en")
