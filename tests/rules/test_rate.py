"""Rise and fall per hour."""

import pytest

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import RuleSetting
from floodwatch.model.finding import UNKNOWN
from floodwatch.model.quality import Flag, Reason, pack
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, StationKind
from floodwatch.model.threshold import Comparator
from floodwatch.rules import compile_rules
from tests.rules.making import CODE, STAGE, T, context, district, limit, only_rule, series
from tests.rules.making import station as make_station

RISE = limit(Severity.III, Comparator.RISE, 0.5, 0.4)
FALL = limit(Severity.I, Comparator.FALL, 1.0, 0.8)
RULE = only_rule(district([RISE, FALL]), "rate", "rise")
SUSPECT = pack(Flag.SUSPECT, Reason.SPIKE)


def test_the_rise_of_the_last_hour_is_held_against_the_band() -> None:
    slow = {STAGE: series([(T - HOUR, 94.0), (T, 94.49)])}
    fast = {STAGE: series([(T - HOUR, 94.0), (T, 94.50)])}
    assert RULE.judge(context(slow, at=T)).holding is Severity.III
    assert RULE.judge(context(fast, at=T)).severity is Severity.III


def test_the_value_an_hour_ago_is_that_of_the_last_report_then() -> None:
    known = {STAGE: series([(T - 3 * HOUR, 94.0), (T - 10 * MINUTE, 94.3), (T, 94.6)])}
    assert RULE.judge(context(known, at=T)).value == pytest.approx(0.6)


def test_with_less_than_half_a_window_nothing_is_said() -> None:
    known = {STAGE: series([(T - 20 * MINUTE, 94.0), (T, 94.6)])}
    assert RULE.judge(context(known, at=T)) is UNKNOWN


def test_a_fall_is_a_rule_of_its_own() -> None:
    fall = only_rule(district([RISE, FALL]), "rate", "fall")
    known = {STAGE: series([(T - HOUR, 94.0), (T, 92.9)])}
    assert fall.judge(context(known, at=T)).severity is Severity.I
    assert RULE.judge(context(known, at=T)).severity is None


def test_the_reading_after_a_spike_is_no_fall() -> None:
    fall = only_rule(district([FALL]), "rate", "fall")
    points = [(T - 2 * HOUR, 94.0), (T - HOUR, 96.4), (T, 94.0)]
    assert fall.judge(context({STAGE: series(points, {1: SUSPECT})}, at=T)).severity is None


def test_a_rise_that_stops_is_looked_at_again_by_itself() -> None:
    known = {STAGE: series([(T - HOUR, 94.0), (T, 94.6)])}
    assert RULE.judge(context(known, at=T)).recheck_at == T + 10 * MINUTE
    later = RULE.judge(context(known, at=T + HOUR))
    assert (later.holding, later.may_clear) == (None, True)


def test_a_silent_gauge_clears_nothing() -> None:
    known = {STAGE: series([(T - HOUR, 94.0), (T, 94.6)])}
    assert not RULE.judge(context(known, at=T + 2 * HOUR)).may_clear


def test_a_rise_below_the_floor_does_not_count() -> None:
    setting = RuleSetting("rate", parameters={"floor": 95.0})
    rule = only_rule(district([RISE], settings=[setting]), "rate")
    known = {STAGE: series([(T - HOUR, 93.0), (T, 94.6)])}
    assert rule.judge(context(known, at=T)).severity is None


def test_on_a_street_the_change_of_ten_minutes_counts() -> None:
    place = make_station(Gauge(CODE, "ponding_depth"), kind=StationKind.WATERLOGGING, outlet="")
    rise = limit(Severity.III, Comparator.RISE, 0.3, 0.24, variable="ponding_depth")
    rule = only_rule(district([rise], place=place), "rate")
    known = {rule.needs[0].key: series([(T - 10 * MINUTE, 0.0), (T, 0.05)])}
    assert rule.judge(context(known, at=T)).severity is Severity.III


def test_at_a_free_overflow_a_rise_is_judged_only_where_it_is_asked_for() -> None:
    weir = make_station(outlet="weir")
    found = compile_rules(district([RISE, FALL], place=weir))
    assert [r.key.direction for r in found if r.key.type == "rate"] == ["fall"]
    own = [RuleSetting("rate", station=CODE)]
    assert only_rule(district([RISE], place=weir, settings=own), "rate", "rise")


def test_a_rise_exactly_at_its_limit_in_ten_minutes_counts() -> None:
    lake = limit(Severity.IV, Comparator.RISE, 0.3, 0.24, window=10 * MINUTE)
    rule = only_rule(district([lake]), "rate")
    slow = {STAGE: series([(T - 10 * MINUTE, 26.0), (T, 26.049)])}
    fast = {STAGE: series([(T - 10 * MINUTE, 26.0), (T, 26.05)])}
    assert rule.judge(context(slow, at=T)).severity is None
    assert rule.judge(context(fast, at=T)).severity is Severity.IV
