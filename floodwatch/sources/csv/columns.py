"""Between numpy and pyarrow without pandas: pyarrow's own ways load it, a quarter of a second."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow.lib import StringBuilder


def of_texts(texts: Iterable[str]) -> pa.StringArray:
    """Texts as a column."""
    builder = StringBuilder()
    builder.append_values(list(texts))
    return builder.finish()


def whole(column: pa.ChunkedArray | pa.Array) -> NDArray[Any]:
    """A column of numbers or times without nulls."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    kind = np.dtype(column.type.to_pandas_dtype())
    parts = [
        np.frombuffer(chunk.buffers()[1], kind)[chunk.offset : chunk.offset + len(chunk)]
        for chunk in chunks
        if len(chunk)
    ]
    return np.concatenate(parts) if parts else np.empty(0, kind)
