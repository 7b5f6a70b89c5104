"""The rain of the storm: what falls, step by step, and the tips a gauge makes of it."""

import numpy as np
from numpy.typing import NDArray

from floodwatch.sources.simulator.stations import RAIN_GAUGES, RainGauge

Floats = NDArray[np.float64]

STEPS, PER_HOUR = 576, 12
TIP_MM = 0.5

# depth mm, centre h after the beginning, width h
PULSES = ((26, 2.5, 1.1), (104, 7.75, 0.85), (30, 11.0, 1.2), (32, 17.5, 1.3), (12, 23.0, 1.5))
BURST = (22, 8.0, 0.25)


def storm_rain() -> dict[str, Floats]:
    """Rain in mm of each 5-minute step of the storm by gauge (R1…R6), before any tipping."""
    return {gauge.short: _fallen(gauge) for gauge in RAIN_GAUGES}


def _fallen(gauge: RainGauge) -> Floats:
    rain = np.zeros(STEPS)
    for depth, centre, width in PULSES:
        rain += gauge.factor * _pulse(depth, centre + gauge.shift_h, width)
    if gauge.burst:
        rain += _pulse(*BURST)
    return rain


def _pulse(depth: float, centre: float, width: float) -> Floats:
    """A bell of rain, cut where it is thinner than a thousandth of its height, sum = depth."""
    t = np.arange(1, STEPS + 1) / PER_HOUR
    weight = np.exp(-0.5 * ((t - centre) / width) ** 2)
    weight[weight < 0.001] = 0
    return np.asarray(depth * weight / weight.sum())


def weighted(rain: dict[str, Floats], weights: tuple[tuple[str, float], ...]) -> Floats:
    """Rain on a basin from its gauges."""
    return np.asarray(sum(share * rain[gauge] for gauge, share in weights))


def tips(rain_mm: Floats) -> Floats:
    """The gauge's running total in mm: whole tips only."""
    # A total that is a whole number of tips must not lose one to the last binary digit.
    return np.asarray(TIP_MM * np.floor(np.cumsum(rain_mm) / TIP_MM + 1e-9))
