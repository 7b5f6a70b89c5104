"""The simulator's own numbers against the configuration of the demonstration district."""

from pathlib import Path

import pytest

from floodwatch import config
from floodwatch.model.reading import SeriesKey
from floodwatch.sources.simulator import history
from floodwatch.sources.simulator.stations import POINTS, RAIN_GAUGES, RESERVOIRS

FOLDER = Path(__file__).parents[3] / "config"


@pytest.fixture(scope="module")
def district():
    if not (FOLDER / "stations.toml").exists():
        pytest.skip("the demonstration district is not in config/")
    return config.load(FOLDER)


def test_every_configured_gauge_is_fed_and_no_other(district, demonstration):
    fed = {key for key, _ in history.series(demonstration)}
    assert fed == set(district.gauges)


def test_stations_bear_the_same_names(district):
    for place in (*RESERVOIRS, *POINTS):
        assert district.stations[place.code].name.startswith(place.name)


@pytest.mark.parametrize("reservoir", RESERVOIRS, ids=lambda r: r.name)
def test_reservoirs_have_the_same_heights_basin_and_curve(district, reservoir):
    station = district.stations[reservoir.code]
    assert station.crest == reservoir.crest
    assert station.normal_pool in (None, reservoir.normal)
    assert station.catchment == reservoir.area_km2
    assert station.outlet == ("weir" if reservoir.outlet[0] == reservoir.outlet[1] else "gated")
    for stage, storage in station.curve:
        # Curve files give 10⁴ m³ with two decimals or better.
        assert storage == pytest.approx(reservoir.curve.storage_m3(stage), abs=60)


@pytest.mark.parametrize("reservoir", RESERVOIRS, ids=lambda r: r.name)
def test_thresholds_are_the_levels_the_water_obeys(district, reservoir):
    levels = {
        threshold.value
        for threshold in district.thresholds
        if threshold.station == reservoir.code and threshold.variable == "stage"
    }
    assert {*reservoir.flood_limits, reservoir.design, reservoir.check} <= levels


def test_points_are_spoken_for_by_the_rain_gauge_that_fills_them(district):
    codes = {gauge.short: gauge.code for gauge in RAIN_GAUGES}
    for point in POINTS:
        assert district.stations[point.code].rain_from == codes[point.rain]


def test_rain_has_both_an_increment_and_a_counter(district):
    for gauge in RAIN_GAUGES:
        assert SeriesKey(gauge.code, "1", "rainfall", 300_000) in district.gauges
        assert SeriesKey(gauge.code, "1", "rainfall_total") in district.gauges
