"""The true year before the storm, by the hour: the equations of the storm with longer substeps.

Two things the storm leaves out matter over a year. The ground dries: the rain already fallen fades
by half in five days instead of counting for ever. And water is used: evaporation, seepage, village
intakes and irrigation take their share, and the outlet is shut below the stage to be held. In the
last ten days every stage is led gently to the one at which the storm begins; what that adds or
takes is the one part of the balance without a cause.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.runoff import Losses, route, unit_response
from floodwatch.model.clock import HOUR
from floodwatch.sources.simulator import lake, reservoirs, weather
from floodwatch.sources.simulator.rain import weighted
from floodwatch.sources.simulator.stations import (
    LAKE_M2,
    LAKE_START,
    LATERAL_KM2,
    LATERAL_RAIN,
    LATERAL_TC_H,
    POINTS,
    RESERVOIRS,
    SEASONS,
    SUMP_START,
    Reservoir,
)
from floodwatch.sources.simulator.storm import LATERAL_LOSSES, point_losses
from floodwatch.sources.simulator.use import lost_m3_a_day, used_m3_a_day

Floats = NDArray[np.float64]

HALF_LIFE_H = 120.0
BLEND_HOURS = 240
SPRINGS_M3S = 0.08  # what seeps into the lake when it does not rain
SHORT_STEPS = 12  # in an hour in which the reservoir spills or fills
TOWN_STEPS = 6  # in an hour with rain or water on the streets


@dataclass(frozen=True)
class TownYear:
    """The town's water at the end of each hour."""

    lake: Floats  # m
    sump: Floats  # m
    outer: Floats  # m
    gate_open: NDArray[np.bool_]
    gate_flow: Floats  # m³/s
    running: NDArray[np.int64]  # 一号, 二号, 三号 × hours
    depth: Floats  # m, points × hours


@dataclass(frozen=True)
class Year:
    """Truth at the end of each hour; `times[-1]` is T0."""

    times: NDArray[np.int64]
    rain: dict[str, Floats]  # mm an hour, by gauge
    stages: dict[str, Floats]  # m, by reservoir
    spill: dict[str, Floats]  # m³ an hour, by reservoir
    town: TownYear


def run() -> Year:
    """Compute the year; always the same."""
    rain = weather.hourly_rain()
    times = weather.START + HOUR * np.arange(1, weather.HOURS + 1, dtype=np.int64)
    mean = np.mean(list(rain.values()), axis=0)
    outer = lead(weather.outer_river(times, mean), lake.outer_river(0))
    evaporation = weather.evaporation_mm(times)
    season = _seasons(times)
    stages, spill = {}, {}
    for reservoir in RESERVOIRS:
        basin = weighted(rain, reservoir.rain)
        inflow = route(
            runoff_by_hour(basin, reservoir.area_km2, reservoirs.LOSSES),
            unit_response(reservoir.concentration_h, step_h=1),
        )
        stage, spill[reservoir.code] = _reservoir(
            reservoir, inflow, evaporation=evaporation, season=season, times=times, rain=basin
        )
        stages[reservoir.code] = lead(stage, reservoir.start)
    town = _town(rain, outer, evaporation=evaporation, season=season)
    return Year(times, rain, stages, spill, town)


def runoff_by_hour(rain_mm: Floats, area_km2: float, losses: Losses) -> Floats:
    """Runoff in m³ of each hour; the rain that wetted the ground before fades."""
    before = weather.fading(rain_mm, half_life_h=HALF_LIFE_H)
    dry = Losses(losses.dry, losses.soaked, losses.k_mm, wet_mm=0)
    return np.asarray(dry.coefficient(before) * rain_mm * 1_000 * area_km2)


def _seasons(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which of SEASONS is in force at each time."""
    months = np.array([day.month for day in weather.local_days(times)])
    winter = (months >= 10) | (months <= 3)
    return np.where(winter, 2, np.where(months >= 7, 1, 0))


def lead(stage: Floats, target: float) -> Floats:
    """The stage, led to `target` over its last ten days with no step in it."""
    weight = np.zeros(len(stage))
    weight[-BLEND_HOURS:] = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, BLEND_HOURS))
    return np.asarray(stage + weight * (target - stage[-1]))


def _reservoir(
    reservoir: Reservoir,
    inflow: Floats,
    *,
    evaporation: Floats,
    season: NDArray[np.int64],
    times: NDArray[np.int64],
    rain: Floats,
) -> tuple[Floats, Floats]:
    curve = reservoir.curve
    use = used_m3_a_day(reservoir, times, rain) / 24
    stage, volume = reservoir.start, curve.storage_m3(reservoir.start)
    dead = curve.storage_m3(reservoir.dead)
    stages, spills = np.empty(len(inflow)), np.zeros(len(inflow))
    rows = zip(inflow.tolist(), evaporation.tolist(), season.tolist(), use.tolist(), strict=True)
    for k, (q, e, s, used) in enumerate(rows):
        limit = reservoir.flood_limits[s]
        held = reservoir.start + limit - reservoir.flood_limits[0]
        volume -= lost_m3_a_day(reservoir, stage, e) / 24
        volume -= min(used, max(volume - dead, 0.0))
        steps = SHORT_STEPS if stage > reservoir.normal - 0.1 or q > volume / 50 else 1
        for _ in range(steps):
            spill, outlet = reservoirs.discharges(reservoir, stage, limit)
            outlet = outlet if stage > held else 0.0
            volume += q / steps - (spill + outlet) * 3600 / steps
            spills[k] += spill * 3600 / steps
            stage = curve.stage_m(volume)
        stages[k] = stage
    return stages, spills


def _town(
    rain: dict[str, Floats], outer: Floats, *, evaporation: Floats, season: NDArray[np.int64]
) -> TownYear:
    at_points = np.array(
        [runoff_by_hour(rain[p.rain], p.area_ha / 100, point_losses(p)) for p in POINTS]
    )
    lateral = route(
        runoff_by_hour(weighted(rain, LATERAL_RAIN), LATERAL_KM2, LATERAL_LOSSES),
        unit_response(LATERAL_TC_H, step_h=1),
    )
    lateral += SPRINGS_M3S * 3600 - evaporation / 1_000 / 24 * LAKE_M2
    town, rows, depths = lake.Town(), [], []
    runoff = at_points.T.tolist()
    for k, q in enumerate(lateral.tolist()):
        wet = any(runoff[k]) or any(town.ponded)
        steps = TOWN_STEPS if wet else 1
        town.length_s = 3600 / steps
        town.hold = lake.GATE_ABOVE + (0.2 if season[k] == SEASONS.index(SEASONS[-1]) else 0.0)
        part, flows = [m3 / steps for m3 in runoff[k]], lake.Flows()
        for _ in range(steps):
            town.substep(part, q / steps, outer=float(outer[k]), tripped=False, flows=flows)
        running = (town.running_1, town.running_2, town.running_3)
        rows.append((town.lake_stage, town.sump_stage, town.gate_open, town.gate_flow, *running))
        depths.append(town.depths())
    columns = np.array(rows, dtype=np.float64).T
    return TownYear(
        lake=lead(columns[0], LAKE_START),
        sump=lead(columns[1], SUMP_START),
        outer=outer,
        gate_open=columns[2].astype(bool),
        gate_flow=columns[3],
        running=columns[4:7].astype(np.int64),
        depth=np.array(depths).T,
    )
