"""The lines of a piece of a file, told apart: good ones, blank ones, and those refused."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.sources.csv.record import Broken, Shape, Unfinished, joined, record
from floodwatch.sources.csv.stream import LONGEST_LINE, Piece

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
_TEXT = 200
_NEWLINE, _RETURN, _QUOTE = 10, 13, 34
_REPLACED = "\ufffd".encode()


class Refused(NamedTuple):
    """A line that cannot be taken at all. `column` is empty when no single one is to blame."""

    line: int
    column: str
    reason: str
    text: str


@dataclass(slots=True)
class Surveyed:
    """Good lines only, with their line numbers; `rest` is an unfinished record for the next piece.

    `lines` is the number of the first when they follow one another. `aside`: lines that are no
    rows, such as a trailer.
    """

    data: bytes
    lines: int | Ints
    blank: int = 0
    aside: int = 0
    refused: list[Refused] = field(default_factory=list)
    rest: bytes = b""


def holds_marks(piece: Piece, shape: Shape, aside: tuple[bytes, ...] = ()) -> bool:
    """Whether there are lines that are no rows: of delimiters alone, or beginning with a mark."""
    return any(_begins(piece.data, mark) for mark in (*_bare_lines(shape), *aside))


def looks_plain(piece: Piece) -> bool:
    """Whether the piece has nothing that needs a survey, as far as can be seen without one; lines
    that are no rows are told by their times.
    """
    data = piece.data
    if b'"' in data or b"\x00" in data or (not data.isascii() and _REPLACED in data):
        return False
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return False
    return not _has_long_line(data)


def _has_long_line(data: bytes) -> bool:
    at = 0
    while len(data) - at > LONGEST_LINE:
        end = data.rfind(b"\n", at, at + LONGEST_LINE + 1)
        if end < at:
            return True
        at = end + 1
    return False


def _bare_lines(shape: Shape) -> tuple[bytes, ...]:
    """Lines of nothing but delimiters."""
    bare = shape.delimiter.encode() * (shape.width - 1)
    return (bare + b"\n", bare + b"\r\n") if bare else ()


def _begins(data: bytes, mark: bytes) -> bool:
    """Whether any line begins so."""
    return data.startswith(mark) or b"\n" + mark in data


def survey(piece: Piece, shape: Shape, aside: tuple[bytes, ...] = ()) -> Surveyed:
    """Tell the lines apart. Those that begin with one of `aside` are no rows."""
    data = piece.data
    if not data:
        return Surveyed(b"", piece.first_line)
    lines = _Lines(data)
    good = lines.plain(shape) | lines.neatly_quoted(shape)
    good &= ~lines.bare(shape)
    for mark in aside:
        good &= ~lines.beginning(mark)
    if good.all():
        return Surveyed(data, piece.first_line)
    return _sort_out(piece, lines, good, shape, aside)


class _Lines:
    """Where the lines of some text begin and end, and what is in them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.bytes = np.frombuffer(data, np.uint8)
        self.ends = np.flatnonzero(self.bytes == _NEWLINE)
        self.starts = np.concatenate([[0], self.ends[:-1] + 1])
        self.quotes = np.flatnonzero(self.bytes == _QUOTE)

    def _count(self, positions: Ints) -> Ints:
        return np.searchsorted(positions, self.ends) - np.searchsorted(positions, self.starts)

    def _odd_bytes(self) -> Mask:
        """Lines that hold a NUL, an undecodable character, a stray return, or too much."""
        odd: Mask = (self.ends - self.starts) > LONGEST_LINE
        if b"\x00" in self.data:
            odd |= self._count(np.flatnonzero(self.bytes == 0)) > 0
        if not self.data.isascii() and _REPLACED in self.data:
            odd |= self._count(_occurrences(self.data, _REPLACED)) > 0
        returns = np.flatnonzero(self.bytes == _RETURN)
        if returns.size:
            odd |= self._count(returns[self.bytes[returns + 1] != _NEWLINE]) > 0
        return odd

    def bare(self, shape: Shape) -> Mask:
        """Lines of nothing but delimiters, as spreadsheets leave behind the last row."""
        sizes = self.ends - self.starts
        short = (sizes >= shape.width - 1) & (sizes <= shape.width)
        bare = np.zeros(self.ends.size, np.bool_)
        if shape.width == 1:
            return bare
        delimiter = shape.delimiter.encode()
        for line in np.flatnonzero(short).tolist():
            text = self.data[int(self.starts[line]) : int(self.ends[line])]
            bare[line] = not text.rstrip(b"\r").strip(delimiter)
        return bare

    def beginning(self, mark: bytes) -> Mask:
        """Lines that begin so."""
        found = np.zeros(self.ends.size, np.bool_)
        places = _occurrences(self.data, b"\n" + mark) + 1
        if self.data.startswith(mark):
            places = np.append(places, 0)
        found[np.searchsorted(self.starts, places)] = True
        return found

    def plain(self, shape: Shape) -> Mask:
        """Lines without quotes and with the right number of fields."""
        commas = np.flatnonzero(self.bytes == ord(shape.delimiter))
        right = self._count(commas) == shape.width - 1
        if shape.width == 1:
            right &= self.ends > self.starts
        plain: Mask = right & (self._count(self.quotes) == 0) & ~self._odd_bytes()
        return plain

    def neatly_quoted(self, shape: Shape) -> Mask:
        """Lines whose quotes all open a field or close one, with the right number of fields."""
        quotes = self.quotes
        if quotes.size == 0:
            return np.zeros(self.ends.size, np.bool_)
        first = np.searchsorted(quotes, self.starts)
        line = np.searchsorted(self.ends, quotes)
        opening = ((np.arange(quotes.size) - first[line]) & 1) == 0
        edge = (ord(shape.delimiter), _NEWLINE)
        before = np.where(quotes > 0, self.bytes[quotes - 1], _NEWLINE)
        after = self.bytes[quotes + 1]
        neat = np.where(opening, np.isin(before, edge), np.isin(after, (*edge, _RETURN)))
        wrong = self._count(quotes[~neat]) > 0
        count = self._count(quotes)
        commas = np.flatnonzero(self.bytes == ord(shape.delimiter))
        at = np.searchsorted(self.ends, commas)
        outside = ((np.searchsorted(quotes, commas) - first[at]) & 1) == 0
        fields = self._count(commas[outside])
        good: Mask = (count > 0) & (count % 2 == 0) & ~wrong & (fields == shape.width - 1)
        return good & ~self._odd_bytes()


def _occurrences(data: bytes, part: bytes) -> Ints:
    found, at = [], data.find(part)
    while at >= 0:
        found.append(at)
        at = data.find(part, at + 1)
    return np.array(found, np.int64)


def _sort_out(
    piece: Piece, lines: _Lines, good: Mask, shape: Shape, aside: tuple[bytes, ...]
) -> Surveyed:
    """The slow look at every line that is not good; good stretches are copied as they are."""
    taken: list[bytes] = []
    numbers: list[Ints] = []
    found = Surveyed(b"", piece.first_line)
    odd, at = np.flatnonzero(~good).tolist(), 0
    texts = _Texts(lines)
    delimiter = shape.delimiter.encode()
    for index in odd:
        if index < at:
            continue  # inside a record already read
        _copy(lines, at, index, piece.first_line, taken, numbers)
        number, at = piece.first_line + index, index + 1
        line = texts[index]
        if not line.strip() or not line.strip(delimiter):
            found.blank += 1
            continue
        if line.startswith(aside):
            found.aside += 1
            continue
        try:
            _check_bytes(line)
            read = record(texts, index, shape, final=piece.final)
        except Unfinished:
            found.rest = lines.data[int(lines.starts[index]) :]
            at = len(texts)
            break
        except Broken as broken:
            text = line[:_TEXT].decode("utf-8", "replace")
            found.refused.append(Refused(number, "", str(broken), text))
            continue
        taken.append(joined(read.fields, shape.delimiter))
        numbers.append(np.array([number], np.int64))
        at = index + read.lines
    _copy(lines, at, len(texts), piece.first_line, taken, numbers)
    found.data = b"".join(taken)
    found.lines = np.concatenate(numbers) if numbers else piece.first_line
    return found


class _Texts:
    """The lines one by one, without their ends; cut out only when asked for."""

    def __init__(self, lines: _Lines) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return int(self._lines.ends.size)

    def __getitem__(self, index: int) -> bytes:
        start, end = self._lines.starts[index], self._lines.ends[index]
        return self._lines.data[start:end].rstrip(b"\r")


def _copy(
    lines: _Lines, start: int, end: int, first: int, taken: list[bytes], numbers: list[Ints]
) -> None:
    if end > start:
        taken.append(lines.data[int(lines.starts[start]) : int(lines.ends[end - 1]) + 1])
        numbers.append(np.arange(first + start, first + end, dtype=np.int64))


def _check_bytes(line: bytes) -> None:
    if len(line) > LONGEST_LINE:
        raise Broken("line longer than 64 kB")
    if b"\x00" in line:
        raise Broken("NUL byte in the line")
    if _REPLACED in line:
        raise Broken("characters that are not valid in the file's encoding")
    if b"\r" in line:
        raise Broken("carriage return inside the line")
