"""Rural water plants and their backup sources, by the hour: nothing is wrong with them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import DAY, HOUR
from floodwatch.sources.simulator.weather import LOCAL, fading

Floats = NDArray[np.float64]

SEED = 6199


@dataclass(frozen=True)
class Plant:
    """A plant: what it delivers a day, and how far rain clouds its raw water."""

    code: str
    name: str
    m3_a_day: float
    clouding: float  # NTU by 100 mm of recent rain, after the filters


PLANTS = (
    Plant("61990091", "示范龙潭水厂", 600, 0.30),
    Plant("61990092", "示范清泉水厂", 260, 0.35),
    Plant("61990093", "示范井水厂", 150, 0.05),
    Plant("61990094", "示范新塘水厂", 180, 0.40),
)
BACKUPS = ("61990095", "61990096")

_NIGHT, _DAY = (0.35, 0.3, 0.3, 0.3, 0.5, 0.9), (1.5, 1.7, 1.3, 1.0, 1.1, 1.4, 1.2, 0.9, 0.8, 0.9)
_EVENING = (1.2, 1.6, 1.8, 1.5, 1.2, 0.9, 0.7, 0.45)
_DEMAND = np.array((*_NIGHT, *_DAY, *_EVENING))


def readings(times: NDArray[np.int64], rain_mm: Floats) -> dict[tuple[str, str], Floats]:
    """(station, variable) -> values at `times` (whole hours); `rain_mm` fell in each hour."""
    hour = ((times + LOCAL) % DAY) // HOUR
    demand = _DEMAND[hour] / _DEMAND.mean()
    wet = fading(rain_mm, half_life_h=36)
    values: dict[tuple[str, str], Floats] = {}
    for plant in PLANTS:
        rng = np.random.default_rng((SEED, int(plant.code)))
        scatter = rng.normal(0, 1, (5, len(times))).clip(-2.5, 2.5)
        cloud = np.minimum(plant.clouding * wet / 100, 0.35)
        columns = {
            "turbidity": np.round(0.35 + cloud + 0.05 * scatter[0], 2),
            "residual_chlorine": np.round(0.55 + 0.05 * scatter[1] - 0.04 * (demand - 1), 2),
            "pressure": np.round(265 - 18 * (demand - 1) + 4 * scatter[2]),
            "flow": np.round(plant.m3_a_day / 86_400 * demand * (1 + 0.03 * scatter[3]), 4),
            "stage": np.round(2.8 - 0.35 * (demand - 1) + 0.03 * scatter[4], 2),
        }
        values |= {(plant.code, variable): column for variable, column in columns.items()}
    for code in BACKUPS:
        values[(code, "flow")] = np.zeros(len(times))
    return values
