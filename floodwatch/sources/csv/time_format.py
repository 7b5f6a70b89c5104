"""How a file writes times: found out from its texts, or given in the words of strptime."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from floodwatch.model.errors import ImportRefused
from floodwatch.sources.csv.timestamps import MONTHS

# No pattern may depend on what a digit is: timestamps.py tries it on one text of each layout.
_HALF = r"上午|下午|午前|午後|[AaPp]\.?\s?[Mm]\.?"
_CLOCK = (
    r"(?:(?P<q>上午|下午|午前|午後|[AaPp]\.?[Mm]\.?)\s?)?"
    r"(?P<H>\d{1,2})(?:[:时時點点h](?P<M>\d{1,2})?"
    r"(?:[:分](?P<S>\d{1,2})?(?:[.,](?P<f>\d{1,9}))?秒?)?)?"
    rf"(?:\s?(?P<p>{_HALF}))?"
)
_NAMED = r"UTC|GMT|CEST|CET|MESZ|MEZ|WEST|WET|EEST|EET|SAST|JST|KST|HKT"
_ZONE = rf"(?:\s?(?P<z>Z|{_NAMED}|(?:UTC|GMT)?[+-]\d{{2}}(?::?\d{{2}})?))?"
# Between date and clock: T, blanks, a comma; nothing after 日 and before 上午.
_TAIL = rf"(?:(?:,?[T ]\s*|(?<=[日号號 ])|(?=[上下午]))\s*{_CLOCK}{_ZONE})?"
_YEAR, _SHORT = r"(?P<Y>\d{4})", r"(?P<y>\d{2})"
_DAY, _MONTH = r"(?P<d>\d{1,2})", r"(?P<m>\d{1,2})"
_NAME = r"(?P<b>[A-Za-zÀ-ÿ]{3,9})\.?"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.ASCII)


_YMD = _pattern(rf"{_YEAR}[-/.年]{_MONTH}[-/.月]{_DAY}[日号號]?" + _TAIL)
_SPACED = _pattern(
    rf"{_YEAR}[ ,]+{_MONTH}[ ,]+{_DAY}(?:[ ,]+(?P<H>\d{{1,2}})(?:[ ,:]+(?P<M>\d{{1,2}})"
    rf"(?:[ ,:]+(?P<S>\d{{1,2}})(?:\.(?P<f>\d{{1,9}}))?)?)?)?"
)
_COMPACT = _pattern(
    r"(?P<Y>\d{4})(?P<m>\d{2})(?P<d>\d{2})"
    r"(?:[T ]?(?P<H>\d{2}|(?<=[T ])\d):?(?:(?P<M>\d{2}):?(?P<S>\d{2})?)?)?" + _ZONE
)
_DMY = _pattern(rf"{_DAY}[-/.]{_MONTH}[-/.]{_YEAR}" + _TAIL)
_MDY = _pattern(rf"{_MONTH}[-/.]{_DAY}[-/.]{_YEAR}" + _TAIL)
_DMY_SHORT = _pattern(rf"{_DAY}[-/.]{_MONTH}[-/.]{_SHORT}" + _TAIL)
_MDY_SHORT = _pattern(rf"{_MONTH}[-/.]{_DAY}[-/.]{_SHORT}" + _TAIL)
_YMD_SHORT = _pattern(rf"{_SHORT}[-/.年]{_MONTH}[-/.月]{_DAY}[日号號]?" + _TAIL)
_BY_NAME = (
    _pattern(rf"(?:[A-Za-z]{{2,9}},?\s)?{_DAY}\.?[-/ ]?{_NAME}[-/ ,]+{_YEAR}" + _TAIL),
    _pattern(rf"{_DAY}\.?[-/ ]?{_NAME}[-/ ]{_SHORT}" + _TAIL),
    _pattern(rf"(?:[A-Za-z]{{2,9}},?\s)?{_NAME}[-/ ]{_DAY},?[-/ ]{_YEAR}" + _TAIL),
    _pattern(rf"{_YEAR}[-/ ]{_NAME}[-/ ]{_DAY}" + _TAIL),
)
_EPOCH = _pattern(r"(?P<e>\d{9,10})(?:\.(?P<f>\d{1,9}))?")
_EPOCH_MS = _pattern(r"(?P<E>\d{12,13})(?:\.\d{1,6})?")
_EPOCH_US = _pattern(r"(?P<u>\d{16})")
_EPOCH_NS = _pattern(r"(?P<n>\d{19})")
_SERIAL = _pattern(r"(?P<x>\d{5})(?:[.,](?P<f>\d{1,17}))?")
_CLOCK_ONLY = _pattern(_CLOCK + _ZONE)
_DIRECTIVES = {
    "Y": _YEAR,
    "y": _SHORT,
    "m": _MONTH,
    "d": _DAY,
    "H": r"(?P<H>\d{1,2})",
    "I": r"(?P<H>\d{1,2})",
    "M": r"(?P<M>\d{1,2})",
    "S": r"(?P<S>\d{1,2})",
    "f": r"(?P<f>\d{1,9})",
    "z": r"(?P<z>Z|[+-]\d{2}(?::?\d{2})?)",
    "Z": rf"(?P<z>{_NAMED})",
    "p": rf"(?P<p>{_HALF})",
    "b": _NAME,
    "B": _NAME,
    "T": r"(?P<H>\d{1,2}):(?P<M>\d{1,2}):(?P<S>\d{1,2})",
    "R": r"(?P<H>\d{1,2}):(?P<M>\d{1,2})",
    "F": r"(?P<Y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
    "s": r"(?P<e>\d{1,10})",
    "%": "%",
}
_NEXT_TO_DIGITS = {"m": r"(?P<m>\d{2})", "d": r"(?P<d>\d{2})", "H": r"(?P<H>\d{2})"}
_NEXT_TO_DIGITS |= {"M": r"(?P<M>\d{2})", "S": r"(?P<S>\d{2})", "I": r"(?P<H>\d{2})"}


class TimeFormat(NamedTuple):
    """A way of writing times: its name for people, and the patterns that read it."""

    name: str
    patterns: tuple[re.Pattern[str], ...]

    @property
    def iso(self) -> bool:
        """Whether pyarrow's own reading of ISO 8601 may be tried first."""
        return self is ISO


ISO = TimeFormat("year-month-day", (_YMD,))
SPACED = TimeFormat("year month day hour minute", (_SPACED,))
COMPACT = TimeFormat("yyyymmdd[hh[mm[ss]]]", (_COMPACT,))
DAY_FIRST = TimeFormat("day/month/year", (_DMY,))
MONTH_FIRST = TimeFormat("month/day/year", (_MDY,))
DAY_FIRST_SHORT = TimeFormat("day/month/year, of two digits", (_DMY_SHORT,))
MONTH_FIRST_SHORT = TimeFormat("month/day/year, of two digits", (_MDY_SHORT,))
YEAR_FIRST_SHORT = TimeFormat("year/month/day, year of two digits", (_YMD_SHORT,))
MONTH_NAME = TimeFormat("day, name of the month, year", _BY_NAME)
EPOCH = TimeFormat("seconds since 1970", (_EPOCH,))
EPOCH_MS = TimeFormat("milliseconds since 1970", (_EPOCH_MS,))
EPOCH_US = TimeFormat("microseconds since 1970", (_EPOCH_US,))
EPOCH_NS = TimeFormat("nanoseconds since 1970", (_EPOCH_NS,))
SERIAL = TimeFormat("days since 1899-12-30, as spreadsheets count", (_SERIAL,))
# Not yet known which number is the day: to be decided from the whole file.
EITHER = TimeFormat("day and month in either order", (_DMY, _MDY))
ANY_ORDER = TimeFormat(
    "day, month and two digits of the year", (_DMY_SHORT, _MDY_SHORT, _YMD_SHORT)
)
UNDECIDED = {
    EITHER.name: (DAY_FIRST, MONTH_FIRST),
    ANY_ORDER.name: (DAY_FIRST_SHORT, MONTH_FIRST_SHORT, YEAR_FIRST_SHORT),
}
_KNOWN = (
    ISO,
    COMPACT,
    MONTH_NAME,
    EITHER,
    ANY_ORDER,
    EPOCH,
    EPOCH_MS,
    EPOCH_US,
    EPOCH_NS,
    SPACED,
)
_WORDS = {
    "%d/%m/%Y": DAY_FIRST,
    "%m/%d/%Y": MONTH_FIRST,
    "%d/%m/%y": DAY_FIRST_SHORT,
    "%m/%d/%y": MONTH_FIRST_SHORT,
    "%y/%m/%d": YEAR_FIRST_SHORT,
}


def detect(texts: Iterable[str], *, sure: bool = False) -> TimeFormat | None:
    """The format that reads most of the texts, None when fewer than two in three are times.

    `sure`: it is known that they should be times; then one that can be read is enough, days as
    spreadsheets count them are tried too, and where there is none at all ISO 8601 is assumed.
    """
    some = [text.strip() for text in texts if text.strip()]
    if not some:
        return ISO if sure else None
    known = (*_KNOWN, SERIAL) if sure else _KNOWN
    count = {kind.name: sum(_reads(kind, text) for text in some) for kind in known}
    best = max(known, key=lambda kind: count[kind.name])
    needed = 1 if sure else len(some) * 2 / 3
    return best if count[best.name] >= needed else None


def _reads(kind: TimeFormat, text: str) -> bool:
    return any(_plausible(pattern.fullmatch(text)) for pattern in kind.patterns)


_EPOCHS = {"e": 1, "E": 10**3, "u": 10**6, "n": 10**9}


def _plausible(found: re.Match[str] | None) -> bool:
    if found is None:
        return False
    parts = {name: value for name, value in found.groupdict().items() if value}
    for name, factor in _EPOCHS.items():
        if name in parts:
            return 0 <= int(parts[name]) // factor < 4_102_444_800
    if "x" in parts:
        return 10_000 <= int(parts["x"]) < 80_000
    if "Y" in parts and not 1800 <= int(parts["Y"]) < 2200:
        return False
    if "b" in parts and parts["b"].lower() not in MONTHS:
        return False
    month = int(parts.get("m", "1"))
    return 1 <= month <= 12 and 1 <= int(parts["d"]) <= 31 and int(parts.get("H", "0")) <= 24


def has_clock(texts: Iterable[str], kind: TimeFormat) -> bool:
    """Whether these times have more than a date."""
    found = (p.fullmatch(text.strip()) for text in texts for p in kind.patterns)
    if kind is SERIAL:
        return any(m and (m["f"] or "").strip("0") for m in found)
    return any(m and any(m.groupdict().get(k) for k in ("H", *_EPOCHS)) for m in found)


def is_clock_only(texts: Sequence[str]) -> bool:
    """Whether these are times of day without a date."""
    some = [text.strip() for text in texts if text.strip()]
    return bool(some) and all(
        any(mark in t for mark in ":时時点點") and _CLOCK_ONLY.fullmatch(t) for t in some
    )


def given(words: str) -> TimeFormat:
    """A format in the words of strptime. Raises ImportRefused for words it does not know.

    An order of day, month and year alone, such as %d/%m/%Y, says just that: any clock may follow.
    """
    if words.replace("-", "/").replace(".", "/") in _WORDS:
        return _WORDS[words.replace("-", "/").replace(".", "/")]
    pattern, at = "", 0
    while at < len(words):
        if words[at] != "%":
            pattern += r"\s+" if words[at] == " " else re.escape(words[at])
            at += 1
            continue
        key, follows = words[at + 1 : at + 2], words[at + 2 : at + 3]
        if key not in _DIRECTIVES:
            known = " ".join(f"%{name}" for name in _DIRECTIVES)
            raise ImportRefused(f"--time-format: unknown %{key}; known: {known}")
        tight = follows == "%" or words[at - 2 : at - 1] == "%"
        pattern += _NEXT_TO_DIGITS.get(key, _DIRECTIVES[key]) if tight else _DIRECTIVES[key]
        at += 2
    try:
        return TimeFormat(words, (re.compile(pattern, re.ASCII),))
    except re.error as error:
        raise ImportRefused(f"--time-format {words!r}: {error}") from error
