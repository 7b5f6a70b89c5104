"""Writing what an import brings: the older part into blocks, the newer through ingest."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from floodwatch.hydrology.series import Series
from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.clock import MINUTE
from floodwatch.model.reading import Outcome, SeriesKey
from floodwatch.pipeline.import_groups import Group, Misdated, Refusal, Written
from floodwatch.pipeline.import_order import Sorted
from floodwatch.pipeline.import_quality import assessed, remarks
from floodwatch.pipeline.import_slots import Slot
from floodwatch.pipeline.newest import AHEAD
from floodwatch.store import archive, board, imports, journal
from floodwatch.store.archive import Prepared
from floodwatch.store.blocks import Head, Overwritten
from floodwatch.store.database import Database, Transaction
from floodwatch.store.imports import NewDelta
from floodwatch.store.journal import JOURNAL_SPAN, Quarantined, SeriesMap

MOST_BLOCKS = 8  # a transaction: live readings wait no longer than it takes
GRACE = 200_000  # readings: less than a second, so that little of what was read is lost
_BATCH = 500
_TRIES = 5


@dataclass
class Store:
    """Where an import writes to. Without an `import_id` nothing is written, only compared."""

    database: Database
    series: SeriesMap
    submit: Callable[[Batch], Receipt]  # the way into ingest: returns after the commit
    now: int
    import_id: int | None
    source: str
    notify: bool = False
    cancelled: Callable[[], bool] = lambda: False
    grace: int | None = None  # readings still to be written once the import was stopped
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

    def _is_over(self) -> bool:
        """Whether nothing more is written: it was stopped, and a little has been since."""
        if self.grace is None and self.cancelled():
            self.grace = GRACE
        return self.grace is not None and self.grace <= 0

    def _spend(self, readings: int) -> None:
        if self.grace is not None:
            self.grace -= readings

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
        """Prepare outside, commit a few at a time; a series' portions one after the other."""
        parts = _Ahead(self._parts(done, ids, sealed))
        while parts.more():
            if self._is_over():
                parts.leave()
                return
            with self.database.read() as connection:
                seen = board.revision(connection)
                ready = self._prepare(connection, parts)
            if self.import_id is not None:
                self._commit(ready, seen)
            for entry in ready:
                self.touched.add(entry.part.series_id)
                self._spend(entry.part.series.size)
                entry.part.count(entry.prepared.overwritten)

    def _prepare(self, connection: Connection, parts: "_Ahead") -> "list[_Ready]":
        ready: list[_Ready] = []
        taken: set[int] = set()
        blocks = 0
        while (part := parts.take(taken)) is not None:
            head, heads = archive.first_portion(
                connection, part.series_id, part.series, most=MOST_BLOCKS
            )
            if head.size < part.series.size:
                parts.put_back(part.some(slice(head.size, None)))
                part = part.some(slice(head.size))
            taken.add(part.series_id)
            ready.append(_Ready.of(connection, part, heads))
            blocks += ready[-1].prepared.blocks
            if blocks >= MOST_BLOCKS or len(ready) >= _BATCH:
                break
        return ready

    def _parts(
        self, done: list[Written], ids: dict[SeriesKey, int], sealed: dict[int, int]
    ) -> Iterator["_Part"]:
        for written in done:
            key = written.group.slot.key
            older = _older(written.group, self._border(key, ids, sealed))
            if not older.times.size:
                continue
            count_repeats(written, older)
            series_id = ids.get(key)
            if series_id is None:  # a dry run, and nothing is stored of it yet
                written.counts[Outcome.STORED] += older.times.size
                continue
            series = _canonical(written.group.slot, older)
            once = older.first is older.values
            first = series.values if once else written.group.slot.canonical(older.first)
            yield _Part(written, series_id, series, first)

    def _commit(self, ready: "list[_Ready]", seen: int) -> None:
        """`seen`: the revision of the database that they were prepared in."""
        changed = [entry for entry in ready if entry.prepared.blocks]
        again = []
        if changed:
            with self.database.write(yielding=True) as tx:
                again = self._commit_in(tx, changed, unmoved=tx.rev == seen + 1)
        for entry in again:
            self._insist(entry)

    def _commit_in(
        self, tx: Transaction, ready: "Sequence[_Ready]", *, unmoved: bool = False
    ) -> "list[_Ready]":
        """Commit those whose blocks are as they were when prepared; returns the others."""
        moved = archive.commit_all(tx, [entry.prepared for entry in ready], unmoved=unmoved)
        good = [entry for entry in ready if not any(entry.prepared is one for one in moved)]
        assert self.import_id is not None  # noqa: S101 - a dry run does not commit
        imports.record_deltas(tx, self.import_id, [e.delta for e in good if e.delta])
        spans = {e.part.series_id: e.delta.span for e in good if e.delta}
        journal.mark_dirty(tx, spans)
        return [entry for entry in ready if entry not in good]

    def _insist(self, entry: "_Ready") -> None:
        """Somebody wrote there meanwhile: prepare again, at last within the transaction."""
        for _ in range(_TRIES):
            with self.database.read() as connection:
                entry.prepare_again(connection)
            with self.database.write(yielding=True) as tx:
                if not self._commit_in(tx, [entry]):
                    return
        with self.database.write(yielding=True) as tx:
            entry.prepare_again(tx.connection)
            self._commit_in(tx, [entry])

    # -- the newer part ---------------------------------------------------------------------------

    def _write_newer(self, written: Written, border: int, series_id: int | None) -> None:
        """Readings the journal still holds go the way of live ones, marked as imported."""
        group, readings = written.group, written.group.readings
        start = int(np.searchsorted(readings.times, border))
        if start == readings.times.size:
            return
        found = remarks(group.slot, group.slot.canonical(readings.values), readings)
        group = group._replace(readings=readings._replace(quality=found))
        for low in range(start, readings.times.size, _BATCH):
            high = min(low + _BATCH, readings.times.size)
            if self._is_over():
                rest = readings.part(low, readings.times.size)
                written.left += rest.times.size + sum(rest.repeats())
                return
            self._spend(high - low)
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
                    count_repeats(written, repeated)

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
        given = group.readings.quality
        flags = [] if given is None else given[low:high].tolist()
        readings = tuple(
            replace(raw, time=time, value=value, quality=flag or None)
            for (time, value), flag in zip_longest(pairs, flags)
        )
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
    """Readings of a group on their way into blocks; `first`: first value of the file a time."""

    written: Written
    series_id: int
    series: Series
    first: NDArray[np.float64]

    def some(self, which: slice) -> "_Part":
        times, values, quality = self.series
        series = Series(times[which], values[which], quality[which])
        return _Part(self.written, self.series_id, series, self.first[which])

    def count(self, before: Overwritten) -> None:
        """Count what the first value of each time met there."""
        absent = int(before.absent.sum())
        same = int((~before.absent & (before.values == self.first)).sum())
        self.written.counts[Outcome.STORED] += absent
        self.written.counts[Outcome.DUPLICATE] += same
        self.written.counts[Outcome.CORRECTED] += self.first.size - absent - same


@dataclass(eq=False, slots=True)
class _Ready:
    """A part worked out and encoded, with what it overwrites."""

    part: _Part
    prepared: Prepared
    delta: NewDelta | None

    @classmethod
    def of(cls, connection: Connection, part: _Part, heads: tuple[Head, ...] | None) -> "_Ready":
        prepared = archive.prepare(connection, part.series_id, part.series, heads=heads)
        return cls(part, prepared, _delta(part.series_id, prepared.overwritten))

    def prepare_again(self, connection: Connection) -> None:
        self.prepared = archive.prepare(connection, self.part.series_id, self.part.series)
        self.delta = _delta(self.part.series_id, self.prepared.overwritten)


class _Ahead:
    """Parts one after the other; one that is put back comes first."""

    def __init__(self, parts: Iterator[_Part]) -> None:
        self._parts, self._waiting = parts, next(parts, None)

    def more(self) -> bool:
        return self._waiting is not None

    def take(self, taken: set[int]) -> _Part | None:
        """The next one, unless its series is among those taken."""
        part = self._waiting
        if part is None or part.series_id in taken:
            return None
        self._waiting = next(self._parts, None)
        return part

    def leave(self) -> None:
        """Count what is left as not written."""
        while (part := self.take(set())) is not None:
            part.written.left += part.series.size

    def put_back(self, part: _Part) -> None:
        if self._waiting is not None:
            self._parts = chain([self._waiting], self._parts)
        self._waiting = part


def _delta(series_id: int, before: Overwritten) -> NewDelta | None:
    if before.duplicate.all():
        return None
    changed = ~before.duplicate if before.duplicate.any() else slice(None)
    return NewDelta.of(
        series_id,
        before.times[changed],
        old_values=before.values[changed],
        absent=before.absent[changed],
        old_quality=before.quality[changed],
    )


def _older(group: Group, border: int) -> Sorted:
    end = int(np.searchsorted(group.readings.times, border))
    return group.readings.part(0, end)


def _canonical(slot: Slot, readings: Sorted) -> Series:
    values = slot.canonical(readings.values)
    return Series(readings.times, values, assessed(slot, values, readings))


def count_repeats(written: Written, readings: Sorted) -> None:
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
