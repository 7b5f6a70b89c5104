"""Texts to numbers, many at once; nothing is guessed: what is not plainly a number is refused."""

import re
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from floodwatch.sources.csv.columns import whole

OK, BLANK, UNREADABLE = 0, 1, 2
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_MISSING = re.compile(r"FALLO|M|-+|/+|NA|N/A|NULL|[Ff]{2,}|[Aa]{2,}|missing|缺测|缺", re.IGNORECASE)


class Numbers(NamedTuple):
    """Values, NaN unless `state` is 0. `state`: 0 a number, 1 blank or a word for it, 2 neither."""

    values: NDArray[np.float64]
    state: NDArray[np.uint8]


def read(texts: pa.ChunkedArray | pa.Array, *, decimal: str = ".") -> Numbers:
    """Read texts as numbers. inf, NaN, 12.3m, full-width digits and digit groups are refused."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    texts = pc.utf8_trim_whitespace(texts.cast(pa.string()))
    blank = pc.equal(texts, "")
    if decimal != ".":
        dots = pc.match_substring(texts, ".")
        texts = pc.if_else(dots, "?", pc.replace_substring(texts, decimal, "."))
    plain = pc.match_substring_regex(texts, _NUMBER)
    numbers = pc.if_else(plain, texts, pa.scalar(None, pa.string())).cast(pa.float64())
    values = numbers.to_numpy(zero_copy_only=False)
    state = np.where(np.isfinite(values), OK, UNREADABLE).astype(np.uint8)
    state[np.asarray(blank.to_numpy(zero_copy_only=False), np.bool_)] = BLANK
    for index in np.flatnonzero(state == UNREADABLE).tolist():
        if _MISSING.fullmatch(texts[index].as_py()):
            state[index] = BLANK
    return Numbers(np.where(state == OK, values, np.nan), state)


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
