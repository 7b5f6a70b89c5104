"""A station none of whose gauges speaks."""

from dataclasses import replace

import pytest

from floodwatch.model.alert import Phase, RuleKey, RuleState
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.reading import Latest, Reading, SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, Station, StationKind
from floodwatch.rules import compile_rules
from floodwatch.rules.context import Context, Rule
from tests.rules.making import CODE, STAGE, T, district, only_rule, station

SEEP = SeriesKey(CODE, "S1", "seepage")
CALM, STORM = 77 * MINUTE, 61 * MINUTE


def place() -> Station:
    gauges = (Gauge(CODE, "stage"), Gauge(CODE, "seepage", "S1"), Gauge(CODE, "battery"))
    return station(*gauges)


def rule() -> Rule:
    return only_rule(district(place=place()), "offline")


def heard(ages: dict[SeriesKey, int], *, now: int = T) -> Context:
    """Each series last spoke so long ago."""
    latest = {
        key: Latest(Reading(key, T - age, 1.0, 1, T - age), T - age, T - age)
        for key, age in ages.items()
    }
    return Context(now, now, latest, {})


def test_one_alert_when_the_last_gauge_falls_silent() -> None:
    assert rule().judge(heard({STAGE: CALM + 1, SEEP: 70 * MINUTE})).severity is None
    found = rule().judge(heard({STAGE: 2 * HOUR, SEEP: CALM + 1}))
    assert found.severity is Severity.III
    assert found.facts["zh"] == "全站失联，2个测点均无数据"
    assert str(rule().key) == f"{CODE}/*/all/offline/none"


def test_it_comes_no_later_than_the_alert_of_its_last_gauge() -> None:
    place_ = district(place=place())
    last = min(
        (r.judge(heard({STAGE: 0, SEEP: 0}, now=T)).recheck_at or 0)
        for r in compile_rules(place_)
        if r.key.type == "stale" and r.key.variable == "seepage"
    )
    assert rule().judge(heard({STAGE: 0, SEEP: 0}, now=last)).severity is Severity.III


def test_it_is_at_least_as_grave_as_what_it_stands_for() -> None:
    every = compile_rules(district(place=place()))
    (stale,) = (r for r in every if (r.key.type, r.key.variable) == ("stale", "stage"))
    found = stale.judge(heard({STAGE: 2 * HOUR}))
    mine = rule().judge(heard({STAGE: 2 * HOUR, SEEP: 2 * HOUR}))
    assert mine.severity is not None
    assert mine.severity >= (found.severity or 0)


def test_in_a_storm_one_missed_report_is_enough_and_its_end_ends_nothing() -> None:
    level = RuleKey(CODE, "1", "stage", "level", "up")
    seen = heard({STAGE: STORM + 1, SEEP: STORM + 1})
    storm = replace(seen, states={level: RuleState(Phase.FIRING, Severity.II)})
    assert rule().judge(storm).severity is Severity.III
    calm = rule().judge(seen)
    assert (calm.severity, calm.holding) == (None, Severity.III)


def test_a_word_of_any_gauge_ends_it() -> None:
    found = rule().judge(heard({STAGE: 3 * HOUR, SEEP: 0}))
    assert (found.severity, found.holding, found.may_clear) == (None, None, True)


def test_one_gauge_that_was_ever_heard_is_not_a_station() -> None:
    assert not rule().judge(heard({STAGE: 3 * HOUR})).known


def test_it_costs_nothing_a_reading_and_looks_in_time() -> None:
    assert not any(need.wakes for need in rule().needs)
    at = T
    while (found := rule().judge(heard({STAGE: 0, SEEP: 0}, now=at))).severity is None:
        assert found.recheck_at is not None
        assert found.recheck_at > at
        at = found.recheck_at
    assert at <= T + CALM + 1
    assert found.recheck_at == at + MINUTE


def test_a_station_of_one_gauge_has_none() -> None:
    with pytest.raises(ValueError, match="not enough"):
        only_rule(district(place=station()), "offline")
    rain = station(
        Gauge(CODE, "rainfall", period=5 * MINUTE),
        Gauge(CODE, "rainfall_total"),
        kind=StationKind.RAIN,
    )
    with pytest.raises(ValueError, match="not enough"):
        only_rule(district(place=rain), "offline")
