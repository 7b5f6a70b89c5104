"""Runoff of rain on a catchment, and its way to the outlet by a unit response."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Losses:
    """A runoff coefficient that grows with the rain already fallen.

    c = c1 − (c1 − c0)·exp(−(Σr + wet_mm)/k_mm), Σr from the beginning and including the step;
    `wet_mm` is the antecedent rain that counts.
    """

    dry: float  # c0
    soaked: float  # c1
    k_mm: float
    wet_mm: float

    def coefficient(self, fallen_mm: Floats) -> Floats:
        """Runoff coefficient when `fallen_mm` has fallen (cumulative)."""
        rest = np.exp(-(fallen_mm + self.wet_mm) / self.k_mm)
        return np.asarray(self.soaked - (self.soaked - self.dry) * rest)


def runoff_m3(rain_mm: Floats, area_km2: float, losses: Losses) -> Floats:
    """Runoff in m³ of each step from the rain of each step in mm on `area_km2`; not yet routed."""
    return losses.coefficient(np.cumsum(rain_mm)) * rain_mm * 1_000 * area_km2


def unit_response(concentration_h: float, *, step_h: float = 1 / 12, length_h: float = 8) -> Floats:
    """Shares of a step's runoff that arrive in the same step and the following ones; sum 1.

    h(x) ∝ x²·exp(−3x/Tc), x the end of each step in hours: the gamma curve of Nash's cascade with
    three reservoirs and mean time Tc.
    """
    x = np.arange(1, round(length_h / step_h) + 1) * step_h
    h = x**2 * np.exp(-3 * x / concentration_h)
    return np.asarray(h / h.sum())


def route(runoff: Floats, response: Floats) -> Floats:
    """Runoff as it arrives, same steps; what would arrive after the last step is not in it."""
    return np.asarray(np.convolve(runoff, response)[: len(runoff)])
