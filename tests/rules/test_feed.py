"""A gateway through which nothing comes any more."""

from dataclasses import replace

import pytest

from floodwatch.model.clock import DAY, HOUR, MINUTE, SECOND
from floodwatch.model.district import District
from floodwatch.model.reading import Latest, Reading, SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, Reporting, Station, StationKind
from floodwatch.rules import compile_rules
from floodwatch.rules.context import Context, Rule
from floodwatch.rules.feed import MOST
from tests.rules.making import T

GRACE = 2 * MINUTE  # of an hourly report


def whole(count: int = 6, *, enabled: bool = True, gateway: str = "北片") -> District:
    found = {}
    for number in range(count):
        code = f"6199{number:04}"
        gauges = (Gauge(code, "stage"),)
        found[code] = Station(
            code,
            code,
            StationKind.RESERVOIR,
            gauges,
            reporting=Reporting(HOUR),
            gateway=gateway,
            enabled=enabled,
        )
    return District(stations=found)


def rules(found: District) -> list[Rule]:
    return [r for r in compile_rules(found) if r.key.type == "feed"]


def rule(count: int = 6) -> Rule:
    (mine,) = rules(whole(count))
    return mine


def heard(*ages: int, now: int = T) -> Context:
    """The stations, in order, spoke so long before T."""
    latest = {}
    for number, age in enumerate(ages):
        key = SeriesKey(f"6199{number:04}", "1", "stage")
        latest[key] = Latest(Reading(key, T - age, 1.0, 1, T - age), T - age, T - age)
    return Context(now, now, latest, {})


def test_three_missed_reports_and_nobody_speaking_is_a_dead_gateway() -> None:
    ages = [10, 20, 30, 40, 50, 59]  # minutes; the gateway was last heard ten minutes ago
    seen = [age * MINUTE for age in ages]
    third = 20 * MINUTE + GRACE
    assert rule().judge(heard(*seen, now=T + third - SECOND)).severity is None
    found = rule().judge(heard(*seen, now=T + third))
    assert found.severity is Severity.III
    assert found.facts["zh"] == "网关北片中断，6站均无数据"
    assert str(rule().key) == "district/北片/all/feed/none"


def test_stations_that_all_report_on_the_hour_may_be_quiet_between() -> None:
    on_the_hour = [age * SECOND for age in (1, 2, 3, 4, 5, 6)]
    assert rule().judge(heard(*on_the_hour, now=T + HOUR)).severity is None
    assert rule().judge(heard(*on_the_hour, now=T + HOUR + GRACE)).severity is Severity.III


def test_stations_dead_for_days_are_not_the_gateway() -> None:
    seen = heard(5 * MINUTE, 20 * MINUTE, 2 * DAY, 3 * DAY, 4 * DAY, 5 * DAY)
    assert rule().judge(seen).severity is None


def test_a_single_station_that_misses_its_report_is_not_the_gateway() -> None:
    seen = heard(58 * MINUTE, MINUTE, MINUTE, MINUTE, MINUTE, MINUTE, now=T + 10 * MINUTE)
    assert rule().judge(seen).severity is None


def test_it_comes_before_the_silence_of_any_station() -> None:
    at = T
    while (found := rule().judge(heard(*[k * MINUTE for k in range(6)], now=at))).severity is None:
        assert found.recheck_at is not None
        at = found.recheck_at
    assert at < T - 5 * MINUTE + 77 * MINUTE


def test_one_word_through_it_ends_it() -> None:
    seen = heard(0, *[90 * MINUTE] * 5, now=T + SECOND)
    found = rule().judge(seen)
    assert (found.severity, found.may_clear) == (None, True)


def test_a_gateway_of_two_needs_both() -> None:
    assert rule(2).judge(heard(30 * MINUTE, 50 * MINUTE, now=T + 20 * MINUTE)).severity is None
    dead = heard(30 * MINUTE, 50 * MINUTE, now=T + 32 * MINUTE)
    assert rule(2).judge(dead).severity is Severity.III


def test_it_costs_nothing_a_reading_and_listens_to_two_hundred_at_most() -> None:
    mine = rule(700)
    assert not any(need.wakes for need in mine.needs)
    assert len(mine.needs) <= MOST


@pytest.mark.parametrize(
    "found", [whole(1), whole(gateway=""), whole(enabled=False)], ids=["alone", "none", "off"]
)
def test_no_gateway_no_rule(found: District) -> None:
    assert rules(found) == []


def test_each_gateway_has_its_own() -> None:
    north, south = whole(4), whole(4, gateway="南片")
    renamed = {f"7{code}": replace(each, code=f"7{code}") for code, each in south.stations.items()}
    both = replace(north, stations={**north.stations, **renamed})
    assert {r.key.gauge for r in rules(both)} == {"北片", "南片"}
