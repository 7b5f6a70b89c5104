"""The rows of a file in pieces, as arrays: times, values, and which words name their series."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from floodwatch.model.errors import ImportRefused
from floodwatch.sources.csv import numbers, record, timestamps
from floodwatch.sources.csv.columns import of_texts, whole
from floodwatch.sources.csv.numbers import Numbers
from floodwatch.sources.csv.shape import Shape
from floodwatch.sources.csv.stream import Piece, Source, pieces, squeezed
from floodwatch.sources.csv.survey import Refused, Surveyed, holds_marks, looks_plain, survey
from floodwatch.sources.csv.time_format import TimeFormat
from floodwatch.sources.csv.timestamps import Times

_TEXT = 200
_TRIES = 3  # pieces whose odd cells are met by a second reading before that becomes the first


class Words(NamedTuple):
    """A column of names: for each row an index into `words`."""

    codes: NDArray[np.int64]
    words: list[str]


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns are used, by their places. Several time columns are joined by a blank; none:
    only the names are wanted.

    `flags` maps a place among `values` to the maker's column of flags for it. `thousands` is the
    mark between groups of three digits, `no_value` further words for no value.
    """

    time: tuple[int, ...]
    names: dict[str, int]  # station, variable, gauge, unit, period
    values: tuple[int, ...]
    ms: int | None = None  # whole milliseconds to be added to the time
    flags: Mapping[int, int] = field(default_factory=dict)
    thousands: str = ""
    no_value: frozenset[str] = frozenset()

    @property
    def used(self) -> frozenset[int]:
        """All of them."""
        extra = () if self.ms is None else (self.ms,)
        return self.words.union(self.time, self.values, extra)

    @property
    def words(self) -> frozenset[int]:
        """Those whose cells are words, few different ones."""
        return frozenset((*self.names.values(), *self.flags.values()))


@dataclass
class Rows:
    """One piece of a file. `lines`: line number of each row, or of the first if they follow."""

    data: bytes
    delimiter: str
    lines: int | NDArray[np.int64]
    times: Times
    names: dict[str, Words]
    values: list[Numbers]
    blank: int
    refused: list[Refused]
    read: int  # bytes of the file so far
    flags: dict[int, Words] = field(default_factory=dict)  # by place among the values
    aside: int = 0  # lines that are no rows: trailers, remarks

    @property
    def size(self) -> int:
        """How many rows."""
        return int(self.times.ms.size)

    def line_numbers(self) -> NDArray[np.int64]:
        """The line number of every row."""
        if isinstance(self.lines, int):
            return np.arange(self.lines, self.lines + self.size)
        return self.lines

    def text(self, row: int) -> str:
        """The line as the file has it, at most 200 characters."""
        return self._line(row)[:_TEXT]

    def cell(self, row: int, column: int) -> str:
        """One cell as the file has it."""
        return record.split(self._line(row), self.delimiter)[column][:_TEXT]

    def _line(self, row: int) -> str:
        ends = self._ends
        start = int(ends[row - 1]) + 1 if row else 0
        return self.data[start : int(ends[row])].decode("utf-8", "replace").rstrip("\r")

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        return np.flatnonzero(np.frombuffer(self.data, np.uint8) == ord("\n"))


def rows(source: Source, shape: Shape, columns: Columns, times: TimeFormat) -> Iterator[Rows]:
    """All data rows of a file, a piece at a time."""
    reader = _Reader(shape, columns, times)
    rest, rest_line = b"", 0
    for piece in pieces(source, shape.encoding, newline=shape.newline, valid=shape.valid):
        if rest:
            lines = piece.lines + rest.count(b"\n")
            piece = piece._replace(data=rest + piece.data, first_line=rest_line, lines=lines)
        if piece.first_line <= shape.header_line:
            piece = _without_head(piece, shape.header_line)
        if not piece.data:
            continue
        if shape.unquote:
            piece = piece._replace(data=piece.data.translate(None, b'"'))
        if shape.squeeze:
            piece = piece._replace(data=squeezed(piece.data))
        found, rest = reader.read(piece)
        rest_line = piece.first_line + piece.lines - rest.count(b"\n")
        yield found


def _without_head(piece: Piece, header_line: int) -> Piece:
    """Drop the lines up to the header."""
    data, line = piece.data, piece.first_line
    while line <= header_line and data:
        end = data.find(b"\n") + 1 or len(data)
        data, line = data[end:], line + 1
    lines = piece.lines - (line - piece.first_line)
    return piece._replace(data=data, first_line=line, lines=lines)


@dataclass
class _Reader:
    """Reads pieces the fast way as long as that works: pyarrow reads times and numbers itself.

    A cell it does not understand makes it give a whole piece up; then cells are read as texts.
    """

    shape: Shape
    columns: Columns
    times: TimeFormat
    failures: int = 0
    zoned: bool | None = None
    record_shape: record.Shape = field(init=False)

    def __post_init__(self) -> None:
        width = len(self.shape.columns)
        self.record_shape = record.Shape(self.shape.delimiter, width, self.columns.used)

    @property
    def _numeric(self) -> tuple[int, ...]:
        ms = self.columns.ms
        return self.columns.values if ms is None else (*self.columns.values, ms)

    def read(self, piece: Piece) -> tuple[Rows, bytes]:
        """The rows of a piece, and what of it belongs to the next."""
        if looks_plain(piece):
            table = self._typed(piece.data)
            if table is not None and self._all_rows(table, piece):
                return self._rows(table, Surveyed(piece.data, piece.first_line), piece), b""
        found = survey(piece, self.record_shape, self.shape.aside)
        table = self._typed(found.data)
        if table is None:
            self.failures += 1
            table = self._texts(found.data)
        if table.num_rows != found.data.count(b"\n"):
            raise ImportRefused(
                f"lines {piece.first_line} to {piece.first_line + piece.lines}: "
                f"read as {table.num_rows} rows; nothing of them was taken"
            )
        return self._rows(table, found, piece), found.rest

    def _all_rows(self, table: pa.Table, piece: Piece) -> bool:
        """Whether every line has become a row: one that is no row has no time."""
        if table.num_rows != piece.lines:
            return False
        times = [table.column(str(index)) for index in self.columns.time]
        if any(pa.types.is_timestamp(one.type) and not one.null_count for one in times):
            return True
        return not holds_marks(piece, self.record_shape, self.shape.aside)

    def _typed(self, data: bytes) -> pa.Table | None:
        """Times and numbers read by pyarrow; None when a line or a cell is not what it expects."""
        if self.failures >= _TRIES or not data:
            return None
        types: dict[str, pa.DataType] = {}
        if self.times.iso and len(self.columns.time) == 1:
            if self.zoned is None:
                self.zoned = self._sample_is_zoned()
            types[str(self.columns.time[0])] = pa.timestamp("us", "UTC" if self.zoned else None)
        types |= {str(index): pa.float64() for index in self._numeric}
        try:
            return self._parse(data, types)
        except pa.ArrowInvalid:
            return None

    def _sample_is_zoned(self) -> bool:
        texts = [text for text in self.shape.values(self.columns.time[0]) if text.strip()][:100]
        if not texts:
            return False
        times = timestamps.read(of_texts(texts), self.times.patterns)
        return not times.naive.any()

    def _texts(self, data: bytes) -> pa.Table:
        return self._parse(data, {})

    def _parse(self, data: bytes, types: dict[str, pa.DataType]) -> pa.Table:
        coded = pa.dictionary(pa.int32(), pa.string())
        texts = {str(i): pa.string() for i in (*self.columns.time, *self._numeric)}
        kinds = texts | {str(index): coded for index in self.columns.words} | types
        names = [str(index) for index in range(len(self.shape.columns))]
        if not data:
            return pa.table({key: pa.array([], kind) for key, kind in kinds.items()})
        return pa_csv.read_csv(
            pa.BufferReader(data),
            # One thread: others work beside it, and a pool of pyarrow's may abort a quick exit.
            read_options=pa_csv.ReadOptions(
                column_names=names, block_size=1 << 20, use_threads=False
            ),
            parse_options=pa_csv.ParseOptions(delimiter=self.shape.delimiter),
            convert_options=pa_csv.ConvertOptions(
                column_types=kinds,
                include_columns=list(kinds),
                null_values=["", *numbers.LITERALS, *self.columns.no_value] if types else [""],
                strings_can_be_null=False,
                decimal_point=self.shape.decimal,
            ),
        )

    def _rows(self, table: pa.Table, found: Surveyed, piece: Piece) -> Rows:
        return Rows(
            data=found.data,
            delimiter=self.shape.delimiter,
            lines=found.lines,
            times=self._shifted(self._read_times(table), table),
            names={role: _words(table, index) for role, index in self.columns.names.items()},
            values=[self._numbers(table.column(str(index))) for index in self.columns.values],
            blank=found.blank,
            refused=found.refused,
            read=piece.read,
            flags={place: _words(table, index) for place, index in self.columns.flags.items()},
            aside=found.aside,
        )

    def _shifted(self, times: Times, table: pa.Table) -> Times:
        """Milliseconds of a column of their own added, and the offset the file states applied."""
        ms, naive, state = times
        if self.columns.ms is not None:
            extra = self._numbers(table.column(str(self.columns.ms)))
            state = np.where((state == timestamps.OK) & (extra.state != numbers.OK), 2, state)
            ms = ms + np.nan_to_num(extra.values).astype(np.int64)
        if self.shape.offset is not None and naive.any():
            ms = np.where(naive, ms - self.shape.offset, ms)
            naive = np.zeros(naive.size, np.bool_)
        return Times(ms, naive, state.astype(np.uint8))

    def _read_times(self, table: pa.Table) -> Times:
        if not self.columns.time:
            return timestamps.blank(table.num_rows)
        first, *others = (table.column(str(index)) for index in self.columns.time)
        if pa.types.is_timestamp(first.type):
            ticks = first.cast(pa.int64())
            ms = whole(ticks.fill_null(0) if first.null_count else ticks) // 1000
            state = np.zeros(ms.size, np.uint8)
            if first.null_count:
                state[np.asarray(first.is_null().to_numpy(), np.bool_)] = timestamps.BLANK
            return Times(ms, np.full(ms.size, not self.zoned), state)
        if others:
            import pyarrow.compute as pc

            first = pc.binary_join_element_wise(first, *others, " ")
        return timestamps.read(first, self.times.patterns)

    def _numbers(self, column: pa.ChunkedArray) -> Numbers:
        if pa.types.is_floating(column.type):
            found = numbers.of_floats(column)
        else:
            found = numbers.read(
                column,
                decimal=self.shape.decimal,
                thousands=self.columns.thousands,
                no_value=self.columns.no_value,
            )
        return numbers.without(found, self.columns.no_value) if self.columns.no_value else found


def _words(table: pa.Table, index: int) -> Words:
    column = table.column(str(index))
    if column.num_chunks == 0:
        return Words(np.empty(0, np.int64), [])
    joined = column.unify_dictionaries().combine_chunks()
    if isinstance(joined, pa.ChunkedArray):
        joined = joined.chunk(0)
    return Words(whole(joined.indices), [word.strip() for word in joined.dictionary.to_pylist()])
