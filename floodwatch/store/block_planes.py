"""Columns of a block as bytes: like beside like, so that it compresses."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]


def planes(column: Ints) -> list[bytes]:
    """Whole numbers by nearness to zero: all lowest bytes, then all second bytes, as far as needed.

    Zig-zag (0, -1, 1, -2 …) first: the upper bytes of small numbers are zero on both sides of it.
    """
    if column.size == 0:
        return [b""]
    width = bytes_of(column)
    size = next(size for size in (1, 2, 4, 8) if size >= width)
    narrow = column.astype(f"<i{size}")
    folded = ((narrow << 1) ^ (narrow >> (8 * size - 1))).view(np.uint8).reshape(-1, size)
    return [folded[:, place].tobytes() for place in range(width)]


def bytes_of(column: Ints) -> int:
    """How many planes hold every one of these numbers: 1 to 8."""
    if column.size == 0:
        return 1
    largest = max(2 * int(column.max()), -2 * int(column.min()) - 1, 1)
    return (largest.bit_length() + 7) // 8


def unplanes(payload: bytes, at: int, count: int, *, width: int) -> NDArray[Any]:
    """The whole numbers of `width` planes, as narrow as they fit."""
    if width == 1:
        folded: NDArray[Any] = np.frombuffer(payload, np.uint8, count, at)
    else:
        size = next(size for size in (2, 4, 8) if size >= width)
        given = np.frombuffer(payload, np.uint8, count * width, at).reshape(width, count)
        wide = np.empty((count, size), np.uint8)
        wide[:, :width] = given.T
        wide[:, width:] = 0
        folded = wide.view(f"<u{size}").reshape(count)
    half = (folded >> 1).view(folded.dtype.str.replace("u", "i"))
    half ^= -(folded & 1).view(half.dtype)
    return half


def weight(columns: Sequence[bytes]) -> float:
    """About how many bytes these compress to: the sum of their entropies."""
    return sum(_entropy(column) for column in columns)


def _entropy(column: bytes) -> float:
    counts = np.bincount(np.frombuffer(column, np.uint8))
    counts = counts[counts > 0]
    return float(len(column) * np.log2(max(len(column), 1)) - (counts * np.log2(counts)).sum()) / 8


def shuffle(column: NDArray[Any]) -> bytes:
    """All first bytes, then all second bytes, … of numbers that are not small."""
    width = column.dtype.itemsize
    if width == 1:
        return column.tobytes()
    return column.view(np.uint8).reshape(-1, width).T.tobytes()


def unshuffle(payload: bytes, at: int, count: int, dtype: str) -> NDArray[Any]:
    """The inverse of `shuffle`."""
    width = int(dtype[-1])
    column = np.frombuffer(payload, np.uint8, count * width, at)
    if width == 1:
        return column.view(dtype)
    return np.ascontiguousarray(column.reshape(width, count).T).view(dtype).reshape(count)
