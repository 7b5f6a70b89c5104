"""The district rule: the mean of the rain gauges, and its holes."""

import pytest

from floodwatch.model.alert import DISTRICT
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import RuleSetting
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, Reporting, Station, StationKind
from floodwatch.rules import compile_rules
from floodwatch.rules.context import Skipping
from tests.rules.making import T, context, only_rule, series
from tests.rules.works import around, rainy

CODES = ("61990051", "61990052")


def _gauge(code: str) -> Station:
    return Station(
        code,
        "示范雨量",
        StationKind.RAIN,
        (Gauge(code, "rainfall", period=5 * MINUTE),),
        reporting=Reporting(HOUR, 5 * MINUTE),
    )


GAUGES = tuple(_gauge(code) for code in CODES)
SETTING = RuleSetting("district_rain", parameters={"mm_1h": [30, 50, 80], "mm_3h": [80]})
RULE = only_rule(around(*GAUGES, settings=[SETTING]), "district_rain")


def judge(one: float, other: float | None) -> Finding:
    """The verdict when so much fell at the two gauges in the last hour."""
    found = [rainy(CODES[0], one)] + ([] if other is None else [rainy(CODES[1], other)])
    return RULE.judge(context(dict(found), at=T))


@pytest.mark.parametrize(
    ("one", "other", "severity"),
    [
        (40, 19.9, None),
        (40, 20, Severity.IV),
        (60, 40, Severity.III),
        (100, 80, Severity.II),
    ],
)
def test_the_mean_decides_and_exactly_on_the_limit_counts(
    one: float, other: float, severity: Severity | None
) -> None:
    assert judge(one, other).severity is severity


def test_it_is_a_rule_of_the_district_and_words_itself() -> None:
    found = judge(60, 40)
    assert RULE.key.station == DISTRICT
    assert found.facts["zh"] == "1小时平均雨量50.0毫米，限值50毫米"
    assert found.may_clear


def test_a_silent_gauge_makes_a_lower_bound_that_may_fire_and_never_clears() -> None:
    key, whole = rainy(CODES[1], 0.0)
    silent = {key: whole.between(0, T - 2 * HOUR)}
    found = RULE.judge(context(dict([rainy(CODES[0], 130)]) | silent, at=T))
    assert (found.severity, found.value, found.may_clear) == (Severity.III, 65, False)
    assert RULE.judge(context({}, at=T)) is UNKNOWN


def test_a_mean_a_little_below_its_limit_still_holds() -> None:
    found = judge(30, 26)
    assert (found.severity, found.holding) == (None, Severity.IV)
    assert found.recheck_at == T + 10 * MINUTE


def test_without_any_report_nothing_is_said() -> None:
    assert RULE.judge(context({}, at=T)) is UNKNOWN


def test_without_limits_there_is_no_rule() -> None:
    assert not [r for r in compile_rules(around(*GAUGES)) if r.key.type == "district_rain"]


def test_it_is_described() -> None:
    assert "1小时内雨量 ≥ 30.0 mm" in RULE.describe("zh")


def test_reports_that_can_change_nothing_are_passed_over_and_rain_is_not() -> None:
    found = dict([rainy(CODES[0], 60), rainy(CODES[1], 40)])
    moments = next(iter(found.values())).times
    assert isinstance(RULE, Skipping)
    calm = RULE.quiet(found, moments)
    assert calm[6] and not calm[:2].any()
    for moment in moments[calm]:
        finding = RULE.judge(context(found, at=int(moment)))
        assert (finding.severity, finding.holding, finding.may_clear) == (None, None, True)
    assert not calm[-5:].any()


def test_a_gauge_that_has_been_dead_for_long_does_not_hold_the_mean_of_the_others() -> None:
    found = judge(40, None)
    assert (found.severity, found.may_clear) == (Severity.IV, True)
    assert found.value == 40
    alone = compile_rules(
        around(
            *GAUGES,
            *(_gauge(f"6199006{n}") for n in (1, 2)),
            settings=[SETTING],
        )
    )
    [few] = [r for r in alone if r.key.type == "district_rain"]
    lone = few.judge(context(dict([rainy(CODES[0], 40)]), at=T))
    assert (lone.severity, lone.may_clear) == (None, False)


def test_a_gauge_that_only_counts_since_eight_is_in_the_mean() -> None:
    total = Station(
        CODES[1],
        "示范雨量",
        StationKind.RAIN,
        (Gauge(CODES[1], "rainfall_day"),),
        reporting=Reporting(HOUR, 5 * MINUTE),
    )
    rule = only_rule(around(GAUGES[0], total, settings=[SETTING]), "district_rain")
    key = SeriesKey(CODES[1], "1", "rainfall_day")
    counted = series([(T - n * HOUR, 40.0 if n == 0 else 0.0) for n in range(120, -1, -1)])
    found = rule.judge(context(dict([rainy(CODES[0], 60)]) | {key: counted}, at=T))
    assert (found.severity, found.value, found.may_clear) == (Severity.III, 50, True)
