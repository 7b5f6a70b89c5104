"""Silence of a gauge."""

import pytest

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.district import RuleSetting
from floodwatch.model.errors import Refused
from floodwatch.model.finding import UNKNOWN
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, StationKind
from floodwatch.rules import compile_rules
from tests.rules.making import CODE, RAIN, STAGE, TOTAL, T, context, district, only_rule, series
from tests.rules.making import station as make_station

RULE = only_rule(district(), "stale")
LIMIT = 77 * MINUTE  # 1.2 x 1 h + 5 min
KNOWN = {STAGE: series([(T - HOUR, 94.8), (T, 95.0)])}


def test_a_gauge_is_silent_just_after_its_time_and_not_before() -> None:
    fresh = RULE.judge(context(KNOWN, at=T + LIMIT))
    assert (fresh.severity, fresh.recheck_at) == (None, T + LIMIT + 1)
    silent = RULE.judge(context(KNOWN, at=T + LIMIT + 1))
    assert (silent.severity, silent.recheck_at) == (Severity.III, None)


def test_it_is_found_by_time_alone_not_when_the_gauge_returns() -> None:
    at, asked = T, 0
    while (found := RULE.judge(context(KNOWN, at=at))).recheck_at is not None:
        at, asked = found.recheck_at, asked + 1
    assert (at, found.severity) == (T + LIMIT + 1, Severity.III)
    assert asked < 8


def test_a_delay_on_the_way_does_not_put_the_finding_off() -> None:
    rule = only_rule(
        district(settings=[RuleSetting("stale", parameters={"after_min": 77})]), "stale"
    )
    found = rule.judge(context(KNOWN, at=T, now=T + 4 * MINUTE, heard=T + 4 * MINUTE))
    assert found.recheck_at == T + LIMIT + 1


def test_a_logger_that_repeats_an_old_reading_is_silent() -> None:
    found = RULE.judge(context(KNOWN, at=T + 3 * HOUR, heard=T + 3 * HOUR))
    assert found.severity is Severity.III


def test_a_reading_ahead_of_time_does_not_hide_the_silence_after_it() -> None:
    ahead = {STAGE: series([(T + 10 * MINUTE, 95.0)])}
    found = RULE.judge(context(ahead, at=T + 2 * HOUR, heard=T))
    assert found.severity is Severity.III


def test_an_old_reading_that_comes_late_leaves_the_gauge_silent() -> None:
    found = RULE.judge(context(KNOWN, at=T, now=T + 3 * HOUR, heard=T + 3 * HOUR, late=True))
    assert found.severity is Severity.III
    assert found.facts["age"] == 3 * HOUR


def test_a_return_clears_it() -> None:
    known = {STAGE: series([(T, 95.0), (T + DAY, 95.1)])}
    found = RULE.judge(context(known, at=T + DAY))
    assert (found.severity, found.holding, found.may_clear) == (None, None, True)


def test_a_gauge_never_heard_is_unknown() -> None:
    assert RULE.judge(context({}, at=T)) is UNKNOWN


def test_the_facts_give_the_last_value_and_how_it_was_rising() -> None:
    facts = RULE.judge(context(KNOWN, at=T + DAY)).facts
    assert (facts["last"], facts["last_time"], facts["rate"]) == (95.0, T, pytest.approx(0.2))


def test_one_rule_for_increments_and_counter_of_a_rain_gauge_and_none_for_the_battery() -> None:
    place = make_station(
        Gauge(CODE, "stage"),
        Gauge(CODE, "rainfall", period=5 * MINUTE),
        Gauge(CODE, "rainfall_total"),
        Gauge(CODE, "battery"),
    )
    rules = [r for r in compile_rules(district(place=place)) if r.key.type == "stale"]
    assert [(r.key.variable, r.key.type) for r in rules] == [
        ("stage", "stale"),
        ("rainfall", "stale"),
    ]
    rain = rules[1]
    known = {RAIN: series([(T - DAY, 0.0)]), TOTAL: series([(T, 4.0)])}
    assert rain.judge(context(known, at=T)).severity is None


def test_its_severity_and_time_are_settings() -> None:
    setting = RuleSetting("stale", kind="reservoir", parameters={"severity": "II", "after_min": 20})
    rule = only_rule(district(settings=[setting]), "stale")
    assert rule.judge(context(KNOWN, at=T + 20 * MINUTE)).severity is None
    assert rule.judge(context(KNOWN, at=T + 21 * MINUTE)).severity is Severity.II


def test_a_setting_that_is_no_number_is_refused_by_name() -> None:
    setting = RuleSetting("stale", parameters={"after_min": "20min"})
    with pytest.raises(Refused, match="after_min"):
        compile_rules(district(settings=[setting]))


def test_it_can_be_switched_off() -> None:
    rules = compile_rules(district(settings=[RuleSetting("stale", enabled=False)]))
    assert "stale" not in {rule.key.type for rule in rules}


def test_a_meter_that_is_silent_is_a_lesser_matter() -> None:
    place = make_station(Gauge(CODE, "meter_volume"), kind=StationKind.METER)
    rule = only_rule(district(place=place), "stale")
    known = {rule.needs[0].key: series([(T, 1.0)])}
    assert rule.judge(context(known, at=T + DAY)).severity is Severity.IV
