"""The value column of a block: whole numbers that give every value back to the bit, or floats.

Values are decimals, or decimals of the unit a device speaks in, converted and rounded as intake
does it. What follows from one to the next is small and compresses; a raw float does not.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.rounding import rounded
from floodwatch.store.block_planes import bytes_of, planes, shuffle, unplanes, unshuffle

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST_DECIMALS = 6
# The conversions (scale, offset) of units that are no power of ten of the canonical one. Their
# places are written into blocks: never change an entry, only append (at most 30).
FACTORS: tuple[tuple[float, float], ...] = (
    (0.3048, 0.0),  # ft -> m
    (0.0254, 0.0),  # in -> m
    (304.8, 0.0),  # ft -> mm
    (25.4, 0.0),  # in -> mm
    (0.028316846592, 0.0),  # cfs -> m3/s
    (28.316846592, 0.0),  # cfs -> L/s
    (0.001 / 60, 0.0),  # L/min -> m3/s
    (0.016666666666666666, 0.0),  # L/min -> L/s
    (0.0002777777777777778, 0.0),  # m3/h -> m3/s
    (0.2777777777777778, 0.0),  # m3/h -> L/s
    (1.1574074074074073e-05, 0.0),  # m3/d -> m3/s
    (0.011574074074074073, 0.0),  # m3/d -> L/s
    (28316.846592, 0.0),  # mcft -> m3
    (1233.48183754752, 0.0),  # acre_ft -> m3
    (9.80665, 0.0),  # m_H2O -> kPa
    (0.0980665, 0.0),  # cm_H2O -> kPa
    (0.00980665, 0.0),  # mm_H2O -> kPa
    (2.98906692, 0.0),  # ft_H2O -> kPa
    (0.24908890999999997, 0.0),  # in_H2O -> kPa
    (6.894757293168, 0.0),  # psi -> kPa
    (0.5555555555555556, -17.77777777777778),  # degF -> degC
)

_RAW = 255  # kind of a column of plain floats; else decimals + 8 * number of the factor, 0 for none
_SAFE = 2.0**62  # scaled values stay far from where int64 ends
_SAMPLE = 64
_PROBES = 12
_TRIES = 6
_FACTOR_DECIMALS = 3  # devices give no more in such units
_SUSPICIOUS = 5  # so many decimals may be those of a conversion
_BETTER = 8  # a factor is taken when the whole numbers become so many times smaller
_CONVERTED_DECIMALS = 9  # intake rounds what it converts; blocks depend on it, and it never changes
_CONVERTED = 10.0**_CONVERTED_DECIMALS
_SCALES = np.array([scale for scale, _ in FACTORS])[:, None]
_OFFSETS = np.array([offset for _, offset in FACTORS])[:, None]
_POWERS = 10.0 ** np.arange(_FACTOR_DECIMALS + 1)[:, None]
_MOVED = _POWERS[:, 0] / _SCALES / _CONVERTED


class Column(NamedTuple):
    """What the header says of the value column, and its bytes."""

    kind: int
    width: int
    base: int  # the first whole number
    divisor: int  # of all the differences
    data: list[bytes]


def encode(values: Floats) -> Column:
    """The column of at least one value."""
    found = whole(values)
    if found is None:
        data, border = (
            shuffle(values),
            6 * values.size,
        )  # sign and exponent apart from what is noise
        return Column(_RAW, 8, 0, 1, [data[:border], data[border:]])
    kind, scaled = found
    differences = np.diff(scaled)
    divisor = _divisor(differences) if bytes_of(differences) > 1 else 1
    if divisor > 1:
        differences //= divisor
    data_planes = planes(differences)
    return Column(kind, len(data_planes), int(scaled[0]), divisor, data_planes)


def decode(column: Column, payload: bytes, at: int, *, n: int) -> tuple[Floats, int]:
    """The values, and where the column ends. `column.data` is not looked at."""
    if column.kind == _RAW:
        return unshuffle(payload, at, n, "<f8"), at + n * 8
    scaled = np.empty(n, np.int64)
    scaled[0] = column.base
    scaled[1:] = unplanes(payload, at, n - 1, width=column.width)
    if column.divisor > 1:
        scaled[1:] *= column.divisor
    np.cumsum(scaled, out=scaled)
    return _back(scaled, column.kind), at + (n - 1) * column.width


def whole(values: Floats) -> tuple[int, Ints] | None:
    """(kind, whole numbers) that give every value back to the bit, or None."""
    if not np.isfinite(values).all():
        return None
    plain = scale(values)
    if plain is not None and plain[0] < _SUSPICIOUS:
        return plain
    converted = _converted(values)
    if converted is None or plain is None:
        return converted or plain
    sizes = [int(np.abs(one[1]).max()) for one in (converted, plain)]
    return converted if sizes[0] * _BETTER <= sizes[1] else plain


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
    scaled = np.rint(values * 10.0**decimals).astype(np.int64)
    return scaled if _same(_back(scaled, decimals), values) else None


def _converted(values: Floats) -> tuple[int, Ints] | None:
    """The same by the conversion of a unit. A few values tell which may be meant."""
    largest = float(np.abs(values).max())
    if largest >= _SAFE / _CONVERTED:
        return None
    sample = values[:: values.size // _PROBES + 1]
    probe = (sample - _OFFSETS) / _SCALES
    near = probe[:, None, :] * _POWERS
    off = np.abs(near - np.rint(near)).max(axis=2)
    # What rounding to nine decimals moves, and what a double cannot hold.
    slack = _MOVED + 1e-14 * np.abs(near).max(axis=2)
    fitting = np.argwhere((off <= slack) & (slack < 0.1)).tolist()
    fitting.sort(key=lambda one: _MOVED[one[0], one[1]])  # the smallest whole numbers first
    for number, decimals in fitting[:_TRIES]:
        kind = decimals + 8 * (number + 1)
        if _numbers(sample, kind) is None:
            continue
        numbers = _numbers(values, kind)
        if numbers is not None:
            return kind, numbers
    return None


def _numbers(values: Floats, kind: int) -> Ints | None:
    factor, offset = FACTORS[kind // 8 - 1]
    numbers = np.rint((values - offset) / factor * 10.0 ** (kind % 8)).astype(np.int64)
    return numbers if _same(_back(numbers, kind), values) else None


def _back(numbers: Ints, kind: int) -> Floats:
    """The values of whole numbers. Blocks depend on every bit of this."""
    decimals, number = kind % 8, kind // 8
    found: Floats = numbers / 10.0**decimals
    if number == 0:
        return found
    factor, offset = FACTORS[number - 1]
    found *= factor
    found += offset
    return rounded(found, _CONVERTED_DECIMALS)


def _same(back: Floats, values: Floats) -> bool:
    # Compared as bits: -0.0 equals 0.0 and yet is another number.
    return np.array_equal(back.view(np.int64), values.view(np.int64))


def _divisor(differences: Ints) -> int:
    """What all differences are a multiple of, when that is soon found."""
    found = int(np.gcd.reduce(differences[:: differences.size // _SAMPLE + 1]))
    if not 1 < found < 2**31 or (differences % found).any():
        return 1
    return found
