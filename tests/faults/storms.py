"""Rain and what it does to the gauges: true series of every five minutes, from a seed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import MINUTE
from tests.faults import district

STEP = 5 * MINUTE
PER_HOUR = 12
HOURLY = ("seepage", "piezometric_stage", "rainfall_total")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Gauge:
    """One instrument as a source names it."""

    station: str
    variable: str
    gauge: str = "1"

    @property
    def period(self) -> int | None:
        """Of a rain gauge, the span of its amounts."""
        return STEP if self.variable == "rainfall" else None


def storms(chance: np.random.Generator, *, hours: float) -> dict[Gauge, Floats]:
    """The truth at each step: calm and storm in turn, each storm of a strength of its own."""
    steps = int(hours * PER_HOUR) + 2
    rain = _rain(chance, steps)
    found: dict[Gauge, Floats] = {}
    for number, (code, station) in enumerate(district.stations().items()):
        local = rain * chance.uniform(0.5, 1.3)
        local = np.floor(np.cumsum(local) / 0.5) * 0.5
        amounts = np.diff(local, prepend=0.0)
        for table in station["gauges"]:
            gauge = Gauge(code, table["variable"], str(table.get("gauge", "1")))
            if gauge.variable not in HOURLY:
                found[gauge] = _series(chance, gauge, station, amounts, number)
    return found


def _rain(chance: np.random.Generator, steps: int) -> Floats:
    """mm in each step: a storm about every eight hours."""
    rain = np.zeros(steps)
    at = int(chance.integers(2, 4 * PER_HOUR))
    while at < steps:
        length = int(chance.integers(PER_HOUR // 2, 4 * PER_HOUR))
        shape = np.sin(np.linspace(0.05, np.pi, length)) * chance.uniform(0.5, 1.5, length)
        peak = chance.choice([6.0, 20.0, 45.0, 90.0], p=[0.25, 0.3, 0.3, 0.15])
        end = min(steps, at + length)
        rain[at:end] += (peak / PER_HOUR * shape)[: end - at]
        at = end + int(chance.integers(2 * PER_HOUR, 9 * PER_HOUR))
    return rain


def _series(
    chance: np.random.Generator,
    gauge: Gauge,
    station: dict[str, Any],
    rain: Floats,
    number: int,
) -> Floats:
    kind, variable = station["kind"], gauge.variable
    if variable == "rainfall":
        return rain
    if variable == "battery":
        return np.round(12.6 + 0.1 * np.sin(np.arange(rain.size) / 40 + number), 2)
    low, high, hours = span(kind, gauge, station)
    wet = _stored(rain, hours) * chance.uniform(0.3, 1.4) / FULL.get(kind, 60.0)
    risen = low + (high - low) * np.minimum(wet, 1.25)
    if variable == "pumps_running":
        return np.asarray(np.floor(np.clip(wet * 3, 0, 3)), np.float64)
    if variable in ("flow", "gate_opening"):
        return np.asarray(np.round(np.clip(wet, 0, 2), 2), np.float64)
    ripple = 0.01 * (chance.integers(0, 12, rain.size) == 0)
    return np.asarray(np.round(risen + ripple, 2), np.float64)


FULL = {  # mm stored at which a gauge stands at its highest limit
    district.RESERVOIR: 70.0,
    district.CROSSING: 28.0,
    district.LAKE: 90.0,
    district.RIVER: 60.0,
    district.PUMP: 40.0,
    district.GATE: 80.0,
}
KEEPS = {  # hours after which a third of the water is left
    district.RESERVOIR: 7.0,
    district.CROSSING: 0.7,
    district.LAKE: 14.0,
    district.RIVER: 4.0,
    district.PUMP: 1.5,
    district.GATE: 12.0,
}


FOREBAYS = {  # of works that start by stage and have no limits of their own
    "61990021": (26.2, 27.0),
    "61990022": (26.4, 27.1),
    "61990023": (23.2, 25.0),
    "61990032": (26.1, 27.2),
}


def _stored(rain: Floats, hours: float) -> Floats:
    keeps = np.exp(-1 / (hours * PER_HOUR))
    water = np.empty(rain.size)
    held = 0.0
    for i, fallen in enumerate(rain.tolist()):
        held = held * keeps + fallen
        water[i] = held
    return water


def span(kind: str, gauge: Gauge, station: dict[str, Any]) -> tuple[float, float, float]:
    """From where to where a gauge rises, and for how long it keeps the water."""
    limits = [
        limit.value for limit in district.limits_of(gauge.station, gauge.variable, gauge.gauge)
    ]
    if not limits:
        low, high = FOREBAYS.get(gauge.station, (22.0, 23.0))
        return low, high, KEEPS.get(kind, 4.0)
    room = max(max(limits) - min(limits), 0.2)
    low = 0.0 if gauge.variable == "ponding_depth" else min(limits) - 0.5 * room
    return low, max(limits) + 0.1 * room, KEEPS.get(kind, 4.0)
