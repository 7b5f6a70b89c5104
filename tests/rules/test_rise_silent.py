"""A gauge that stops speaking while its water rises."""

from dataclasses import replace

import pytest

from floodwatch.model.alert import Phase, RuleKey, RuleState
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN
from floodwatch.model.quality import Flag, Reason, pack
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, Reporting, Station, StationKind
from floodwatch.model.threshold import Comparator
from floodwatch.notify.sms_text import units
from floodwatch.rules.context import Context
from floodwatch.rules.rise_silent import RiseSilentRule
from tests.rules.making import CODE, STAGE, T, context, district, limit, only_rule, series, station

LEVEL = RuleKey(CODE, "1", "stage", "level", "up")
ON_CHANGE = Reporting(HOUR, 5 * MINUTE, {"stage": 0.01})
BANDS = (
    limit(Severity.IV, Comparator.ABOVE, 104.00, 104.00, name="spill"),
    limit(Severity.III, Comparator.AT_OR_ABOVE, 104.38, 104.37, name="half_way"),
    limit(Severity.II, Comparator.AT_OR_ABOVE, 104.75, 104.74, name="design_flood"),
    limit(Severity.I, Comparator.AT_OR_ABOVE, 105.10, 105.09, name="check_flood"),
)


def place(reporting: Reporting = ON_CHANGE, **changes: object) -> Station:
    return replace(station(outlet="weir"), reporting=reporting, **changes)  # type: ignore[arg-type]


def here(where: Station | None = None) -> District:
    return district(BANDS, place=where or place())


def rule(where: Station | None = None) -> RiseSilentRule:
    found = only_rule(here(where), "rise_silent")
    assert isinstance(found, RiseSilentRule)
    return found


def rising(
    top: float = 104.77, *, per_hour: float = 0.42, hours: float = 2, every: int = 5
) -> list[tuple[int, float]]:
    """Readings that rise evenly up to `top` at T."""
    count = int(hours * 60 / every)
    steps = [
        (T - k * every * MINUTE, top - per_hour * k * every / 60) for k in range(count, -1, -1)
    ]
    return [(time, round(value, 2)) for time, value in steps]


def given(
    points: list[tuple[int, float]], *, now: int, at: int | None = None, late: bool = False
) -> Context:
    heard = now if late else None
    return context(
        {STAGE: series(points)}, at=now if at is None else at, now=now, late=late, heard=heard
    )


def test_it_is_silent_a_minute_after_one_missed_report() -> None:
    fast = rising()
    assert rule().judge(given(fast, now=T + 6 * MINUTE)).severity is None
    assert rule().judge(given(fast, now=T + 6 * MINUTE + 1)).severity is Severity.I


def test_it_asks_to_be_looked_at_when_the_report_is_missed() -> None:
    found = rule().judge(given(rising(), now=T))
    assert found.recheck_at == T + 6 * MINUTE + 1


@pytest.mark.parametrize(
    ("top", "severity"),
    [(101.0, Severity.III), (104.05, Severity.III), (104.40, Severity.I), (105.2, Severity.I)],
)
def test_its_severity_is_that_of_the_level_it_would_have(top: float, severity: Severity) -> None:
    assert rule().judge(given(rising(top), now=T + 8 * MINUTE)).severity is severity


def test_a_band_reached_only_by_extrapolation_counts() -> None:
    levels = (
        limit(Severity.III, Comparator.AT_OR_ABOVE, 29.50, 29.46, name="warning"),
        limit(Severity.II, Comparator.AT_OR_ABOVE, 31.00, 30.96, name="guarantee"),
    )
    river = only_rule(district(levels, place=place(kind=StationKind.RIVER)), "rise_silent")
    found = river.judge(given(rising(30.97, per_hour=0.6), now=T + 7 * MINUTE))
    assert found.severity is Severity.II
    assert (
        river.judge(given(rising(30.80, per_hour=0.6), now=T + 7 * MINUTE)).severity is Severity.III
    )


def test_a_level_that_was_grade_two_makes_it_grade_one() -> None:
    grave = RuleState(Phase.FIRING, Severity.II)
    seen = replace(given(rising(101.0), now=T + 8 * MINUTE), states={LEVEL: grave})
    assert rule().judge(seen).severity is Severity.I


def test_it_grows_worse_while_nobody_knows() -> None:
    slow = rising(104.20, per_hour=0.20)
    first = rule().judge(given(slow, now=T + 17 * MINUTE))
    later = rule().judge(given(slow, now=T + 3 * HOUR))
    assert (first.severity, later.severity) == (Severity.III, Severity.I)


def test_it_does_not_extrapolate_for_more_than_three_hours() -> None:
    found = rule().judge(given(rising(101.0), now=T + 3 * HOUR))
    assert found.facts["extrapolated"] == pytest.approx(101.0 + 3 * 0.42)
    assert rule().judge(given(rising(101.0), now=T + 3 * HOUR + 1)) is UNKNOWN


def test_a_standing_water_may_be_silent() -> None:
    flat = [(T - k * HOUR, 104.77) for k in range(3, -1, -1)]
    found = rule().judge(given(flat, now=T + 59 * MINUTE))
    assert (found.severity, found.recheck_at, found.may_clear) == (None, None, False)


def test_a_falling_water_is_not_rising() -> None:
    assert rule().judge(given(rising(per_hour=-0.42), now=T + 30 * MINUTE)).severity is None


def test_a_rise_that_slows_down_to_its_crest_may_be_silent() -> None:
    crest = [
        (T - k * 5 * MINUTE, round(104.80 - 0.01 * (k / 3) ** 2, 2)) for k in range(24, -1, -1)
    ]
    assert rule().judge(given(crest, now=T + 40 * MINUTE)).severity is None


def test_a_slow_rise_must_speak_on_time_only() -> None:
    slow = rising(per_hour=0.11)
    assert rule().judge(given(slow, now=T + 40 * MINUTE)).severity is None
    assert rule().judge(given(slow, now=T + 61 * MINUTE + 1)).severity is not None


def test_a_gauge_that_speaks_on_time_alone_is_held_to_that() -> None:
    timed = rule(place(Reporting(10 * MINUTE)))
    points = rising(101.0, per_hour=0.3, every=10)
    assert timed.judge(given(points, now=T + 11 * MINUTE)).severity is None
    assert timed.judge(given(points, now=T + 11 * MINUTE + 1)).severity is Severity.III
    still = rising(101.0, per_hour=0.05, every=10)
    assert timed.judge(given(still, now=T + HOUR)).severity is None


def test_a_fresh_reading_ends_it_and_says_so() -> None:
    points = [*rising(), (T + 30 * MINUTE, 104.85)]
    found = rule().judge(given(points, now=T + 30 * MINUTE))
    assert (found.severity, found.holding, found.may_clear) == (None, None, True)
    assert found.facts["zh"] == "恢复报数，水位104.85米"


def test_an_old_reading_that_comes_late_opens_it_and_never_ends_it() -> None:
    opened = rule().judge(given(rising(), now=T + 3 * HOUR, at=T, late=True))
    assert (opened.severity, opened.may_clear, opened.facts["late"]) == (Severity.I, False, 1)
    calm = rule().judge(given(rising(per_hour=-0.4), now=T + 3 * HOUR, at=T, late=True))
    assert (calm.severity, calm.may_clear) == (None, False)


def test_a_reading_half_an_hour_on_its_way_is_no_sign_of_life() -> None:
    found = rule().judge(given(rising(), now=T + 30 * MINUTE, at=T))
    assert not found.may_clear


def test_a_reading_a_few_minutes_on_its_way_is_one() -> None:
    seen = context({STAGE: series(rising())}, at=T, now=T + 4 * MINUTE, heard=T + 4 * MINUTE)
    found = rule().judge(seen)
    assert (found.severity, found.may_clear) == (None, True)


def test_a_clock_ahead_does_not_hide_the_silence() -> None:
    ahead = [*rising()[:-1], (T + 10 * MINUTE, 104.79)]
    seen = context({STAGE: series(ahead)}, at=T + 20 * MINUTE, heard=T)
    assert rule().judge(seen).severity is not None


def test_a_last_reading_in_doubt_is_not_extrapolated() -> None:
    points = [*rising(101.0), (T + 5 * MINUTE, 103.5)]
    doubt = {len(points) - 1: pack(Flag.SUSPECT, Reason.RATE)}
    seen = context({STAGE: series(points, doubt)}, at=T + 15 * MINUTE)
    found = rule().judge(seen)
    assert (found.severity, found.value) == (Severity.III, 101.0)


def test_a_gauge_never_heard_or_hardly_known_is_no_matter() -> None:
    assert rule().judge(context({}, at=T)) is UNKNOWN
    found = rule().judge(given(rising(hours=0.25), now=T + 30 * MINUTE))
    assert found.severity is None


def test_the_message_fits_one_text() -> None:
    facts = rule().judge(given(rising(), now=T + 7 * MINUTE)).facts
    assert facts["zh"] == "水位104.77米后失测，每小时涨0.42米，外推现104.82米"
    head = "【内部告警Ⅰ】18日04:25 石桥水库"
    assert units(f"{head}{facts['zh']}，{facts['act_zh']}。收到回1") <= 70


def test_above_the_crest_it_names_no_figure() -> None:
    dam = rule(place(crest=105.00))
    below = dam.judge(given(rising(), now=T + 7 * MINUTE)).facts
    above = dam.judge(given(rising(per_hour=2.4), now=T + HOUR)).facts
    assert below["zh"] == "水位104.77米后失测，每小时涨0.42米，外推现104.82米"
    assert above["zh"] == "水位104.77米后失测，每小时涨2.40米，外推已超坝顶"
    assert above["en"] == "stage 104.77 m, then silent; rising 2.40 m/h, over the crest by now"
    assert above["extrapolated"] == pytest.approx(107.17)


def test_water_that_can_flood_has_the_rule_and_nothing_else_has() -> None:
    assert rule().watches == (LEVEL,)
    rain = replace(station(Gauge(CODE, "rainfall", period=5 * MINUTE)), kind=StationKind.RAIN)
    pump = replace(station(), kind=StationKind.PUMP)
    for other in (rain, pump):
        with pytest.raises(ValueError, match="not enough values"):
            only_rule(district(place=other), "rise_silent")
