"""A batch is what one source hands in at once; a receipt says what became of every reading."""

from dataclasses import dataclass, field

from floodwatch.model.reading import Outcome, RawReading


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings from one source, in its own order.

    `stations` limits what the source may write (None: all). `import_id` marks history that wakes
    nobody, unless `notify` releases what it finds. `source` is a short name for logs, such as
    "push:token-3" or "sl651".
    """

    source: str
    readings: tuple[RawReading, ...]
    stations: frozenset[str] | None = None
    import_id: int | None = None
    notify: bool = False


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why the reading at `index` of the batch was not taken."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """One outcome a reading, in order, and the reasons of those rejected or quarantined."""

    outcomes: tuple[Outcome, ...]
    rejected: tuple[Rejection, ...] = field(default=())

    def count(self, outcome: Outcome) -> int:
        """How many readings ended as `outcome`."""
        return self.outcomes.count(outcome)
