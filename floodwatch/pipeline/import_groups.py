"""Readings of an import on their way into the store, and what became of them."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.reading import Outcome
from floodwatch.pipeline.import_order import Sorted
from floodwatch.pipeline.import_slots import Slot


class LineOf(Protocol):
    """Tells the line number of a reading by its place in a group."""

    def of(self, place: int) -> int: ...


class Group(NamedTuple):
    """Readings of one slot, sorted; values as the file has them."""

    slot: Slot
    readings: Sorted
    line: LineOf


class Misdated(NamedTuple):
    """Readings of one slot that are set apart; canonical values."""

    slot: Slot
    times: NDArray[np.int64]
    values: NDArray[np.float64]


class Refusal(NamedTuple):
    """A reading that ingest did not take: the outcome for its line."""

    group: Group
    place: int
    outcome: Outcome
    reason: str


@dataclass(slots=True)
class Written:
    """What became of the readings of one group, repeats included."""

    group: Group
    counts: Counter[Outcome] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)
    left: int = 0  # not written, because the import was stopped
