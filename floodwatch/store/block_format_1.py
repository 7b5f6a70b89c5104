"""Blocks as the first versions wrote them: they are read for ever, and written no more.

A header and one zstd frame of three columns. Times are a regular step with exceptions, or
byte-shuffled differences. Values are byte-shuffled differences of the values scaled by a power of
ten, or raw floats. Qualities are one constant or runs.
"""

import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series, empty
from floodwatch.store.block_planes import unshuffle

FORMAT = 1

_RAW = 255  # kind of a value column of plain floats
_SPARSE = 255  # kind of a time column of a step and its exceptions; 0 is the bare step

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class _Header(NamedTuple):
    """The fixed part. `m` counts the time exceptions, or is the unit of the time differences;
    `runs` counts the changes of quality.
    """

    format: int
    time_kind: int
    value_kind: int
    value_width: int
    n: int
    first: int
    step: int
    base: int
    m: int
    runs: int
    quality: int


_HEADER = struct.Struct("<BBBBIqqqIIh")


def decode(data: bytes, unpack: Callable[[memoryview, int], bytes]) -> Series:
    """The readings of a block; raises what struct, numpy and `unpack` raise when it is none."""
    header = _Header(*_HEADER.unpack_from(data))
    if header.n == 0:
        return empty()
    payload = unpack(memoryview(data)[_HEADER.size :], header.n)
    if len(payload) < (header.n - 1) * (8 if header.value_kind == _RAW else header.value_width):
        raise ValueError(f"it cannot hold {header.n} readings")
    times, at = _times(header, payload)
    values, at = _values(header, payload, at)
    return Series(times, values, _quality(header, payload, at))


def _times(header: _Header, payload: bytes) -> tuple[Ints, int]:
    n, m, kind = header.n, header.m, header.time_kind
    if kind == 0:
        return header.first + header.step * np.arange(n, dtype=np.int64), 0
    times = np.empty(n, np.int64)
    times[0] = header.first
    if kind == _SPARSE:
        odd = unshuffle(payload, 0, m, "<u4")
        deltas = np.full(n - 1, header.step, np.int64)
        deltas[odd] = unshuffle(payload, m * 4, m, "<i8")
        at = m * 12
    else:
        deltas = unshuffle(payload, 0, n - 1, f"<i{kind}").astype(np.int64)
        deltas *= m
        deltas += header.step
        at = (n - 1) * kind
    times[1:] = deltas
    return np.cumsum(times, out=times), at


def _values(header: _Header, payload: bytes, at: int) -> tuple[Floats, int]:
    n, width = header.n, header.value_width
    if header.value_kind == _RAW:
        return unshuffle(payload, at, n, "<f8"), at + n * 8
    scaled = np.empty(n, np.int64)
    scaled[0] = header.base
    scaled[1:] = unshuffle(payload, at, n - 1, f"<i{width}")
    np.cumsum(scaled, out=scaled)
    return scaled / 10.0**header.value_kind, at + (n - 1) * width


def _quality(header: _Header, payload: bytes, at: int) -> NDArray[np.int16]:
    quality = np.full(header.n, header.quality, np.int16)
    if header.runs:
        starts = unshuffle(payload, at, header.runs, "<u4")
        became = unshuffle(payload, at + header.runs * 4, header.runs, "<i2")
        ends = np.append(starts[1:], header.n)
        lengths = ends.astype(np.int64) - starts
        quality[starts[0] :] = np.repeat(became, lengths)
    return quality
