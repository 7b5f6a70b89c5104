"""Bodies of POST /api/v1/readings: JSON and CSV into raw readings, one refusal a bad reading."""

import csv
import io
import json
import math
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from floodwatch.model.batch import Rejection
from floodwatch.model.errors import FloodWatchError, ImportRefused, Refused
from floodwatch.model.moment import parse
from floodwatch.model.reading import RawReading
from floodwatch.sources.csv.options import span
from floodwatch.sources.missing_words import NO_WORDS, says_none

LARGEST = 8 * 1024 * 1024  # bytes, unpacked
MOST = 10_000  # readings
LONGEST_NAME = 64
COLUMNS = ("station", "variable", "time", "value", "gauge", "unit", "period")
REQUIRED = COLUMNS[:4]
Zone = Callable[[str], ZoneInfo]


class BadBody(FloodWatchError):
    """The body as a whole cannot be taken; `status` is the HTTP answer."""

    def __init__(self, text: str, *, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class _Bad(NamedTuple):
    """Stands in the place of a row that cannot be read."""

    reason: str


class Parsed(NamedTuple):
    """Readings with their places in the body, and those refused before any are stored."""

    readings: tuple[RawReading, ...]
    places: tuple[int, ...]
    refused: tuple[Rejection, ...]


def unpack(body: bytes, encoding: str, *, largest: int = LARGEST) -> bytes:
    """The body itself; a packed one may not grow beyond the limit."""
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise BadBody(f"content encoding {encoding!r} is not known; use gzip or none", status=415)
    unpacker = zlib.decompressobj(31)
    try:
        whole = unpacker.decompress(body, largest + 1)
    except zlib.error as error:
        raise BadBody(f"the gzip body is broken: {error}") from error
    if len(whole) > largest:
        raise BadBody(f"the unpacked body is larger than {largest} bytes", status=413)
    if not unpacker.eof or unpacker.unused_data:
        raise BadBody("the gzip body is cut off or something follows it")
    return whole


def from_json(
    body: bytes, zone: Zone, *, most: int = MOST, words: frozenset[str] = NO_WORDS
) -> Parsed:
    """A JSON list of readings (or one reading)."""
    try:
        found = json.loads(body, object_pairs_hook=_once)
    except RecursionError as error:
        raise BadBody("the JSON is nested too deeply") from error
    except ValueError as error:  # bad JSON, bad UTF-8, a number of thousands of digits
        raise BadBody(f"not JSON: {error}"[:300]) from error
    rows = [found] if isinstance(found, dict | _Bad) else found
    if not isinstance(rows, list):
        raise BadBody("send a list of readings")
    return _parsed(rows, zone, most=most, words=words)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Bad:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    names = [name for name, _ in pairs]
    twice = next(name for name in names if names.count(name) > 1)
    return _Bad(f"{twice[:LONGEST_NAME]!r} stands twice: which of the two is meant?")


def from_csv(
    body: bytes, zone: Zone, *, most: int = MOST, words: frozenset[str] = NO_WORDS
) -> Parsed:
    """CSV with a header line of the same names; an empty value means missing.

    A line is a row: a quote left open spoils its own line and not those after it.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadBody(f"the CSV is not UTF-8: {error}") from error
    lines = [line for line in io.StringIO(text, newline=None) if line.strip()]
    head = _fields(lines[0]) if lines else _Bad("there is none")
    if isinstance(head, _Bad):
        raise BadBody(f"the CSV has no header line: {head.reason}")
    names = [name.strip().lower() for name in head]
    absent = [name for name in REQUIRED if name not in names]
    if absent or len(set(names)) != len(names):
        raise BadBody(
            f"columns missing: {', '.join(absent)}" if absent else "a column stands twice"
        )
    rows = (_fields(line) for line in lines[1:])
    cells = [_cells(names, row, words) for row in rows if any(row)]
    return _parsed(cells, zone, most=most, words=words)


def _fields(line: str) -> list[str] | _Bad:
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as error:
        said = str(error)
        return _Bad("unclosed quote" if said == "unexpected end of data" else f"not CSV: {said}")


def _cells(
    names: Sequence[str], row: Sequence[str] | _Bad, words: frozenset[str]
) -> dict[str, Any] | _Bad:
    if isinstance(row, _Bad):
        return row
    if len(row) != len(names):
        return _Bad(f"{len(row)} cells where the header has {len(names)}")
    cells: dict[str, Any] = {n: c.strip() for n, c in zip(names, row, strict=True) if n in COLUMNS}
    text = cells["value"]
    try:
        cells["value"] = None if says_none(text, words) else float(text)
    except ValueError:
        return _Bad(f"value {text[:40]!r} is not a number")
    for name in COLUMNS[4:]:
        if not cells.get(name):
            cells.pop(name, None)
    return cells


def _parsed(rows: Sequence[Any], zone: Zone, *, most: int, words: frozenset[str]) -> Parsed:
    if len(rows) > most:
        raise BadBody(f"more than {most} readings; send them in several requests", status=413)
    readings: list[RawReading] = []
    places: list[int] = []
    refused: list[Rejection] = []
    for place, row in enumerate(rows):
        try:
            readings.append(_reading(row, zone, words))
            places.append(place)
        except Refused as error:
            refused.append(Rejection(place, str(error)))
    return Parsed(tuple(readings), tuple(places), tuple(refused))


def _reading(row: Any, zone: Zone, words: frozenset[str]) -> RawReading:
    if isinstance(row, _Bad):
        raise Refused(row.reason)
    if not isinstance(row, Mapping):
        raise Refused("not an object")
    station, variable = _name(row, "station"), _name(row, "variable")
    given = row.get("time")
    if not isinstance(given, str) or not 10 <= len(given) <= 40:
        raise Refused("time must be ISO 8601, such as 2026-07-01T08:00:00+08:00")
    return RawReading(
        station,
        variable,
        _time(given, station, zone),
        _value(row, words),
        _name(row, "gauge", optional=True) or None,
        _name(row, "unit", optional=True) or None,
        period_of(row.get("period")),
    )


def _name(row: Mapping[str, Any], name: str, *, optional: bool = False) -> str:
    given = row.get(name)
    if given is None and optional:
        return ""
    if not isinstance(given, str) or not given.strip() or len(given) > LONGEST_NAME:
        raise Refused(f"{name} must be a text of 1 to {LONGEST_NAME} characters")
    return given.strip()


def _time(given: str, station: str, zone: Zone) -> int:
    try:
        return parse(given, zone(station) if _local(given) else _UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Refused(f"time {given!r} cannot be: {error}") from error


_UTC = ZoneInfo("UTC")


def _local(given: str) -> bool:
    """Whether a time carries no offset and so needs the station's zone."""
    return not (given.endswith(("Z", "z")) or "+" in given[10:] or "-" in given[10:])


def _value(row: Mapping[str, Any], words: frozenset[str]) -> float | None:
    if "value" not in row:
        raise Refused("value is missing; send null for no value")
    given = row["value"]
    if given is None or (isinstance(given, str) and says_none(given, words)):
        return None
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise Refused("value must be a number or null")
    try:
        value = float(given)
    except OverflowError as error:
        raise Refused("value is too large") from error
    if not math.isfinite(value):
        raise Refused("value must be finite; send null for no value")
    return value


def period_of(given: Any) -> int | None:
    """Milliseconds of a period written as "5min"; None stays None."""
    if given is None:
        return None
    if not isinstance(given, str):
        raise Refused("period must be a text such as 5min or 1h")
    return _span(given)


@lru_cache(maxsize=256)
def _span(text: str) -> int:
    try:
        return span(text)
    except ImportRefused as error:
        raise Refused(str(error)) from error


def in_order(rejections: Iterable[Rejection]) -> list[dict[str, Any]]:
    """Refusals by place, for the answer."""
    ordered = sorted(rejections, key=lambda each: each.index)
    return [{"index": each.index, "reason": each.reason} for each in ordered]
