"""The year before the storm, and its last day."""

from datetime import date

import numpy as np
import pytest

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.reading import SeriesKey
from floodwatch.model.variable import VARIABLES
from floodwatch.sources.simulator import history, weather
from floodwatch.sources.simulator.stations import POINTS, RAIN_GAUGES, RESERVOIRS
from floodwatch.sources.simulator.storm import END, T0
from floodwatch.sources.simulator.year import lead
from tests.sources.simulator.local_time import local


@pytest.fixture(scope="module")
def stored(demonstration):
    return dict(history.series(demonstration))


def _stage(stored, code):
    return stored[SeriesKey(code, "1", "stage")]


def _rain(stored, gauge, after, until):
    return stored[SeriesKey(gauge.code, "1", "rainfall", 5 * MINUTE)].between(after, until)


def _district_rain(stored, day):
    """Mean rain of a hydrological day."""
    end = local(day.year, day.month, day.day, 8)
    return np.mean([_rain(stored, g, end - DAY, end).values.sum() for g in RAIN_GAUGES])


def test_history_and_feed_fill_the_same_series(demonstration, stored):
    fed = {
        SeriesKey(r.station, r.gauge, r.variable, r.period or 0)
        for _, batch in demonstration.feed.batches(T0, END)
        for r in batch.readings
    }
    assert fed == set(stored)


def test_it_covers_the_year_up_to_the_storm_by_rising_times(stored):
    for series in stored.values():
        assert series.times[0] <= local(2025, 6, 18, 1)
        assert series.times[-1] == T0
        assert (np.diff(series.times) > 0).all()
        assert np.diff(series.times).max() <= HOUR
        assert len(series.times) == len(series.values) == len(series.quality)


def test_every_value_is_possible(stored):
    for key, series in stored.items():
        variable = VARIABLES[key.variable]
        assert variable.minimum <= series.values.min() <= series.values.max() <= variable.maximum


def test_flood_gauges_report_every_five_minutes_in_the_last_day_and_it_is_dry(stored):
    for reservoir in RESERVOIRS:
        last = _stage(stored, reservoir.code).between(T0 - DAY, T0)
        assert last.size == 288
    for gauge in RAIN_GAUGES:
        last = _rain(stored, gauge, T0 - DAY, T0)
        assert (last.size, last.values.sum()) == (288, 0)


@pytest.mark.parametrize("reservoir", RESERVOIRS, ids=lambda r: r.name)
def test_it_ends_at_the_stage_at_which_the_storm_begins(demonstration, stored, reservoir):
    assert demonstration.year.stages[reservoir.code][-1] == pytest.approx(reservoir.start)
    assert _stage(stored, reservoir.code).values[-1] == pytest.approx(reservoir.start, abs=0.011)


@pytest.mark.parametrize(
    ("code", "variable", "value"),
    [
        ("61990031", "stage", 26.45),
        ("61990041", "stage", 26.06),
        ("61990023", "stage", 23.60),
        ("61990032", "gate_opening", 0.50),
        ("61990021", "pumps_running", 0),
        ("61990023", "pumps_running", 0),
    ],
)
def test_the_town_ends_as_the_storm_begins(stored, code, variable, value):
    assert stored[SeriesKey(code, "1", variable)].values[-1] == pytest.approx(value, abs=0.02)


def test_a_stage_is_led_to_its_target_over_ten_days_without_a_step():
    led = lead(np.full(500, 10.0), 10.3)
    assert (led[:260] == 10.0).all()
    assert led[-1] == 10.3
    assert 0 <= np.diff(led).min() <= np.diff(led).max() < 0.003


@pytest.mark.parametrize("reservoir", RESERVOIRS, ids=lambda r: r.name)
def test_stages_hardly_move_in_the_last_dry_day(demonstration, reservoir):
    last = demonstration.year.stages[reservoir.code][-25:]
    assert np.abs(np.diff(last)).max() < 0.01


@pytest.mark.parametrize(
    ("day", "mm"), [(date(2025, 7, 3), 86), (date(2026, 5, 21), 74)], ids=["2025", "2026"]
)
def test_two_days_are_the_wettest(stored, day, mm):
    assert _district_rain(stored, day) == pytest.approx(mm, abs=1)
    amounts = sorted(weather.daily_rain().values())
    assert amounts[-3] < 60


@pytest.mark.parametrize("code", ["61990002", "61990003"])
def test_qingquan_and_shiqiao_spill_on_the_21st_of_may(demonstration, code):
    year = demonstration.year
    inside = (year.times > local(2026, 5, 21)) & (year.times <= local(2026, 5, 22))
    assert year.spill[code][inside].sum() > 1_000
    normal = next(r.normal for r in RESERVOIRS if r.code == code)
    assert year.stages[code][inside].max() > normal + 0.1


@pytest.mark.parametrize("reservoir", RESERVOIRS, ids=lambda r: r.name)
def test_no_reservoir_runs_dry_or_reaches_its_design_flood(demonstration, reservoir):
    stage = demonstration.year.stages[reservoir.code]
    assert reservoir.drought_limit < stage.min()
    assert stage.max() < reservoir.design


def test_the_lake_stays_in_its_band(demonstration):
    lake = demonstration.year.town.lake
    assert lake.min() > 25.80
    assert lake.max() < 27.00


def test_the_outer_river_stays_between_drought_and_warning(demonstration):
    outer = demonstration.year.town.outer
    assert outer.min() > 20.50
    assert outer.max() < 29.50


def test_streets_are_dry_at_the_end_and_never_worse_than_in_the_storm(stored):
    for point in POINTS:
        depth = stored[SeriesKey(point.code, "1", "ponding_depth")].values
        assert depth[-288:].max() == 0
        assert depth.max() < 0.40


def test_a_third_of_the_days_are_wet_and_the_year_is_an_ordinary_one():
    amounts = np.array(list(weather.daily_rain().values()))
    assert 0.28 < (amounts > 0).mean() < 0.48
    assert 1_000 < amounts.sum() < 1_800


def test_the_ground_is_wet_when_the_storm_begins(stored):
    for gauge in RAIN_GAUGES:
        assert _rain(stored, gauge, T0 - 7 * DAY, T0).values.sum() >= 20


@pytest.mark.parametrize("gauge", RAIN_GAUGES, ids=lambda g: g.short)
def test_the_counter_of_the_storm_goes_on_from_the_counter_of_the_year(
    demonstration, stored, gauge
):
    counter = stored[SeriesKey(gauge.code, "1", "rainfall_total")]
    fallen = stored[SeriesKey(gauge.code, "1", "rainfall", 5 * MINUTE)]
    assert counter.values[-1] == demonstration.rain_totals[gauge.short]
    assert np.diff(counter.values) == pytest.approx(fallen.values[1:])


def test_it_is_the_same_every_time(stored):
    for key, series in history.series():
        assert np.array_equal(series.values, stored[key].values)
