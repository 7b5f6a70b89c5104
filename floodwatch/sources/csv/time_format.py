"""How a file writes times: found out from its texts, or given in the words of strptime."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from floodwatch.model.errors import ImportRefused

_CLOCK = (
    r"(?P<H>\d{1,2})(?:[:时點点](?P<M>\d{1,2})?(?:[:分](?P<S>\d{1,2})?(?:[.,](?P<f>\d{1,9}))?秒?)?)?"
    r"(?:\s?(?P<p>[AaPp]\.?[Mm]\.?))?"
)
_ZONE = r"(?:\s?(?P<z>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?"
_TAIL = rf"(?:(?:[T ]\s*|(?<=[日 ])){_CLOCK}{_ZONE})?"
_YMD = re.compile(r"(?P<Y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?" + _TAIL, re.ASCII)
_COMPACT = re.compile(
    r"(?P<Y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})"
    r"(?:[T ]?(?P<H>\d{2}):?(?:(?P<M>\d{2}):?(?P<S>\d{2})?)?)?" + _ZONE,
    re.ASCII,
)
_DMY = re.compile(r"(?P<d>\d{1,2})[-/.](?P<m>\d{1,2})[-/.](?P<Y>\d{4})" + _TAIL, re.ASCII)
_MDY = re.compile(r"(?P<m>\d{1,2})[-/.](?P<d>\d{1,2})[-/.](?P<Y>\d{4})" + _TAIL, re.ASCII)
_DBY = re.compile(r"(?P<d>\d{1,2})[- ](?P<b>[A-Za-z]{3})[- ](?P<Y>\d{4})" + _TAIL, re.ASCII)
_EPOCH = re.compile(r"(?P<e>\d{9,10})(?:\.0+)?", re.ASCII)
_EPOCH_MS = re.compile(r"(?P<E>\d{12,13})(?:\.0+)?", re.ASCII)
_CLOCK_ONLY = re.compile(_CLOCK + _ZONE, re.ASCII)
_DIRECTIVES = {
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<y>\d{2})",
    "m": r"(?P<m>\d{1,2})",
    "d": r"(?P<d>\d{1,2})",
    "H": r"(?P<H>\d{1,2})",
    "I": r"(?P<H>\d{1,2})",
    "M": r"(?P<M>\d{1,2})",
    "S": r"(?P<S>\d{1,2})",
    "f": r"(?P<f>\d{1,9})",
    "z": r"(?P<z>Z|[+-]\d{2}(?::?\d{2})?)",
    "p": r"(?P<p>[AaPp][Mm])",
    "b": r"(?P<b>[A-Za-z]{3})",
    "T": r"(?P<H>\d{1,2}):(?P<M>\d{1,2}):(?P<S>\d{1,2})",
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
COMPACT = TimeFormat("yyyymmdd[hh[mm[ss]]]", (_COMPACT,))
DAY_FIRST = TimeFormat("day/month/year", (_DMY,))
MONTH_FIRST = TimeFormat("month/day/year", (_MDY,))
MONTH_NAME = TimeFormat("day-month name-year", (_DBY,))
EPOCH = TimeFormat("seconds since 1970", (_EPOCH,))
EPOCH_MS = TimeFormat("milliseconds since 1970", (_EPOCH_MS,))
# Not yet known which of the two numbers is the day: to be decided from the whole file.
EITHER = TimeFormat("day and month in either order", (_DMY, _MDY))
_KNOWN = (ISO, COMPACT, MONTH_NAME, EITHER, EPOCH, EPOCH_MS)


def detect(texts: Iterable[str], *, sure: bool = False) -> TimeFormat | None:
    """The format that reads most of the texts, None when fewer than two in three are times.

    `sure`: it is known that they should be times; then one that can be read is enough, and where
    there is none at all ISO 8601 is assumed.
    """
    some = [text.strip() for text in texts if text.strip()]
    if not some:
        return ISO if sure else None
    count = {kind.name: sum(_reads(kind, text) for text in some) for kind in _KNOWN}
    best = max(_KNOWN, key=lambda kind: count[kind.name])
    needed = 1 if sure else len(some) * 2 / 3
    return best if count[best.name] >= needed else None


def _reads(kind: TimeFormat, text: str) -> bool:
    return any(_plausible(pattern.fullmatch(text)) for pattern in kind.patterns)


def _plausible(found: re.Match[str] | None) -> bool:
    if found is None:
        return False
    parts = {name: value for name, value in found.groupdict().items() if value}
    if "e" in parts or "E" in parts:
        seconds = int(parts.get("e") or parts["E"][:-3])
        return 0 <= seconds < 4_102_444_800
    month = int(parts.get("m", "1"))
    return 1 <= month <= 12 and int(parts["d"]) <= 31 and int(parts.get("H", "0")) <= 24


def has_clock(texts: Iterable[str], kind: TimeFormat) -> bool:
    """Whether these times have more than a date."""
    found = (p.fullmatch(text.strip()) for text in texts for p in kind.patterns)
    return any(m and any(m.groupdict().get(k) for k in ("H", "e", "E")) for m in found)


def is_clock_only(texts: Sequence[str]) -> bool:
    """Whether these are times of day without a date."""
    some = [text.strip() for text in texts if text.strip()]
    return bool(some) and all(":" in t and _CLOCK_ONLY.fullmatch(t) for t in some)


def given(words: str) -> TimeFormat:
    """A format in the words of strptime. Raises ImportRefused for words it does not know."""
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


def decide(*, day: bool, month: bool, where: str) -> TimeFormat:
    """Day first or month first, given whether some dates can only be read the one way.

    Raises ImportRefused when the file does not tell, or contradicts itself.
    """
    if day and month:
        raise ImportRefused(
            f"{where}: some dates have the day first and some the month; split the file"
        )
    if day or month:
        return DAY_FIRST if day else MONTH_FIRST
    raise ImportRefused(
        f"{where}: no date in the file tells whether the day or the month comes first; say "
        "--time-format %d/%m/%Y or %m/%d/%Y (with %H:%M:%S as the file has it)"
    )
