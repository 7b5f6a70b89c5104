"""The body of an ASCII message: identifiers and values, a blank after each (SL 651 6.6.2)."""

import re

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.sources.sl651.commands import SETTINGS
from floodwatch.sources.sl651.draft import Draft
from floodwatch.sources.sl651.elements import BY_IDENT, STATUS_BITS, Kind
from floodwatch.sources.sl651.frame import Fault
from floodwatch.sources.sl651.message import Element
from floodwatch.sources.sl651.values import level_slots, rain_slots

_OPENING = re.compile(rb"([0-9A-Fa-f]{4})(\d{12})")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?|[+-]?\.\d+")
_STEP = re.compile(r"DR([DHN])(\d\d)")
_STEPS = {"D": DAY, "H": HOUR, "N": MINUTE}
_IDENT = re.compile(r"[A-Za-z][A-Za-z0-9]{0,7}")
_MISSING = "M"
_LEVELS = {f"DRZ{number}": number for number in range(1, 9)}
_RAW = re.compile(rb"(?:^| )(RGZS|PIC) ")


def read_ascii_opening(draft: Draft, data: bytes) -> int:
    """Serial and send time; returns where the rest begins."""
    match = _OPENING.match(data)
    if match is None:
        draft.problem(Fault.BODY, "the body does not begin with serial and time in 16 characters")
        draft.rest = data
        return len(data)
    draft.serial = int(match[1], 16)
    draft.sent = draft.moment(match[2].decode(), "send time")
    return match.end()


def read_ascii_body(draft: Draft, data: bytes) -> None:
    """Read what follows the opening of a message from a station; never raises."""
    at = read_ascii_opening(draft, data)
    raw = _RAW.search(data, at)
    words = data[at : raw.start() if raw else len(data)].decode("latin-1").split()
    if draft.function in SETTINGS:
        _settings(draft, words)
    else:
        _elements(draft, words)
    if raw is not None:
        value = data[raw.end() :]
        manual = raw[1] == b"RGZS"
        text = value.decode("gb18030", "replace") if manual else None
        draft.add(raw[1].decode(), None, text, value)


def _elements(draft: Draft, words: list[str]) -> None:
    at = 0
    while at < len(words):
        word = words[at].upper()
        if word == "ST":
            station, letter = words[at + 1 : at + 2], words[at + 2 : at + 3]
            draft.report_of("".join(station).upper(), "".join(letter)[:1])
            at += 3
        elif word == "TT":
            draft.observed_at("".join(words[at + 1 : at + 2]))
            at += 2
        elif match := _STEP.fullmatch(word):
            draft.add(words[at], None, match[2], b"")
            draft.step = int(match[2]) * _STEPS[match[1]]
            at = _series(draft, words, at + 1)
        else:
            at = _element(draft, words, at)


def _element(draft: Draft, words: list[str], at: int) -> int:
    name = words[at]
    if at + 1 >= len(words):
        draft.problem(Fault.BODY, f"identifier {name!r} has no value")
        draft.rest = name.encode("latin-1")
        return at + 1
    given, ident = words[at + 1], name.upper()
    if ident == "DRP" or ident in _LEVELS:
        _slots(draft, name, given)
    else:
        kind = BY_IDENT.get(ident)
        draft.add(name, kind, _value(draft, name, given, kind), given.encode("latin-1"))
    return at + 2


def _series(draft: Draft, words: list[str], at: int) -> int:
    """A uniform group: identifiers, then a value of each for every time (6.6.4.4 b, c)."""
    names: list[str] = []
    while at < len(words) and _IDENT.fullmatch(words[at]) and words[at] != _MISSING:
        if len(words[at]) >= 8 and words[at].upper() not in BY_IDENT:
            break
        names.append(words[at])
        at += 1
    if not names:
        return at
    if names[0].upper() == "DRP" or names[0].upper() in _LEVELS:
        _slots(draft, names[0], "".join(words[at:]))
        return len(words)
    stop = at
    while stop < len(words) and (words[stop] == _MISSING or _NUMBER.fullmatch(words[stop])):
        stop += 1
    for number, name in enumerate(names):
        kind = BY_IDENT.get(name.upper())
        values = [
            _value(draft, name, given, kind) for given in words[at + number : stop : len(names)]
        ]
        draft.add_series(name, kind, values)
    return stop


def _slots(draft: Draft, name: str, given: str) -> None:
    try:
        raw = bytes.fromhex(given)
    except ValueError:
        draft.problem(Fault.ELEMENT, f"element {name}: {given[:16]!r} is not hex")
        return
    if name.upper() == "DRP":
        draft.add_rain_slots(name, rain_slots(raw))
    else:
        draft.add_level_slots(name, _LEVELS[name.upper()], level_slots(raw))


def _value(draft: Draft, name: str, given: str, kind: Kind | None) -> float | None:
    if given == _MISSING:
        return None
    try:
        if kind is not None and kind.lead == STATUS_BITS and len(given) <= 8:
            return float(int(given, 16))
        if _NUMBER.fullmatch(given) and len(given) <= 40:
            return float(given)
    except ValueError:
        pass
    draft.problem(Fault.ELEMENT, f"element {name}: {given[:24]!r} is no number")
    return None


def _settings(draft: Draft, words: list[str]) -> None:
    """Settings: the id of table D.1 or D.4 as two characters, and its value."""
    at = 0
    while at < len(words):
        if words[at].upper() == "ST":
            draft.report_of("".join(words[at + 1 : at + 2]).upper(), "")
            at += 2
            continue
        value = words[at + 1] if at + 1 < len(words) else None
        station = draft.station or draft.home
        draft.parameters.append(Element(words[at], station, draft.sent, value))
        at += 2
