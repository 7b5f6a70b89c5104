"""The facts of the storm that must be seen, within 5 minutes and 2 cm, and its balance of water."""

from functools import cache

import numpy as np
import pytest

from floodwatch.sources.simulator import storm
from floodwatch.sources.simulator.lake import outer_river
from floodwatch.sources.simulator.stations import LAKE_FLOOR, LAKE_M2, POINTS, SUMP_FLOOR, SUMP_M2
from tests.sources.simulator.local_time import at

MINUTES, METRES = 5, 0.02
LONGTAN, QINGQUAN, SHIQIAO, XINTANG, FENGSHU, ZHUSHAN = (f"6199000{n}" for n in range(1, 7))
ROW = {point.code: row for row, point in enumerate(POINTS)}


@cache
def _storm() -> storm.Storm:
    return storm.run()


def _stage(code):
    return _storm().reservoirs[code].stage


def _first(condition, *, after="D0 20:00"):
    """Time of the first step at which the condition holds."""
    held = condition & (_storm().times >= at(after))
    assert held.any()
    return int(_storm().times[held.argmax()])


def _last(condition):
    """Time of the first step after the last at which the condition holds."""
    assert not condition[-1]
    return int(_storm().times[np.flatnonzero(condition)[-1] + 1])


def _off(time, expected):
    """Minutes between the two."""
    return abs(time - at(expected)) / 60_000


def test_the_storm_begins_at_eight_in_the_evening_and_runs_48_hours():
    times = _storm().times
    assert (times[0], times[-1], len(times)) == (at("D0 20:00"), at("D2 20:00"), 577)


@pytest.mark.parametrize(
    ("code", "level", "when"),
    [
        (SHIQIAO, 104.00, "D0 23:00"),
        (QINGQUAN, 79.50, "D0 23:40"),
        (ZHUSHAN, 59.50, "D1 03:00"),
        (LONGTAN, 92.00, "D1 02:20"),
        (FENGSHU, 80.50, "D1 02:25"),
        (XINTANG, 66.40, "D1 03:05"),
    ],
)
def test_reservoir_passes_its_flood_limit_when_it_should(code, level, when):
    assert _off(_first(_stage(code) > level), when) <= MINUTES


@pytest.mark.parametrize(
    ("code", "sill", "design", "when"),
    [
        (ZHUSHAN, 59.50, 60.45, "D1 04:10"),
        (QINGQUAN, 79.50, 80.60, "D1 04:15"),
        (SHIQIAO, 104.00, 104.75, "D1 03:35"),
    ],
)
def test_reservoir_is_half_way_from_weir_to_design_when_it_should(code, sill, design, when):
    assert _off(_first(_stage(code) >= (sill + design) / 2), when) <= MINUTES


@pytest.mark.parametrize(
    ("code", "crest", "when"),
    [
        (SHIQIAO, 104.91, "D1 05:10"),
        (QINGQUAN, 80.30, "D1 05:20"),
        (ZHUSHAN, 60.11, "D1 04:40"),
        (LONGTAN, 93.35, "D1 06:50"),
        (XINTANG, 67.43, "D1 08:10"),
        (FENGSHU, 82.18, "D1 15:15"),
    ],
)
def test_reservoir_crests_when_and_where_it_should(code, crest, when):
    stage = _stage(code)
    assert _off(int(_storm().times[stage.argmax()]), when) <= MINUTES
    assert stage.max() == pytest.approx(crest, abs=METRES)


def test_shiqiao_passes_its_design_flood_at_the_moment_it_falls_silent():
    stage = _stage(SHIQIAO)
    assert _off(_first(stage >= 104.75), "D1 04:25") <= MINUTES
    assert stage[_storm().times == at("D1 04:25")] == pytest.approx(104.77, abs=METRES)
    assert stage.max() < 105.10


@pytest.mark.parametrize("code", [LONGTAN, XINTANG, FENGSHU])
def test_a_wide_crest_stands_on_one_centimetre_for_most_of_an_hour(code):
    centimetres = np.round(_stage(code), 2)
    at_crest = _storm().times[centimetres == centimetres.max()]
    assert 55 <= (at_crest[-1] - at_crest[0]) / 60_000 <= 60


def test_shiqiao_is_back_at_its_weir_on_the_second_evening():
    assert _off(_last(_stage(SHIQIAO) > 104.00), "D2 18:15") <= MINUTES


@pytest.mark.parametrize(("code", "limit"), [(LONGTAN, 92.0), (XINTANG, 66.4), (FENGSHU, 80.5)])
def test_gated_reservoir_is_still_over_its_flood_limit_at_the_end(code, limit):
    assert _stage(code)[-1] > limit


def test_gate_shuts_when_the_outer_river_reaches_the_lake():
    town = _storm().town
    when = _first(~town.gate_open)
    assert _off(when, "D1 02:10") <= MINUTES
    row = _storm().times == when
    assert town.outer[row] == pytest.approx(26.48, abs=METRES)
    assert town.outer[row] >= town.lake[row] - 0.02


def test_gate_opens_once_more_while_the_lake_outruns_the_river():
    town, times = _storm().town, _storm().times
    again = times[town.gate_open & (times > at("D1 02:10"))]
    assert (again[0], again[-1]) == (at("D1 06:05"), at("D1 07:45"))
    assert (town.running[0][np.isin(times, again)] == 0).all()


def test_outer_river_rises_two_metres_and_stays_under_its_warning():
    outer = _storm().town.outer
    assert outer[0] == pytest.approx(26.06, abs=METRES)
    assert outer[-1] - outer[0] == pytest.approx(2.0, abs=0.1)
    assert outer.max() < 29.50
    assert outer_river(-100) == outer_river(0)


@pytest.mark.parametrize(
    ("code", "depth", "when"),
    [
        ("61990014", 0.15, "D1 03:10"),
        ("61990015", 0.15, "D1 03:30"),
        ("61990011", 0.15, "D1 03:40"),
        ("61990012", 0.15, "D1 03:40"),
        ("61990013", 0.15, "D1 03:40"),
        ("61990016", 0.15, "D1 03:40"),
        ("61990018", 0.15, "D1 04:00"),
        ("61990017", 0.15, "D1 04:05"),
        ("61990012", 0.25, "D1 03:45"),
        ("61990012", 0.40, "D1 03:55"),
    ],
)
def test_street_fills_when_it_should(code, depth, when):
    assert _off(_first(_storm().town.depth[ROW[code]] >= depth), when) <= MINUTES


@pytest.mark.parametrize(
    ("code", "peak"),
    [
        ("61990011", 0.45),
        ("61990012", 0.67),
        ("61990013", 0.46),
        ("61990015", 0.38),
        ("61990016", 0.44),
        ("61990017", 0.17),
        ("61990018", 0.24),
    ],
)
def test_street_peaks_between_four_and_five(code, peak):
    depth = _storm().town.depth[ROW[code]]
    when = int(_storm().times[depth.argmax()])
    assert at("D1 04:10") <= when <= at("D1 05:00")
    assert depth.max() == pytest.approx(peak, abs=METRES)


def test_lakeside_quarter_peaks_a_second_time_because_of_the_lake():
    depth, times = _storm().town.depth[ROW["61990014"]], _storm().times
    later = depth * (times > at("D1 12:00"))
    assert _off(int(times[later.argmax()]), "D1 14:55") <= MINUTES
    assert later.max() == pytest.approx(0.56, abs=METRES)
    assert _off(_last(depth >= 0.02), "D2 03:45") <= MINUTES


def test_district_pumps_start_one_by_one():
    first_station = _storm().town.running[0]
    assert _off(_first(first_station >= 1), "D1 03:40") <= MINUTES
    assert _off(_first(first_station == 4), "D1 04:50") <= MINUTES
    assert _off(_last(first_station > 0), "D2 18:20") <= MINUTES


def test_the_city_is_asked_and_its_pumps_run_forty_minutes_later():
    town = _storm().town
    assert _off(_first(town.asked), "D1 05:45") <= MINUTES
    assert town.lake[_storm().times == at("D1 05:45")] == pytest.approx(26.85, abs=METRES)
    assert _off(_first(town.running[1] > 0), "D1 06:25") <= MINUTES
    assert _off(_last(town.running[1] > 0), "D2 07:55") <= MINUTES


def test_two_pumps_trip_while_the_sump_rises_to_its_peak():
    town, times = _storm().town, _storm().times
    tripped = (times >= at("D1 04:05")) & (times <= at("D1 04:45"))
    assert set(town.running[2][tripped]) == {1}
    assert (np.diff(town.sump[tripped]) > 0).all()
    assert _off(int(times[town.sump.argmax()]), "D1 04:45") <= MINUTES
    assert town.sump.max() == pytest.approx(25.09, abs=METRES)
    assert set(town.running[2][times == at("D1 04:50")]) == {3}


def test_lake_passes_27_metres_and_crests():
    town, times = _storm().town, _storm().times
    assert _off(_first(town.lake > 27.00), "D1 07:10") <= MINUTES
    assert _off(int(times[town.lake.argmax()]), "D1 09:20") <= MINUTES
    assert town.lake.max() == pytest.approx(27.05, abs=METRES)


def test_every_reservoir_keeps_its_water_in_every_step():
    for routed in _storm().reservoirs.values():
        error = np.diff(routed.storage) - (routed.inflow - routed.spill - routed.outlet)
        assert np.abs(error).max() < 1e-6 * routed.inflow.max()
        assert abs(error.sum()) < 1e-6 * routed.inflow.sum()


def test_the_town_keeps_its_water_in_every_step():
    town = _storm().town
    held = (
        (town.lake - LAKE_FLOOR) * LAKE_M2
        + (town.sump - SUMP_FLOOR) * SUMP_M2
        + town.ponded.sum(axis=0)
    )
    moved = town.volumes
    error = np.diff(held) - (moved["runoff"] - moved["gate"] - moved["pump_1"] - moved["pump_2"])
    assert np.abs(error).max() < 1e-6 * moved["runoff"].max()
    assert abs(error.sum()) < 1e-6 * moved["runoff"].sum()


@pytest.mark.parametrize(
    ("flow", "m3"),
    [("runoff", 1.972e6), ("gate", 94_000), ("pump_1", 1.046e6), ("pump_2", 0.829e6)],
)
def test_the_town_moves_the_volumes_it_should(flow, m3):
    assert _storm().town.volumes[flow].sum() == pytest.approx(m3, rel=0.005)


def test_reservoirs_receive_the_volumes_they_should():
    found = [round(routed.inflow.sum() / 1e4, 1) for routed in _storm().reservoirs.values()]
    assert found == pytest.approx([36.6, 28.2, 17.7, 17.5, 11.7, 8.6], abs=0.051)


def test_the_storm_is_the_same_every_time():
    again = storm.run()
    assert all(
        np.array_equal(routed.stage, again.reservoirs[code].stage)
        for code, routed in _storm().reservoirs.items()
    )
    assert np.array_equal(_storm().town.depth_by_minute, again.town.depth_by_minute)
