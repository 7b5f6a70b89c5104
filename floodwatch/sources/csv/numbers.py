"""Texts to numbers, many at once; nothing is guessed: what is not plainly a number is refused.

Plain numbers are read together; the odd texts that are left are looked at one by one, each only
once however often it stands there.
"""

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from floodwatch.sources.csv.columns import whole

OK, BLANK, UNREADABLE, EITHER_WAY = 0, 1, 2, 3
REASONS = {
    UNREADABLE: "not a number",
    EITHER_WAY: "a decimal mark or a mark of thousands? say --decimal or --thousands",
}
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
# What loggers, agencies and spreadsheets write where there is no value.
_WORDS = (
    *("FALLO", "FALTA", "M", "NA", "N/A", "NULL", "NONE", "NIL", "NAN", "missing", "miss"),
    *("no_data", "nodata", "n.d.", "nd", "logged", "ICE", "EQP", "EQPT", "MAINT", "maintenance"),
    *("mnt", "ssn", "bkw", "rat", "ckd", "dis", "fld", "tst", "zfl", "fault", "fail", "failed"),
    *("error", "err", "offline", "overflow", "underflow", "OL", "-OL", "#-1", "#N/A", "#NV"),
    *("#VALUE!", "#DIV/0!", "#REF!", "#NUM!", "#NULL!", "#WERT!", "缺测", "缺測", "缺", "无", "無"),
    *("无数据", "無資料", "维护", "維護", "故障", "停测", "停測", "离线", "離線", "结冰", "封冻"),
)
_MARKS = ("--", "---", "----", "-----", "***", "*", "**", "///", "////", "/", "//", "?", "…", "—")
_MISSING = re.compile(
    r"[-–—]+|/+|\*+|\?+|\.{2,}|…+|[Ff]{2,}|[Aa]{2,}|" + "|".join(map(re.escape, _WORDS)),
    re.IGNORECASE,
)
_NOT_A_NUMBER = frozenset({"NaN", "nan", "Nan"})  # a program's, not a logger's: NAN
# For pyarrow, which knows words only as they are written.
LITERALS = sorted(
    {
        form for word in _WORDS for form in (word, word.upper(), word.lower(), word.capitalize())
    }.union(_MARKS).difference(_NOT_A_NUMBER)
)
_GROUPS = " '’\u00a0\u202f\u2009"  # marks of thousands that are never decimal marks


class Numbers(NamedTuple):
    """Values, NaN unless `state` is 0. `state`: 0 a number, 1 blank or a word for it, 2 neither,
    3 a number, but which of two.
    """

    values: NDArray[np.float64]
    state: NDArray[np.uint8]


def read(
    texts: pa.ChunkedArray | pa.Array,
    *,
    decimal: str = ".",
    thousands: str = "",
    no_value: Collection[str] = (),
) -> Numbers:
    """Read texts as numbers. inf, NaN, 12.3m and full-width digits are refused.

    Groups of three digits are read where the text tells by itself that they are: 1,234.5 and
    1,234,567. A single group as in 1,234 is read when `thousands` says so. `no_value`: further
    words for "no value", as they are written.
    """
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    texts = pc.utf8_trim_whitespace(texts.cast(pa.string()))
    dotted = texts
    if decimal != ".":
        dotted = pc.if_else(
            pc.match_substring(texts, "."), "?", pc.replace_substring(texts, decimal, ".")
        )
    plain = pc.match_substring_regex(dotted, _NUMBER)
    numbers = pc.if_else(plain, dotted, pa.scalar(None, pa.string())).cast(pa.float64())
    values = numbers.to_numpy(zero_copy_only=False)
    state = np.where(np.isfinite(values), OK, UNREADABLE).astype(np.uint8)
    state[np.asarray(pc.equal(texts, "").to_numpy(zero_copy_only=False), np.bool_)] = BLANK
    odd = np.flatnonzero(state == UNREADABLE)
    if odd.size:
        values = _read_odd(texts, odd, values, state, (decimal, thousands, no_value))
    return Numbers(np.where(state == OK, values, np.nan), state)


def _read_odd(
    texts: pa.Array,
    odd: NDArray[np.int64],
    values: NDArray[np.float64],
    state: NDArray[np.uint8],
    how: tuple[str, str, Collection[str]],
) -> NDArray[np.float64]:
    """Look at the texts at `odd`; each different one once."""
    different = texts.take(pa.array(odd)).dictionary_encode()
    found = [odd_one(text, *how) for text in different.dictionary.to_pylist()]
    kind = whole(different.indices)
    state[odd] = np.array([one for _, one in found], np.uint8)[kind]
    values = values.copy()
    values[odd] = np.array([value for value, _ in found])[kind]
    return values


def odd_one(
    text: str, decimal: str, thousands: str, no_value: Collection[str]
) -> tuple[float, int]:
    """(value, state) of a text that is no plain number."""
    if text in no_value or (_MISSING.fullmatch(text) and text not in _NOT_A_NUMBER):
        return np.nan, BLANK
    for mark in (",." if decimal == "." else ".,") + _GROUPS:
        if mark == decimal or mark not in text:
            continue
        if not _grouped(text, mark, decimal):
            continue
        sure = mark in _GROUPS or mark == thousands or text.count(mark) > 1 or decimal in text
        if not sure:
            return np.nan, EITHER_WAY
        value = float(text.replace(mark, "").replace(decimal, "."))
        return (value, OK) if np.isfinite(value) else (np.nan, UNREADABLE)
    return np.nan, UNREADABLE


def _grouped(text: str, mark: str, decimal: str) -> bool:
    """Whether these are groups of three digits, the first of one to three."""
    m, d = re.escape(mark), re.escape(decimal)
    return bool(re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}({m}\d{{3}})+({d}\d*)?", text, re.ASCII))


def grouping(cells: Iterable[str], decimal: str) -> str:
    """The mark of thousands of a column, where some of its cells tell by themselves; else empty."""
    mark = "," if decimal == "." else "."
    for cell in cells:
        text = cell.strip()
        if mark in text and odd_one(text, decimal, "", ())[1] == OK:
            return mark
    return ""


def without(found: Numbers, no_value: Iterable[str]) -> Numbers:
    """Numbers among the words for "no value" taken out, however they are written."""
    known = [number for word in no_value if (number := _plain(word)) is not None]
    none = (found.state == OK) & np.isin(found.values, known)
    state = np.where(none, np.uint8(BLANK), found.state)
    return Numbers(np.where(none, np.nan, found.values), state)


def _plain(word: str) -> float | None:
    return float(word) if re.match(_NUMBER, word.strip(), re.ASCII) else None


def of_floats(column: pa.ChunkedArray) -> Numbers:
    """Numbers that pyarrow has read itself, nulls being blanks."""
    if column.null_count == 0:
        values = whole(column)
        finite = np.isfinite(values)
        state = np.zeros(values.size, np.uint8)
        if not finite.all():
            state[~finite] = UNREADABLE
        return Numbers(values, state)
    values = column.to_numpy()
    blank = np.asarray(column.is_null().to_numpy(), np.bool_)
    state = np.where(np.isfinite(values), OK, UNREADABLE).astype(np.uint8)
    state[blank] = BLANK
    return Numbers(values, state)
