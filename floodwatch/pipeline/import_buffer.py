"""Readings of a file wait here until there are enough of them to be worth a turn of writing."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.reading import Outcome
from floodwatch.pipeline.import_groups import Group, Misdated, Refusal, Written
from floodwatch.pipeline.import_lines import Line, Lines, Places, Portion, joined
from floodwatch.pipeline.import_order import Past, by_series, check_dates, in_order
from floodwatch.pipeline.import_report import FileAccount, Reject, Rejects, SeriesCount
from floodwatch.pipeline.import_slots import Slots
from floodwatch.pipeline.import_take import Readings
from floodwatch.pipeline.import_write import Store

MOST = 3_000_000  # readings: 60 MB, as much again sorted, and as much being written
_MISDATED = "quarantined: suspected misdated, the date jumps away from its neighbours and back"

Ints = NDArray[np.int64]


class _Columns:
    """Room for readings; pages are only taken by what is put in."""

    def __init__(self, room: int) -> None:
        self.times = np.empty(room, np.int64)
        self.values = np.empty(room, np.float64)
        self.quality: NDArray[np.int16] | None = None  # only where a file has such a column

    def grow(self, room: int, used: int) -> None:
        """Make room for at least so many."""
        larger = _Columns(room)
        for name in ("times", "values"):
            getattr(larger, name)[:used] = getattr(self, name)[:used]
            setattr(self, name, getattr(larger, name))
        if self.quality is not None:
            self.quality = np.concatenate([self.quality[:used], np.zeros(room - used, np.int16)])

    def put(self, readings: Readings, span: slice, order: Ints | None) -> None:
        """Put readings in, in this order."""
        which: slice | Ints = slice(None) if order is None else order
        self.times[span] = readings.times[which]
        self.values[span] = readings.values[which]
        if readings.quality is not None and self.quality is None:
            self.quality = np.zeros(self.times.size, np.int16)
        if self.quality is not None:
            self.quality[span] = 0 if readings.quality is None else readings.quality[which]


@dataclass
class Buffer:
    """The readings of one file; `flush` sorts them, sets misdated ones apart and has them written.

    Each portion is brought together by series while it is at hand; a flush only joins them. They
    are written in another thread while the next are read; `finish` waits for it.
    """

    slots: Slots
    store: Store
    account: FileAccount
    rejects: Rejects
    thread: ThreadPoolExecutor
    accept_misdated: bool = False
    size: int = 0
    _columns: _Columns = field(default_factory=lambda: _Columns(MOST + MOST // 2))
    _portions: list[Portion] = field(default_factory=list)
    _past: dict[int, Past | None] = field(default_factory=dict)
    _writing: Future[list[Written]] | None = None
    _settled: list[Readings] = field(default_factory=list)

    def add(self, readings: Readings) -> None:
        """Take readings in the order of the file."""
        count = int(readings.times.size)
        if not count:
            return
        if readings.settled:
            self._settled.append(readings)
            return
        start, end = self.size, self.size + count
        if end > self._columns.times.size:
            self._columns.grow(end + MOST // 2, start)
        slots, bounds, order = by_series(readings.slots)
        self._columns.put(readings, slice(start, end), order)
        self._portions.append(Portion(start, slots, bounds, readings.lines, order))
        self.size = end

    def flush(self, *, final: bool) -> None:
        """Write everything, except what can only be judged with what follows in the file."""
        self.size, used, lines = 0, self._columns, Lines(self._portions)
        self._portions = []
        groups: list[Group] = []
        misdated: list[Misdated] = []
        put_back: list[_Part] = []
        for slot, spans in lines.spans():
            quality = None if used.quality is None else joined(used.quality, spans)
            part = _Part(
                slot,
                joined(used.times, spans),
                joined(used.values, spans),
                Places(spans),
                quality,
            )
            kept = self._check(part, lines, misdated, put_back, final=final)
            if kept.times.size:
                ordered = in_order(kept.times, kept.values, kept.quality)
                came = kept.places if ordered.origin is None else kept.places.some(ordered.origin)
                groups.append(Group(self.slots.all[slot], ordered, Line(lines, came)))
        for rest in put_back:
            slots = np.full(rest.times.size, rest.slot, np.int32)
            numbers = lines.at(rest.places.all())
            self.add(Readings(slots, rest.times, rest.values, numbers, rest.quality))
        self.finish()
        self._writing = self.thread.submit(self._write, groups, misdated)
        if final and self._settled:
            self._flush_settled()

    def _flush_settled(self) -> None:
        """Readings that come out of order are written last, and their dates believed."""
        settled, self._settled = self._settled, []
        for readings in settled:
            self.add(replace(readings, settled=False))
        before, self.accept_misdated = self.accept_misdated, True
        self.flush(final=True)
        self.accept_misdated = before

    def finish(self) -> None:
        """Wait for what is being written, and count it."""
        if self._writing is not None:
            for written in self._writing.result():
                self._count(written)
            self._writing = None

    def _write(self, groups: Sequence[Group], misdated: Sequence[Misdated]) -> list[Written]:
        self.store.set_apart(misdated)
        return self.store.write(groups)

    def _check(
        self,
        part: "_Part",
        lines: Lines,
        misdated: list[Misdated],
        put_back: "list[_Part]",
        *,
        final: bool,
    ) -> "_Part":
        """The readings whose date is believed; the undecided end goes back into the buffer."""
        if self.accept_misdated:
            return part
        dates = check_dates(part.times, self._past.get(part.slot), final=final)
        self._past[part.slot] = dates.past
        if dates.open_from < part.times.size:
            put_back.append(part.some(slice(dates.open_from, None)))
            part = part.some(slice(dates.open_from))
        if dates.wrong is None:
            return part
        wrong = dates.wrong[: part.times.size]
        if not wrong.any():
            return part
        apart = part.some(wrong)
        entry = self.slots.all[part.slot]
        misdated.append(Misdated(entry, apart.times, entry.canonical(apart.values)))
        self.account.counts[Outcome.QUARANTINED] += int(apart.times.size)
        came = lines.at(apart.places.all())
        for line, value in zip(came.tolist(), apart.values.tolist(), strict=True):
            reject = Reject(line, entry.key.variable, _MISDATED, f"{value:.12g}")
            self.rejects.add(self.account, reject)
        return part.some(~wrong)

    def _count(self, written: Written) -> None:
        group = written.group
        self.account.counts += written.counts
        self.account.left += written.left
        for refusal in written.refusals:
            self._note(refusal)
        count = self.account.series.setdefault(group.slot.key, SeriesCount())
        count.stored += written.counts[Outcome.STORED]
        times, values = group.readings.times, group.readings.values
        if written.refusals:
            keep = np.ones(times.size, np.bool_)
            keep[[refusal.place for refusal in written.refusals]] = False
            times, values = times[keep], values[keep]
        if times.size and not written.left:
            canonical = group.slot.canonical(values)
            low, high = float(canonical.min()), float(canonical.max())
            count.see(int(times[0]), int(times[-1]), low, high)

    def _note(self, refusal: Refusal) -> None:
        group = refusal.group
        reason = refusal.reason or refusal.outcome.value
        if refusal.outcome is Outcome.QUARANTINED:
            reason = f"quarantined: {reason}"
        value = float(group.readings.values[refusal.place])
        line = group.line.of(refusal.place)
        reject = Reject(line, group.slot.key.variable, reason, f"{value:.12g}")
        self.rejects.add(self.account, reject)


@dataclass(frozen=True, slots=True)
class _Part:
    """The readings of one slot in the order of the file, and their places in the buffer."""

    slot: int
    times: Ints
    values: NDArray[np.float64]
    places: Places
    quality: NDArray[np.int16] | None = None

    def some(self, which: slice | NDArray[np.bool_]) -> "_Part":
        quality = None if self.quality is None else self.quality[which]
        places = self.places.some(which)
        return _Part(self.slot, self.times[which], self.values[which], places, quality)
