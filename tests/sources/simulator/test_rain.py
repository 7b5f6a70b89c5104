"""Rain of the storm as the gauges report it, against the table of windows."""

import numpy as np
import pytest

from floodwatch.sources.simulator.rain import storm_rain, tips
from floodwatch.sources.simulator.storm import WET_DAYS

GAUGES = ("R1", "R2", "R3", "R4", "R5", "R6")


def _reported(gauge):
    return np.diff(tips(storm_rain()[gauge]), prepend=0)


def _largest(gauge, hours):
    return np.convolve(_reported(gauge), np.ones(12 * hours))[:576].max()


def _row(measure):
    return [float(measure(gauge)) for gauge in GAUGES]


def test_totals_are_those_of_the_table():
    assert _row(lambda g: _reported(g).sum()) == [204, 240.5, 187.5, 220, 215.5, 209.5]


def test_largest_hours_are_those_of_the_table():
    assert _row(lambda g: _largest(g, 1)) == [46.5, 54.5, 43, 50, 65, 59.5]


def test_largest_three_hours_are_those_of_the_table():
    assert _row(lambda g: _largest(g, 3)) == [98.5, 116, 90.5, 106.5, 115.5, 112]


def test_the_first_twelve_hours_belong_to_the_hydrological_day_of_the_18th():
    first = _row(lambda g: _reported(g)[:144].sum())
    assert first == [154, 181, 142.5, 164.5, 165.5, 165.5]
    assert round(sum(first) / 6) == 162


def test_days_of_the_storm_are_as_wet_as_the_meters_are_told():
    rain = np.mean([storm_rain()[gauge] for gauge in GAUGES], axis=0)
    assert rain[:144].sum() == pytest.approx(WET_DAYS[min(WET_DAYS)], abs=1)
    assert rain[144:].sum() == pytest.approx(WET_DAYS[max(WET_DAYS)], abs=1)


def test_rain_in_the_hour_before_the_spike_explains_no_metre():
    hour = _reported("R6")[15:27].sum()
    assert hour == pytest.approx(8, abs=0.5)


def test_a_gauge_tips_half_millimetres_and_loses_none():
    rain = np.full(30, 0.1)
    assert tips(rain)[-1] == 3.0
    assert set(np.diff(tips(rain))) == {0.0, 0.5}
