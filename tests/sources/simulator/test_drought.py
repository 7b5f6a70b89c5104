"""The drought, against the table of stages and its events."""

from functools import cache

import numpy as np
import pytest

from floodwatch.sources.simulator import drought
from floodwatch.sources.simulator.stations import RESERVOIRS
from tests.sources.simulator.local_time import local

TABLE = {
    1: (91.90, 79.13, 103.54, 66.25, 80.37, 59.13),
    30: (90.47, 76.79, 101.86, 64.78, 79.36, 57.04),
    45: (89.80, 75.58, 101.07, 64.06, 78.91, 55.94),
    60: (89.21, 74.51, 100.39, 63.41, 78.52, 55.77),
    90: (88.57, 74.31, 99.88, 62.91, 78.26, 55.65),
}
DROUGHT_LIMIT_DAYS = (None, 55, None, 81, 82, 46)


@cache
def _balance(place):
    return drought.run(RESERVOIRS[place])


def test_it_begins_at_eight_on_the_24th_of_july():
    assert local(2026, 7, 24, 8) == drought.BEGIN


@pytest.mark.parametrize("day", TABLE)
def test_stages_at_the_end_of_a_day_are_those_of_the_table(day):
    found = [float(_balance(place).stage[day]) for place in range(6)]
    assert found == pytest.approx(TABLE[day], abs=0.006)


@pytest.mark.parametrize(("place", "day"), list(enumerate(DROUGHT_LIMIT_DAYS)))
def test_drought_limit_is_reached_on_its_day(place, day):
    low = _balance(place).stage <= RESERVOIRS[place].drought_limit
    assert (int(low.argmax()) if low.any() else None) == day


def test_irrigation_stops_below_the_drought_limit():
    balance = _balance(1)
    assert balance.irrigation[55] > 0
    assert not balance.irrigation[56:].any()


def test_the_intake_of_qingquan_falls_dry_on_day_72_and_takes_nothing_after():
    balance = _balance(1)
    assert int((balance.stage < drought.INTAKE_M).argmax()) == 72
    assert (balance.domestic[72], balance.domestic[73]) == (260, 0)


@pytest.mark.parametrize("place", range(6))
def test_every_reservoir_keeps_its_water(place):
    b = _balance(place)
    taken = b.evaporation + b.seepage + b.domestic + b.irrigation
    error = np.diff(b.storage) - (b.rain - taken)[1:]
    assert np.abs(error).max() < 1e-6


def test_days_without_effective_rain_reach_30_on_day_30_and_65_at_most():
    days = drought.dry_days()
    assert (days[30], max(days), days[66]) == (30, 65, 0)


def test_the_outer_river_reaches_its_drought_limit_on_day_88():
    assert drought.outer_river(87) > 20.50 >= drought.outer_river(88)
    assert drought.outer_river(0) == 24.4
