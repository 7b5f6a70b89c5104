"""Dated orders in both directions, and what opens only because the limits changed."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from floodwatch.model.alert import ORDER, SEASON
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.finding import Finding
from floodwatch.model.season import Season
from floodwatch.model.severity import Severity
from floodwatch.model.threshold import Comparator, Threshold
from floodwatch.rules.coming_limits import coming
from floodwatch.rules.context import Rule
from tests.rules.making import STAGE, context, district, limit, only_rule, series

TZ = ZoneInfo("Asia/Shanghai")


def at(month: int, day: int, hour: int = 8) -> int:
    return round(datetime(2026, month, day, hour, tzinfo=TZ).timestamp() * 1000)


def flood(value: float, season: Season | None = None, order: str = "", **dates: int) -> Threshold:
    found = limit(
        Severity.IV, Comparator.ABOVE, value, value - 0.02, name="flood_limit", season=season
    )
    return replace(found, order=order, **dates)


SEASONS = (
    flood(92.0, Season((4, 1), (6, 30))),
    flood(92.5, Season((7, 1), (9, 30))),
    flood(93.0, Season((10, 1), (3, 31))),
)
DESIGN = limit(Severity.II, Comparator.AT_OR_ABOVE, 94.0, 93.98, name="design_flood")
FROM, TO = at(9, 10), at(9, 20)


def rule(*orders: Threshold) -> Rule:
    return only_rule(district([*SEASONS, DESIGN, *orders]))


def judge(judged: Rule, *stages: tuple[int, float], now: int) -> Finding:
    return judged.judge(context({STAGE: series(list(stages))}, at=now))


def test_an_order_may_raise_the_limit_while_it_is_valid() -> None:
    storing = rule(flood(92.9, order="示防〔2026〕2号", valid_from=FROM, valid_to=TO))
    assert judge(storing, (FROM, 92.8), now=FROM).severity is None
    assert judge(storing, (FROM + HOUR, 92.91), now=FROM + HOUR).severity is Severity.IV
    assert judge(storing, (FROM - HOUR, 92.8), now=FROM - HOUR).severity is Severity.IV
    assert judge(storing, (TO, 92.8), now=TO).severity is Severity.IV


def test_an_order_may_lower_it_too_and_leaves_the_other_limits_alone() -> None:
    controlled = rule(flood(90.5, order="示防〔2026〕1号", valid_from=FROM, valid_to=TO))
    found = judge(controlled, (FROM + HOUR, 90.6), now=FROM + HOUR)
    assert (found.severity, found.limit) == (Severity.IV, 90.5)
    assert judge(controlled, (FROM + HOUR, 94.0), now=FROM + HOUR).severity is Severity.II


def test_an_order_stands_over_every_season_of_its_time() -> None:
    year = rule(flood(90.5, order="示防〔2026〕1号", valid_from=at(3, 1), valid_to=at(12, 31)))
    for month in (5, 8, 11):
        assert judge(year, (at(month, 1), 90.6), now=at(month, 1)).limit == 90.5


def test_what_stood_over_the_new_limit_at_the_switch_says_so() -> None:
    switch = at(4, 1)
    found = judge(rule(), (switch - HOUR, 92.5), now=switch)
    assert (found.severity, found.facts["why"]) == (Severity.IV, SEASON)
    later = judge(
        rule(), (switch - HOUR, 92.5), (switch + 5 * MINUTE, 92.51), now=switch + 5 * MINUTE
    )
    assert later.facts["why"] == SEASON


def test_water_that_rises_over_the_new_limit_after_the_switch_is_water() -> None:
    switch = at(4, 1)
    found = judge(rule(), (switch - HOUR, 91.9), (switch + HOUR, 92.1), now=switch + HOUR)
    assert found.severity is Severity.IV
    assert "why" not in found.facts


def test_a_graver_band_than_the_switch_opened_is_water() -> None:
    switch = at(4, 1)
    found = judge(rule(), (switch - HOUR, 92.5), (switch + HOUR, 94.0), now=switch + HOUR)
    assert found.severity is Severity.II
    assert "why" not in found.facts


def test_what_was_open_before_the_switch_is_no_news_of_it() -> None:
    switch = at(7, 1)
    found = judge(rule(), (switch - HOUR, 92.6), now=switch)
    assert (found.severity, "why" in found.facts) == (Severity.IV, False)


def test_a_limit_lowered_by_an_order_or_back_at_its_end_says_so() -> None:
    lowered = rule(flood(90.5, order="1", valid_from=FROM, valid_to=TO))
    assert judge(lowered, (FROM - HOUR, 91.0), now=FROM).facts["why"] == ORDER
    storing = rule(flood(92.9, order="2", valid_from=FROM, valid_to=TO))
    assert judge(storing, (TO - HOUR, 92.8), now=TO).facts["why"] == ORDER


def test_three_days_before_a_switch_the_reservoirs_above_the_coming_limit_are_listed() -> None:
    known = context({STAGE: series([(at(3, 29, 7), 92.5)])}, at=at(3, 29)).latest
    town = district([*SEASONS, DESIGN])
    [one] = coming(town, known, at(3, 29))
    assert (one.station, one.at, one.limit, one.over) == ("61990001", at(4, 1), 92.0, 0.5)
    assert coming(town, known, at(3, 29) - 1) == []
    assert coming(town, known, at(4, 1)) == []


def test_what_stands_exactly_on_the_coming_limit_is_not_listed() -> None:
    known = context({STAGE: series([(at(3, 30, 7), 92.0)])}, at=at(3, 30)).latest
    assert coming(district([*SEASONS, DESIGN]), known, at(3, 30)) == []


def test_orders_are_listed_by_their_day_with_their_document() -> None:
    orders = [
        flood(90.5, order="示防〔2026〕1号", valid_from=at(9, 11), valid_to=at(9, 12)),
        flood(90.0, order="示防〔2026〕2号", valid_from=at(9, 12), valid_to=at(9, 20)),
    ]
    known = context({STAGE: series([(FROM, 92.0)])}, at=FROM).latest
    found = coming(district([*SEASONS, *orders]), known, FROM)
    assert [(each.at - FROM, each.limit, each.order) for each in found] == [
        (DAY, 90.5, "示防〔2026〕1号"),
        (2 * DAY, 90.0, "示防〔2026〕2号"),
    ]
