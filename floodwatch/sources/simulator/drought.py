"""The drought of 90 days from 24 July 2026: the reservoirs by day, and the outer river."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import DAY, HOUR
from floodwatch.sources.simulator.stations import RESERVOIRS, Reservoir
from floodwatch.sources.simulator.storm import T0
from floodwatch.sources.simulator.use import (
    DOMESTIC_M3_A_DAY,
    IRRIGATION_M3_A_DAY,
    SEEPAGE_A_DAY,
)

Floats = NDArray[np.float64]

DAYS = 90
FIRST_DAY = date(2026, 7, 24)
BEGIN = T0 + (FIRST_DAY - date(2026, 6, 17)).days * DAY - 12 * HOUR  # 08:00 of its first day

START_M = dict(
    zip((r.code for r in RESERVOIRS), (91.95, 79.20, 103.60, 66.30, 80.40, 59.20), strict=True)
)
RAIN_MM = {17: 4.0, 39: 3.0, 66: 14.0}
EFFECTIVE_MM = 5.0  # less rain in a day does not count as rain
BANKS = 0.05  # share of the rain on the dry basin that reaches the water
IRRIGATION_STEPS = ((25, 1.0), (55, 0.7), (DAYS, 0.15))  # up to that day, that share of the base

# 清泉水厂 runs dry below this stage and takes its water from the outer river from day 73.
QINGQUAN, INTAKE_M, BACKUP_FROM = "61990002", 74.40, 73


@dataclass(frozen=True)
class Balance:
    """A reservoir through the drought: index 0 is the beginning, d the end of day d. m³ a day."""

    stage: Floats  # m
    storage: Floats
    rain: Floats
    evaporation: Floats
    seepage: Floats
    domestic: Floats
    irrigation: Floats


def evaporation_mm(day: int) -> float:
    """Evaporation of open water on a day of the drought, mm."""
    return 6.0 if day <= 40 else 6.0 - 3.0 * (day - 40) / 50


def irrigation_share(day: int) -> float:
    """Share of the base irrigation that is still given on a day."""
    return next(share for last, share in IRRIGATION_STEPS if day <= last)


def run(reservoir: Reservoir) -> Balance:
    """Take a reservoir through the 90 days, in one step a day."""
    columns = np.zeros((7, DAYS + 1))
    curve, stage = reservoir.curve, START_M[reservoir.code]
    volume = curve.storage_m3(stage)
    columns[:2, 0] = stage, volume
    for day in range(1, DAYS + 1):
        gained, taken = _moved(reservoir, stage, volume, day=day)
        volume = max(volume + gained - sum(taken), 0.0)
        stage = curve.stage_m(volume)
        columns[:, day] = stage, volume, gained, *taken
    return Balance(*columns)


def _moved(
    reservoir: Reservoir, stage: float, volume: float, *, day: int
) -> tuple[float, tuple[float, float, float, float]]:
    """(rain, (evaporation, seepage, domestic, irrigation)) of a day, m³."""
    surface = reservoir.curve.area_m2(stage)
    basin = reservoir.area_km2 * 1e6
    rain = RAIN_MM.get(day, 0.0) / 1_000 * (surface + BANKS * (basin - surface))
    evaporation = evaporation_mm(day) / 1_000 * surface
    domestic = float(DOMESTIC_M3_A_DAY.get(reservoir.code, 0))
    if reservoir.code == QINGQUAN and day >= BACKUP_FROM:
        domestic = 0.0
    irrigation = 0.0
    if stage >= reservoir.drought_limit:
        irrigation = IRRIGATION_M3_A_DAY[reservoir.code] * irrigation_share(day)
    # Only what lies above dead level can be taken; people come before fields.
    usable = max(volume - reservoir.curve.storage_m3(reservoir.dead), 0.0)
    domestic = min(domestic, usable)
    irrigation = min(irrigation, usable - domestic)
    return rain, (evaporation, SEEPAGE_A_DAY * volume, domestic, irrigation)


def outer_river(day: float) -> float:
    """Stage of the outer river in m, `day` days after the drought's beginning."""
    return 20.0 + 4.4 * float(2.0 ** (-day / 28))


def dry_days() -> list[int]:
    """Days without effective rain at the end of each day, index 0 the beginning."""
    run_of = [0]
    for day in range(1, DAYS + 1):
        run_of.append(0 if RAIN_MM.get(day, 0.0) >= EFFECTIVE_MM else run_of[-1] + 1)
    return run_of
