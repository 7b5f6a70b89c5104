"""Local times that exist twice, when clocks go back: which of the two, by the order of the file."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import DAY

Ints = NDArray[np.int64]


class Cell(NamedTuple):
    """A reading of a row: its value column, its slot, and what the maker says of it."""

    column: int
    slot: int
    value: float
    quality: int


class Waiting(NamedTuple):
    """A row that may be at `first` or `second` (UTC ms), and its readings."""

    line: int
    local: int
    first: int
    second: int
    text: str
    cells: list[Cell]


@dataclass(slots=True)
class Decided:
    """Readings whose moment is known, and (line, column, text) of those whose is not."""

    slots: NDArray[np.int32]
    times: Ints
    values: NDArray[np.float64]
    lines: Ints
    quality: NDArray[np.int16] | None
    undecided: list[tuple[int, int, str]]


@dataclass
class Twice:
    """Collects the rows of such hours while a file is read."""

    _begin: int | None = None
    _end: int = 0
    _rows: dict[tuple[tuple[str, ...], int], list[Waiting]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def see(self, first: int, last: int) -> None:
        """Note the local times of the first and the last row of a piece of the file."""
        self._begin = first if self._begin is None else self._begin
        self._end = last

    def add(self, names: tuple[str, ...], row: Waiting) -> None:
        """Take a row of what these names stand for, in the order of the file.

        A row without any value counts too: it tells the order.
        """
        self._rows[names, row.local // DAY].append(row)

    def decide(self) -> Decided:
        """Where the local times go back once, those before are the first."""
        rising = self._begin is None or self._end >= self._begin
        taken: list[tuple[int, int, Cell]] = []
        undecided = []
        for rows in self._rows.values():
            turn = _turn([row.local for row in rows], rising=rising)
            for index, row in enumerate(rows):
                if turn is None:
                    undecided += [(row.line, cell.column, row.text) for cell in row.cells]
                    continue
                early = (index < turn) is rising
                taken += [(row.line, row.first if early else row.second, c) for c in row.cells]
        taken.sort(key=lambda entry: entry[0])
        self._rows.clear()
        quality = np.array([cell.quality for _, _, cell in taken], np.int16)
        return Decided(
            np.array([cell.slot for _, _, cell in taken], np.int32),
            np.array([time for _, time, _ in taken], np.int64),
            np.array([cell.value for _, _, cell in taken], np.float64),
            np.array([line for line, _, _ in taken], np.int64),
            quality if quality.any() else None,
            undecided,
        )


def _turn(local: list[int], *, rising: bool) -> int | None:
    """Where the one step against the order of the file is; None: there is none, or several."""
    steps = np.diff(np.array(local, np.int64))
    against = np.flatnonzero(steps <= 0 if rising else steps >= 0)
    return int(against[0]) + 1 if against.size == 1 else None
