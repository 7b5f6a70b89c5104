"""The bytes of a block: readings of one series as compressed columns, lossless to the last bit.

A block is a fixed header and one zstd frame (with checksum) of three columns. Times are a regular
step with exceptions, or byte-shuffled differences. Values are byte-shuffled differences of the
values scaled by the smallest power of ten that gives every one back exactly, or raw floats.
Qualities are one constant or runs.
"""

import struct
import threading
from typing import Any, NamedTuple

import numpy as np
import zstandard
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.errors import StorageError

FORMAT = 1
LEVEL = 3
MOST_DECIMALS = 6

_RAW = 255  # kind of a value column of plain floats
_SPARSE = 255  # kind of a time column of a step and its exceptions; 0 is the bare step
_SAFE = 2.0**62  # scaled values stay far from where int64 ends
_SAMPLE = 64
_UNITS = (60_000, 1_000, 1)  # devices speak at whole minutes or seconds

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
_local = threading.local()


def encode(series: Series) -> bytes:
    """The block of `series` (rising unique times, any floats); the inverse of `decode`."""
    n = series.size
    times = np.ascontiguousarray(series.times, np.int64)
    values = np.ascontiguousarray(series.values, np.float64)
    quality = np.ascontiguousarray(series.quality, np.int16)
    if n == 0:
        return _HEADER.pack(*_Header(FORMAT, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0))
    time_kind, step, m, time_bytes = _encode_times(times)
    value_kind, width, base, value_bytes = _encode_values(values)
    runs, quality_bytes = _encode_quality(quality)
    first, constant = int(times[0]), int(quality[0])
    header = _Header(FORMAT, time_kind, value_kind, width, n, first, step, base, m, runs, constant)
    payload = time_bytes + value_bytes + quality_bytes
    return _HEADER.pack(*header) + _compressor().compress(payload)


def decode(data: bytes) -> Series:
    """The readings of a block. Raises StorageError when the bytes are not a whole block."""
    try:
        header = _Header(*_HEADER.unpack_from(data))
        if header.format != FORMAT:
            raise StorageError(
                f"a block has format {header.format}, this version reads {FORMAT}: "
                "it was written by a newer FloodWatch; upgrade this one"
            )
        if header.n == 0:
            return Series(np.empty(0, np.int64), np.empty(0, np.float64), np.empty(0, np.int16))
        payload = _decompressor().decompress(memoryview(data)[_HEADER.size :])
        return _decode(header, payload)
    except (struct.error, zstandard.ZstdError, ValueError) as error:
        raise StorageError(
            f"a block of the archive is damaged ({error}): restore it from a backup"
        ) from error


def _decode(header: _Header, payload: bytes) -> Series:
    times, at = _decode_times(header, payload)
    values, at = _decode_values(header, payload, at)
    return Series(times, values, _decode_quality(header, payload, at))


# -- times --------------------------------------------------------------------------------------


def _encode_times(times: Ints) -> tuple[int, int, int, bytes]:
    """(kind, step, exceptions or unit, bytes)."""
    if times.size == 1:
        return 0, 0, 0, b""
    deltas = np.diff(times)
    step = _commonest(deltas)
    odd = np.flatnonzero(deltas != step)
    if odd.size == 0:
        return 0, step, 0, b""
    if odd.size * 8 < times.size:
        column = _shuffle(odd.astype(np.uint32)) + _shuffle(deltas[odd])
        return _SPARSE, step, int(odd.size), column
    rest = deltas - step
    unit = next(unit for unit in _UNITS if not (rest % unit).any())
    rest //= unit
    width = _width(rest)
    return width, step, unit, _shuffle(rest.astype(f"<i{width}"))


def _commonest(deltas: Ints) -> int:
    """A frequent difference: the commonest of a sample."""
    sample, counts = np.unique(deltas[:: deltas.size // _SAMPLE + 1], return_counts=True)
    return int(sample[np.argmax(counts)])


def _decode_times(header: _Header, payload: bytes) -> tuple[Ints, int]:
    n, m, kind = header.n, header.m, header.time_kind
    if kind == 0:
        return header.first + header.step * np.arange(n, dtype=np.int64), 0
    times = np.empty(n, np.int64)
    times[0] = header.first
    if kind == _SPARSE:
        odd = _unshuffle(payload, 0, m, "<u4")
        deltas = np.full(n - 1, header.step, np.int64)
        deltas[odd] = _unshuffle(payload, m * 4, m, "<i8")
        at = m * 12
    else:
        deltas = _unshuffle(payload, 0, n - 1, f"<i{kind}").astype(np.int64)
        deltas *= m
        deltas += header.step
        at = (n - 1) * kind
    times[1:] = deltas
    return np.cumsum(times, out=times), at


# -- values -------------------------------------------------------------------------------------


def _encode_values(values: Floats) -> tuple[int, int, int, bytes]:
    """(decimals or _RAW, width, first scaled value, bytes)."""
    found = scale(values)
    if found is None:
        return _RAW, 8, 0, _shuffle(values)
    decimals, scaled = found
    deltas = np.diff(scaled)
    width = _width(deltas)
    return decimals, width, int(scaled[0]), _shuffle(deltas.astype(f"<i{width}"))


def scale(values: Floats) -> tuple[int, Ints] | None:
    """(d, whole numbers) with whole / 10**d == value to the bit and the smallest such d <= 6."""
    if values.size == 0 or not np.isfinite(values).all():
        return None
    largest = max(float(values.max()), -float(values.min()))
    sample = values[:: values.size // _SAMPLE + 1]
    for decimals in range(MOST_DECIMALS + 1):
        if largest * 10.0**decimals >= _SAFE:
            return None
        if _scaled(sample, decimals) is None:
            continue
        scaled = _scaled(values, decimals)
        if scaled is not None:
            return decimals, scaled
    return None


def _scaled(values: Floats, decimals: int) -> Ints | None:
    factor = 10.0**decimals
    scaled = np.rint(values * factor).astype(np.int64)
    back = scaled / factor
    # Compared as bits: -0.0 equals 0.0 and yet is another number.
    same = np.array_equal(back.view(np.int64), values.view(np.int64))
    return scaled if same else None


def _decode_values(header: _Header, payload: bytes, at: int) -> tuple[Floats, int]:
    n, width = header.n, header.value_width
    if header.value_kind == _RAW:
        return _unshuffle(payload, at, n, "<f8"), at + n * 8
    scaled = np.empty(n, np.int64)
    scaled[0] = header.base
    scaled[1:] = _unshuffle(payload, at, n - 1, f"<i{width}")
    np.cumsum(scaled, out=scaled)
    return scaled / 10.0**header.value_kind, at + (n - 1) * width


# -- qualities ----------------------------------------------------------------------------------


def _encode_quality(quality: NDArray[np.int16]) -> tuple[int, bytes]:
    """(changes, bytes): where the quality changes and what it becomes."""
    at = np.flatnonzero(np.diff(quality)) + 1
    return int(at.size), _shuffle(at.astype(np.uint32)) + _shuffle(quality[at])


def _decode_quality(header: _Header, payload: bytes, at: int) -> NDArray[np.int16]:
    quality = np.full(header.n, header.quality, np.int16)
    if header.runs:
        starts = _unshuffle(payload, at, header.runs, "<u4")
        became = _unshuffle(payload, at + header.runs * 4, header.runs, "<i2")
        ends = np.append(starts[1:], header.n)
        lengths = ends.astype(np.int64) - starts
        quality[starts[0] :] = np.repeat(became, lengths)
    return quality


# -- bytes --------------------------------------------------------------------------------------


def _width(whole: Ints) -> int:
    """Bytes that hold every one of these numbers: 1, 2, 4 or 8."""
    if whole.size == 0:
        return 1
    least, most = int(whole.min()), int(whole.max())
    for width in (1, 2, 4):
        bound = 1 << (8 * width - 1)
        if -bound <= least and most < bound:
            return width
    return 8


def _shuffle(column: NDArray[Any]) -> bytes:
    """All first bytes, then all second bytes, …: like beside like compresses."""
    width = column.dtype.itemsize
    if width == 1:
        return column.tobytes()
    return column.view(np.uint8).reshape(-1, width).T.tobytes()


def _unshuffle(payload: bytes, at: int, count: int, dtype: str) -> NDArray[Any]:
    width = int(dtype[-1])
    column = np.frombuffer(payload, np.uint8, count * width, at)
    if width == 1:
        return column.view(dtype)
    return np.ascontiguousarray(column.reshape(width, count).T).view(dtype).reshape(count)


def _compressor() -> zstandard.ZstdCompressor:
    """One a thread: zstd contexts must not be shared between threads."""
    found = getattr(_local, "compressor", None)
    if found is None:
        found = _local.compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
    return found


def _decompressor() -> zstandard.ZstdDecompressor:
    found = getattr(_local, "decompressor", None)
    if found is None:
        found = _local.decompressor = zstandard.ZstdDecompressor()
    return found
