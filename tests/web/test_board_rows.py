"""The board's rows: age, trend, storage, room for rain, order, coverage."""

from dataclasses import replace

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.quality import GOOD
from floodwatch.model.reading import Latest, Reading, SeriesKey
from floodwatch.web.board_rows import Known, Row, coverage, rows
from tests.web.conftest import NOW
from tests.web.small_district import PLANT, POINT, RAIN, RESERVOIR, small_district

STAGE = SeriesKey(RESERVOIR, "1", "stage")


def newest(key: SeriesKey, value: float, ago: int = 0) -> Latest:
    """A reading some ms ago."""
    at = NOW - ago
    return Latest(Reading(key, at, value, GOOD, at), at, at)


def known(stage: float = 104.77, *, ago: int = 0, before: float | None = None) -> Known:
    """Only the reservoir speaks."""
    earlier = {} if before is None else {STAGE: (NOW - ago - HOUR, before)}
    return Known(NOW, {STAGE: newest(STAGE, stage, ago)}, earlier, {}, {}, [])


def reservoir(given: Known, *, step: float = 0.01) -> Row:
    """The reservoir's row."""
    district = small_district()
    station = district.stations[RESERVOIR]
    reporting = replace(station.reporting, step={"stage": step})
    stations = {**district.stations, RESERVOIR: replace(station, reporting=reporting)}
    made = rows(replace(district, stations=stations), given)
    return next(row for row in made if row.code == RESERVOIR)


def test_a_quiet_gauge_is_fresh_until_its_timed_report() -> None:
    assert reservoir(known(ago=60 * MINUTE)).main.state == "fresh"
    assert reservoir(known(ago=62 * MINUTE)).main.state == "due"
    assert reservoir(known(ago=78 * MINUTE)).main.state == "silent"


def test_a_rising_gauge_that_stops_speaking_is_past_its_time_much_earlier() -> None:
    assert reservoir(known(ago=10 * MINUTE, before=104.35)).main.state == "fresh"
    assert reservoir(known(ago=20 * MINUTE, before=104.35)).main.state == "due"


def test_storage_its_share_and_the_room_for_rain() -> None:
    row = reservoir(known(104.0))
    assert row.storage_m3 == 210_000
    assert row.share == 100
    assert row.room["flood_limit"] == 0
    assert row.alpha == 0.55
    assert round(row.room["design_flood"]) == 102


def test_a_stage_outside_the_curve_has_no_storage() -> None:
    assert reservoir(known(200.0)).storage_m3 is None


def test_the_alerting_station_stands_first_and_the_blind_before_the_calm() -> None:
    given = known(103.0)._replace(alerts=[{"station": POINT, "severity": 3, "id": 7}])
    order = [row.code for row in rows(small_district(), given)]
    assert order[0] == POINT
    assert order.index(RAIN) < order.index(RESERVOIR)


def test_each_gauge_name_of_a_station_is_a_point_and_batteries_are_none() -> None:
    found = coverage(small_district(), known())
    assert (found.live, found.total) == (1, 6)
    assert (RESERVOIR, "示范石桥水库 P1") in found.silent
    assert any(code == PLANT for code, _name in found.silent)


def silence(
    type_: str, station: str = RESERVOIR, gauge: str = "1", variable: str = "stage"
) -> Known:
    """The reservoir spoke ten minutes ago, and an alert of silence is open."""
    alert = {"type": type_, "station": station, "gauge": gauge, "variable": variable}
    return known(ago=10 * MINUTE)._replace(alerts=[{**alert, "severity": 4, "id": 7}])


def test_a_gauge_that_a_rule_calls_silent_is_not_live_at_any_age() -> None:
    for given in (
        silence("rise_silent"),
        silence("stale"),
        silence("offline", RESERVOIR, "*", "all"),
    ):
        assert reservoir(given).main.state == "silent"
        assert coverage(small_district(), given).live == 0


def test_another_gauges_silence_is_not_this_ones() -> None:
    assert coverage(small_district(), silence("stale", gauge="P1")).live == 1
    assert coverage(small_district(), silence("level")).live == 1


def test_what_comes_through_a_dead_gateway_is_not_live() -> None:
    district, given = small_district(), silence("feed", "district", "北片", "all")
    assert coverage(district, given).live == 1
    station = replace(district.stations[RESERVOIR], gateway="北片")
    behind = replace(district, stations={**district.stations, RESERVOIR: station})
    assert coverage(behind, given).live == 0


BY_HAND = SeriesKey(RESERVOIR, "manual", "stage")


def test_what_somebody_has_read_stands_where_telemetry_is_silent() -> None:
    old = {STAGE: newest(STAGE, 104.0, 5 * HOUR), BY_HAND: newest(BY_HAND, 104.9, HOUR)}
    row = reservoir(known()._replace(latest=old))
    assert (row.main.value, row.main.gauge, row.main.state) == (104.9, "manual", "fresh")
    assert row.passed[0].threshold.name == "design_flood"
    live = {STAGE: newest(STAGE, 104.0, MINUTE), BY_HAND: newest(BY_HAND, 104.9)}
    assert reservoir(known()._replace(latest=live)).main.gauge == "1"


def test_a_gauge_read_once_a_day_is_not_called_silent_the_same_day() -> None:
    for hours, state in ((20, "fresh"), (30, "due"), (80, "silent")):
        seen = {BY_HAND: newest(BY_HAND, 104.0, hours * HOUR)}
        row = reservoir(known()._replace(latest=seen))
        assert row.main.state == (state if state != "silent" else "unknown")
