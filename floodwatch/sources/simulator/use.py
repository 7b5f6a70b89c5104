"""What is taken from the reservoirs: evaporation, seepage, village intakes, irrigation."""

import numpy as np
from numpy.typing import NDArray

from floodwatch.sources.simulator.stations import Reservoir
from floodwatch.sources.simulator.weather import fading, local_days

Floats = NDArray[np.float64]

SEEPAGE_A_DAY = 0.0008  # of what is stored
IRRIGATION_M3_A_DAY = dict(
    zip([f"6199000{n}" for n in range(1, 7)], (3600, 5200, 2300, 2600, 900, 1900), strict=True)
)
DOMESTIC_M3_A_DAY = {"61990001": 600, "61990002": 260, "61990004": 180}
# Share of the base irrigation by month, January first: paddies from May to September.
IRRIGATION_SHARE = (0, 0, 0, 0.1, 0.3, 0.3, 0.8, 0.9, 0.5, 0.1, 0, 0)
RAIN_SPARES_MM = 15.0  # nobody irrigates while this much has fallen of late


def lost_m3_a_day(reservoir: Reservoir, stage_m: float, evaporation_mm: float) -> float:
    """Evaporation from the water surface and seepage, m³ a day."""
    curve = reservoir.curve
    evaporated = evaporation_mm / 1_000 * curve.area_m2(stage_m)
    return evaporated + SEEPAGE_A_DAY * curve.storage_m3(stage_m)


def used_m3_a_day(reservoir: Reservoir, times: NDArray[np.int64], rain_mm: Floats) -> Floats:
    """Village intake and irrigation at each hour, m³ a day; only water above dead level serves."""
    month = np.array([day.month - 1 for day in local_days(times)])
    share = np.array(IRRIGATION_SHARE)[month]
    share[fading(rain_mm, half_life_h=72) > RAIN_SPARES_MM] = 0
    base = IRRIGATION_M3_A_DAY[reservoir.code]
    return np.asarray(DOMESTIC_M3_A_DAY.get(reservoir.code, 0) + base * share)
