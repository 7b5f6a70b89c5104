"""Where in a file each buffered reading came from; looked up only for those that are refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Span = tuple[int, int]


class Portion(NamedTuple):
    """Readings put into the buffer at once, from place `start` on, brought together by series.

    `slots` has each series once, its readings lie between two of `bounds`. `order` is where each
    was in the portion (None: as they came); `lines` the numbers of the lines, or the first.
    """

    start: int
    slots: list[int]
    bounds: list[int]
    lines: int | Ints
    order: Ints | None


class Lines:
    """The portions of a full buffer: the places of each series, and the lines of places."""

    def __init__(self, portions: Sequence[Portion]) -> None:
        self._portions = list(portions)
        self._starts = np.array([portion.start for portion in portions], np.int64)

    def spans(self) -> Iterator[tuple[int, list[Span]]]:
        """Each slot with the places of its readings, in the order of the file."""
        found: dict[int, list[Span]] = {}
        for start, slots, bounds, _, _ in self._portions:
            for place, slot in enumerate(slots):
                span = (start + bounds[place], start + bounds[place + 1])
                found.setdefault(slot, []).append(span)
        yield from sorted(found.items())

    def at(self, places: Ints) -> Ints:
        """The line numbers of readings at these places."""
        found = np.empty(places.size, np.int64)
        owner = np.searchsorted(self._starts, places, side="right") - 1
        for number in np.unique(owner).tolist():
            start, _, _, lines, order = self._portions[number]
            mine = owner == number
            offset = places[mine] - start
            offset = offset if order is None else order[offset]
            found[mine] = offset + lines if isinstance(lines, int) else lines[offset]
        return found


@dataclass(frozen=True, slots=True)
class Places:
    """Places in the buffer: those of some spans, or of these `picked` ones."""

    spans: list[Span]
    picked: Ints | None = None

    def some(self, which: slice | NDArray[Any]) -> "Places":
        """Some of them: a part, those of a mask, or by their number."""
        return Places(self.spans, self.all()[which])

    def all(self) -> Ints:
        """Every one of them."""
        if self.picked is not None:
            return self.picked
        return np.concatenate([np.arange(start, end) for start, end in self.spans])

    def one(self, number: int) -> int:
        """The place of one of them."""
        if self.picked is not None:
            return int(self.picked[number])
        for start, end in self.spans:
            if number < end - start:
                return start + number
            number -= end - start
        raise IndexError(number)


@dataclass(frozen=True, slots=True)
class Line:
    """The line of each reading of a group."""

    lines: Lines
    places: Places

    def of(self, place: int) -> int:
        """The line of one reading."""
        return int(self.lines.at(np.array([self.places.one(place)]))[0])


def joined(column: NDArray[Any], spans: list[Span]) -> NDArray[Any]:
    """A copy of some spans of a column, one after the other."""
    return np.concatenate([column[start:end] for start, end in spans])
