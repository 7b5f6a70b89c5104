"""The storm of 17 to 19 June 2026: every true stage, depth and flow of the district, 48 hours.

Where the description leaves a choice, the one that gives the levels and times to be seen is used:
a step's runoff begins to arrive within the step itself; the outer river stands, for a whole step,
at its value for the end of the step; the trip begins with the step that ends at 04:05; 二号 counts
its 40 minutes from the substep in which the lake reaches 26.85; 一号 stops when the gate opens. (It
does so once more, from 06:05 to 07:45, when the lake outruns the river; with pumps that went on
meanwhile the lake would crest 2 cm too low and 二号 stop 40 minutes too early.)
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.runoff import Losses, route, runoff_m3, unit_response
from floodwatch.model.clock import MINUTE
from floodwatch.sources.simulator import lake, reservoirs
from floodwatch.sources.simulator.rain import PER_HOUR, STEPS, storm_rain, weighted
from floodwatch.sources.simulator.stations import (
    LATERAL_KM2,
    LATERAL_RAIN,
    LATERAL_TC_H,
    POINTS,
    RESERVOIRS,
    Point,
)

Floats = NDArray[np.float64]

T0 = 1_781_697_600_000  # 2026-06-17 20:00 Asia/Shanghai, ms UTC
STEP = 5 * MINUTE
END = T0 + STEPS * STEP
# District rain of its hydrological days in mm, rounded.
WET_DAYS = {date(2026, 6, 18): 162.0, date(2026, 6, 19): 51.0}

LATERAL_LOSSES = Losses(0.45, 0.85, k_mm=40, wet_mm=30)
# The trip holds in every step that ends from 04:05 to 04:45: nine of them. With the step that ends
# at 04:05 still free, the sump stays 7 cm below the crest of 25.09 that must be seen.
TRIP_STEPS = range(8 * PER_HOUR + 1, 8 * PER_HOUR + 10)


@dataclass(frozen=True)
class TownRun:
    """The town at the ends of the steps (first: T0), and the volumes in m³ of each step."""

    depth: Floats  # m, points × (steps + 1)
    depth_by_minute: Floats  # m, points × (5 steps + 1)
    ponded: Floats  # m³, points × (steps + 1)
    sump: Floats  # m
    lake: Floats  # m
    outer: Floats  # m
    gate_open: NDArray[np.bool_]
    gate_flow: Floats  # m³/s
    running: NDArray[np.int64]  # 一号, 二号, 三号 × (steps + 1)
    asked: NDArray[np.bool_]  # whether 二号 has been asked for
    volumes: dict[str, Floats]  # runoff gate pump_1 pump_2 pump_3


@dataclass(frozen=True)
class Storm:
    """Everything that is true during the storm; what the gauges say of it is for others."""

    times: NDArray[np.int64]  # ms UTC, T0 first
    rain: dict[str, Floats]  # mm a step, by gauge R1…R6
    reservoirs: dict[str, reservoirs.Routed]  # by code
    town: TownRun


def run() -> Storm:
    """Compute the storm; always the same."""
    rain = storm_rain()
    times = T0 + STEP * np.arange(STEPS + 1, dtype=np.int64)
    pools = {
        r.code: reservoirs.run(
            r,
            reservoirs.inflow_m3(r, rain),
            start_m=r.start,
            flood_limit_m=r.flood_limits[0],
        )
        for r in RESERVOIRS
    }
    return Storm(times, rain, pools, _run_town(rain))


def point_losses(point: Point) -> Losses:
    """The runoff of a paved place."""
    c = point.coefficient
    return Losses(0.6 * c, min(1.1 * c, 0.97), k_mm=25, wet_mm=40)


def _run_town(rain: dict[str, Floats]) -> TownRun:
    runoff = np.array([runoff_m3(rain[p.rain], p.area_ha / 100, point_losses(p)) for p in POINTS])
    lateral = route(
        runoff_m3(weighted(rain, LATERAL_RAIN), LATERAL_KM2, LATERAL_LOSSES),
        unit_response(LATERAL_TC_H),
    )
    town, record = lake.Town(), _Record()
    outer = [lake.outer_river(i / PER_HOUR) for i in range(STEPS + 1)]
    record.note(town, outer[0], lake.Flows())
    record.note_minute(town)
    per_substep = (runoff.T / reservoirs.SUBSTEPS).tolist()
    for i, q in enumerate((lateral / reservoirs.SUBSTEPS).tolist()):
        flows, tripped = lake.Flows(), i + 1 in TRIP_STEPS
        for substep in range(reservoirs.SUBSTEPS):
            town.substep(per_substep[i], q, outer=outer[i + 1], tripped=tripped, flows=flows)
            if substep % 2:
                record.note_minute(town)
        record.note(town, outer[i + 1], flows)
    return record.finish()


class _Record:
    """Rows noted at the end of each step."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, ...]] = []
        self._ponded: list[list[float]] = []
        self._depth: list[list[float]] = []

    def note_minute(self, town: lake.Town) -> None:
        """Note the depths at the end of a minute."""
        self._depth.append(town.depths())

    def note(self, town: lake.Town, outer: float, flows: lake.Flows) -> None:
        """Note the town as it stands and what flowed during the step."""
        self._ponded.append(list(town.ponded))
        state = (town.sump_stage, town.lake_stage, outer, town.gate_open, town.gate_flow)
        running = (town.running_1, town.running_2, town.running_3, town.asked_at is not None)
        moved = (flows.runoff, flows.gate, flows.pump_1, flows.pump_2, flows.pump_3)
        self._rows.append((*state, *running, *moved))

    def finish(self) -> TownRun:
        """All rows as arrays."""
        depth = np.array(self._depth).T
        columns = np.array(self._rows, dtype=np.float64).T
        moved = ("runoff", "gate", "pump_1", "pump_2", "pump_3")
        return TownRun(
            depth=depth[:, ::5],
            depth_by_minute=depth,
            ponded=np.array(self._ponded).T,
            sump=columns[0],
            lake=columns[1],
            outer=columns[2],
            gate_open=columns[3].astype(bool),
            gate_flow=columns[4],
            running=columns[5:8].astype(np.int64),
            asked=columns[8].astype(bool),
            volumes={name: columns[9 + k, 1:] for k, name in enumerate(moved)},
        )
