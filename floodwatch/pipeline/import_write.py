"""Writing what an import brings: the older part into blocks, the newer through ingest."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from floodwatch.hydrology.series import Series
from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.clock import MINUTE
from floodwatch.model.reading import Outcome, SeriesKey
from floodwatch.pipeline.import_order import Sorted
from floodwatch.pipeline.import_slots import Slot
from floodwatch.pipeline.newest import AHEAD
from floodwatch.quality.flagging import range_flags
from floodwatch.store import archive, imports, journal
from floodwatch.store.archive import Prepared
from floodwatch.store.blocks import Overwritten
from floodwatch.store.database import Database, Transaction
from floodwatch.store.journal import JOURNAL_SPAN, Quarantined, SeriesMap

MOST_BLOCKS = 20  # a transaction: live readings wait no longer than it takes
_BATCH = 500
_TRIES = 5


class Group(NamedTuple):
    """Readings of one slot, sorted; values as the file has them. `lines` are in the same order."""

    slot: Slot
    readings: Sorted
    lines: NDArray[np.int64]


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


class Submit(Protocol):
    """The way into ingest: returns after the commit."""

    def __call__(self, batch: Batch, /) -> Receipt: ...


@dataclass
class Store:
    """Where an import writes to. Without an `import_id` nothing is written, only compared."""

    database: Database
    series: SeriesMap
    submit: Callable[[Batch], Receipt]
    now: int
    import_id: int | None
    source: str
    notify: bool = False
    touched: set[int] = field(default_factory=set)

    def write(self, groups: Sequence[Group]) -> list[Written]:
        """Write groups of readings; each slot's ends in the order of the groups."""
        ids = self._ids({group.slot.key for group in groups})
        with self.database.read() as connection:
            sealed = journal.sealed_until(connection, ids.values())
        done = [Written(group) for group in groups]
        self._write_blocks(done, ids, sealed)
        for written in done:
            border = self._border(written.group.slot.key, ids, sealed)
            self._write_newer(written, border, ids.get(written.group.slot.key))
        return done

    def _ids(self, keys: Iterable[SeriesKey]) -> dict[SeriesKey, int]:
        wanted = sorted(keys)
        with self.database.read() as connection:
            known = self.series.ids(connection, wanted, now=self.now, create=False)
        if self.import_id is None or len(known) == len(wanted):
            return known
        for start in range(0, len(wanted), _BATCH):
            with self.database.write(yielding=True) as tx:
                part = wanted[start : start + _BATCH]
                known |= self.series.ids(tx, part, now=self.now)
        return known

    def _border(self, key: SeriesKey, ids: dict[SeriesKey, int], sealed: dict[int, int]) -> int:
        return sealed.get(ids.get(key, -1), self.now - JOURNAL_SPAN)

    # -- blocks ---------------------------------------------------------------------------------

    def _write_blocks(
        self, done: list[Written], ids: dict[SeriesKey, int], sealed: dict[int, int]
    ) -> None:
        pending: list[tuple[Prepared, _Part]] = []
        waiting: set[int] = set()
        blocks = 0
        for part in self._parts(done, ids, sealed):
            if part.series_id in waiting or blocks >= MOST_BLOCKS:
                self._commit(pending)
                pending, waiting, blocks = [], set(), 0
            with self.database.read() as connection:
                prepared = archive.prepare(connection, part.series_id, part.series)
            if self.import_id is None or not prepared.blocks:
                part.count(prepared.overwritten)
                self.touched.add(part.series_id)
                continue
            pending.append((prepared, part))
            waiting.add(part.series_id)
            blocks += prepared.blocks
        self._commit(pending)

    def _parts(
        self, done: list[Written], ids: dict[SeriesKey, int], sealed: dict[int, int]
    ) -> Iterator["_Part"]:
        for written in done:
            key = written.group.slot.key
            older = _older(written.group, self._border(key, ids, sealed))
            if not older.times.size:
                continue
            series_id = ids.get(key)
            if series_id is None:  # a dry run, and nothing is stored of it yet
                _count_new(written, older)
                continue
            with self.database.read() as connection:
                portions = archive.portions(
                    connection, series_id, _canonical(written.group.slot, older), most=MOST_BLOCKS
                )
            start = 0
            for portion in portions:
                end = start + portion.size
                first = written.group.slot.canonical(older.first[start:end])
                yield _Part(written, series_id, portion, first)
                start = end
            _count_repeats(written, older)

    def _commit(self, pending: list[tuple[Prepared, "_Part"]]) -> None:
        if not pending:
            return
        again: list[_Part] = []
        with self.database.write(yielding=True) as tx:
            for prepared, part in pending:
                before = archive.commit(tx, prepared)
                if before is None:  # somebody wrote there meanwhile
                    again.append(part)
                else:
                    self._book(tx, part, before)
        for part in again:
            self._insist(part)

    def _insist(self, part: "_Part") -> None:
        for _ in range(_TRIES):
            with self.database.read() as connection:
                prepared = archive.prepare(connection, part.series_id, part.series)
            with self.database.write(yielding=True) as tx:
                before = archive.commit(tx, prepared)
                if before is not None:
                    self._book(tx, part, before)
                    return
        with self.database.write(yielding=True) as tx:
            self._book(tx, part, archive.merge(tx, part.series_id, part.series))

    def _book(self, tx: Transaction, part: "_Part", before: Overwritten) -> None:
        """Keep what was overwritten, in the transaction that overwrites it."""
        assert self.import_id is not None  # noqa: S101 - a dry run does not commit
        changed = ~before.duplicate
        times = before.times[changed]
        imports.record_delta(
            tx,
            self.import_id,
            part.series_id,
            times=times,
            old_values=before.values[changed],
            absent=before.absent[changed],
            old_quality=before.quality[changed],
        )
        if times.size:
            journal.mark_dirty(tx, {part.series_id: (int(times[0]), int(times[-1]))})
        self.touched.add(part.series_id)
        tx.after_commit(lambda: part.count(before))

    # -- the newer part ---------------------------------------------------------------------------

    def _write_newer(self, written: Written, border: int, series_id: int | None) -> None:
        """Readings the journal still holds go the way of live ones, marked as imported."""
        group, readings = written.group, written.group.readings
        start = int(np.searchsorted(readings.times, border))
        for low in range(start, readings.times.size, _BATCH):
            high = min(low + _BATCH, readings.times.size)
            with self.database.read() as connection:
                known = _known(connection, series_id, readings.times[low:high])
            outcomes, reasons = self._hand_on(group, low, high, known)
            for index, outcome in enumerate(outcomes, low):
                repeated = readings.part(index, index + 1)
                if outcome in (Outcome.QUARANTINED, Outcome.REJECTED, Outcome.MISSING):
                    reason = reasons.get(index - low, "")
                    written.refusals.append(Refusal(group, index, outcome, reason))
                    written.counts[outcome] += 1 + sum(repeated.repeats())
                else:
                    written.counts[_first_outcome(group, index, known)] += 1
                    _count_repeats(written, repeated)

    def _hand_on(
        self, group: Group, low: int, high: int, known: dict[int, float]
    ) -> tuple[Sequence[Outcome], dict[int, str]]:
        if self.import_id is None:
            ahead = group.readings.times[low:high] - self.now
            late = Outcome.QUARANTINED
            found = [late if gap > AHEAD else Outcome.STORED for gap in ahead.tolist()]
            return found, {
                i: f"time is {gap // MINUTE} min ahead of the service's clock"
                for i, gap in enumerate(ahead.tolist())
                if gap > AHEAD
            }
        pairs = zip(
            group.readings.times[low:high].tolist(),
            group.readings.values[low:high].tolist(),
            strict=True,
        )
        raw = group.slot.raw
        readings = tuple(replace(raw, time=time, value=value) for time, value in pairs)
        batch = Batch(self.source, readings, import_id=self.import_id, notify=self.notify)
        receipt = self.submit(batch)
        return receipt.outcomes, {r.index: r.reason for r in receipt.rejected}

    # -- set apart, and the end -------------------------------------------------------------------

    def set_apart(self, misdated: Sequence[Misdated]) -> None:
        """Quarantine readings whose date cannot be right."""
        if self.import_id is None or not misdated:
            return
        ids = self._ids({entry.slot.key for entry in misdated})
        rows = [
            Quarantined(ids[entry.slot.key], time, value, self.now, "misdated", self.source)
            for entry in misdated
            for time, value in zip(entry.times.tolist(), entry.values.tolist(), strict=True)
        ]
        for start in range(0, len(rows), _BATCH):
            part = [row._replace(import_id=self.import_id) for row in rows[start : start + _BATCH]]
            with self.database.write(yielding=True) as tx:
                journal.quarantine(tx, part)
                imports.hold_again(tx, self.import_id, [(r.series_id, r.time) for r in part])

    def finish(self) -> None:
        """Bring the latest values up to date for everything written into blocks."""
        if self.import_id is None:
            return
        ids = sorted(self.touched)
        for start in range(0, len(ids), _BATCH):
            with self.database.write(yielding=True) as tx:
                journal.recompute_latest(tx, ids[start : start + _BATCH], now=self.now)
        self.touched.clear()


@dataclass(slots=True)
class _Part:
    """A portion of a group on its way into blocks; `first`: first value of the file a time."""

    written: Written
    series_id: int
    series: Series
    first: NDArray[np.float64]

    def count(self, before: Overwritten) -> None:
        """Count what the first value of each time met there."""
        absent = int(before.absent.sum())
        same = int((~before.absent & (before.values == self.first)).sum())
        self.written.counts[Outcome.STORED] += absent
        self.written.counts[Outcome.DUPLICATE] += same
        self.written.counts[Outcome.CORRECTED] += self.first.size - absent - same


def _older(group: Group, border: int) -> Sorted:
    end = int(np.searchsorted(group.readings.times, border))
    return group.readings.part(0, end)


def _canonical(slot: Slot, readings: Sorted) -> Series:
    values = slot.canonical(readings.values)
    return Series(readings.times, values, range_flags(values, slot.limits))


def _count_new(written: Written, readings: Sorted) -> None:
    written.counts[Outcome.STORED] += readings.times.size
    _count_repeats(written, readings)


def _count_repeats(written: Written, readings: Sorted) -> None:
    again, changed = readings.repeats()
    written.counts[Outcome.DUPLICATE] += again
    written.counts[Outcome.CORRECTED] += changed


def _known(
    connection: Connection, series_id: int | None, times: NDArray[np.int64]
) -> dict[int, float]:
    if series_id is None:
        return {}
    pairs = [(series_id, time) for time in times.tolist()]
    found = journal.stored(connection, pairs)
    return {time: value for (_, time), (value, _) in found.items()}


def _first_outcome(group: Group, index: int, known: dict[int, float]) -> Outcome:
    """What the file's first value of a time met; its repeats are counted on their own."""
    old = known.get(int(group.readings.times[index]))
    if old is None:
        return Outcome.STORED
    first = group.slot.canonical(group.readings.first[index : index + 1])
    return Outcome.DUPLICATE if float(first[0]) == old else Outcome.CORRECTED
