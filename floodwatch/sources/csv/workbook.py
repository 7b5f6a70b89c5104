"""A sheet of an Excel workbook as the text table it stands for, row by row and bounded."""

import csv
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TextIO
from xml.etree.ElementTree import ParseError

from floodwatch.model.errors import ImportRefused
from floodwatch.sources.csv import headers
from floodwatch.sources.csv.zipped import MOST_RATIO

MOST_BYTES = 1 << 30  # of all parts, unpacked
MOST_STRINGS = 256 << 20  # of the texts, which are held in memory
_SMALL = 4 << 20  # so little may be packed as tightly as it likes
_HEAD = 1000  # rows that say how wide a sheet is
_HEADER = 60  # rows among which a header is looked for
_OLD = b"\xd0\xcf\x11\xe0"  # an .xls, or an .xlsx behind a password


def is_workbook(path: Path) -> bool:
    """Whether a file is a workbook, whatever it is called. Refuses what only Excel can open."""
    with path.open("rb") as file:
        start = file.read(4)
    if start == _OLD:
        raise ImportRefused(
            f"{path.name}: an old or a protected Excel file; save it as .xlsx without a password"
        )
    if start != b"PK\x03\x04":
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError):
        return False


def write(path: Path, sheet: str, target: TextIO, *, name: str) -> str:
    """Write one sheet as commas and lines; the sheet's name. Line n is row n.

    Raises ImportRefused when it is damaged, too large, or when it must be said which sheet.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _check_size(path, name)
    try:
        with path.open("rb") as file:  # by its path it would be judged by its ending
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            chosen = _sheet(book, sheet, name)
            _write(_rows(chosen), target)
            return str(chosen.title)
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        ParseError,
        KeyError,
        ValueError,
        TypeError,
        EOFError,
        OverflowError,
    ) as error:
        raise ImportRefused(f"{name}: the workbook is damaged: {str(error)[:200]}") from error


def _check_size(path: Path, name: str) -> None:
    """Sizes as the archive states them: no part can be unpacked beyond its own."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
    total = sum(part.file_size for part in parts)
    strings = sum(part.file_size for part in parts if "sharedStrings" in part.filename)
    packed = sum(part.compress_size for part in parts)
    if total > MOST_BYTES or strings > MOST_STRINGS:
        raise ImportRefused(f"{name}: a workbook of {total >> 20:,} MB; save the sheet as CSV")
    if total > _SMALL and total > MOST_RATIO * packed:
        raise ImportRefused(f"{name}: unpacks to more than {MOST_RATIO} times its size")


def _sheet(book: Any, wanted: str, name: str) -> Any:
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if wanted:
        found = next((s for s in book.worksheets if s.title.strip() == wanted.strip()), None)
        if found is None:
            raise ImportRefused(f"{name}: no sheet {wanted!r}; sheets: {_titles(book.worksheets)}")
        return found
    filled = [sheet for sheet in sheets if any(any(row) for row in _head(sheet))]
    tables = [sheet for sheet in filled if _has_table(_head(sheet))]
    if len(filled) == 1 or len(tables) == 1:
        return (tables or filled)[0]
    if not filled:
        raise ImportRefused(f"{name}: all sheets are empty")
    raise ImportRefused(f"{name}: which sheet? say --sheet; sheets: {_titles(filled)}")


def _titles(sheets: Iterable[Any]) -> str:
    return ", ".join(repr(sheet.title) for sheet in sheets)


def _head(sheet: Any) -> list[list[str]]:
    return [row for _, row in zip(range(_HEADER), _rows(sheet), strict=False)]


def _has_table(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a header with a time column stands above further rows."""
    for place, row in enumerate(rows[:-1]):
        named = [cell for cell in row if cell]
        if len(named) > 1 and any(
            headers.role_of(cell) == "time" or "date" in cell.lower()[:12] for cell in named
        ):
            return any(sum(map(bool, after)) > 1 for after in rows[place + 1 :])
    return False


def _rows(sheet: Any) -> Iterator[list[str]]:
    """The cells of all rows as texts, empty ones at the end left out."""
    sheet.reset_dimensions()  # what a file says of its size need not be so
    for row in sheet.iter_rows(values_only=True):
        texts = [text(value) for value in row]
        while texts and not texts[-1]:
            texts.pop()
        yield texts


def text(value: object) -> str:
    """A cell as it would stand in a text table."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):  # a clock beyond midnight, or a length of time
        seconds = round(value.total_seconds())
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return " ".join(str(value).split())


def _moment(value: datetime) -> str:
    """Excel counts days in floating point: a time is good to a millisecond."""
    whole = value + timedelta(microseconds=500)
    ms = whole.microsecond // 1000
    tail = f".{ms:03d}" if ms else ""
    return whole.strftime("%Y-%m-%d %H:%M:%S") + tail


def _write(rows: Iterator[list[str]], target: TextIO) -> None:
    writer = csv.writer(target, lineterminator="\n")
    head = [row for _, row in zip(range(_HEAD), rows, strict=False)]
    width = max((len(row) for row in head), default=0)
    for some in (head, rows):
        for row in some:
            writer.writerow(row + [""] * (width - len(row)))
