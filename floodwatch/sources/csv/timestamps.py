"""Texts to times, many at once: texts of one layout are read by the same positions.

A layout is where the digits are and what stands between them. A pattern is tried on one text of
each layout; all others of that layout are then read by arithmetic on their bytes.
"""

import re
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from floodwatch.model.clock import DAY, HOUR, MINUTE, SECOND

OK, BLANK, UNREADABLE = 0, 1, 2
_LAYOUTS = 12  # so many are looked for one by one, what is left is sorted by its layouts
_LONGEST = 64

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
_SINCE_1970 = {"e": (SECOND, 1), "E": (1, 1), "u": (1, 1000), "n": (1, 1_000_000)}
_MONTH_WORDS = (
    "jan january januar januari janvier",
    "feb february februar februari",
    "mar march mär märz maart mrz",
    "apr april",
    "may mai mei",
    "jun june juni",
    "jul july juli",
    "aug august augustus",
    "sep sept september",
    "oct october okt oktober",
    "nov november",
    "dec december dez dezember",
)
MONTHS = {word: month for month, words in enumerate(_MONTH_WORDS, 1) for word in words.split()}
_SERIAL_START = -25_569  # 1899-12-30, in days since 1970
_NAMED = {"Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "CET": 1, "MEZ": 1, "WEST": 1, "CEST": 2, "MESZ": 2}
_NAMED |= {"EET": 2, "EEST": 3, "SAST": 2, "JST": 9, "KST": 9, "HKT": 8}
# Read only where a pattern of a maker names them: CST is China's as well.
_NAMED |= {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_NAMED |= {"AKST": -9, "AKDT": -8, "HST": -10, "AST": -4, "ADT": -3}


class Times(NamedTuple):
    """Milliseconds: UTC, or local where `naive`. `state`: 0 read, 1 blank, 2 unreadable."""

    ms: Ints
    naive: NDArray[np.bool_]
    state: Bytes


def blank(count: int) -> Times:
    """No times."""
    state = np.full(count, BLANK, np.uint8)
    return Times(np.zeros(count, np.int64), np.zeros(count, np.bool_), state)


def read(texts: pa.ChunkedArray | pa.Array, patterns: tuple[re.Pattern[str], ...]) -> Times:
    """Read texts by the first of `patterns` that fits each.

    Their groups: Y or y, m or b, d, H M S f, p or q (before or after noon), z; or alone e E u n
    (seconds, ms, µs, ns since 1970), x with f (days since 1899-12-30). No pattern may depend on
    what a digit is: it is tried on one text of each layout.
    """
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    texts = pc.utf8_trim_whitespace(texts.cast(pa.string()))
    n = len(texts)
    times = Times(np.zeros(n, np.int64), np.zeros(n, np.bool_), np.full(n, UNREADABLE, np.uint8))
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + n + 1]
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    sizes = np.diff(offsets)
    times.state[sizes == 0] = BLANK
    for size in np.unique(sizes).tolist():
        if 0 < size <= _LONGEST:
            rows = np.flatnonzero(sizes == size)
            _read_size(_matrix(data, offsets, rows, size), rows, patterns, times)
    return times


def _matrix(data: Bytes, offsets: NDArray[np.int32], rows: Ints, size: int) -> Bytes:
    """The texts of one size as rows of bytes."""
    if rows.size == offsets.size - 1:
        return data[offsets[0] : offsets[-1]].reshape(-1, size)
    places = offsets[rows].astype(np.int64)[:, None] + np.arange(size)
    matrix: Bytes = data[places]
    return matrix


def _read_size(
    matrix: Bytes, rows: Ints, patterns: tuple[re.Pattern[str], ...], times: Times
) -> None:
    digits = (matrix - 48) < 10  # bytes below "0" wrap around
    for _ in range(_LAYOUTS):
        same = _same_layout(matrix, digits)
        whole = bool(same.all())
        _read_layout(matrix if whole else matrix[same], rows[same], patterns, times)
        if whole:
            return
        matrix, digits, rows = matrix[~same], digits[~same], rows[~same]
    layouts = np.where(digits, np.uint8(48), matrix)
    _, kinds = np.unique(layouts.view(f"V{matrix.shape[1]}").ravel(), return_inverse=True)
    order = np.argsort(kinds, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(kinds[order])) + 1):
        _read_layout(matrix[part], rows[part], patterns, times)


def _read_layout(
    part: Bytes, rows: Ints, patterns: tuple[re.Pattern[str], ...], times: Times
) -> None:
    """Read texts of one layout, all as the first of them is read."""
    found = _match(part[0].tobytes(), patterns)
    if found is not None:
        spans, words = found
        ms, good = _times(part, spans, words)
        times.ms[rows] = ms
        times.state[rows[good]] = OK
        times.naive[rows] = words.get("naive", "") == "yes"


def _same_layout(matrix: Bytes, digits: Mask) -> Mask:
    """Which rows have digits where the first has, and the same bytes elsewhere."""
    same = np.ones(matrix.shape[0], np.bool_)
    for place in range(matrix.shape[1]):
        column = digits[:, place] if digits[0, place] else matrix[:, place] == matrix[0, place]
        same &= column
    return same


Spans = dict[str, tuple[int, int]]


def _match(
    sample: bytes, patterns: tuple[re.Pattern[str], ...]
) -> tuple[Spans, dict[str, str]] | None:
    """Byte positions of the groups in the sample, and its constant words (sign, AM, month)."""
    try:
        text = sample.decode()
    except UnicodeDecodeError:
        return None
    for pattern in patterns:
        found = pattern.fullmatch(text)
        if found is None or (found.groupdict().get("b") or "jan").lower() not in MONTHS:
            continue
        spans, words = {}, {}
        for name, value in found.groupdict().items():
            if value is None:
                continue
            start = len(text[: found.start(name)].encode())
            spans[name] = (start, start + len(value.encode()))
            words[name] = value
        if "z" in words:
            _split_offset(words["z"], spans)
        words["naive"] = "yes" if not {"z", *_SINCE_1970} & words.keys() else ""
        return spans, words
    return None


def _split_offset(zone: str, spans: Spans) -> None:
    start, end = spans["z"]
    sign = max(zone.find("+"), zone.find("-"))
    if sign >= 0:
        spans["oh"] = (start + sign + 1, start + sign + 3)
        if len(zone) > sign + 3:
            spans["om"] = (end - 2, end)


def _times(part: Bytes, spans: Spans, words: dict[str, str]) -> tuple[Ints, Mask]:
    """Milliseconds of texts of one layout, and which are real moments."""
    every = np.ones(part.shape[0], np.bool_)
    for name, (scale, divisor) in _SINCE_1970.items():
        if name in spans:
            ms = _number(part, *spans[name]) * scale // divisor
            return ms + (_fraction(part, spans) if name == "e" else 0), every
    if "x" in spans:
        return _serial(part, spans), every

    def number(name: str, otherwise: int = 0) -> Ints:
        if name not in spans:
            return np.full(part.shape[0], otherwise, np.int64)
        return _number(part, *spans[name])

    year, month, day = _year(number, spans), number("m", 1), number("d", 1)
    if "b" in words:
        month = np.full_like(month, MONTHS[words["b"].lower()])
    hour, minute, second = number("H"), number("M"), number("S")
    good = (month >= 1) & (month <= 12) & (day >= 1) & (minute <= 59) & (second <= 59)
    good &= day <= _month_days(year, np.clip(month, 1, 12))
    good &= (hour <= 23) | ((hour == 24) & (minute == 0) & (second == 0))
    half = words.get("p") or words.get("q")
    if half:
        after = half[0] in "pP下" or half == "午後"
        good &= (hour >= (1 if after else 0)) & (hour <= 12)
        hour = hour % 12 + (12 if after else 0)
    ms = _days(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second * SECOND
    ms += _fraction(part, spans)
    if "oh" in spans:
        sign = -1 if "-" in words["z"] else 1
        good &= (number("oh") <= 23) & (number("om") <= 59)
        ms -= sign * (number("oh") * HOUR + number("om") * MINUTE)
    elif "z" in words:
        ms -= _NAMED[words["z"]] * HOUR
    return ms, good


def _serial(part: Bytes, spans: Spans) -> Ints:
    """Days since 1899-12-30, rounded to what so many decimals can tell: minutes, seconds, ms."""
    ms = (_number(part, *spans["x"]) + _SERIAL_START) * DAY
    if "f" not in spans:
        return ms
    start, end = spans["f"]
    unit = MINUTE if end - start <= 4 else SECOND if end - start <= 8 else 1
    digits = min(end - start, 17)
    of_day = _number(part, start, start + digits) / 10.0**digits * DAY
    found: Ints = ms + np.rint(of_day / unit).astype(np.int64) * unit
    return found


def _year(number: object, spans: Spans) -> Ints:
    read_number = number
    assert callable(read_number)  # noqa: S101 - for the type checker
    if "y" in spans:
        short: Ints = read_number("y")
        return short + np.where(short < 70, 2000, 1900)
    year: Ints = read_number("Y")
    return year


def _number(part: Bytes, start: int, end: int) -> Ints:
    total = np.zeros(part.shape[0], np.int64)
    for place in range(start, end):
        total *= 10
        total += part[:, place] - np.uint8(48)
    return total


def _fraction(part: Bytes, spans: Spans) -> Ints | int:
    """Milliseconds of a fraction of a second; finer digits are dropped."""
    if "f" not in spans:
        return 0
    start, end = spans["f"]
    digits = min(end - start, 3)
    fraction: Ints = _number(part, start, start + digits) * 10 ** (3 - digits)
    return fraction


def _month_days(year: Ints, month: Ints) -> Ints:
    days: Ints = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    days = days[month]
    days[leap & (month == 2)] += 1
    return days


def _days(year: Ints, month: Ints, day: Ints) -> Ints:
    """Days since 1970-01-01 of the proleptic Gregorian calendar (Hinnant's days_from_civil)."""
    shifted = year - (month <= 2)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    days: Ints = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return days
