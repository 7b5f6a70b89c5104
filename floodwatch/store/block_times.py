"""The time column of a block: a regular step with exceptions, or differences.

A device that sends every P ms and is not always heard, by a way that takes its own time, gives
differences of k * P + jitter: k and the jitter are two columns, each small.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.store.block_planes import planes, shuffle, unplanes, unshuffle, weight

Ints = NDArray[np.int64]

_SPARSE = 255  # a step and its exceptions; 0 is the bare step
_MULTIPLES = 254  # multiples of the step, and jitter; 1 to 8: differences from the step, so wide
_SAMPLE = 64
_UNITS = (60_000, 1_000, 1)  # devices speak at whole minutes or seconds
_LONGEST = 2**40  # differences beyond are no device's rhythm
_SHORTEST = 16


class Column(NamedTuple):
    """What the header says of the time column, and its bytes.

    `m` counts the exceptions, or is the unit of the differences with (for multiples) the widths of
    both columns in the upper byte.
    """

    kind: int
    step: int
    m: int
    data: list[bytes]


def encode(times: Ints) -> Column:
    """The column of rising times, at least one."""
    if times.size == 1:
        return Column(0, 0, 0, [])
    deltas = np.diff(times)
    step = _commonest(deltas)
    odd = np.flatnonzero(deltas != step)
    if odd.size == 0:
        return Column(0, step, 0, [])
    if odd.size * 8 < times.size:
        data = shuffle(odd.astype(np.uint32)) + shuffle(deltas[odd])
        return Column(_SPARSE, step, int(odd.size), [data])
    rest = deltas - step
    unit = next(unit for unit in _UNITS if not (rest % unit).any())
    rest //= unit
    data_planes = planes(rest)
    plain = Column(len(data_planes), step, unit, data_planes)
    return _better(plain, deltas) if len(data_planes) > 1 else plain


def decode(column: Column, payload: bytes, *, first: int, n: int) -> tuple[Ints, int]:
    """The times, and where the column ends. `column.data` is not looked at."""
    kind, step, m, _ = column
    if kind == 0:
        return first + step * np.arange(n, dtype=np.int64), 0
    times = np.empty(n, np.int64)
    times[0] = first
    if kind == _SPARSE:
        times[1:] = step
        times[1:][unshuffle(payload, 0, m, "<u4")] = unshuffle(payload, m * 4, m, "<i8")
        at = m * 12
    elif kind == _MULTIPLES:
        unit, ahead, behind = m & 0xFFFFFF, m >> 24 & 15, m >> 28
        at = (n - 1) * (ahead + behind)
        times[1:] = unplanes(payload, (n - 1) * ahead, n - 1, width=behind)
        times[1:] *= unit
        times[1:] += unplanes(payload, 0, n - 1, width=ahead).astype(np.int64) * step
    else:
        at = (n - 1) * kind
        times[1:] = unplanes(payload, 0, n - 1, width=kind)
        times[1:] *= m
        times[1:] += step
    return np.cumsum(times, out=times), at


def _better(plain: Column, deltas: Ints) -> Column:
    """The differences as multiples of a rhythm and jitter, if that is smaller."""
    least, most = int(deltas.min()), int(deltas.max())
    if least < 0 or most >= _LONGEST:
        return plain
    rhythm = _rhythm(deltas) // plain.m * plain.m
    if rhythm < _SHORTEST * plain.m or plain.step % plain.m:
        return plain
    multiples = np.rint(deltas / rhythm).astype(np.int64)
    jitter = deltas - multiples * rhythm
    if plain.m > 1:
        jitter //= plain.m
    upper, lower = planes(multiples), planes(jitter)
    if weight(upper) + weight(lower) >= weight(plain.data):
        return plain
    return Column(_MULTIPLES, rhythm, plain.m | len(upper) << 24 | len(lower) << 28, upper + lower)


def _rhythm(deltas: Ints) -> int:
    """About the shortest interval that is common."""
    short = np.partition(deltas, deltas.size // 10)[deltas.size // 10]
    return int(np.median(deltas[(deltas > short * 0.8) & (deltas < short * 1.2)]))


def _commonest(deltas: Ints) -> int:
    """A frequent difference: the commonest of a sample."""
    sample, counts = np.unique(deltas[:: deltas.size // _SAMPLE + 1], return_counts=True)
    return int(sample[np.argmax(counts)])
