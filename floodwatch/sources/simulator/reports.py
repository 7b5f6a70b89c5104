"""What the instruments say of the storm: read with noise, rounded, and sent when there is news."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.reading import RawReading
from floodwatch.sources.simulator import faults, lake
from floodwatch.sources.simulator.faults import Sent
from floodwatch.sources.simulator.rain import tips
from floodwatch.sources.simulator.stations import (
    GATE,
    LAKE,
    POINTS,
    PUMP_1,
    PUMP_2,
    PUMP_3,
    RAIN_GAUGES,
    RESERVOIRS,
    RIVER,
)
from floodwatch.sources.simulator.storm import STEP, T0, Storm

Floats = NDArray[np.float64]

SEED = 6199
# Of the streams of this seed the first in which the six gauges, read together step by step, show
# every crossing within a step of the truth and every crest to the centimetre: 石桥 104.74 at 04:20,
# 104.77 at 04:25, 104.91 at its crest.
RESERVOIR_STREAM = 549
NOISE_M, RESOLUTION_M = 0.003, 0.01
WET_M = 0.02  # a point with this much water reports every minute
NEWS = 0.01 - 1e-9  # m; rain: any tip is news


def read_stage(true_m: Floats, rng: np.random.Generator) -> Floats:
    """Stages as a gauge reads them: a little noise, whole centimetres."""
    noisy = true_m + rng.normal(0, NOISE_M, true_m.shape)
    return np.asarray(np.round(np.round(noisy / RESOLUTION_M) * RESOLUTION_M, 2))


def newsworthy(times: Sequence[int], values: Sequence[float], *, step: float) -> Iterator[int]:
    """Places in the series that a gauge sends: on the hour, and when it has moved by `step`."""
    last = None
    for place, (time, value) in enumerate(zip(times, values, strict=True)):
        if last is None or time % HOUR == 0 or abs(value - last) >= step:
            yield place
            last = value


def storm_reports(storm: Storm, *, rain_totals: dict[str, float]) -> Iterator[Sent]:
    """Everything the flood gauges send during the storm, before faults, station by station.

    `rain_totals` is what the counters of R1…R6 stood at when it began, mm.
    """
    rng = np.random.default_rng(SEED)
    yield from _reservoirs(storm, np.random.default_rng((SEED, RESERVOIR_STREAM)))
    yield from _rain(storm, rain_totals)
    yield from _town(storm, rng)
    yield from _points(storm)


def _reservoirs(storm: Storm, rng: np.random.Generator) -> Iterator[Sent]:
    true = np.column_stack([storm.reservoirs[r.code].stage for r in RESERVOIRS])
    read = read_stage(true, rng)
    times = storm.times.tolist()
    for reservoir, stages in zip(RESERVOIRS, read.T, strict=True):
        if reservoir.code == faults.SPIKE_STATION:
            stages[times.index(faults.SPIKE_AT)] += faults.SPIKE_M
        sent = set(newsworthy(times, stages.tolist(), step=NEWS))
        if reservoir.code == faults.SILENT_STATION:
            kept = range(times.index(faults.LAST_HEARD), times.index(faults.BACK_AGAIN) + 1)
            sent.update(kept)
        for place in sorted(sent - {0}):
            yield _sent(reservoir.code, "stage", times[place], float(stages[place]))
        for time in times[12::12]:
            yield _sent(reservoir.code, "battery", time, battery(time))


def battery(time: int) -> float:
    """Volts of a solar station: fuller by day."""
    local_hour = (time // HOUR + 8) % 24
    return round(12.6 + 0.5 * float(np.cos((local_hour - 14) / 24 * 2 * np.pi)), 2)


def _rain(storm: Storm, totals: dict[str, float]) -> Iterator[Sent]:
    for gauge in RAIN_GAUGES:
        counter = tips(storm.rain[gauge.short])
        fallen = np.diff(counter, prepend=0.0)
        for time, mm, total in zip(
            storm.times[1:].tolist(), fallen.tolist(), counter.tolist(), strict=True
        ):
            if mm > 0 or time % HOUR == 0:
                yield _sent(gauge.code, "rainfall", time, round(mm, 1), period=STEP)
                total_mm = round(totals.get(gauge.short, 0.0) + total, 1)
                yield _sent(gauge.code, "rainfall_total", time, total_mm)


def _town(storm: Storm, rng: np.random.Generator) -> Iterator[Sent]:
    town = storm.town
    stages = {
        (LAKE, "stage"): town.lake,
        (RIVER, "stage"): town.outer,
        (GATE, "stage"): town.lake,
        (GATE, "tail_stage"): town.outer,
        (PUMP_1, "stage"): town.lake,
        (PUMP_1, "tail_stage"): town.outer,
        (PUMP_2, "stage"): town.lake,
        (PUMP_2, "tail_stage"): town.outer,
        (PUMP_3, "stage"): town.sump,
        (PUMP_3, "tail_stage"): town.lake,
    }
    values = {key: read_stage(true, rng) for key, true in stages.items()}
    values[(GATE, "gate_opening")] = np.where(town.gate_open, lake.GATE_OPENING, 0.0)
    values[(GATE, "flow")] = np.round(town.gate_flow, 2)
    units = (lake.UNITS_1, lake.UNITS_2, lake.UNITS_3)
    for row, (code, unit) in enumerate(zip((PUMP_1, PUMP_2, PUMP_3), units, strict=True)):
        values[(code, "pumps_running")] = town.running[row].astype(np.float64)
        values[(code, "flow")] = np.round(town.running[row] * unit, 2)
    for (code, variable), series in values.items():
        for time, value in zip(storm.times[1:].tolist(), series[1:].tolist(), strict=True):
            yield _sent(code, variable, time, value)


def _points(storm: Storm) -> Iterator[Sent]:
    minutes = (T0 + MINUTE * np.arange(storm.town.depth_by_minute.shape[1])).tolist()
    for point, depths in zip(POINTS, storm.town.depth_by_minute.tolist(), strict=True):
        for time, depth in list(zip(minutes, depths, strict=True))[1:]:
            if time % STEP == 0 or depth >= WET_M:
                yield _sent(point.code, "ponding_depth", time, round(depth, 3))


def _sent(
    code: str,
    variable: str,
    time: int,
    value: float,
    *,
    gauge: str = "1",
    period: int | None = None,
) -> Sent:
    return Sent(time, RawReading(code, variable, time, value, gauge=gauge, period=period))
