"""Readings of a file wait here until there are enough of them to be worth a turn of writing."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.reading import Outcome
from floodwatch.pipeline.import_order import Past, by_series, check_dates, in_order
from floodwatch.pipeline.import_report import FileAccount, Reject, Rejects, SeriesCount
from floodwatch.pipeline.import_slots import Slots
from floodwatch.pipeline.import_take import Readings
from floodwatch.pipeline.import_write import Group, Misdated, Refusal, Store, Written

MOST = 3_000_000  # readings: 60 MB, as much again sorted, and as much being written
_MISDATED = "quarantined: suspected misdated, the date jumps away from its neighbours and back"

Ints = NDArray[np.int64]


class _Columns:
    """Room for readings; pages are only taken by what is put in."""

    def __init__(self, room: int) -> None:
        self.slots = np.empty(room, np.int32)
        self.times = np.empty(room, np.int64)
        self.values = np.empty(room, np.float64)
        self.quality: NDArray[np.int16] | None = None  # only where a file has such a column

    def grow(self, room: int, used: int) -> None:
        """Make room for at least so many."""
        larger = _Columns(room)
        for name in ("slots", "times", "values"):
            getattr(larger, name)[:used] = getattr(self, name)[:used]
            setattr(self, name, getattr(larger, name))
        if self.quality is not None:
            self.quality = np.concatenate([self.quality[:used], np.zeros(room - used, np.int16)])

    def flag(self, start: int, end: int, quality: NDArray[np.int16] | None) -> None:
        """Note what the maker says of the readings put from `start` to `end`."""
        if quality is not None and self.quality is None:
            self.quality = np.zeros(self.times.size, np.int16)
        if self.quality is not None:
            self.quality[start:end] = 0 if quality is None else quality


@dataclass
class Buffer:
    """The readings of one file; `flush` sorts them, sets misdated ones apart and has them written.

    They are written in another thread while the next are read; `finish` waits for it.
    """

    slots: Slots
    store: Store
    account: FileAccount
    rejects: Rejects
    thread: ThreadPoolExecutor
    accept_misdated: bool = False
    size: int = 0
    _columns: _Columns = field(default_factory=lambda: _Columns(MOST + MOST // 2))
    _lines: list[tuple[int, int | Ints]] = field(default_factory=list)  # (place, line numbers)
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
        self._columns.slots[start:end] = readings.slots
        self._columns.times[start:end] = readings.times
        self._columns.values[start:end] = readings.values
        self._columns.flag(start, end, readings.quality)
        self._lines.append((start, readings.lines))
        self.size = end

    def flush(self, *, final: bool) -> None:
        """Write everything, except what can only be judged with what follows in the file."""
        size, self.size = self.size, 0
        used, lines = self._columns, _Lines(self._lines)
        self._lines = []
        order, starts = by_series(used.slots[:size], len(self.slots.all))
        which: slice | Ints = slice(size) if order is None else order
        times, values = used.times[which], used.values[which]
        quality = None if used.quality is None else used.quality[which]
        if order is None:
            times, values = times.copy(), values.copy()
            quality = None if quality is None else quality.copy()
        groups: list[Group] = []
        misdated: list[Misdated] = []
        for slot in np.flatnonzero(np.diff(starts)).tolist():
            low, high = int(starts[slot]), int(starts[slot + 1])
            origin = np.arange(low, high) if order is None else order[low:high]
            flags = None if quality is None else quality[low:high]
            part = _Part(slot, times[low:high], values[low:high], origin, flags)
            kept = self._check(part, lines, misdated, final=final)
            if kept.times.size:
                ordered = in_order(kept.times, kept.values, kept.quality)
                came = kept.origin if ordered.origin is None else kept.origin[ordered.origin]
                groups.append(Group(self.slots.all[slot], ordered, _Line(lines, came)))
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
        self, part: "_Part", lines: "_Lines", misdated: list[Misdated], *, final: bool
    ) -> "_Part":
        """The readings whose date is believed; the undecided end goes back into the buffer."""
        if self.accept_misdated:
            return part
        dates = check_dates(part.times, self._past.get(part.slot), final=final)
        self._past[part.slot] = dates.past
        if dates.open_from < part.times.size:
            rest = part.some(slice(dates.open_from, None))
            slots = np.full(rest.times.size, part.slot, np.int32)
            came = lines.at(rest.origin)
            self.add(Readings(slots, rest.times, rest.values, came, rest.quality))
            part = part.some(slice(dates.open_from))
        wrong = dates.wrong[: part.times.size]
        if not wrong.any():
            return part
        apart = part.some(wrong)
        entry = self.slots.all[part.slot]
        misdated.append(Misdated(entry, apart.times, entry.canonical(apart.values)))
        self.account.counts[Outcome.QUARANTINED] += int(apart.times.size)
        for line, value in zip(lines.at(apart.origin).tolist(), apart.values.tolist(), strict=True):
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
    """The readings of one slot in the order of the file; `origin`: their places in the buffer."""

    slot: int
    times: Ints
    values: NDArray[np.float64]
    origin: Ints
    quality: NDArray[np.int16] | None = None

    def some(self, which: slice | NDArray[np.bool_]) -> "_Part":
        quality = None if self.quality is None else self.quality[which]
        return _Part(self.slot, self.times[which], self.values[which], self.origin[which], quality)


class _Lines:
    """The line numbers of the readings of a full buffer, by their places in it."""

    def __init__(self, parts: Sequence[tuple[int, int | Ints]]) -> None:
        self._parts = list(parts)
        self._starts = np.array([start for start, _ in parts], np.int64)

    def at(self, places: Ints) -> Ints:
        """The line numbers of readings at these places."""
        found = np.empty(places.size, np.int64)
        owner = np.searchsorted(self._starts, places, side="right") - 1
        for number in np.unique(owner).tolist():
            start, lines = self._parts[number]
            mine = owner == number
            offset = places[mine] - start
            found[mine] = offset + lines if isinstance(lines, int) else lines[offset]
        return found


@dataclass(frozen=True, slots=True)
class _Line:
    """The line of each reading of a group; looked up only for those that are refused."""

    lines: _Lines
    origin: Ints

    def of(self, place: int) -> int:
        return int(self.lines.at(self.origin[place : place + 1])[0])
