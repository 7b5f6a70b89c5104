"""What a text table looks like: its delimiter, header, columns, and the first rows."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from floodwatch.model.errors import ImportRefused
from floodwatch.sources.csv import encoding as encodings
from floodwatch.sources.csv import headers, time_format
from floodwatch.sources.csv.options import AUTO, ImportOptions
from floodwatch.sources.csv.record import Broken, split
from floodwatch.sources.csv.stream import LONGEST_LINE, Source, beginning, check_headers
from floodwatch.sources.dialects.cells import body
from floodwatch.sources.dialects.layout import Layout, Look
from floodwatch.sources.dialects.registry import Recognised, choose, recognised

DELIMITERS = (",", "\t", ";", "|")
_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+")
SAMPLE = 2000
_PREAMBLE = 100  # lines before the header
_MOST_COLUMNS = 4096


@dataclass(frozen=True, slots=True)
class Shape:
    """A file as far as its first lines show it. `header_line` is 0 when it has no header.

    `valid`: all of the file has been found to be in its encoding.
    """

    encoding: str
    valid: bool
    newline: str
    delimiter: str
    decimal: str
    header_line: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # the first data rows
    layout: Layout | None = None  # what a maker's dialect says of the file
    dialect: str = ""  # that dialect's name
    confidence: float = 0.0  # from 0 to 1
    squeeze: bool = False  # runs of blanks are one delimiter
    unquote: bool = False  # quotes hide nothing: no delimiter, no line end
    aside: tuple[bytes, ...] = ()  # beginnings of lines that are no rows
    units: Mapping[int, str] = field(default_factory=dict)  # of a row of units under the header
    offset: int | None = None  # ms ahead of UTC of times without an offset, where the file says it

    def column(self, name: str) -> int:
        """Where a column is, by its name or, without a header, its number from 1."""
        wanted = name.strip()
        places = [i for i, c in enumerate(self.columns) if c == wanted] or [
            i for i, c in enumerate(self.columns) if c.lower() == wanted.lower()
        ]
        if len(places) == 1:
            return places[0]
        what = "no column" if not places else f"{len(places)} columns"
        raise ImportRefused(f"there is {what} named {name!r}; columns: {', '.join(self.columns)}")

    def values(self, index: int) -> list[str]:
        """The first texts of a column."""
        return [row[index] for row in self.rows]


def shape_of(source: Source, options: ImportOptions) -> Shape:
    """Look at a file. Raises ImportRefused when it is no table."""
    source.sheet = source.sheet or options.sheet
    maker = choose(_glance(source, options), options.dialect)
    if options.encoding != AUTO:
        encoding = encodings.check(options.encoding, name=source.name)
    else:
        western = maker is not None and maker.dialect.western
        otherwise = "latin-1" if western else ""
        encoding = encodings.detect(source.scan(), name=source.name, otherwise=otherwise)
    newline, lines = _first_lines(source, encoding)
    if maker is not None:
        return _made(source, maker, Look(source.name, tuple(lines)), options, (encoding, newline))
    delimiter, width = _delimiter(lines, options, source.name)
    start, width = _start(lines, delimiter, width)
    rows = [fields for line in lines[start:] if (fields := _fields(line, delimiter, width))]
    decimal = _decimal(rows[1:], delimiter)
    has_header = not any(_is_data(cell) for cell in rows[0])
    columns = rows[0] if has_header else [str(number + 1) for number in range(width)]
    units = _units(lines, start, delimiter, width) if has_header else {}
    head = start + (2 if units else 1)
    return Shape(
        encoding=encoding,
        valid=options.encoding == AUTO and encoding != "utf-16",
        newline=newline,
        delimiter=delimiter,
        decimal=decimal,
        header_line=head if has_header else 0,
        columns=tuple(name.strip() for name in columns),
        rows=tuple(tuple(row) for row in rows[head - start if has_header else 0 :][:SAMPLE]),
        # Files put one after the other have their header again.
        aside=tuple(line.encode() for line in lines[start:head]) if has_header else (),
        units=units,
    )


def _units(lines: Sequence[str], start: int, delimiter: str, width: int) -> dict[int, str]:
    """The units in a line under the header that holds nothing else; none if it is another line."""
    cells = [
        cell.strip()
        for line in lines[start + 1 : start + 2]
        for cell in _fields(line, delimiter, width)
    ]
    found = {
        place: headers.unit_of(cell.strip("()[]（）【】 ")) for place, cell in enumerate(cells)
    }
    units = {place: unit for place, unit in found.items() if unit}
    words = sum(bool(cell) for cell in cells)
    return units if units and not any(map(_is_data, cells)) and words <= len(units) + 2 else {}


def likely(source: Source) -> list[str]:
    """The dialects of makers a file may be in, the likeliest first."""
    return [found.dialect.name for found in recognised(_glance(source, ImportOptions()))]


def _glance(source: Source, options: ImportOptions) -> Look:
    """The first lines in an encoding that reads any file: enough to see who wrote it."""
    encoding = encodings.glance(source.scan(1 << 16), options.encoding, name=source.name)
    return Look(source.name, tuple(_first_lines(source, encoding)[1]))


def _first_lines(source: Source, encoding: str) -> tuple[str, list[str]]:
    """How lines end, and the first of them."""
    text = beginning(source, encoding).decode("utf-8", "replace")
    newline = "\r" if "\r" in text and "\n" not in text else "\n"
    lines = [line.rstrip("\r") for line in text.split(newline)][: SAMPLE + _PREAMBLE * 5]
    return newline, [line if len(line) <= LONGEST_LINE else "" for line in lines]


def _made(
    source: Source, maker: Recognised, look: Look, options: ImportOptions, how: tuple[str, str]
) -> Shape:
    """The shape of a maker's file, as its dialect lays it out."""
    layout = maker.dialect.lay_out(look)
    encoding, newline = how
    if layout.again:
        check_headers(source, layout.again, encoding)
    rows = body(look, layout.head, layout.delimiter, squeeze=layout.squeeze)
    wide = [row for row in rows if len(row) == len(layout.columns)]
    return Shape(
        encoding=encoding,
        valid=options.encoding == AUTO and encoding == "utf-8",
        newline=newline,
        delimiter=layout.delimiter,
        decimal=layout.decimal or _decimal(wide, layout.delimiter),
        header_line=layout.head,
        columns=layout.columns,
        rows=tuple(tuple(row) for row in wide[:SAMPLE]),
        layout=layout,
        dialect=maker.dialect.name,
        confidence=maker.confidence,
        squeeze=layout.squeeze,
        unquote=layout.unquote,
        aside=layout.aside,
        offset=None if options.force_tz and options.tz else layout.offset,
    )


def _delimiter(lines: Sequence[str], options: ImportOptions, name: str) -> tuple[str, int]:
    """The delimiter, and how many fields most lines have with it."""
    given = _NAMES.get(options.delimiter, options.delimiter)
    some = [line for line in lines if line.strip()][:200]
    best, score = ("", 0), (0.0, 0)
    for delimiter in (given,) if given else DELIMITERS:
        widths = Counter(width for line in some if (width := _width(line, delimiter)) > 1)
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        if (count / len(some), -DELIMITERS.index(delimiter) if not given else 0) > score:
            best, score = (delimiter, width), (count / len(some), -99)
    if not best[1]:
        raise ImportRefused(f"{name}: no table found in it; say --delimiter and --encoding")
    if best[1] > _MOST_COLUMNS:
        raise ImportRefused(f"{name}: {best[1]} columns; at most {_MOST_COLUMNS} are read")
    return best


def _start(lines: Sequence[str], delimiter: str, width: int) -> tuple[int, int]:
    """Where the table begins, and its width: at a line that names a time column, else where lines
    have the width that most have.
    """
    for place, line in enumerate(lines[:_PREAMBLE]):
        fields = split(line, delimiter) if _width(line, delimiter) > 1 else []
        named = any(headers.role_of(field) == "time" for field in fields)
        if named and not any(_is_data(field) for field in fields):
            return place, len(fields)
    return next(i for i, line in enumerate(lines) if _width(line, delimiter) == width), width


def _width(line: str, delimiter: str) -> int:
    try:
        return len(split(line, delimiter)) if line.strip() else 0
    except Broken:
        return 0


def _fields(line: str, delimiter: str, width: int) -> list[str]:
    return split(line, delimiter) if _width(line, delimiter) == width else []


def _decimal(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    """A comma, if numbers are written with commas and none with a point."""
    if delimiter == ",":
        return "."
    cells = [cell.strip() for row in rows for cell in row]
    commas = any(_COMMA_NUMBER.fullmatch(cell) for cell in cells)
    points = any("." in cell and _NUMBER.fullmatch(cell) for cell in cells)
    return "," if commas and not points else "."


def _is_data(cell: str) -> bool:
    text = cell.strip()
    if not text:
        return False
    return bool(_NUMBER.fullmatch(text)) or time_format.detect([text]) is not None
