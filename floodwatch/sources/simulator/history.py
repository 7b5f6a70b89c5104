"""The year of readings that is stored when the demonstration opens: hourly, then a 5-minute day."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.quality import GOOD
from floodwatch.model.reading import SeriesKey
from floodwatch.sources.simulator import lake
from floodwatch.sources.simulator.demonstration import Demonstration
from floodwatch.sources.simulator.rain import tips
from floodwatch.sources.simulator.reports import SEED, battery, read_stage
from floodwatch.sources.simulator.stations import (
    GATE,
    LAKE,
    POINTS,
    PUMP_1,
    PUMP_2,
    PUMP_3,
    RAIN_GAUGES,
    RIVER,
)
from floodwatch.sources.simulator.storm import STEP, T0
from floodwatch.sources.simulator.weather import START
from floodwatch.sources.simulator.year import Year

Floats = NDArray[np.float64]
Times = NDArray[np.int64]


def series(demonstration: Demonstration | None = None) -> Iterator[tuple[SeriesKey, Series]]:
    """Every series of the district from 2025-06-18 to the beginning of the storm, T0 included.

    Rain tips are at the 5 minutes in which they fell, with the hourly report in between; all else
    is hourly, and of the flood gauges every 5 minutes in the last 24 hours.
    """
    demonstration = demonstration or Demonstration()
    year = demonstration.year
    rng = np.random.default_rng((SEED, 365))
    yield from _stages(year, rng)
    yield from _states(year)
    yield from _rain(year)
    for code in year.stages:
        volts = np.array([battery(time) for time in year.times.tolist()])
        yield SeriesKey(code, "1", "battery"), _series(year.times, volts)
    past = demonstration.hours <= T0
    for key, values in demonstration.slow.items():
        yield key, _series(demonstration.hours[past], values[past])


def _grid(times: Times) -> Times:
    """Whole hours, and every 5 minutes in the last day."""
    fine = np.arange(T0 - DAY + STEP, T0 + 1, STEP, dtype=np.int64)
    return np.concatenate([times[times <= T0 - DAY], fine])


def _stages(year: Year, rng: np.random.Generator) -> Iterator[tuple[SeriesKey, Series]]:
    true = {(code, "stage"): stage for code, stage in year.stages.items()}
    true |= {
        (LAKE, "stage"): year.town.lake,
        (RIVER, "stage"): year.town.outer,
        (GATE, "stage"): year.town.lake,
        (GATE, "tail_stage"): year.town.outer,
        (PUMP_1, "stage"): year.town.lake,
        (PUMP_1, "tail_stage"): year.town.outer,
        (PUMP_2, "stage"): year.town.lake,
        (PUMP_2, "tail_stage"): year.town.outer,
        (PUMP_3, "stage"): year.town.sump,
        (PUMP_3, "tail_stage"): year.town.lake,
    }
    grid = _grid(year.times)
    for (code, variable), stage in true.items():
        between = np.interp(grid, year.times, stage)
        yield SeriesKey(code, "1", variable), _series(grid, read_stage(between, rng))
    for point, depth in zip(POINTS, year.town.depth, strict=True):
        between = np.round(np.interp(grid, year.times, depth), 3)
        yield SeriesKey(point.code, "1", "ponding_depth"), _series(grid, between)


def _states(year: Year) -> Iterator[tuple[SeriesKey, Series]]:
    """Gate and pumps: what an hour ended with holds for the whole of it."""
    grid = _grid(year.times)
    hour = np.searchsorted(year.times, grid)
    states = {
        (GATE, "gate_opening"): np.where(year.town.gate_open, lake.GATE_OPENING, 0.0),
        (GATE, "flow"): np.round(year.town.gate_flow, 2),
    }
    units = (lake.UNITS_1, lake.UNITS_2, lake.UNITS_3)
    pumps = zip((PUMP_1, PUMP_2, PUMP_3), units, year.town.running, strict=True)
    for code, unit, running in pumps:
        states[(code, "pumps_running")] = running.astype(np.float64)
        states[(code, "flow")] = np.round(running * unit, 2)
    for (code, variable), state in states.items():
        yield SeriesKey(code, "1", variable), _series(grid, state[hour])


def _rain(year: Year) -> Iterator[tuple[SeriesKey, Series]]:
    fine = np.arange(START + STEP, T0 + 1, STEP, dtype=np.int64)
    for gauge in RAIN_GAUGES:
        total = np.concatenate([[0.0], np.cumsum(year.rain[gauge.short])])
        hours = np.concatenate([[START], year.times])
        fallen = np.diff(np.interp(fine, hours, total), prepend=0.0)
        counter = tips(fallen)
        mm = np.diff(counter, prepend=0.0)
        # The storm's counters begin where `tips` of the hours ends: both count the same water.
        sent = (mm > 0) | (fine % HOUR == 0) | (fine > T0 - DAY)
        key = SeriesKey(gauge.code, "1", "rainfall", STEP)
        yield key, _series(fine[sent], np.round(mm[sent], 1))
        key = SeriesKey(gauge.code, "1", "rainfall_total")
        yield key, _series(fine[sent], np.round(counter[sent], 1))


def _series(times: Times, values: Floats) -> Series:
    return Series(times, values, np.full(len(times), GOOD, np.int16))
