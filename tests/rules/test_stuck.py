"""A number that has not moved for days while something else did."""

from dataclasses import replace

import pytest

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.reading import Latest, Reading, SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, Station, StationKind
from floodwatch.rules import compile_rules
from floodwatch.rules.context import Context, Day, Remembering
from floodwatch.rules.slots import next_slot
from floodwatch.rules.stuck import StuckRule
from tests.rules.making import CODE, STAGE, T, station

GAUGE, NEAR = "61990051", "61990002"
RAIN = SeriesKey(GAUGE, "1", "rainfall", 5 * MINUTE)
NEXT = SeriesKey(NEAR, "1", "stage")
METERS = ("61990080", "61990081", "61990066")


def waters() -> District:
    own = replace(station(), rain_from=GAUGE)
    near = replace(own, code=NEAR, gauges=(Gauge(NEAR, "stage"),))
    rain = Station(
        GAUGE, "示范雨量", StationKind.RAIN, (Gauge(GAUGE, "rainfall", period=5 * MINUTE),)
    )
    return District(stations={s.code: s for s in (own, near, rain)})


def meters() -> District:
    names = ("示范冷链1号表", "示范冷链2号表", "示范啤酒厂1号表")
    found = {
        code: Station(code, name, StationKind.METER, (Gauge(code, "meter_volume"),))
        for code, name in zip(METERS, names, strict=True)
    }
    return District(stations=found)


def rule(found: District, code: str = CODE) -> StuckRule:
    (mine,) = (r for r in compile_rules(found) if (r.key.station, r.key.type) == (code, "stuck"))
    assert isinstance(mine, StuckRule)
    return mine


def day(number: int, **figures: float) -> Day:
    names = ("minimum", "maximum", "mean", "sum", "first", "last")
    values = [figures.get(name) for name in names]
    return Day(20260614 + number, 24, 1.0, *values)


def seen(key: SeriesKey, *, flat: int, daily: dict[SeriesKey, list[Day]] | None = None) -> Context:
    """The gauge says now what it first said `flat` ms ago."""
    latest = Latest(Reading(key, T, 95.0, 1, T), T, T - flat)
    return Context(T, T, {key: latest}, {}, daily=daily or {})


def fallen(mm: float) -> dict[SeriesKey, list[Day]]:
    return {RAIN: [day(n, sum=mm / 3) for n in range(3)]}


def test_much_rain_and_no_movement_for_days_is_a_finding_of_the_lowest_grade() -> None:
    found = rule(waters()).judge(seen(STAGE, flat=3 * DAY, daily=fallen(45)))
    assert (found.severity, found.facts["evidence"]) == (Severity.IV, "rain")
    assert found.facts["zh"] == "水位3天未变而同期有大雨"


@pytest.mark.parametrize(("flat", "mm"), [(3 * DAY - HOUR, 45), (3 * DAY, 24), (30 * DAY, 0)])
def test_a_reservoir_is_flat_by_nature(flat: int, mm: float) -> None:
    assert rule(waters()).judge(seen(STAGE, flat=flat, daily=fallen(mm))).severity is None


def test_a_neighbour_that_moved_contradicts_it() -> None:
    moved = {NEXT: [day(n, minimum=80.0 + n / 20, maximum=80.02 + n / 20) for n in range(3)]}
    still = {NEXT: [day(n, minimum=80.0, maximum=80.02) for n in range(3)]}
    assert rule(waters()).judge(seen(STAGE, flat=4 * DAY, daily=moved)).severity is Severity.IV
    assert rule(waters()).judge(seen(STAGE, flat=4 * DAY, daily=still)).severity is None


def test_a_meter_that_stands_while_another_of_the_user_runs() -> None:
    own, other = (SeriesKey(code, "1", "meter_volume") for code in METERS[:2])
    runs = {other: [day(n, first=100.0 * n, last=100.0 * n + 80) for n in range(3)]}
    found = rule(meters(), METERS[0]).judge(seen(own, flat=3 * DAY, daily=runs))
    assert (found.severity, found.facts["zh"]) == (Severity.IV, "累计水量3天未变而旁站在动")


def test_a_user_that_takes_no_water_has_no_stuck_meter() -> None:
    own, other = (SeriesKey(code, "1", "meter_volume") for code in METERS[:2])
    for days in ([day(n, first=5.0, last=5.0) for n in range(3)], [day(0, first=1.0, last=9.0)]):
        known = seen(own, flat=9 * DAY, daily={other: days})
        assert rule(meters(), METERS[0]).judge(known).severity is None


def test_only_meters_of_the_same_user_are_compared() -> None:
    found = {r.key.station for r in compile_rules(meters()) if r.key.type == "stuck"}
    assert found == set(METERS[:2])


def test_it_costs_nothing_a_reading_and_looks_by_itself() -> None:
    mine = rule(waters())
    assert isinstance(mine, Remembering)
    assert not any(need.wakes for need in mine.needs)
    calm = mine.judge(seen(STAGE, flat=0))
    never = mine.judge(Context(T, T, {}, {}))
    for found in (calm, never):
        assert found.recheck_at is not None
        assert T < found.recheck_at <= T + 6 * HOUR
    assert not never.known


def test_rules_that_look_by_themselves_do_not_all_look_at_once() -> None:
    key = rule(waters()).key
    slots = {next_slot(key._replace(station=str(n)), T, every=6 * HOUR) for n in range(100)}
    assert len(slots) > 90
    assert all(T < slot <= T + 6 * HOUR for slot in slots)
    once = next_slot(key, T, every=6 * HOUR)
    assert next_slot(key, once, every=6 * HOUR) == once + 6 * HOUR
