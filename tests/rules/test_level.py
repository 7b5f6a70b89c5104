"""The level rule: bands, hysteresis, doubt, silence, seasons."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from floodwatch.alerts.lifecycle import step
from floodwatch.model.alert import RuleState
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.district import RuleSetting
from floodwatch.model.finding import UNKNOWN
from floodwatch.model.quality import Flag, Reason, pack
from floodwatch.model.season import Season
from floodwatch.model.severity import Severity
from floodwatch.model.station import MANUAL, Gauge, StationKind
from floodwatch.model.threshold import Comparator
from floodwatch.rules.level import LevelRule, trend
from floodwatch.rules.registry import compile_rules
from tests.rules.making import STAGE, T, context, district, judge_stage, limit, only_rule, series
from tests.rules.making import station as make_station

ABOVE, AT_OR_ABOVE, AT_OR_BELOW = Comparator.ABOVE, Comparator.AT_OR_ABOVE, Comparator.AT_OR_BELOW
SUSPECT = pack(Flag.SUSPECT, Reason.RATE)
FAILED = pack(Flag.FAIL, Reason.IMPOSSIBLE)
BANDS = (
    limit(Severity.IV, ABOVE, 95.20, 95.18, name="flood_limit"),
    limit(Severity.II, AT_OR_ABOVE, 96.50, 96.48, name="design"),
    limit(Severity.I, AT_OR_ABOVE, 97.00, 96.98, name="check"),
)
RULE = only_rule(district(BANDS))


@pytest.mark.parametrize("value", [95.20, 95.1 + 0.1, 95.199999999999])
def test_exactly_on_an_above_threshold_is_not_over_it(value: float) -> None:
    assert judge_stage(RULE, value).severity is None


@pytest.mark.parametrize("value", [96.50, 96.4 + 0.1, 96.49999999999999])
def test_exactly_on_an_at_or_above_threshold_is_over_it(value: float) -> None:
    assert judge_stage(RULE, value).band == "design"


def test_a_jump_over_two_bands_opens_the_highest() -> None:
    found = judge_stage(RULE, 97.4)
    assert (found.severity, found.band, found.limit) == (Severity.I, "check", 97.00)


@pytest.mark.parametrize(
    ("value", "holding"),
    [(95.19, Severity.IV), (95.18, None), (96.48, Severity.II), (96.47, Severity.IV)],
)
def test_a_band_is_left_when_its_comparator_is_no_longer_met_at_the_clear_value(
    value: float, holding: Severity | None
) -> None:
    assert judge_stage(RULE, value).holding is holding


def test_a_weir_reservoir_that_stands_at_its_sill_holds_nothing() -> None:
    rule = only_rule(district([limit(Severity.IV, ABOVE, 104.0, 104.0)]))
    assert judge_stage(rule, 104.0).holding is None
    assert judge_stage(rule, 104.01).severity is Severity.IV


def test_low_water_is_a_rule_of_its_own() -> None:
    both = district([*BANDS, limit(Severity.III, AT_OR_BELOW, 85.0, 85.02, name="dead")])
    low = only_rule(both, direction="down")
    assert judge_stage(low, 85.0).band == "dead"
    assert judge_stage(low, 85.01).holding is Severity.III
    assert judge_stage(low, 85.03).holding is None


def test_a_suspect_high_value_opens_and_says_so() -> None:
    found = judge_stage(RULE, 97.4, quality=SUSPECT)
    assert (found.severity, found.suspect) == (Severity.I, True)


def test_a_suspect_low_value_clears_nothing() -> None:
    assert not judge_stage(RULE, 90.0, quality=SUSPECT).may_clear
    assert judge_stage(RULE, 90.0).may_clear


def test_a_failed_value_is_never_judged() -> None:
    assert judge_stage(RULE, 97.4, quality=FAILED) is UNKNOWN


def test_without_any_reading_nothing_is_said() -> None:
    assert RULE.judge(context({}, at=T)) is UNKNOWN


def test_a_late_reading_opens_but_does_not_clear() -> None:
    high, low = series([(T, 97.4)]), series([(T, 90.0)])
    late = RULE.judge(context({STAGE: high}, at=T, now=T + 3 * HOUR, late=True))
    assert late.severity is Severity.I
    assert (late.facts["age"], late.facts["late"]) == (3 * HOUR, 1)
    assert not RULE.judge(context({STAGE: low}, at=T, now=T + 3 * HOUR, late=True)).may_clear


def test_a_silent_gauge_clears_nothing_and_still_holds_its_bands() -> None:
    known = {STAGE: series([(T, 95.10)])}
    assert RULE.judge(context(known, at=T + 77 * MINUTE)).may_clear
    assert not RULE.judge(context(known, at=T + 77 * MINUTE + 1)).may_clear
    held = RULE.judge(context({STAGE: series([(T, 97.4)])}, at=T + DAY))
    assert held.severity is Severity.I


def test_the_facts_tell_the_rise_of_the_last_hour_and_the_next_band() -> None:
    known = {STAGE: series([(T - 70 * MINUTE, 94.9), (T - 20 * MINUTE, 95.2), (T, 95.32)])}
    facts = RULE.judge(context(known, at=T)).facts
    assert facts["rate"] == pytest.approx(0.42)
    assert (facts["next"], facts["to_next"]) == ("design", 1.18)


def test_a_rise_seen_for_ten_minutes_is_not_that_of_an_hour() -> None:
    known = {STAGE: series([(T - 10 * MINUTE, 93.4), (T, 95.31)])}
    facts = RULE.judge(context(known, at=T)).facts
    assert (facts["rate"], facts["rate_span"]) == (pytest.approx(11.46), 10 * MINUTE)


def test_a_reading_whose_clock_cannot_be_believed_says_so() -> None:
    ahead = pack(Flag.SUSPECT, Reason.CLOCK)
    found = RULE.judge(context({STAGE: series([(T, 97.4)], {0: ahead})}, at=T))
    assert (found.suspect, found.facts["clock"]) == (True, 1)


def test_a_reading_that_cannot_be_is_no_end_of_a_rise() -> None:
    points = [(T - 70 * MINUTE, 94.9), (T - 20 * MINUTE, 95.2), (T - MINUTE, 1e6), (T, 95.32)]
    for known in (points, [*points[:3], (T + MINUTE, 95.32)]):
        rate = trend(series(known, {2: FAILED}), until=T)["rate"]
        assert rate == pytest.approx(0.42 if known[-1][0] == T else 0.3)


def test_a_season_change_is_judged_again_with_the_last_reading() -> None:
    flood, rest = Season((4, 1), (6, 30)), Season((7, 1), (3, 31))
    rule = only_rule(
        district(
            [
                limit(Severity.IV, ABOVE, 92.0, 91.98, season=flood, name="flood"),
                limit(Severity.IV, ABOVE, 93.0, 92.98, season=rest, name="rest"),
            ]
        )
    )
    switch = datetime(2026, 7, 1, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
    moment = round(switch.timestamp() * 1000)
    known = {STAGE: series([(moment - HOUR, 92.5)])}
    before = rule.judge(context(known, at=moment - HOUR))
    assert (before.severity, before.recheck_at) == (Severity.IV, moment)
    after = rule.judge(context(known, at=moment))
    assert (after.holding, after.may_clear) == (None, True)
    state, _ = step(RuleState(), before, now=moment - HOUR, holds=rule.holds)
    state, said = step(state, after, now=moment, holds=rule.holds)
    assert said == ()  # better: an ordinary clearing through the hold, never silently
    assert state.due == moment + rule.holds.down


def test_a_reading_before_the_switch_is_judged_again_at_once_when_it_comes_after() -> None:
    rule = only_rule(
        district([limit(Severity.IV, ABOVE, 92.0, 91.98, season=Season((4, 1), (6, 30)))])
    )
    switch = datetime(2026, 7, 1, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
    moment = round(switch.timestamp() * 1000)
    known = {STAGE: series([(moment - MINUTE, 92.5)])}
    found = rule.judge(context(known, at=moment - MINUTE, now=moment + MINUTE))
    assert found.recheck_at == moment + MINUTE


def test_an_edited_threshold_keeps_the_identity_of_the_rule() -> None:
    edited = only_rule(district([limit(Severity.I, ABOVE, 94.0, 93.98, name="other")]))
    assert edited.key == RULE.key


def test_ponding_depth_is_the_same_rule() -> None:
    place = make_station(
        Gauge("61990001", "ponding_depth"), kind=StationKind.WATERLOGGING, outlet=""
    )
    depth = limit(Severity.I, AT_OR_ABOVE, 0.25, 0.22, variable="ponding_depth")
    rule = only_rule(district([depth], place=place))
    key = rule.needs[0].key
    found = rule.judge(context({key: series([(T, 0.25)])}, at=T))
    assert (found.severity, rule.holds.down) == (Severity.I, 20 * MINUTE)


def test_a_switched_off_station_has_no_rules() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        only_rule(district(BANDS, place=make_station(enabled=False)))


def test_the_most_specific_setting_wins() -> None:
    settings = (
        RuleSetting("level", station="61990001", hold_up=MINUTE),
        RuleSetting("level", kind="reservoir", hold_up=HOUR, hold_down=3 * HOUR),
    )
    holds = only_rule(district(BANDS, settings=settings)).holds
    assert (holds.up, holds.down) == (MINUTE, 3 * HOUR)


def test_the_station_page_gets_words() -> None:
    assert "水位 ≥ 96.50 m design(Ⅱ级)" in RULE.describe("zh")
    assert "stage ≥ 97.00 m check(I)" in RULE.describe("en")


def test_readings_by_eye_are_held_against_the_same_limits_and_said_once() -> None:
    rules = {rule.key.gauge: rule for rule in compile_rules(district(BANDS))}
    assert set(rules) >= {"1", MANUAL}
    assert rules[MANUAL].needs[0].key == STAGE._replace(gauge=MANUAL)
    assert isinstance(rules[MANUAL], LevelRule)
    assert rules[MANUAL].describe("zh") == ""


def test_limits_of_their_own_stand_alone_for_readings_by_eye() -> None:
    own = replace(BANDS[0], gauge=MANUAL, value=99.0)
    rules = [r for r in compile_rules(district((*BANDS, own))) if r.key.gauge == MANUAL]
    (mine,) = (rule for rule in rules if isinstance(rule, LevelRule))
    assert [band.limit for band in mine.bands.all] == [99.0]
    assert mine.describe("zh")
