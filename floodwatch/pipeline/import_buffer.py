"""Readings of a file wait here until there are enough of them to be worth a turn of writing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from floodwatch.model.reading import Outcome
from floodwatch.pipeline.import_order import Past, by_series, check_dates, in_order
from floodwatch.pipeline.import_report import FileAccount, Reject, Rejects, SeriesCount
from floodwatch.pipeline.import_slots import Slots
from floodwatch.pipeline.import_take import Readings
from floodwatch.pipeline.import_write import Group, Misdated, Refusal, Store, Written

MOST = 4_000_000  # readings: about 120 MB, and as much again while they are sorted
_MISDATED = "quarantined: suspected misdated, the date jumps away from its neighbours and back"


@dataclass
class Buffer:
    """The readings of one file; `flush` sorts them, sets misdated ones apart and writes."""

    slots: Slots
    store: Store
    account: FileAccount
    rejects: Rejects
    accept_misdated: bool = False
    size: int = 0
    _parts: list[Readings] = field(default_factory=list)
    _past: dict[int, Past | None] = field(default_factory=dict)

    def add(self, readings: Readings) -> None:
        """Take readings in the order of the file."""
        if readings.times.size:
            self._parts.append(readings)
            self.size += int(readings.times.size)

    def flush(self, *, final: bool) -> None:
        """Write everything, except what can only be judged with what follows in the file."""
        parts, self._parts, self.size = self._parts, [], 0
        groups: list[Group] = []
        misdated: list[Misdated] = []
        for slot, readings in _split(_joined(parts), len(self.slots.all)):
            kept = self._check(slot, readings, misdated, final=final)
            if kept.times.size:
                ordered = in_order(kept.times, kept.values)
                lines = kept.lines if ordered.origin is None else kept.lines[ordered.origin]
                groups.append(Group(self.slots.all[slot], ordered, lines))
        self.store.set_apart(misdated)
        for written in self.store.write(groups):
            self._count(written)

    def _check(
        self, slot: int, readings: Readings, misdated: list[Misdated], *, final: bool
    ) -> Readings:
        """The readings whose date is believed; the undecided end goes back into the buffer."""
        if self.accept_misdated:
            return readings
        dates = check_dates(readings.times, self._past.get(slot), final=final)
        self._past[slot] = dates.past
        if dates.open_from < readings.times.size:
            self.add(_some(readings, slice(dates.open_from, None)))
            readings = _some(readings, slice(dates.open_from))
        wrong = dates.wrong[: readings.times.size]
        if not wrong.any():
            return readings
        apart = _some(readings, wrong)
        entry = self.slots.all[slot]
        misdated.append(Misdated(entry, apart.times, entry.canonical(apart.values)))
        self.account.counts[Outcome.QUARANTINED] += int(apart.times.size)
        for line, value in zip(apart.lines.tolist(), apart.values.tolist(), strict=True):
            reject = Reject(line, entry.key.variable, _MISDATED, f"{value:.12g}")
            self.rejects.add(self.account, reject)
        return _some(readings, ~wrong)

    def _count(self, written: Written) -> None:
        group = written.group
        self.account.counts += written.counts
        for refusal in written.refusals:
            self._note(refusal)
        count = self.account.series.setdefault(group.slot.key, SeriesCount())
        count.stored += written.counts[Outcome.STORED]
        out = {refusal.place for refusal in written.refusals}
        readings = group.readings
        if out:
            keep = np.array([i not in out for i in range(readings.times.size)])
            times, values = readings.times[keep], readings.values[keep]
        else:
            times, values = readings.times, readings.values
        if times.size:
            canonical = group.slot.canonical(values)
            count.see(int(times[0]), int(times[-1]), float(canonical.min()), float(canonical.max()))

    def _note(self, refusal: Refusal) -> None:
        group = refusal.group
        reason = refusal.reason or refusal.outcome.value
        if refusal.outcome is Outcome.QUARANTINED:
            reason = f"quarantined: {reason}"
        value = float(group.readings.values[refusal.place])
        line = int(group.lines[refusal.place])
        reject = Reject(line, group.slot.key.variable, reason, f"{value:.12g}")
        self.rejects.add(self.account, reject)


def _joined(parts: Sequence[Readings]) -> Readings:
    if len(parts) == 1:
        return parts[0]
    return Readings(
        np.concatenate([p.slots for p in parts] or [np.empty(0, np.int32)]),
        np.concatenate([p.times for p in parts] or [np.empty(0, np.int64)]),
        np.concatenate([p.values for p in parts] or [np.empty(0, np.float64)]),
        np.concatenate([p.lines for p in parts] or [np.empty(0, np.int64)]),
    )


def _some(readings: Readings, which: object) -> Readings:
    columns = (readings.slots, readings.times, readings.values, readings.lines)
    return Readings(*(column[which] for column in columns))  # type: ignore[call-overload]


def _split(whole: Readings, count: int) -> list[tuple[int, Readings]]:
    """The readings of each slot, in the order of the file."""
    order, starts = by_series(whole.slots, count)
    if order is not None:
        whole = _some(whole, order)
    edges = zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)
    return [
        (slot, _some(whole, slice(low, high)))
        for slot, (low, high) in enumerate(edges)
        if high > low
    ]
