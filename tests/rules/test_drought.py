"""Rules of low water: the value of 08:00, its levels, dry days, supply, past years."""

from datetime import date, timedelta

import pytest

from floodwatch.hydrology.storage import StorageCurve
from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.district import RuleSetting
from floodwatch.model.finding import Finding
from floodwatch.model.quality import Flag
from floodwatch.model.reading import SeriesKey
from floodwatch.model.season import Season
from floodwatch.model.severity import Severity
from floodwatch.model.station import StationKind
from floodwatch.model.threshold import Comparator
from floodwatch.rules import compile_rules
from floodwatch.rules.context import Context, Day
from floodwatch.rules.dry_days import DryDaysRule
from floodwatch.rules.eight import last_eight, next_look
from floodwatch.rules.storage_low import StorageLowRule
from floodwatch.rules.supply_days import Supply, SupplyDaysRule
from tests.rules.making import (
    CODE,
    RAIN,
    STAGE,
    T,
    context,
    district,
    limit,
    only_rule,
    series,
    station,
)

from zoneinfo import ZoneInfo  # isort: skip

LOCAL = ZoneInfo("Asia/Shanghai")
III, IV = Severity.III, Severity.IV
LEVELS = [
    limit(IV, Comparator.AT_OR_BELOW, 87.2, 87.22, name="drought_limit"),
    limit(III, Comparator.AT_OR_BELOW, 85.0, 85.02, name="dead_level"),
]
CURVE = StorageCurve.from_table([(80.0, 0.0), (90.0, 100_000.0)])


def look(days: int) -> int:
    """Five past eight, so many days after the first."""
    return T + days * DAY + 5 * MINUTE


def mornings(*values: float | None) -> dict[SeriesKey, object]:
    points = [(T + n * DAY, value) for n, value in enumerate(values) if value is not None]
    return {STAGE: series(points)}


def judged(readings: dict[SeriesKey, object], days: int) -> Finding:
    rule = only_rule(district(LEVELS), "drought")
    return rule.judge(context(readings, at=look(days)))  # type: ignore[arg-type]


def test_eight_is_judged_five_minutes_later_and_until_then_the_day_before() -> None:
    assert last_eight(T + 5 * MINUTE, LOCAL) == T
    assert last_eight(T + 5 * MINUTE - 1, LOCAL) == T - DAY
    assert next_look(T + 5 * MINUTE, LOCAL) == T + DAY + 5 * MINUTE
    assert next_look(T, LOCAL) == T + 5 * MINUTE


def test_drought_levels_belong_to_the_daily_rule_and_to_no_level_rule() -> None:
    types = {(rule.key.type, rule.key.direction) for rule in compile_rules(district(LEVELS))}
    assert ("drought", "down") in types
    assert ("level", "down") not in types
    rule = only_rule(district(LEVELS), "drought")
    assert rule.holds == Holds(2 * DAY, 2 * DAY)
    assert not any(need.wakes for need in rule.needs)
    other = district(LEVELS, place=station(kind=StationKind.PUMP))
    assert ("level", "down") in {(r.key.type, r.key.direction) for r in compile_rules(other)}


def test_the_value_at_eight_counts_not_what_came_later() -> None:
    later = {STAGE: series([(T, 87.30), (T + HOUR, 87.10)])}
    assert judged(later, 0).severity is None  # type: ignore[arg-type]
    found = judged(mornings(87.30, 87.20), 1)
    assert (found.severity, found.band, found.value) == (IV, "drought_limit", 87.20)
    assert found.time == T + DAY


def test_it_says_since_when_and_is_left_two_centimetres_higher() -> None:
    found = judged(mornings(87.25, 87.20, 87.19, None, 87.15), 4)
    assert found.facts["days"] == 3
    assert found.facts["since"] == T + DAY
    assert judged(mornings(87.19, 87.22), 1).holding is IV
    assert judged(mornings(87.19, 87.23), 1).holding is None
    assert judged(mornings(85.0), 0).severity is III


def test_without_a_value_at_eight_nothing_is_said() -> None:
    assert not judged(mornings(87.0, None), 1).known
    failed = {STAGE: series([(T, 87.0)], {0: int(Flag.FAIL)})}
    assert not judged(failed, 0).known  # type: ignore[arg-type]
    early = {STAGE: series([(T - 2 * HOUR, 87.0)])}
    assert judged(early, 0).severity is IV  # type: ignore[arg-type]


def rows(values: list[float | None], coverage: float = 1.0) -> list[Day]:
    last = date(2026, 6, 18)
    found = []
    for back, value in enumerate(reversed(values)):
        day = last - timedelta(days=back)
        number = day.year * 10_000 + day.month * 100 + day.day
        if value is not None:
            found.append(Day(number, 24, coverage, 0, value, 0, value, 0, value))
    return found[::-1]


@pytest.mark.parametrize(
    ("sums", "severity", "days"),
    [
        ([20.0] + [0.0] * 29, None, 29),
        ([20.0] + [0.0] * 30, IV, 30),
        ([20.0] + [4.9] * 45, III, 45),
        ([20.0, *[0.0] * 40, 5.0], None, 0),
    ],
)
def test_dry_days_open_their_steps(
    sums: list[float | None], severity: Severity | None, days: int
) -> None:
    rule = DryDaysRule([RAIN], (30, 45, 60), effective=5, holds=Holds(0, 0), tz=LOCAL)
    found = rule.judge(Context(look(0), look(0), {}, {}, daily={RAIN: rows(sums)}))
    assert found.severity is severity
    assert found.facts["days"] == days


def test_a_day_that_is_hardly_known_is_not_dry_and_silence_says_nothing() -> None:
    rule = DryDaysRule([RAIN], (30,), effective=5, holds=Holds(0, 0), tz=LOCAL)
    poor = rows([0.0] * 40, coverage=0.2)
    found = rule.judge(Context(look(0), look(0), {}, {}, daily={RAIN: poor}))
    assert not found.known


def test_dry_days_are_only_there_where_they_are_asked_for() -> None:
    asked = district(settings=[RuleSetting("dry_days")])
    assert not [r for r in compile_rules(district()) if r.key.type == "dry_days"]
    assert not [r for r in compile_rules(asked) if r.key.type == "dry_days"]  # no rain gauge


def supply(stage: float, state: str = "") -> Finding:
    rule = SupplyDaysRule(
        RuleKey("P", "1", "storage", "supply_days", "down"),
        STAGE,
        Supply(82.0, 500, CURVE, "示范水库", {"B": "示范井"}, 0, 0),
        limits=(10, 5, 2),
        holds=Holds(0, 0),
        silent_after=HOUR,
        tz=LOCAL,
    )
    entered = [{"station": "B", "state": state}] if state else []
    seen = context({STAGE: series([(T, stage)])}, at=look(0))
    return rule.judge(
        Context(look(0), look(0), seen.latest, seen.windows, registers={"backup_source": entered})
    )


def test_supply_is_counted_from_the_intake_and_names_the_backup() -> None:
    assert supply(82.6).severity is None  # 6,000 m3: 12 days
    assert supply(82.5).severity is IV
    assert supply(82.25).severity is III
    assert supply(82.1).severity is Severity.II
    assert supply(82.1, "running").severity is IV
    assert "已低于取水口" in str(supply(81.9).facts["zh"])
    assert supply(82.1, "ready").facts["act_zh"] == "备用示范井可用"
    assert supply(82.1).facts["act_zh"] == "备用示范井状态不明"


def test_storage_is_compared_with_the_same_date_of_past_years() -> None:
    rule = StorageLowRule(
        RuleKey(CODE, "1", "storage", "storage_low", "down"),
        CURVE,
        limits=(20, 40, 60),
        years=2,
        holds=Holds(0, 0),
        silent_after=HOUR,
        tz=LOCAL,
    )
    past = [Day(number, 24, 1, 0, 0, 0, 0, 0, 88.0) for number in (20240618, 20250619)]
    seen = context({STAGE: series([(T, 84.0)])}, at=look(0))
    found = rule.judge(Context(look(0), look(0), {}, seen.windows, daily={STAGE: past}))
    assert (found.severity, found.facts["years"], found.facts["percent"]) == (III, 2, -50.0)
    none = rule.judge(Context(look(0), look(0), {}, seen.windows, daily={}))
    assert not none.known


def test_the_inspection_cadence_changes_with_the_season() -> None:
    setting = RuleSetting("inspection", parameters={"flood_days": 7, "dry_days": 30})
    [rule] = [
        r
        for r in compile_rules(district(settings=[setting]))
        if (r.key.type, r.key.variable) == ("inspection", "inspection")
    ]
    assert Season((4, 1), (9, 30)).contains(T, LOCAL)

    def after(days: int, now: int) -> Severity | None:
        entered = {"inspection": [{"at": last_eight(now, LOCAL) - days * DAY}], "hazard": []}
        return rule.judge(Context(now, now, {}, {}, registers=entered)).severity

    assert [after(days, look(0)) for days in (7, 8, 14, 15)] == [None, IV, IV, III]
    winter = look(0) + 180 * DAY
    assert [after(days, winter) for days in (30, 31, 61)] == [None, IV, III]


def test_a_place_inspected_in_time_is_not_late_because_the_season_begins() -> None:
    setting = RuleSetting("inspection", parameters={"flood_days": 7, "dry_days": 30})
    [rule] = [
        r
        for r in compile_rules(district(settings=[setting]))
        if (r.key.type, r.key.variable) == ("inspection", "inspection")
    ]
    begins = last_eight(look(0), LOCAL) - 78 * DAY  # 1 April
    assert not Season((4, 1), (9, 30)).contains(begins - HOUR, LOCAL)
    assert Season((4, 1), (9, 30)).contains(begins, LOCAL)

    def after(days: int, *, inspected: int) -> Severity | None:
        entered = {"inspection": [{"at": begins - inspected * DAY}], "hazard": []}
        now = begins + days * DAY + HOUR
        return rule.judge(Context(now, now, {}, {}, registers=entered)).severity

    assert [after(days, inspected=12) for days in (0, 6, 8)] == [None, None, III]
    assert after(0, inspected=31) is not None
