"""Local times that exist twice, when clocks go back: which of the two, by the order of the file."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import DAY

Ints = NDArray[np.int64]


class _Reading(NamedTuple):
    line: int
    local: int
    first: int
    second: int
    value: float
    slot: int
    column: int
    text: str


@dataclass(slots=True)
class Decided:
    """Readings whose moment is known, and (line, column, text) of those whose is not."""

    slots: NDArray[np.int32]
    times: Ints
    values: NDArray[np.float64]
    lines: Ints
    undecided: list[tuple[int, int, str]]


@dataclass
class Twice:
    """Collects them while a file is read. `rising`: the file begins with the oldest times."""

    rising: bool = True
    _readings: dict[tuple[int, int], list[_Reading]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(
        self,
        slot: int,
        *,
        column: int,
        local: int,
        first: int,
        second: int,
        value: float,
        line: int,
        text: str,
    ) -> None:
        """One reading that may be at `first` or `second` (UTC ms)."""
        night = local // DAY
        reading = _Reading(line, local, first, second, value, slot, column, text)
        self._readings[slot, night].append(reading)

    def decide(self) -> Decided:
        """Where the local times of a series go back once, those before are the first."""
        taken: list[tuple[_Reading, int]] = []
        undecided = []
        for readings in self._readings.values():
            turn = _turn([reading.local for reading in readings], rising=self.rising)
            if turn is None:
                undecided += [(r.line, r.column, r.text) for r in readings]
                continue
            for index, reading in enumerate(readings):
                early = (index < turn) is self.rising
                taken.append((reading, reading.first if early else reading.second))
        taken.sort(key=lambda pair: pair[0].line)
        self._readings.clear()
        return Decided(
            np.array([r.slot for r, _ in taken], np.int32),
            np.array([time for _, time in taken], np.int64),
            np.array([r.value for r, _ in taken], np.float64),
            np.array([r.line for r, _ in taken], np.int64),
            undecided,
        )


def _turn(local: list[int], *, rising: bool) -> int | None:
    """Where the one step against the order of the file is; None: there is none, or several."""
    steps = np.diff(np.array(local, np.int64))
    against = np.flatnonzero(steps <= 0 if rising else steps >= 0)
    return int(against[0]) + 1 if against.size == 1 else None
