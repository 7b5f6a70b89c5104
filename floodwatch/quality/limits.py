"""What is believable of each gauge: ranges, and the fastest change its water allows.

A reservoir's stage: all rain of 150 mm/h on its catchment runs into it at once, so
dz/dt <= A * 150 mm/h / area(z), the area being the slope of the storage curve (PRACTICE 16). Rain:
nothing above 220 mm * sqrt(hours), a tenth over the largest hour measured in China (Zhengzhou 2021,
201.9 mm), of the form of the known envelope of record rains.
"""

import bisect
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import HOUR
from floodwatch.model.station import Gauge, Station, StationKind
from floodwatch.model.variable import VARIABLES, Nature

BELIEVABLE_RAIN = 0.150  # m/h on the catchment
BELIEVABLE_DEPTH = 220.0  # mm in an hour at a gauge
DEEPEST_STREET = 5.0  # m
ABOVE_CREST, BELOW_BED = 5.0, 1.0  # m: a dam that is overtopped is not "out of range"
SMALLEST_AREA = 200.0  # m²: near the bed of a curve its slope tells nothing
STAGES = frozenset({"stage", "tail_stage", "piezometric_stage"})
# Largest believable change of stage, m/h, where no curve tells it.
STAGE_RATE = {
    StationKind.RESERVOIR: 3.0,
    StationKind.RIVER: 1.0,
    StationKind.LAKE: 1.0,
    StationKind.PUMP: 5.0,
}
OTHER_STAGE_RATE = 3.0
PONDING_RATE = 6.0  # 1 m in ten minutes
TOLERANCE = 0.02  # m: resolution and waves
PREDECESSOR = 2 * HOUR  # a reading older than this says nothing of how fast the next may differ
PONDING_FLAT = 6 * HOUR  # crests stand for an hour, water on a street does not stand for six


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one gauge in the canonical unit; rates per hour.

    Allowed change = rate * hours ** power + tolerance. `stages` and `rates` give the rate by stage
    where there is a storage curve. `flat` is the longest run (ms) of equal values above `dry`.
    """

    hard_low: float = -math.inf
    hard_high: float = math.inf
    soft_low: float = -math.inf
    soft_high: float = math.inf
    rise: float = math.inf
    fall: float = math.inf
    power: float = 1.0
    tolerance: float = 0.0
    flat: float = math.inf
    dry: float = math.inf
    gap: float = math.inf
    stages: tuple[float, ...] = ()
    rates: tuple[float, ...] = ()

    def rates_at(self, value: float) -> tuple[float, float]:
        """Largest believable rise and fall per hour from `value`."""
        if not self.stages or not math.isfinite(value):
            return self.rise, self.fall
        place = bisect.bisect_right(self.stages, value) - 1
        rate = self.rates[max(0, min(place, len(self.rates) - 1))]
        return rate, rate

    def rates_of(
        self, values: NDArray[np.float64]
    ) -> tuple[float | NDArray[np.float64], float | NDArray[np.float64]]:
        """The same for many values."""
        if not self.stages:
            return self.rise, self.fall
        places = np.searchsorted(np.array(self.stages), values, side="right") - 1
        rates = np.array(self.rates)[np.clip(places, 0, len(self.rates) - 1)]
        return rates, rates


def limits_of(gauge: Gauge, station: Station) -> Limits:
    """Everything believable of one gauge: its own settings first, then what its place allows."""
    known = VARIABLES[gauge.variable]
    rise, fall, power = _rates(gauge, station, known.nature)
    stages, rates = _by_stage(gauge, station)
    soft_low, soft_high = _soft(gauge, station)
    ponding = gauge.variable == "ponding_depth"
    return Limits(
        hard_low=known.minimum,
        hard_high=known.maximum,
        soft_low=soft_low,
        soft_high=soft_high,
        rise=rise,
        fall=fall,
        power=power,
        tolerance=TOLERANCE if ponding or gauge.variable in STAGES else 0.0,
        flat=PONDING_FLAT if ponding else math.inf,
        dry=TOLERANCE if ponding else math.inf,
        gap=station.reporting.silent_after,
        stages=stages,
        rates=rates,
    )


def _soft(gauge: Gauge, station: Station) -> tuple[float, float]:
    """The gauge's range, else what a mistaken unit or datum would leave."""
    low, high = -math.inf, math.inf
    if gauge.variable == "rainfall" and gauge.period > 0:
        high = BELIEVABLE_DEPTH * math.sqrt(gauge.period / HOUR)
    elif gauge.variable == "ponding_depth":
        high = DEEPEST_STREET
    elif gauge.variable == "stage" and station.kind is StationKind.RESERVOIR:
        high = math.inf if station.crest is None else station.crest + ABOVE_CREST
        low = station.curve[0][0] - BELOW_BED if station.curve else -math.inf
    return (
        low if gauge.minimum is None else gauge.minimum,
        high if gauge.maximum is None else gauge.maximum,
    )


def _rates(gauge: Gauge, station: Station, nature: Nature) -> tuple[float, float, float]:
    """(rise, fall, power) where no curve speaks."""
    if nature is Nature.INCREMENT:
        return math.inf, math.inf, 1.0
    if nature is Nature.COUNTER:
        rain = gauge.variable in ("rainfall_total", "rainfall_day")
        limit = gauge.rate or (BELIEVABLE_DEPTH if rain else math.inf)
        return limit, math.inf, 0.5 if rain and not gauge.rate else 1.0
    if gauge.rate is not None:
        return gauge.rate, gauge.rate, 1.0
    if gauge.variable == "ponding_depth":
        # A fast fall is a car that drives away; a false one is caught by the hold down.
        return PONDING_RATE, math.inf, 1.0
    if gauge.variable in STAGES:
        limit = STAGE_RATE.get(station.kind, OTHER_STAGE_RATE)
        return limit, limit, 1.0
    return math.inf, math.inf, 1.0


def _by_stage(gauge: Gauge, station: Station) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Believable rate by stage of a reservoir, from catchment and storage curve."""
    if (
        gauge.variable != "stage"
        or station.kind is not StationKind.RESERVOIR
        or gauge.rate is not None
        or not station.catchment
        or len(station.curve) < 2
    ):
        return (), ()
    inflow = station.catchment * 1e6 * BELIEVABLE_RAIN  # m³/h
    pairs = zip(station.curve, station.curve[1:], strict=False)
    stages, rates = [], []
    for (stage, storage), (above, more) in pairs:
        area = max((more - storage) / (above - stage), SMALLEST_AREA)
        stages.append(stage)
        rates.append(inflow / area)
    return tuple(stages), tuple(rates)
