"""The body of a HEX/BCD message: opening, station and time groups, elements (SL 651 6.6.3)."""

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.sources.sl651 import hunan
from floodwatch.sources.sl651.commands import read_answer
from floodwatch.sources.sl651.draft import Draft
from floodwatch.sources.sl651.elements import (
    FIRST_LEVELS,
    KINDS,
    LAST_LEVELS,
    MANUAL_LEAD,
    PICTURE_LEAD,
    RAIN_SLOTS,
    STATION_LEAD,
    STATUS_BITS,
    STEP,
    TIME_LEAD,
    USER,
    VELOCITIES,
)
from floodwatch.sources.sl651.frame import Fault
from floodwatch.sources.sl651.message import QUERY_PERIOD, UNIFORM
from floodwatch.sources.sl651.values import bcd_number, level_slots, rain_slots

# Functions whose answers hold no elements but something of their own (tables 51 to 86).
ANSWERS = frozenset((*range(0x40, 0x44), *range(0x45, 0x52)))
_WIDTHS = {RAIN_SLOTS: 12} | dict.fromkeys(range(FIRST_LEVELS, LAST_LEVELS + 1), 24)
_CLASSES = frozenset(b"PHKZDTMGQIO")
_WHOLE = {(MANUAL_LEAD, 0xF2), (PICTURE_LEAD, 0xF3), (VELOCITIES, 0xF6)}


def read_opening(draft: Draft, data: bytes) -> int:
    """Serial and send time; returns where the rest begins."""
    if len(data) < 8:
        draft.problem(Fault.BODY, f"a body of {len(data)} bytes; serial and time take 8")
        draft.rest = data
        return len(data)
    draft.serial = int.from_bytes(data[:2])
    draft.sent = draft.moment(data[2:8].hex(), "send time")
    return 8


def read_body(draft: Draft, data: bytes) -> None:
    """Read what follows the opening of a message from a station; never raises."""
    at = read_opening(draft, data)
    if draft.function in ANSWERS:
        read_answer(draft, data, _station(draft, data, at, classed=False))
        return
    grouped = draft.function in (UNIFORM, QUERY_PERIOD)
    while at < len(data):
        at = _next(draft, data, at, grouped=grouped)


def _next(draft: Draft, data: bytes, at: int, *, grouped: bool) -> int:
    """Read the group or element at `at`; returns where the next one begins."""
    lead, second = data[at], data[at + 1] if at + 1 < len(data) else -1
    if lead == STATION_LEAD and second == STATION_LEAD:
        return _station(draft, data, at, classed=True)
    if lead == TIME_LEAD and second == TIME_LEAD:
        if at + 7 > len(data):
            return _short(draft, data, at)
        draft.observed_at(data[at + 2 : at + 7].hex())
        return at + 7
    if (lead, second) in _WHOLE:
        return _whole(draft, data, at)
    name = f"{lead:02X}"
    if lead == USER:
        at, name = at + 1, f"FF{second:02X}" if second >= 0 else name
    if at + 2 > len(data):
        return _short(draft, data, at)
    definition, first = data[at + 1], at + 2
    if lead == STEP:
        return _step(draft, data, first, definition >> 3)
    if grouped and draft.step is not None:
        return _series(draft, data, first, lead=lead, name=name)
    if draft.dialect.hunan and name in hunan.SIZES:
        return hunan.read(draft, data, first, name=name)
    return _element(draft, data, first, lead=lead, name=name)


def _element(draft: Draft, data: bytes, first: int, *, lead: int, name: str) -> int:
    definition = data[first - 1]
    stop = first + _width(lead, definition)
    if stop > len(data):
        return _short(draft, data, first - len(name) // 2 - 1)
    raw = data[first:stop]
    if lead in _WIDTHS:
        _slots(draft, raw, lead=lead, name=name)
        return stop
    kind = KINDS.get(lead)
    draft.add(name, kind, _value(draft, raw, lead, definition & 7, name=name), raw)
    return stop


def _value(draft: Draft, raw: bytes, lead: int, decimals: int, *, name: str) -> float | None:
    if lead == STATUS_BITS:
        return float(int.from_bytes(raw))
    if not raw:
        draft.problem(Fault.ELEMENT, f"element {name} has no value")
        return None
    try:
        return bcd_number(raw, decimals)
    except ValueError:
        if lead in KINDS:
            draft.problem(Fault.ELEMENT, f"element {name}: {raw.hex().upper()} is no BCD number")
        return None


def _slots(draft: Draft, raw: bytes, *, lead: int, name: str) -> None:
    if lead == RAIN_SLOTS:
        draft.add_rain_slots(name, rain_slots(raw))
    else:
        draft.add_level_slots(name, lead - RAIN_SLOTS, level_slots(raw))


def _series(draft: Draft, data: bytes, first: int, *, lead: int, name: str) -> int:
    """The one element of a uniform group: all that follows are its values (6.6.4.4)."""
    columns = [(name, lead, data[first - 1])]
    width = _width(lead, data[first - 1])
    uneven = bool(width) and (len(data) - first) % width > 0
    if lead not in _WIDTHS and (uneven or _is_identifier(data, first)):
        columns, first = _columns(data, first, columns)
        width = sum(_width(lead, definition) for _, lead, definition in columns)
    stop = first + (len(data) - first) // width * width if width else first
    if lead in _WIDTHS:
        _slots(draft, data[first:stop], lead=lead, name=name)
        return _left(draft, data, stop)
    at = first
    for column, own, definition in columns:
        size = _width(own, definition)
        starts = range(at, stop, width) if width else ()
        values = [
            _value(draft, data[start : start + size], own, definition & 7, name=column)
            for start in starts
        ]
        draft.add_series(column, KINDS.get(own), values)
        at += size
    return _left(draft, data, stop)


def _columns(
    data: bytes, first: int, columns: list[tuple[str, int, int]]
) -> tuple[list[tuple[str, int, int]], int]:
    """More elements of a uniform group, where the bytes fit them without a rest.

    The standard has one element in HEX/BCD groups; some stations send several, row by row as in
    ASCII. As the first value of a group, an identifier would be hundreds of mm or km high.
    """
    found, at = list(columns), first
    while at + 2 <= len(data) and data[at] in KINDS:
        found.append((f"{data[at]:02X}", data[at], data[at + 1]))
        at += 2
        width = sum(_width(lead, definition) for _, lead, definition in found)
        if width and at < len(data) and (len(data) - at) % width == 0:
            return found, at
    return columns, first


def _is_identifier(data: bytes, at: int) -> bool:
    """Whether an element of the table and its standard definition byte stand here."""
    kind = KINDS.get(data[at]) if at + 1 < len(data) else None
    return kind is not None and data[at + 1] == (kind.digits + 1) // 2 << 3 | kind.decimals


def _width(lead: int, definition: int) -> int:
    return _WIDTHS.get(lead) or definition >> 3


def _left(draft: Draft, data: bytes, stop: int) -> int:
    return _short(draft, data, stop) if stop < len(data) else stop


def _step(draft: Draft, data: bytes, first: int, width: int) -> int:
    """The time step code: days, hours, minutes; all zero goes with the five-minute groups."""
    raw = data[first : first + width]
    digits = raw.hex()
    if width != 3 or len(raw) < 3 or not digits.isdigit():
        draft.problem(Fault.ELEMENT, f"time step code {digits.upper() or 'empty'} is none")
        return first + width
    days, hours, minutes = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    draft.add("04", None, digits, raw)
    draft.step = days * DAY + hours * HOUR + minutes * MINUTE
    return first + width


def _station(draft: Draft, data: bytes, at: int, *, classed: bool) -> int:
    """F1F1, the address and, in reports, the letter of the station's class."""
    if data[at : at + 2] != b"\xf1\xf1":
        return at
    stop = at + 7
    if stop > len(data):
        return _short(draft, data, at)
    letter = ""
    if classed and stop < len(data) and _is_class(data, stop):
        letter = chr(data[stop])
        stop += 1
    draft.report_of(data[at + 2 : at + 7].hex().upper(), letter)
    return stop


def _is_class(data: bytes, at: int) -> bool:
    """A letter of table A.1, or any byte before a time; some stations leave it out."""
    return data[at] in _CLASSES or (data[at] != TIME_LEAD and data[at + 1 : at + 3] == b"\xf0\xf0")


def _whole(draft: Draft, data: bytes, at: int) -> int:
    """Manual text, picture or velocities: the rest of the body."""
    lead, raw = data[at], data[at + 2 :]
    name = f"{lead:02X}" if lead != VELOCITIES else "FDF6"
    text = raw.decode("gb18030", "replace") if lead == MANUAL_LEAD else None
    draft.add(name, None, text, raw)
    return len(data)


def _short(draft: Draft, data: bytes, at: int) -> int:
    """The body stops within an element: what is left is kept."""
    draft.rest = data[at:]
    draft.problem(Fault.BODY, f"the body stops within an element at {draft.rest[:8].hex().upper()}")
    return len(data)
