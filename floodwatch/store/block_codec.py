"""The bytes of a block: readings of one series as compressed columns, lossless to the last bit.

A block is a fixed header with its checksum and one zstd frame with its own, of three columns: times
(`block_times`), values (`block_values`), and qualities, which are one constant or runs. Each plane
of bytes is a zstd block of its own: noise beside what repeats keeps its own code table. Blocks of
earlier formats are read as they are; see docs/decisions/0012-block-format.md.
"""

import struct
import threading
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import zstandard
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series, empty
from floodwatch.model.errors import StorageError
from floodwatch.store import block_format_1, block_times, block_values
from floodwatch.store.block_planes import shuffle, unshuffle

FORMAT = 2
FORMATS = (block_format_1.FORMAT, FORMAT)  # all that can be read
LEVEL = 3

_MATCH = 7  # shorter repetitions of bytes are chance: they cost more than they save
_WIDEST = 40  # bytes of a reading before compression, at most
_APART = 64  # planes shorter than this are not worth a table of their own
_local = threading.local()


class _Header(NamedTuple):
    """The fixed part: see the columns. `runs` counts the changes of quality."""

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
    divisor: int
    quality: int


_HEADER = struct.Struct("<BBBBIqqqIIIh")
_CHECK = struct.Struct("<I")
_BODY = _HEADER.size + _CHECK.size


def encode(series: Series) -> bytes:
    """The block of `series` (rising unique times, any floats); the inverse of `decode`."""
    n = series.size
    if n == 0:
        return _packed(_Header(FORMAT, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0))
    times = np.ascontiguousarray(series.times, np.int64)
    when = block_times.encode(times)
    what = block_values.encode(np.ascontiguousarray(series.values, np.float64))
    quality = np.ascontiguousarray(series.quality, np.int16)
    runs, changes = _encode_quality(quality)
    header = _Header(
        FORMAT,
        when.kind,
        what.kind,
        what.width,
        n,
        int(times[0]),
        when.step,
        what.base,
        when.m,
        runs,
        what.divisor,
        int(quality[0]),
    )
    return _packed(header) + _compress([*when.data, *what.data, changes])


def decode(data: bytes) -> Series:
    """The readings of a block. Raises StorageError when the bytes are not a whole block."""
    try:
        if data[:1] == bytes([block_format_1.FORMAT]):
            return block_format_1.decode(data, _unpack)
        header = _Header(*_HEADER.unpack_from(data))
        if header.format != FORMAT:
            raise StorageError(
                f"a block has format {header.format}, this version reads up to {FORMAT}: "
                "it was written by a newer FloodWatch; upgrade this one"
            )
        if _CHECK.unpack_from(data, _HEADER.size)[0] != zlib.crc32(data[: _HEADER.size]):
            raise ValueError("its header fails its checksum")
        if header.n == 0:
            return empty()
        return _decode(header, _unpack(memoryview(data)[_BODY:], header.n))
    except (struct.error, zstandard.ZstdError, ValueError, IndexError) as error:
        raise StorageError(
            f"a block of the archive is damaged ({error}): restore it from a backup"
        ) from error


def _packed(header: _Header) -> bytes:
    data = _HEADER.pack(*header)
    return data + _CHECK.pack(zlib.crc32(data))


def _decode(header: _Header, payload: bytes) -> Series:
    when = block_times.Column(header.time_kind, header.step, header.m, [])
    times, at = block_times.decode(when, payload, first=header.first, n=header.n)
    what = block_values.Column(
        header.value_kind, header.value_width, header.base, header.divisor, []
    )
    values, at = block_values.decode(what, payload, at, n=header.n)
    return Series(times, values, _decode_quality(header, payload, at))


def _encode_quality(quality: NDArray[np.int16]) -> tuple[int, bytes]:
    """(changes, bytes): where the quality changes and what it becomes."""
    at = np.flatnonzero(np.diff(quality)) + 1
    return int(at.size), shuffle(at.astype(np.uint32)) + shuffle(quality[at])


def _decode_quality(header: _Header, payload: bytes, at: int) -> NDArray[np.int16]:
    quality = np.full(header.n, header.quality, np.int16)
    if header.runs:
        starts = unshuffle(payload, at, header.runs, "<u4")
        became = unshuffle(payload, at + header.runs * 4, header.runs, "<i2")
        ends = np.append(starts[1:], header.n)
        lengths = ends.astype(np.int64) - starts
        quality[starts[0] :] = np.repeat(became, lengths)
    return quality


def _compress(planes: Sequence[bytes]) -> bytes:
    """One frame of all planes; each long one begins a zstd block."""
    planes = [plane for plane in planes if plane]
    compressor = _compressor()
    if len(planes) < 2 or len(planes[0]) < _APART:
        return compressor.compress(b"".join(planes))
    frame = compressor.compressobj(size=sum(map(len, planes)))
    pieces = []
    for plane in planes[:-1]:
        pieces += [frame.compress(plane), frame.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)]
    return b"".join([*pieces, frame.compress(planes[-1]), frame.flush()])


def _unpack(frame: memoryview, n: int) -> bytes:
    size = zstandard.get_frame_parameters(frame).content_size
    if size > n * _WIDEST:  # it would be believed, and so much memory asked for
        raise ValueError(f"{size} bytes are too many for {n} readings")
    return _decompressor().decompress(frame)


def _compressor() -> zstandard.ZstdCompressor:
    """One a thread: zstd contexts must not be shared between threads."""
    found = getattr(_local, "compressor", None)
    if found is None:
        parameters = zstandard.ZstdCompressionParameters.from_level(
            LEVEL, min_match=_MATCH, write_checksum=True
        )
        found = _local.compressor = zstandard.ZstdCompressor(compression_params=parameters)
    return found


def _decompressor() -> zstandard.ZstdDecompressor:
    found = getattr(_local, "decompressor", None)
    if found is None:
        found = _local.decompressor = zstandard.ZstdDecompressor()
    return found
