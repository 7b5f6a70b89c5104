"""The gauges' side: what they say, late, twice, wrong or not at all, and for what they have a
receipt. A device keeps what it has no receipt for, and says it again."""

import heapq
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.clock import MINUTE
from floodwatch.model.reading import Outcome, RawReading
from tests.faults import district
from tests.faults.storms import STEP, Gauge

SENTINELS = (None, -9999.0, 9999.999, math.nan)
KEPT = frozenset({Outcome.STORED, Outcome.CORRECTED, Outcome.DUPLICATE})
SPIKES = {"ponding_depth": 0.6, "stage": 1.2}


@dataclass(frozen=True)
class Accepted:
    """A reading for which there is a receipt."""

    gauge: Gauge
    time: int
    value: float
    outcome: Outcome


@dataclass
class Devices:
    """All gauges of the district and the lines on which they report."""

    truth: dict[Gauge, NDArray[np.float64]]
    start: int
    chance: random.Random
    waiting: list[tuple[int, int, RawReading]] = field(default_factory=list)  # when it is said
    unconfirmed: list[RawReading] = field(default_factory=list)
    stored: dict[Gauge, dict[int, float]] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)  # station -> when it had a receipt, true
    silent_until: dict[str, int] = field(default_factory=dict)
    _count: int = 0

    def hush(self, number: int, until: int) -> str:
        """A station falls silent."""
        codes = sorted(district.stations())
        code = codes[number % len(codes)]
        self.silent_until[code] = until
        return code

    def say(self, step: int, now: int) -> None:
        """The reports of one step go on their way."""
        time = self.start + step * STEP
        for gauge, series in self.truth.items():
            if self.silent_until.get(gauge.station, 0) > now:
                continue
            for at, reading in self._spoilt(gauge, time, float(series[step]), now):
                self._count += 1
                heapq.heappush(self.waiting, (at, self._count, reading))

    def _spoilt(
        self, gauge: Gauge, time: int, value: float, now: int
    ) -> Iterator[tuple[int, RawReading]]:
        luck = self.chance.random()
        said: float | None = value
        at = now
        if luck < 0.002:
            said = self.chance.choice(SENTINELS)
        elif luck < 0.006:
            at += int(self.chance.expovariate(1 / (25 * MINUTE)))
        elif luck < 0.0075 and gauge.variable in SPIKES:
            said = round(value + SPIKES[gauge.variable], 2)
        elif luck < 0.0082:
            time += int(self.chance.uniform(20, 400) * MINUTE)
        reading = RawReading(
            gauge.station, gauge.variable, time, said, gauge=gauge.gauge, period=gauge.period
        )
        yield at, reading
        if 0.01 < luck < 0.014:
            yield now + int(self.chance.uniform(0, 20) * MINUTE), reading

    def batch(self, now: int) -> Batch | None:
        """What is said now, and what was said without a receipt."""
        due, self.unconfirmed = self.unconfirmed, []
        while self.waiting and self.waiting[0][0] <= now:
            due.append(heapq.heappop(self.waiting)[2])
        return Batch("simulated", tuple(due)) if due else None

    def refused(self, batch: Batch) -> None:
        """No receipt: it is kept."""
        self.unconfirmed = [*batch.readings, *self.unconfirmed]

    def confirmed(self, batch: Batch, receipt: Receipt, *, now: int) -> list[Accepted]:
        """There is a receipt; what it accepts."""
        found = []
        for reading, outcome in zip(batch.readings, receipt.outcomes, strict=True):
            gauge = Gauge(reading.station, reading.variable, reading.gauge or "1")
            if reading.value is None or not math.isfinite(reading.value):
                continue
            if outcome in KEPT:
                self.stored.setdefault(gauge, {})[reading.time] = reading.value
                self.heard[gauge.station] = now
            if outcome in KEPT or outcome is Outcome.QUARANTINED:
                found.append(Accepted(gauge, reading.time, reading.value, outcome))
        return found
