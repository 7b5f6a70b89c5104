"""What an import would store, seen before it: the first values of each file, taken and counted.

A look takes the same way as the import, into a store that only compares. It is bounded: of large
files only the beginning is read, and that is said.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.district import District
from floodwatch.model.errors import ImportRefused
from floodwatch.model.moment import iso_local
from floodwatch.model.reading import SeriesKey
from floodwatch.pipeline.import_buffer import Buffer
from floodwatch.pipeline.import_files import Planned
from floodwatch.pipeline.import_groups import Group, Misdated, Written
from floodwatch.pipeline.import_plan import FilePlan
from floodwatch.pipeline.import_report import FileAccount, Rejects
from floodwatch.pipeline.import_seen import DryRun
from floodwatch.pipeline.import_slots import Slots
from floodwatch.pipeline.import_take import Readings, Taker
from floodwatch.quality.flagging import range_flags
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.sources.csv.table import rows
from floodwatch.store.database import Database
from floodwatch.store.journal import SeriesMap

MOST_LINES = 250_000  # of all files together
_FIRST = 12  # lines of a file shown as they will be stored
_GAPS = 5
_GAP = 3  # usual steps
_MISDATED = 10


class First(NamedTuple):
    """One of the first values of a file as it will be stored; `time` ms UTC."""

    line: int
    key: SeriesKey
    time: int
    given: float
    value: float
    quality: int


class Gap(NamedTuple):
    """A stretch without values between two that are much nearer elsewhere, ms UTC."""

    start: int
    end: int


@dataclass(slots=True)
class SeriesLook:
    """One series of the look, by rising time, with what stands out of it."""

    key: SeriesKey
    series: Series
    step: int | None = None  # the usual one, ms
    gaps: list[Gap] = field(default_factory=list)  # the longest
    gap_count: int = 0
    misdated: list[tuple[int, float]] = field(default_factory=list)  # (time, value)

    def document(self, district: District) -> dict[str, Any]:
        """As JSON; times local with their offset."""
        zone = district.zone_of(self.key.station)
        times, values = self.series.times, self.series.values
        return {
            **self.key._asdict(),
            "values": self.series.size,
            "from": iso_local(int(times[0]), zone) if times.size else None,
            "to": iso_local(int(times[-1]), zone) if times.size else None,
            "min": float(values.min()) if values.size else None,
            "max": float(values.max()) if values.size else None,
            "step": self.step,
            "gaps": self.gap_count,
            "longest_gaps": [
                {"from": iso_local(gap.start, zone), "to": iso_local(gap.end, zone)}
                for gap in self.gaps
            ],
            "misdated": [
                {"time": iso_local(time, zone), "value": value} for time, value in self.misdated
            ],
        }


@dataclass(slots=True)
class FileLook:
    """One file as far as it was looked into."""

    account: FileAccount
    first: list[First]
    whole: bool  # whether all of it was read

    def document(self, district: District) -> dict[str, Any]:
        """As JSON."""
        found = self.account.document()
        del found["rejects_file"]
        return found | {
            "whole": self.whole,
            "first": [
                {
                    "line": one.line,
                    **one.key._asdict(),
                    "time": iso_local(one.time, district.zone_of(one.key.station)),
                    "value": one.value,
                    "quality": one.quality,
                }
                for one in self.first
            ],
        }


@dataclass(slots=True)
class Look:
    """All files of one import, and their series together."""

    files: list[FileLook] = field(default_factory=list)
    series: list[SeriesLook] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether everything was read."""
        return all(file.whole for file in self.files)

    def of(self, name: str) -> FileLook | None:
        """The look into one file."""
        return next((file for file in self.files if file.account.file == name), None)


def look(
    database: Database,
    planned: Planned,
    options: ImportOptions,
    district: District,
    *,
    now: int,
    most: int = MOST_LINES,
    cancelled: Callable[[], bool] = lambda: False,
) -> Look:
    """Look into files whose plans leave no question open. `now` is service time, ms."""
    comparing = _Comparing(database, SeriesMap(), _refuse, now, None, source="look")
    slots = Slots(district, options.tz)
    found = Look()
    left = most
    with ThreadPoolExecutor(1, "import-look") as thread:
        for plan in planned.plans:
            if cancelled() or left <= 0:
                break
            one = _Looking(plan, slots, comparing, thread, options.accept_misdated)
            found.files.append(one.take(left, cancelled))
            left -= one.account.lines
    found.series = comparing.looked()
    return found


def _refuse(batch: Batch) -> Receipt:
    raise ImportRefused("a look stores nothing")


class _Looking:
    """One file on its way through the import's own steps."""

    def __init__(
        self,
        plan: FilePlan,
        slots: Slots,
        store: "_Comparing",
        thread: ThreadPoolExecutor,
        accept_misdated: bool,
    ) -> None:
        rejects = Rejects(None)
        self.account = FileAccount(plan.source.name, width=len(plan.values))
        self._plan, self._slots = plan, slots
        self._taker = Taker(plan, slots, self.account, rejects)
        self._buffer = Buffer(
            slots, store, self.account, rejects, thread, accept_misdated=accept_misdated
        )
        self._first: list[First] = []

    def take(self, most: int, cancelled: Callable[[], bool]) -> FileLook:
        """Read at most about so many lines."""
        whole = True
        plan = self._plan
        for piece in rows(plan.source, plan.shape, plan.columns, plan.times):
            for readings in self._taker.take(piece):
                self._see(readings)
                self._buffer.add(readings)
            if self.account.lines >= most or cancelled():
                whole = piece.read >= plan.source.size
                break
        self._buffer.add(self._taker.finish())
        self._buffer.flush(final=True)
        self._buffer.finish()
        self._first.sort(key=lambda one: one.line)
        lines = list(dict.fromkeys(one.line for one in self._first))[:_FIRST]
        shown = [one for one in self._first if one.line in lines]
        return FileLook(self.account, shown, whole)

    def _see(self, readings: Readings) -> None:
        """Keep the first values of each column."""
        if len(self._first) >= _FIRST * max(1, len(self._plan.values)):
            return
        lines = readings.lines
        for place in range(min(_FIRST, readings.times.size)):
            slot = self._slots.all[int(readings.slots[place])]
            given = readings.values[place : place + 1]
            value = slot.canonical(given)
            self._first.append(
                First(
                    lines + place if isinstance(lines, int) else int(lines[place]),
                    slot.key,
                    int(readings.times[place]),
                    float(given[0]),
                    float(value[0]),
                    int(range_flags(value, slot.limits)[0]),
                )
            )


@dataclass
class _Comparing(DryRun):
    """A store that writes nothing; what it was given is kept to be looked at."""

    kept: dict[SeriesKey, list[Series]] = field(default_factory=dict)
    apart: dict[SeriesKey, list[tuple[int, float]]] = field(default_factory=dict)

    def write(self, groups: Sequence[Group]) -> list[Written]:
        """Compare, and keep."""
        for group in groups:
            readings = group.readings
            values = group.slot.canonical(readings.values)
            parts = self.kept.setdefault(group.slot.key, [])
            parts.append(Series(readings.times, values, range_flags(values, group.slot.limits)))
        return super().write(groups)

    def set_apart(self, misdated: Sequence[Misdated]) -> None:
        """Keep what would be quarantined."""
        for entry in misdated:
            known = self.apart.setdefault(entry.slot.key, [])
            known += zip(entry.times.tolist(), entry.values.tolist(), strict=True)

    def looked(self) -> list[SeriesLook]:
        """Every series by its name."""
        return [
            _stand_out(key, _joined(self.kept.get(key, [])), self.apart.get(key, []))
            for key in sorted({*self.kept, *self.apart})
        ]


def _joined(parts: Iterable[Series]) -> Series:
    """Parts of several files as one series, of several for one time the last."""
    given = list(parts)
    if not given:
        return Series(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int16))
    times = np.concatenate([part.times for part in given])
    order = np.argsort(times, kind="stable")
    last = np.append(np.diff(times[order]) > 0, True)
    values = np.concatenate([part.values for part in given])
    quality = np.concatenate([part.quality for part in given])
    return Series(times[order][last], values[order][last], quality[order][last])


def _stand_out(key: SeriesKey, series: Series, misdated: Sequence[tuple[int, float]]) -> SeriesLook:
    steps: NDArray[np.int64] = np.diff(series.times)
    found = SeriesLook(key, series, misdated=list(misdated[:_MISDATED]))
    if steps.size < 2:
        return found
    found.step = int(np.median(steps))
    places = np.flatnonzero(steps > _GAP * found.step)
    found.gap_count = int(places.size)
    longest = places[np.argsort(-steps[places], kind="stable")][:_GAPS]
    found.gaps = [
        Gap(int(series.times[place]), int(series.times[place + 1])) for place in sorted(longest)
    ]
    return found
