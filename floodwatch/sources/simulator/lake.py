"""The town's water: ponding points, sump, pumps, gate and lake, in substeps of 30 s.

Order within a substep, as the stations depend on each other: points, sump, 三号, gate decision,
gate flow, 一号, 二号, lake. The points and the gate see sump and lake as the substep before left
them; the outer river stands at its value for the end of the step.
"""

from dataclasses import dataclass, field
from math import exp, sqrt

from floodwatch.sources.simulator.stations import (
    LAKE_FLOOR,
    LAKE_M2,
    LAKE_START,
    POINTS,
    SUMP_FLOOR,
    SUMP_M2,
    SUMP_START,
)

SUBSTEP_S = 30.0
GRAVITY = 9.81

GATE_WIDTH, GATE_OPENING, GATE_FACTOR = 6.0, 0.50, 0.62
GATE_ABOVE = 26.40  # the lake is not drained further by the gate

UNITS_1, STARTS_1, STOP_1 = 2.0, (26.55, 26.60, 26.65, 26.70), 26.45
UNITS_2, COUNT_2, ASK_2, STOP_2, DELAY_2_S = 3.0, 3, 26.85, 26.60, 40 * 60
UNITS_3, STARTS_3, STOP_3 = 0.6, (24.0, 24.3, 24.6), 23.50

SUMP_FULL, TO_SUMP_M, TO_LAKE_M = 25.60, 0.60, 0.60


def outer_river(hours: float) -> float:
    """Stage of the outer river in m, `hours` after the storm's beginning; 26.05 before it."""
    return 26.05 + 2.05 * (1 - exp(-((max(hours, 0.0) / 16) ** 1.5)))


@dataclass
class Flows:
    """Volumes of one step, m³."""

    runoff: float = 0.0
    gate: float = 0.0
    pump_1: float = 0.0
    pump_2: float = 0.0
    pump_3: float = 0.0


@dataclass
class Town:
    """Its state: water on the ground at each point, in the sump and the lake; who is running.

    `asked_at` is when 二号 was asked for, in seconds since the beginning; None when it is not.
    `length_s` is how long a substep is, `hold` down to which stage the gate drains the lake.
    """

    ponded: list[float] = field(default_factory=lambda: [0.0] * len(POINTS))  # m³
    sump: float = SUMP_M2 * (SUMP_START - SUMP_FLOOR)  # m³
    lake: float = LAKE_M2 * (LAKE_START - LAKE_FLOOR)  # m³
    gate_open: bool = True
    running_1: int = 0
    running_2: int = 0
    running_3: int = 0
    asked_at: float | None = None
    seconds: float = 0.0
    gate_flow: float = 0.0  # m³/s
    length_s: float = SUBSTEP_S
    hold: float = GATE_ABOVE

    @property
    def lake_stage(self) -> float:
        """Stage of the lake, m."""
        return LAKE_FLOOR + self.lake / LAKE_M2

    @property
    def sump_stage(self) -> float:
        """Stage of the sump, m."""
        return SUMP_FLOOR + self.sump / SUMP_M2

    def depths(self) -> list[float]:
        """Ponding depth at each point, m."""
        return [sqrt(v / p.bowl) for v, p in zip(self.ponded, POINTS, strict=True)]

    def substep(
        self, runoff: list[float], lateral: float, *, outer: float, tripped: bool, flows: Flows
    ) -> None:
        """Let `length_s` pass; `runoff` at the points, `lateral` to the lake: m³ in that time."""
        to_lake, to_sump = self._drain_points(runoff)
        self.sump += to_sump
        lifted = self._run_3(tripped=tripped)
        self._decide_gate(outer)
        drained = self._flow_gate(outer)
        pumped_1, pumped_2 = self._run_1(), self._run_2()
        self.lake += lateral + to_lake + lifted - drained - pumped_1 - pumped_2
        self.seconds += self.length_s
        flows.runoff += sum(runoff) + lateral
        flows.gate += drained
        flows.pump_1 += pumped_1
        flows.pump_2 += pumped_2
        flows.pump_3 += lifted

    def _drain_points(self, runoff: list[float]) -> tuple[float, float]:
        """Rain on, drains off: (to the lake, to the sump), m³. High water below holds drains up."""
        lake, sump = self.lake_stage, self.sump_stage
        to_sump_share = min(max((SUMP_FULL - sump) / TO_SUMP_M, 0.05), 1.0)
        to_lake = to_sump = 0.0
        for k, point in enumerate(POINTS):
            if point.outfall is None:
                share = to_sump_share
            else:
                share = min(max((point.outfall - lake) / TO_LAKE_M, 0.10), 1.0)
            volume = self.ponded[k] + runoff[k]
            drained = min(volume, point.drain_m3s * share * self.length_s)
            self.ponded[k] = volume - drained
            if point.outfall is None:
                to_sump += drained
            else:
                to_lake += drained
        return to_lake, to_sump

    def _run_3(self, *, tripped: bool) -> float:
        stage = self.sump_stage
        if stage < STOP_3:
            self.running_3 = 0
        else:
            self.running_3 = max(self.running_3, sum(stage >= start for start in STARTS_3))
        if tripped:
            self.running_3 = min(self.running_3, 1)
        lifted = min(self.sump, self.running_3 * UNITS_3 * self.length_s)
        self.sump -= lifted
        return lifted

    def _decide_gate(self, outer: float) -> None:
        lake = self.lake_stage
        if outer > lake - 0.02:
            self.gate_open = False
        elif outer < lake - 0.05:
            self.gate_open = True

    def _flow_gate(self, outer: float) -> float:
        head = self.lake_stage - outer
        self.gate_flow = 0.0
        if self.gate_open and head > 0 and self.lake_stage > self.hold:
            area = GATE_WIDTH * GATE_OPENING
            self.gate_flow = GATE_FACTOR * area * sqrt(2 * GRAVITY * head)
        return self.gate_flow * self.length_s

    def _run_1(self) -> float:
        stage = self.lake_stage
        if stage < STOP_1 or self.gate_open:
            self.running_1 = 0
        else:
            self.running_1 = max(self.running_1, sum(stage >= start for start in STARTS_1))
        return self.running_1 * UNITS_1 * self.length_s

    def _run_2(self) -> float:
        """二号 belongs to the city: it is asked for, and comes 40 minutes later."""
        stage = self.lake_stage
        if self.asked_at is None and stage >= ASK_2:
            self.asked_at = self.seconds
        if self.asked_at is None:
            return 0.0
        if self.seconds - self.asked_at >= DELAY_2_S:
            self.running_2 = COUNT_2
        if self.running_2 and stage < STOP_2:
            self.running_2, self.asked_at = 0, None
        return self.running_2 * UNITS_2 * self.length_s
