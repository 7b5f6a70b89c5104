"""Seepage weirs and piezometers in four dams: they follow the stage, slowly."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from floodwatch.sources.simulator.stations import RESERVOIRS
from floodwatch.sources.simulator.weather import fading

Floats = NDArray[np.float64]

SEED = 6199
# Reservoir -> (seepage weirs S1…, piezometers P1…).
INSTRUMENTS = {"61990001": (2, 3), "61990002": (1, 2), "61990003": (1, 2), "61990004": (1, 1)}
LAG_H = 36.0


def readings(stages: Mapping[str, Floats]) -> dict[tuple[str, str, str], Floats]:
    """(station, gauge, variable) -> values at the hours of `stages` (m, by reservoir)."""
    values: dict[tuple[str, str, str], Floats] = {}
    for reservoir in RESERVOIRS:
        weirs, pipes = INSTRUMENTS.get(reservoir.code, (0, 0))
        if not weirs:
            continue
        rng = np.random.default_rng((SEED, int(reservoir.code)))
        head = _lagged(stages[reservoir.code]) - reservoir.bed
        for k in range(1, weirs + 1):
            seepage = (0.10 + 0.05 * k) * np.maximum(head, 0) ** 1.2 / 4
            scatter = rng.normal(0, 0.01, len(head))
            values[(reservoir.code, f"S{k}", "seepage")] = np.round(seepage * (1 + scatter), 2)
        for k in range(1, pipes + 1):
            stage = reservoir.bed + head * (0.75 - 0.18 * k) - 0.5
            scatter = rng.normal(0, 0.004, len(head))
            values[(reservoir.code, f"P{k}", "piezometric_stage")] = np.round(stage + scatter, 2)
    return values


def _lagged(stage: Floats) -> Floats:
    """The stage as the inside of the dam knows it: a mean that forgets by half in LAG_H hours."""
    weight = 1 - 0.5 ** (1 / LAG_H)
    first = float(stage[0])
    return np.asarray(first + weight * fading(stage - first, half_life_h=LAG_H))
