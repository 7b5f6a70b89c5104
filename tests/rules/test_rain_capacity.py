"""Rain capacity as an alarm: only against the design flood, never on a dry day."""

from dataclasses import replace
from typing import Any

import pytest

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.district import District, RuleSetting
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, Reporting, Station, StationKind
from floodwatch.model.threshold import Comparator
from floodwatch.rules.context import Day, Remembering, Skipping
from tests.rules.making import CODE, STAGE, T, context, limit, only_rule, series
from tests.rules.works import around, rainy

GAUGE = "61990051"
RAIN = Station(
    GAUGE,
    "示范雨量",
    StationKind.RAIN,
    (Gauge(GAUGE, "rainfall", period=5 * MINUTE),),
    reporting=Reporting(HOUR, 5 * MINUTE),
)
# One metre is 85,000 m³ on 1 km²: with the wet coefficient 0.85 it takes 100 mm.
POOL = Station(
    CODE,
    "示范水库",
    StationKind.RESERVOIR,
    (Gauge(CODE, "stage"),),
    outlet="weir",
    catchment=1.0,
    rain_from=GAUGE,
    curve=((100.0, 0.0), (110.0, 850_000.0)),
)
LIMITS = [
    limit(Severity.IV, Comparator.ABOVE, 104.0, 104.0, name="spill"),
    limit(Severity.II, Comparator.AT_OR_ABOVE, 105.0, 104.99, name="design_flood"),
]


def town(**parameters: object) -> District:
    setting = RuleSetting("rain_capacity", parameters=parameters)
    return around(POOL, RAIN, settings=[setting], limits=LIMITS)


RULE = only_rule(town(), "rain_capacity")


def judge(stage: float, mm: float, *, forecast: float = 0, week: float | None = None) -> Finding:
    """The verdict after so much rain in the last hour, all of it in the last Tc."""
    key, rain = rainy(GAUGE, mm)
    seen = context({STAGE: series([(T, stage)]), key: rain}, at=T)
    rows: list[dict[str, Any]] = []
    if forecast:
        rows = [{"begins": T, "ends": T + DAY, "rainfall_mm": forecast}]
    days = {} if week is None else {key: [Day(20260617, 9, 1, 0, 9, 1, week, 0, 0)]}
    return RULE.judge(replace(seen, registers={"forecast": rows}, daily=days))


@pytest.mark.parametrize(("mm", "severity"), [(49, None), (50, None), (51, Severity.III)])
def test_the_alarm_comes_when_less_room_is_left_than_rain_is_expected(
    mm: float, severity: Severity | None
) -> None:
    # 100 mm to the design flood, less what fell: against as much again
    assert judge(104.0, mm).severity is severity


def test_a_forecast_counts_as_rain_to_come() -> None:
    assert judge(104.0, 20, forecast=50).severity is None
    found = judge(104.0, 20, forecast=70)
    assert found.severity is Severity.III
    assert found.facts["zh"] == "距设计洪水位仅可纳雨80毫米，近1小时已雨20毫米、预报70毫米"


def test_after_a_dry_week_the_soil_takes_more() -> None:
    assert judge(104.0, 51).severity is Severity.III  # nothing known of the week: wet
    assert judge(104.0, 51, week=30).severity is Severity.III
    pair = judge(104.0, 15, forecast=90, week=0)
    assert pair.severity is None  # 155 mm of room with the dry coefficient


def test_on_a_dry_day_nothing_is_said_however_full_the_pool() -> None:
    assert judge(104.99, 0).severity is None
    assert judge(104.99, 9).severity is None


def test_the_flood_limit_is_never_an_alarm() -> None:
    found = judge(104.0, 30)  # no room at all to the sill
    assert found.severity is None


def test_off_the_curve_nothing_is_guessed() -> None:
    assert judge(111.0, 60) is UNKNOWN


def test_rain_with_holes_fires_and_does_not_clear() -> None:
    found = RULE.judge(context({STAGE: series([(T, 104.0)])}, at=T))
    assert (found.severity, found.may_clear) == (None, False)


def test_it_asks_for_days_and_the_forecast() -> None:
    assert isinstance(RULE, Remembering)
    assert RULE.registers == ("forecast",)
    describe = RULE.describe
    assert "未计下泄" in describe("zh") and "design flood" in describe("en")


def test_dry_readings_are_passed_over_and_rain_is_not() -> None:
    key, rain = rainy(GAUGE, 60)
    stages = series([(int(t), 104.0) for t in rain.times])
    assert isinstance(RULE, Skipping)
    calm = RULE.quiet({key: rain, STAGE: stages}, rain.times)
    assert calm[50]
    for moment in rain.times[calm]:
        found = RULE.judge(context({key: rain, STAGE: stages}, at=int(moment)))
        assert (found.severity, found.holding) == (None, None)
    assert not calm[-8:].any()
