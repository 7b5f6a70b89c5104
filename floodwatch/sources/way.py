"""What a source works with: the way in for its readings, and the account it gives of itself."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.clock import Clock, SystemClock
from floodwatch.model.district import District
from floodwatch.model.reading import Outcome, RawReading
from floodwatch.model.source import NOTHING, Counts, Note, Refusal, joined

LONGEST = 200  # characters of an error or a reason that are kept


@dataclass
class Way:
    """Safe to share by threads. What is noted is gathered in memory; the engine writes it down.

    `name` is the source's, such as "mqtt:north"; `submit` returns after the commit.
    """

    name: str
    kind: str
    submit_batch: Callable[[Batch], Receipt]
    district: Callable[[], District]
    now: Callable[[], int] = SystemClock().wall  # service ms
    clock: Clock = field(default_factory=SystemClock)
    polls: bool = False  # whether it works, its polls tell; else whatever it takes
    cursor: Any = None  # where the source goes on, as it was last noted
    write_down: Callable[["Way"], object] = lambda way: None
    # the same as submit_batch, with the cursor kept in the transaction of the readings
    submit_placed: Callable[[Batch, Any], Receipt] | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _note: Note = NOTHING

    def submit(
        self,
        readings: Sequence[RawReading],
        *,
        stations: frozenset[str] | None = None,
        cursor: Any = None,
    ) -> Receipt:
        """Hand readings in and note what became of them. StorageError: hand them in again.

        With a `cursor`, where to go on is kept in the transaction of the readings.
        """
        batch = Batch(self.name, tuple(readings), stations=stations)
        if cursor is None:
            receipt = self.submit_batch(batch)
        elif self.submit_placed is None:
            receipt = self.submit_batch(batch)
            self.goes_on(cursor)
        else:  # it is kept already: noted once more, it could come after a newer one
            receipt = self.submit_placed(batch, cursor)
            self.cursor = cursor
        self.took(readings, receipt)
        return receipt

    def took(self, readings: Sequence[RawReading], receipt: Receipt) -> None:
        """Note a receipt: its counts, its refusals, the newest reading that is stored."""
        held = [r for r in receipt.rejected if receipt.outcomes[r.index] is Outcome.REJECTED]
        stored = (Outcome.STORED, Outcome.CORRECTED)
        counts = Counts(
            len(receipt.outcomes),
            sum(receipt.count(outcome) for outcome in stored),
            receipt.count(Outcome.DUPLICATE),
            receipt.count(Outcome.REJECTED),
        )
        known = (*stored, Outcome.DUPLICATE)
        times = [r.time for r, o in zip(readings, receipt.outcomes, strict=True) if o in known]
        refusals = [
            Refusal(f"{readings[r.index].station} {readings[r.index].variable}", short(r.reason))
            for r in reversed(held[-20:])
        ]
        self._add(
            Note(
                tried=not self.polls,
                worked=not self.polls,
                newest=max(times, default=None),
                counts=counts,
                refusals=tuple(dict.fromkeys(refusals)),
            )
        )

    def brought(self, counts: Counts, *, newest: int | None) -> None:
        """Note what became of values that went another way than `submit`, as those of a file."""
        self._add(Note(counts=counts, newest=newest))

    def worked(self) -> None:
        """The source works, whether or not it brought anything; listeners say so once a minute."""
        self._add(Note(tried=True, worked=True))

    def failed(self, error: str | Exception) -> None:
        """The source does not work."""
        told = f"{type(error).__name__}: {error}" if isinstance(error, Exception) else error
        self._add(Note(tried=True, failures=1, error=short(told)))

    def refused(self, what: str, why: str, *, count: int = 0) -> None:
        """Something was not taken before it became readings; `count` values were in it."""
        refusal = Refusal(short(what), short(why))
        self._add(Note(counts=Counts(taken=count, rejected=count), refusals=(refusal,)))

    def missing(self, count: int) -> None:
        """So many values were empty."""
        self._add(Note(counts=Counts(taken=count)))

    def goes_on(self, cursor: Any) -> None:
        """Where to go on after a restart; to be called when all before it is committed."""
        self.cursor = cursor
        self._add(Note(cursor=cursor))

    def note(self) -> Note | None:
        """What is to be written down, once; None when nothing happened."""
        with self._lock:
            found, self._note = self._note, NOTHING
        return None if found == NOTHING else found

    def give_back(self, note: Note) -> None:
        """It could not be written down: it will be asked for again."""
        with self._lock:
            self._note = joined(note, self._note)

    def _add(self, note: Note) -> None:
        with self._lock:
            self._note = joined(self._note, note)


def short(text: str) -> str:
    """One line of bounded length."""
    return " ".join(text.split())[:LONGEST]
