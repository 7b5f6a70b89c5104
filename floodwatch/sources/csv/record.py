"""One line of a text table split strictly by RFC 4180, and records that span several lines."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from floodwatch.sources.csv.stream import LONGEST_LINE

_MOST_LINES = 200


class Broken(Exception):
    """The text is not a record; the message says why."""


class Unclosed(Broken):
    """A quote is opened and not closed."""

    def __init__(self) -> None:
        super().__init__("unclosed quote")


def split(text: str, delimiter: str) -> list[str]:
    """The fields of one record. Raises Broken."""
    fields: list[str] = []
    at = 0
    while True:
        if text.startswith('"', at):
            field, at = _quoted(text, at + 1)
            if at < len(text) and text[at] != delimiter:
                raise Broken("text after a closing quote")
        else:
            end = text.find(delimiter, at)
            end = len(text) if end < 0 else end
            field, at = text[at:end], end
        fields.append(field)
        if at >= len(text):
            return fields
        at += 1


def _quoted(text: str, at: int) -> tuple[str, int]:
    parts = []
    while True:
        end = text.find('"', at)
        if end < 0:
            raise Unclosed
        parts.append(text[at:end])
        if not text.startswith('"', end + 1):
            return "".join(parts), end + 1
        parts.append('"')
        at = end + 2


class Record(NamedTuple):
    """A record found at some line, and over how many lines it goes."""

    fields: list[str]
    lines: int


class Shape(NamedTuple):
    """What a record must look like: its delimiter, number of fields, and which are used."""

    delimiter: str
    width: int
    used: frozenset[int]


class Lines(Protocol):
    """Lines without their ends, one at a time."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> bytes: ...


class Unfinished(Exception):
    """The lines end inside a quote that may be closed later."""


def record(lines: Lines, at: int, shape: Shape, *, final: bool) -> Record:
    """The record that begins at `lines[at]` (without line ends).

    A quoted line end is believed only in a field that is not used, and only if none of the lines it
    swallows is a record by itself: so that a forgotten quote costs its own line and no other.
    Raises Broken, or Unfinished when more lines are needed to tell.
    """
    text = lines[at].decode("utf-8", "replace")
    try:
        return Record(_whole(split(text, shape.delimiter), shape), 1)
    except Unclosed:
        pass
    for index in range(at + 1, min(at + _MOST_LINES, len(lines))):
        more = lines[index].decode("utf-8", "replace")
        if _stands_alone(more, shape) or len(text) > LONGEST_LINE:
            raise Unclosed
        text += "\n" + more
        if '"' not in more:
            continue
        try:
            fields = split(text, shape.delimiter)
        except Unclosed:
            continue
        except Broken:
            raise Unclosed from None
        if len(fields) != shape.width or _breaks_used(fields, shape.used):
            raise Unclosed
        return Record([field.replace("\n", " ") for field in fields], index - at + 1)
    if final or len(lines) - at >= _MOST_LINES:
        raise Unclosed
    raise Unfinished


def _whole(fields: list[str], shape: Shape) -> list[str]:
    if len(fields) != shape.width:
        raise Broken(f"{len(fields)} fields instead of {shape.width}")
    return fields


def _stands_alone(text: str, shape: Shape) -> bool:
    try:
        return len(split(text, shape.delimiter)) == shape.width
    except Broken:
        return False


def _breaks_used(fields: Sequence[str], used: Collection[int]) -> bool:
    return any("\n" in fields[index] for index in used)


def joined(fields: Sequence[str], delimiter: str) -> bytes:
    """The fields as one line in which every one of them is quoted."""
    cells = ('"' + field.replace('"', '""') + '"' for field in fields)
    return delimiter.join(cells).encode("utf-8", "replace") + b"\n"
