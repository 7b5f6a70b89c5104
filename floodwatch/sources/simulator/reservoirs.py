"""Water balance of a reservoir: inflow, spill over the weir, release by the bottom outlet."""

from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.runoff import Losses, route, runoff_m3, unit_response
from floodwatch.sources.simulator.rain import weighted
from floodwatch.sources.simulator.stations import Reservoir

Floats = NDArray[np.float64]

SUBSTEPS, SUBSTEP_S = 10, 30.0
LOSSES = Losses(0.35, 0.92, k_mm=40, wet_mm=20)
WEIR = 1.6  # discharge coefficient of a broad crest, m^½/s


class Routed(NamedTuple):
    """A reservoir at the ends of its steps (first: the beginning), and the volumes of each step."""

    stage: Floats  # m, one longer than the others
    storage: Floats  # m³, one longer than the others
    inflow: Floats  # m³ a step
    spill: Floats
    outlet: Floats


def inflow_m3(reservoir: Reservoir, rain: dict[str, Floats]) -> Floats:
    """Runoff that reaches the reservoir in each 5-minute step, m³."""
    runoff = runoff_m3(weighted(rain, reservoir.rain), reservoir.area_km2, LOSSES)
    return route(runoff, unit_response(reservoir.concentration_h))


def discharges(reservoir: Reservoir, stage_m: float, flood_limit_m: float) -> tuple[float, float]:
    """(spill, outlet) in m³/s: the outlet is fully open above the flood limit."""
    head = stage_m - reservoir.normal
    spill = WEIR * reservoir.weir_m * head * sqrt(head) if head > 0 else 0.0
    usual, open_ = reservoir.outlet
    over_sill = stage_m - reservoir.dead + 0.5
    if over_sill <= 0:
        return spill, 0.0
    share = over_sill / (reservoir.normal - reservoir.dead + 0.5)
    return spill, (open_ if stage_m > flood_limit_m else usual) * sqrt(share)


def run(reservoir: Reservoir, inflow: Floats, *, start_m: float, flood_limit_m: float) -> Routed:
    """Take the reservoir through the steps of `inflow` (m³ a step) in ten substeps of 30 s each."""
    count = len(inflow)
    curve = reservoir.curve
    stage, volume = start_m, curve.storage_m3(start_m)
    out = Routed(np.empty(count + 1), np.empty(count + 1), inflow, np.zeros(count), np.zeros(count))
    out.stage[0], out.storage[0] = stage, volume
    for i, q in enumerate(inflow.tolist()):
        spilled = released = 0.0
        for _ in range(SUBSTEPS):
            spill, outlet = discharges(reservoir, stage, flood_limit_m)
            spilled += spill * SUBSTEP_S
            released += outlet * SUBSTEP_S
            volume += q / SUBSTEPS - (spill + outlet) * SUBSTEP_S
            stage = curve.stage_m(volume)
        out.stage[i + 1], out.storage[i + 1] = stage, volume
        out.spill[i], out.outlet[i] = spilled, released
    return out
