"""Time to a limit: a line through the newest readings, a watch and never more."""

import pytest

from floodwatch.model.clock import HOUR
from floodwatch.model.district import RuleSetting
from floodwatch.model.finding import UNKNOWN
from floodwatch.model.severity import Severity
from floodwatch.model.threshold import Comparator
from floodwatch.rules import compile_rules
from floodwatch.rules.context import Rule
from tests.rules.making import STAGE, T, context, district, limit, only_rule, series, station
from tests.rules.works import every

BANDS = [
    limit(Severity.IV, Comparator.ABOVE, 92.0, 91.98, name="flood_limit"),
    limit(Severity.III, Comparator.AT_OR_ABOVE, 93.5, 93.48, name="half_way"),
    limit(Severity.II, Comparator.AT_OR_ABOVE, 94.0, 93.98, name="design_flood"),
]


def rule(outlet: str = "gated", **parameters: object) -> Rule:
    setting = RuleSetting("eta", kind="reservoir", parameters=parameters)
    return only_rule(district(BANDS, place=station(outlet=outlet), settings=[setting]), "eta")


RULE = rule()


def test_the_next_limit_and_the_minutes_to_it_are_named() -> None:
    found = RULE.judge(context({STAGE: series(every(10, 92.9, 93.0, 93.1, 93.2))}, at=T))
    assert (found.severity, found.band) == (Severity.IV, "half_way")
    assert found.facts["minutes"] == 30
    assert found.facts["zh"] == "水位93.20米，按近期涨势约30分钟后达half_way93.50米"


def test_it_is_a_notice_even_before_the_design_flood() -> None:
    found = RULE.judge(context({STAGE: series(every(10, 93.5, 93.7, 93.9))}, at=T))
    assert (found.severity, found.band) == (Severity.IV, "design_flood")


def test_a_free_overflow_speaks_of_the_design_flood_alone() -> None:
    found = rule("weir").judge(context({STAGE: series(every(10, 92.9, 93.0, 93.1))}, at=T))
    assert found.band == "design_flood"


@pytest.mark.parametrize(("step", "severity"), [(0.0099, None), (0.02, Severity.IV)])
def test_below_the_least_slope_the_water_is_steady(step: float, severity: Severity | None) -> None:
    values = [93.45 + step * k for k in range(3)]
    found = RULE.judge(context({STAGE: series(every(30, *values))}, at=T))
    assert found.severity is severity


def test_what_lies_beyond_the_horizon_is_not_spoken_of() -> None:
    near = RULE.judge(context({STAGE: series(every(60, 92.7, 92.8, 92.9))}, at=T))
    far = RULE.judge(context({STAGE: series(every(60, 92.1, 92.2, 92.3))}, at=T))
    assert (near.severity, far.severity, far.holding) == (Severity.IV, None, None)


def test_only_the_newest_readings_make_the_line() -> None:
    values = [90.0, 91.0, 93.4, 93.4, 93.4, 93.4, 93.4]
    assert RULE.judge(context({STAGE: series(every(10, *values))}, at=T)).severity is None


def test_readings_older_than_the_span_do_not_count() -> None:
    old = [(T - 6 * HOUR, 92.0), (T - 5 * HOUR, 92.5)]
    assert RULE.judge(context({STAGE: series([*old, (T, 93.0)])}, at=T)) is UNKNOWN


def test_past_the_last_limit_nothing_is_ahead() -> None:
    found = RULE.judge(context({STAGE: series(every(10, 94.1, 94.2, 94.3))}, at=T))
    assert (found.severity, found.known) == (None, True)


def test_a_silent_gauge_is_not_extrapolated() -> None:
    points = every(10, 92.9, 93.0, 93.1, until=T - 2 * HOUR)
    assert RULE.judge(context({STAGE: series(points)}, at=T)) is UNKNOWN


def test_it_is_there_only_where_it_is_asked_for() -> None:
    assert not [r for r in compile_rules(district(BANDS)) if r.key.type == "eta"]


def test_it_is_described() -> None:
    describe = RULE.describe
    assert "6小时内" in describe("zh") and "within 6 h" in describe("en")
