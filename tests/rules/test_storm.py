"""Storm mode: when silence counts sooner, and when it does so no more."""

from dataclasses import replace

import pytest

from floodwatch.model.alert import Phase, RuleKey, RuleState
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District, RuleSetting
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, Reporting, Station, StationKind
from floodwatch.rules import compile_rules
from floodwatch.rules.basin import basin_of
from floodwatch.rules.context import Context, Ended
from floodwatch.rules.stale import StaleRule
from floodwatch.rules.storm import heaviest_hour
from tests.rules.making import CODE, STAGE, T, context, series, station

GAUGE, NEAR, FAR = "61990051", "61990002", "61990052"
RAIN = SeriesKey(GAUGE, "1", "rainfall", 5 * MINUTE)
LEVEL, NEXT = (RuleKey(code, "1", "stage", "level", "up") for code in (CODE, NEAR))
RAINING = RuleKey(GAUGE, "1", "rainfall", "rainfall", "up")
CALM, STORM = 77 * MINUTE, 61 * MINUTE
ON_CHANGE = Reporting(HOUR, 5 * MINUTE, {"stage": 0.01})


def rain_station(code: str, *, lon: float = 113.2) -> Station:
    gauge = Gauge(code, "rainfall", period=5 * MINUTE)
    return Station(code, code, StationKind.RAIN, (gauge,), lon=lon, lat=29.3)


def two(settings: tuple[RuleSetting, ...] = (), *, rain_from: str = GAUGE) -> District:
    """Two reservoirs under one rain gauge, and another gauge far away."""
    own = replace(station(), rain_from=rain_from, reporting=ON_CHANGE, lon=113.2, lat=29.3)
    near = replace(own, code=NEAR, gauges=(Gauge(NEAR, "stage"),))
    places = (own, near, rain_station(GAUGE), rain_station(FAR, lon=113.9))
    return District(stations={each.code: each for each in places}, rules=settings)


def rule(found: District | None = None) -> StaleRule:
    (mine,) = (
        r
        for r in compile_rules(found or two())
        if r.key == RuleKey(CODE, "1", "stage", "stale", "none")
    )
    assert isinstance(mine, StaleRule)
    return mine


def quiet(age: int, **changes: object) -> Context:
    """The reservoir last spoke `age` ago, standing still."""
    flat = series([(T - age - HOUR, 95.0), (T - age, 95.0)])
    return replace(context({STAGE: flat}, at=T), **changes)  # type: ignore[arg-type]


def firing(key: RuleKey, severity: Severity) -> dict[RuleKey, RuleState]:
    return {key: RuleState(Phase.FIRING, severity)}


def test_in_calm_weather_nothing_changes() -> None:
    assert rule().judge(quiet(STORM + 1)).severity is None
    assert rule().judge(quiet(CALM + 1)).severity is Severity.III


@pytest.mark.parametrize(
    "states",
    [firing(LEVEL, Severity.III), firing(NEXT, Severity.II), firing(RAINING, Severity.IV)],
    ids=["own level", "neighbour", "rain alert"],
)
def test_an_alert_nearby_makes_one_missed_report_enough(states: dict[RuleKey, RuleState]) -> None:
    assert rule().judge(quiet(STORM, states=states)).severity is None
    assert rule().judge(quiet(STORM + 1, states=states)).severity is Severity.III


def test_a_mild_level_or_a_pending_one_is_no_storm() -> None:
    for state in (RuleState(Phase.FIRING, Severity.IV), RuleState(Phase.PENDING, None)):
        assert rule().judge(quiet(STORM + 1, states={LEVEL: state})).severity is None


def test_heavy_rain_alone_is_one() -> None:
    wet = series([(T - 30 * MINUTE, 12.0), (T - 25 * MINUTE, 8.0)])
    damp = series([(T - 30 * MINUTE, 12.0), (T - 25 * MINUTE, 7.5)])
    assert rule().judge(quiet(STORM + 1, windows={RAIN: wet})).severity is Severity.III
    assert rule().judge(quiet(STORM + 1, windows={RAIN: damp})).severity is None


def test_how_heavy_is_a_setting_and_zero_leaves_rain_out() -> None:
    wet = {RAIN: series([(T - 30 * MINUTE, 12.0)])}
    settings = (RuleSetting("stale", parameters={"storm_mm": 10}),)
    assert rule(two(settings)).judge(quiet(STORM + 1, windows=wet)).severity is Severity.III
    none = two((RuleSetting("stale", parameters={"storm_mm": 0}),))
    assert rule(none).judge(quiet(STORM + 1, windows=wet)).severity is None


def test_it_lasts_an_hour_beyond_its_cause() -> None:
    lately = {RAINING: Ended(Severity.III, T - 59 * MINUTE)}
    before = {RAINING: Ended(Severity.III, T - 61 * MINUTE)}
    assert rule().judge(quiet(STORM + 1, ended=lately)).severity is Severity.III
    assert rule().judge(quiet(STORM + 1, ended=before)).severity is None


def test_the_end_of_the_storm_ends_no_alert() -> None:
    found = rule().judge(quiet(STORM + 1))
    assert (found.severity, found.holding) == (None, Severity.III)
    assert rule().judge(quiet(STORM)).holding is None


def test_whether_a_storm_has_begun_is_asked_again() -> None:
    assert rule().judge(quiet(0)).recheck_at == T + STORM + 1
    assert rule().judge(quiet(STORM + 1)).recheck_at == T + 5 * MINUTE


def test_a_water_that_falls_fast_must_speak_at_its_additional_interval() -> None:
    falls = series([(T - k * 5 * MINUTE, round(95.0 + 0.04 * k, 2)) for k in range(24, -1, -1)])
    seen = replace(
        context({STAGE: falls}, at=T + 6 * MINUTE + 1), states=firing(LEVEL, Severity.III)
    )
    assert rule().judge(seen).severity is Severity.III
    assert rule().judge(replace(seen, states={})).severity is None


def test_a_set_time_of_silence_knows_no_storm() -> None:
    fixed = rule(two((RuleSetting("stale", parameters={"after_min": 70}),)))
    assert fixed.watches == ()
    states = firing(LEVEL, Severity.I)
    assert fixed.judge(quiet(STORM + 1, states=states)).severity is None


def test_rain_is_looked_at_without_waking_the_rule() -> None:
    waking = {need.key for need in rule().needs if need.wakes}
    assert waking == {STAGE}
    assert RAIN in {need.key for need in rule().needs}


def test_the_rain_of_a_place_is_the_named_gauge_else_the_nearest() -> None:
    for name in (GAUGE, ""):
        found = two(rain_from=name)
        basin = basin_of(found, found.stations[CODE])
        assert (basin.rain, basin.neighbours) == ((GAUGE,), (NEAR,))
    named = two(rain_from=FAR)
    assert basin_of(named, named.stations[CODE]).rain == (FAR,)


def test_where_nothing_is_located_the_first_gauges_speak() -> None:
    found = two(rain_from="")
    places = {code: replace(each, lon=None, lat=None) for code, each in found.stations.items()}
    lost = replace(found, stations=places)
    assert basin_of(lost, lost.stations[CODE]).rain == (GAUGE, FAR)


def test_the_heaviest_hour_may_have_ended_within_the_last_one() -> None:
    fell = series([(T - 110 * MINUTE, 15.0), (T - 55 * MINUTE, 10.0), (T - 50 * MINUTE, 9.0)])
    assert heaviest_hour(fell, RAIN, at=T) == 25.0
    assert heaviest_hour(fell, RAIN, at=T + 2 * HOUR) == 0.0
    assert heaviest_hour(None, RAIN, at=T) == 0.0


def test_a_counter_tells_the_heaviest_hour_too() -> None:
    total = RAIN._replace(variable="rainfall_total", period=0)
    counter = series([(T - 50 * MINUTE, 100.0), (T - 20 * MINUTE, 118.0), (T, 121.5)])
    assert heaviest_hour(counter, total, at=T) == 21.5


def test_one_shower_counts_for_two_hours_and_no_longer() -> None:
    shower = series([(T, 24.0)])
    assert heaviest_hour(shower, RAIN, at=T + 119 * MINUTE) == 24.0
    assert heaviest_hour(shower, RAIN, at=T + 120 * MINUTE) == 0.0
