"""From the rows of a file to readings of series: every value counted, the good ones collected."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.reading import Outcome
from floodwatch.pipeline.import_days import DayLabels
from floodwatch.pipeline.import_plan import FilePlan
from floodwatch.pipeline.import_report import FileAccount, Reject, Rejects
from floodwatch.pipeline.import_slots import UNKNOWN_STATION, Slots
from floodwatch.pipeline.import_twice import Cell, Twice, Waiting
from floodwatch.pipeline.intake import EARLIEST, LATEST
from floodwatch.quality.sentinels import TOLERANCE, sentinel_mask
from floodwatch.sources.csv import maker_flags, numbers, timestamps, zones
from floodwatch.sources.csv.numbers import Numbers
from floodwatch.sources.csv.table import Rows

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
_MOST_COMBINATIONS = 1 << 20
_NO_NAMES: list[tuple[str, ...]] = [()]


@dataclass(slots=True)
class Readings:
    """Good readings in the order of the file, of many series: slot numbers, values as given.

    `lines` is the number of the first line when they follow one another. `quality`: the maker's
    flags, packed, 0 where it says nothing. `settled`: they may come out of order, their dates are
    not to be doubted for it.
    """

    slots: NDArray[np.int32]
    times: Ints
    values: NDArray[np.float64]
    lines: int | Ints
    quality: NDArray[np.int16] | None = None
    settled: bool = False


@dataclass(slots=True)
class _Names:
    """The combinations of names in a piece: for each row its number, and what each leads to.

    `table` has a row a combination and a column a value column: slot, or -1 with its reason.
    """

    codes: Ints
    table: NDArray[np.int32]
    reasons: dict[tuple[int, int], str]
    stations: list[str]
    words: list[tuple[str, ...]]


@dataclass
class Taker:
    """Takes the rows of one file."""

    plan: FilePlan
    slots: Slots
    account: FileAccount
    rejects: Rejects
    twice: Twice = field(default_factory=Twice)
    _known: dict[tuple[str, ...], list[int | str]] = field(default_factory=dict)
    _days: DayLabels = field(init=False)

    def __post_init__(self) -> None:
        self._days = DayLabels(self.plan, self.slots)

    def take(self, rows: Rows) -> Iterator[Readings]:
        """The good readings of a piece, one part for each value column."""
        account = self.account
        account.lines += rows.size + len(rows.refused)
        account.blank_lines += rows.blank
        account.other_lines += rows.aside
        for refused in rows.refused:
            self._refuse_line(refused.line, "", refused.reason, refused.text)
        if not rows.size:
            return
        lines = rows.line_numbers()
        names = self._names(rows)
        times, good = self._times(rows, names, lines)
        for column, found in enumerate(rows.values):
            slots = names.table[names.codes, column]
            when = self._days.times(rows, times, slots, names.stations, names.codes)
            yield from self._values(rows, column, found, slots, when, good, lines, names)

    def finish(self) -> Readings:
        """The readings of hours that exist twice, once the whole file is known."""
        found = self.twice.decide()
        for line, column, text in found.undecided:
            reason = "local time exists twice, and the file's order does not tell which it is"
            self._refuse(line, self.plan.values[column].column, reason, text)
        return Readings(
            found.slots, found.times, found.values, found.lines, found.quality, settled=True
        )

    # -- names ----------------------------------------------------------------------------------

    def _names(self, rows: Rows) -> _Names:
        roles = list(rows.names)
        if not roles:
            codes, words = np.zeros(rows.size, np.int64), _NO_NAMES
        else:
            codes, words = _combined(rows)
        width = len(self.plan.values)
        table = np.full((len(words), width), -1, np.int32)
        reasons: dict[tuple[int, int], str] = {}
        stations = []
        for place, combination in enumerate(words):
            names = dict(zip(roles, combination, strict=True))
            stations.append(names.get("station", self.plan.station))
            for column, found in enumerate(self._found(combination, names)):
                if isinstance(found, int):
                    table[place, column] = found
                else:
                    reasons[place, column] = found
        return _Names(codes, table, reasons, stations, words)

    def _found(self, combination: tuple[str, ...], names: dict[str, str]) -> list[int | str]:
        if combination not in self._known:
            self._known[combination] = [
                self.slots.find(self.plan, names, value) for value in self.plan.values
            ]
        return self._known[combination]

    # -- times ----------------------------------------------------------------------------------

    def _times(self, rows: Rows, names: _Names, lines: Ints) -> tuple[Ints, Mask | None]:
        """UTC ms, and which rows are good; None: all. Bad rows are refused whole."""
        bad = rows.times.state != timestamps.OK
        times = rows.times.ms
        stations = np.array([reason_is_station(names, i) for i in range(len(names.stations))])
        unknown = stations[names.codes] if stations.any() else None
        if unknown is not None:
            self._refuse_unknown(rows, names, np.flatnonzero(unknown), lines)
            bad = bad & ~unknown
        self._refuse_times(rows, np.flatnonzero(bad), lines)
        good = ~bad if unknown is None else ~bad & ~unknown
        times, good = self._to_utc(rows, names, times, good, lines)
        outside = good & ((times < EARLIEST) | (times >= LATEST))
        for row in np.flatnonzero(outside).tolist():
            self._refuse_row(rows, row, int(lines[row]), "time outside 1900 to 2100")
        good &= ~outside
        return times, None if good.all() else good

    def _refuse_unknown(self, rows: Rows, names: _Names, places: Ints, lines: Ints) -> None:
        column = self._column("station")
        for row in places.tolist():
            code = int(names.codes[row])
            self.account.unknown_stations[names.stations[code]] += 1
            reason = names.reasons[code, 0]
            self._refuse_line(int(lines[row]), column, reason, rows.text(row))

    def _refuse_times(self, rows: Rows, places: Ints, lines: Ints) -> None:
        for row in places.tolist():
            blank = rows.times.state[row] == timestamps.BLANK and not any(
                rows.cell(row, column).strip() for column in self.plan.columns.time
            )
            reason = "no time" if blank else f"time not read as {self.plan.times.name}"
            self._refuse_row(rows, row, int(lines[row]), reason)

    def _to_utc(
        self, rows: Rows, names: _Names, times: Ints, good: Mask, lines: Ints
    ) -> tuple[Ints, Mask]:
        local = rows.times.naive & good
        if not local.any():
            return times, good
        times, good = times.copy(), good.copy()
        at = np.flatnonzero(local)
        self.twice.see(int(times[at[0]]), int(times[at[-1]]))
        zone_of = {name: self.slots.zone_of(name) for name in set(names.stations)}
        keys = np.array([zone_of[name].key for name in names.stations])
        for key in np.unique(keys):
            here = local if (keys == key).all() else local & (keys == key)[names.codes]
            places = np.flatnonzero(here)
            if not places.size:
                continue
            zone = zone_of[names.stations[int(names.codes[places[0]])]]
            utc = zones.to_utc(times[places], zone)
            local_ms = times[places]
            times[places] = utc.ms
            for row in places[utc.missing].tolist():
                self._refuse_row(rows, row, int(lines[row]), f"this time does not exist in {key}")
            good[places[utc.missing | utc.twice]] = False
            if utc.twice.any():
                self._put_off(rows, names, places, utc, local_ms, lines)
        return times, good

    def _put_off(
        self,
        rows: Rows,
        names: _Names,
        places: Ints,
        utc: zones.Utc,
        local: Ints,
        lines: Ints,
    ) -> None:
        """Rows of an hour that exists twice wait until the whole file is known."""
        for at in np.flatnonzero(utc.twice).tolist():
            row = int(places[at])
            cells = [
                Cell(column, int(good.slots[0]), float(good.values[0]), _quality_of(good))
                for column in range(len(rows.values))
                for good in self._cells_of(rows, row, column, names, lines)
            ]
            first = int(utc.ms[at])
            waiting = Waiting(
                line=int(lines[row]),
                local=int(local[at]),
                first=first,
                second=first + int(utc.second[at]),
                text=rows.text(row),
                cells=cells,
            )
            self.twice.add(names.words[int(names.codes[row])], waiting)

    def _cells_of(
        self, rows: Rows, row: int, column: int, names: _Names, lines: Ints
    ) -> Iterator[Readings]:
        """The reading of one cell, if it holds one; its time is not known yet."""
        found = rows.values[column]
        one = Numbers(found.values[row : row + 1], found.state[row : row + 1])
        slot = names.table[names.codes[row : row + 1], column]
        moment = np.zeros(1, np.int64)
        line = lines[row : row + 1]
        return self._values(rows, column, one, slot, moment, None, line, names, row)

    # -- values ---------------------------------------------------------------------------------

    def _values(
        self,
        rows: Rows,
        column: int,
        found: Numbers,
        slots: NDArray[np.int32],
        times: Ints,
        good: Mask | None,
        lines: Ints,
        names: _Names,
        at: int = 0,
    ) -> Iterator[Readings]:
        """Readings of one column; blanks and sentinels are missing, what is no number refused."""
        name = self.plan.values[column].column
        whole = found.values.size == rows.size
        open_ = np.ones(found.values.size, np.bool_) if good is None else good.copy()
        if int(slots.min()) < 0:
            for place in np.flatnonzero(open_ & (slots < 0)).tolist():
                reason = names.reasons[int(names.codes[at + place]), column]
                text = self._cell(rows, at + place, column)
                self._refuse(int(lines[place]), name, reason, text)
            open_ &= slots >= 0
        if found.state.any():
            for place in np.flatnonzero(open_ & (found.state >= numbers.UNREADABLE)).tolist():
                text = self._cell(rows, at + place, column)
                reason = numbers.REASONS[int(found.state[place])]
                self._refuse(int(lines[place]), name, reason, text)
            blank = open_ & (found.state == numbers.BLANK)
            self.account.counts[Outcome.MISSING] += int(blank.sum())
            open_ &= found.state == numbers.OK
        quality = self._flags(rows, column, slice(at, at + found.values.size))
        if quality is not None:
            none = open_ & (quality == maker_flags.NO_VALUE)
            self.account.counts[Outcome.MISSING] += int(none.sum())
            open_ &= ~none
        missing = self._sentinels(slots, found.values, open_)
        if missing is not None:
            self.account.counts[Outcome.MISSING] += int(missing.sum())
            open_ &= ~missing
        if open_.all():
            yield Readings(slots, times, found.values, rows.lines if whole else lines, quality)
        elif open_.any():
            kept = None if quality is None else quality[open_]
            yield Readings(slots[open_], times[open_], found.values[open_], lines[open_], kept)

    def _flags(self, rows: Rows, column: int, which: slice) -> NDArray[np.int16] | None:
        """What the maker says of the values of a column; None: nothing of any."""
        words = rows.flags.get(column)
        if words is None:
            return None
        known = self.plan.values[column].flags or maker_flags.MakerFlags(-1)
        meanings = np.array([known.quality(word) for word in words.words] or [0], np.int16)
        return meanings[words.codes[which]] if meanings.any() else None

    def _sentinels(
        self, slots: NDArray[np.int32], values: NDArray[np.float64], among: Mask
    ) -> Mask | None:
        """Which values are numbers for "no value"; None when it is plain that none is."""
        used = np.flatnonzero(np.bincount(slots[slots >= 0], minlength=1)).tolist()
        variables = {self.slots.all[slot].key.variable for slot in used}
        found: Mask | None = None
        for variable in variables:
            mine = [slot for slot in used if self.slots.all[slot].key.variable == variable]
            if _plainly_none(self.slots.all[mine[0]].sentinels, values):
                continue
            here = among if len(variables) == 1 else among & np.isin(slots, mine)
            hits = here & sentinel_mask(variable, values)
            found = hits if found is None else found | hits
        return found

    def _cell(self, rows: Rows, row: int, column: int) -> str:
        return rows.cell(row, self.plan.values[column].index)

    def _column(self, role: str) -> str:
        index = self.plan.columns.names.get(role)
        return "" if index is None else self.plan.shape.columns[index]

    # -- refusals -------------------------------------------------------------------------------

    def _refuse(self, line: int, column: str, reason: str, text: str) -> None:
        self.account.counts[Outcome.REJECTED] += 1
        self.rejects.add(self.account, Reject(line, column, reason, text))

    def _refuse_row(self, rows: Rows, row: int, line: int, reason: str) -> None:
        self._refuse_line(line, self.plan.time_column, reason, rows.text(row))

    def _refuse_line(self, line: int, column: str, reason: str, text: str) -> None:
        self.account.counts[Outcome.REJECTED] += self.account.width
        self.rejects.add(self.account, Reject(line, column, reason, text))


def reason_is_station(names: _Names, place: int) -> bool:
    """Whether a combination of names is of no use because its station is not known."""
    return names.reasons.get((place, 0), "").startswith((UNKNOWN_STATION, "no station"))


def _quality_of(one: Readings) -> int:
    return 0 if one.quality is None else int(one.quality[0])


def _plainly_none(sentinels: tuple[float, ...], values: NDArray[np.float64]) -> bool:
    """Whether all values lie between the sentinels that are nearest to zero."""
    low = max((s for s in sentinels if s < 0), default=-np.inf)
    high = min((s for s in sentinels if s > 0), default=np.inf)
    if not values.size:
        return True
    smallest, largest = np.nanmin(values, initial=np.inf), np.nanmax(values, initial=-np.inf)
    return bool(smallest > low + TOLERANCE and largest < high - TOLERANCE)


def _combined(rows: Rows) -> tuple[Ints, list[tuple[str, ...]]]:
    """Number the combinations of words that occur, and each row's."""
    columns = list(rows.names.values())
    sizes = [len(column.words) for column in columns]
    codes = columns[0].codes.astype(np.int64)
    for column, size in zip(columns[1:], sizes[1:], strict=True):
        codes = codes * size + column.codes
    total = int(np.prod(np.array(sizes, np.float64)))
    if total <= _MOST_COMBINATIONS:
        present = np.flatnonzero(np.bincount(codes, minlength=total))
        if present.size < total:
            dense = np.zeros(total, np.int64)
            dense[present] = np.arange(present.size)
            codes = dense[codes]
    else:
        present, codes = np.unique(codes, return_inverse=True)
    words = []
    for number in present.tolist():
        picked = []
        for column, size in zip(reversed(columns), reversed(sizes), strict=True):
            number, code = divmod(number, size)
            picked.append(column.words[code])
        words.append(tuple(reversed(picked)))
    return codes, words
