"""Blocks give back every bit they were given, in few bytes."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from floodwatch.hydrology.series import Series, empty
from floodwatch.model.errors import StorageError
from floodwatch.model.unit import CONVERTED_DECIMALS, UNITS, conversion
from floodwatch.model.variable import VARIABLES
from floodwatch.store.block_codec import decode, encode
from floodwatch.store.block_values import FACTORS, scale, whole
from tests.store.series_of import series_of

MINUTES_5 = 300_000
STEPS = range(0, 20 * MINUTES_5, MINUTES_5)
QUARTERS = [n / 4 for n in range(19)]


def _no_power_of_ten(variable: str, unit: str) -> bool:
    scale_, offset = conversion(variable, unit)
    return bool(offset) or abs(np.log10(scale_) - np.rint(np.log10(scale_))) > 1e-12


OF_UNITS = [
    (name, unit)
    for name, variable in VARIABLES.items()
    for unit, known in UNITS.items()
    if known.dimension == UNITS[variable.unit].dimension and _no_power_of_ten(name, unit)
]

steps = st.one_of(
    st.lists(st.sampled_from([MINUTES_5, MINUTES_5, MINUTES_5, 3_600_000]), max_size=60),
    st.lists(st.integers(1, 2**40), max_size=60),
    st.lists(st.integers(1, 900).map(lambda seconds: seconds * 1_000), max_size=60),
)
numbers = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=True, width=16),
    st.decimals(-9_000, 9_000, places=3, allow_nan=False).map(float),
    st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 2.0**53, 2.0**62, 1.7976931348623157e308]),
)


@st.composite
def any_series(draw: st.DrawFn) -> Series:
    deltas = draw(steps)
    times = np.cumsum([draw(st.integers(-(2**50), 2**50)), *deltas], dtype=np.int64)
    kind = draw(st.sampled_from(["any", "decimal"]))
    source = numbers if kind == "any" else st.integers(-(10**7), 10**7).map(lambda n: n / 100)
    values = draw(arrays.arrays(np.float64, times.size, elements=source))
    quality = draw(arrays.arrays(np.int16, times.size, elements=st.sampled_from([1, 2, 23, -5])))
    return Series(times, values, quality)


def assert_same_bits(one: Series, other: Series) -> None:
    for a, b in zip(one, other, strict=True):
        assert a.dtype == b.dtype
        assert a.tobytes() == b.tobytes()


@given(any_series())
@example(empty())
@example(series_of([5], [-0.0]))
@example(series_of([-(2**62), 2**62], [5e-324, -1.7976931348623157e308], [1, -32768]))
@example(series_of(range(0, 2_000, 10), [0.1 * n for n in range(200)]))
def test_a_block_gives_back_every_bit(series: Series) -> None:
    assert_same_bits(decode(encode(series)), series)


def test_not_a_number_and_infinity_survive_too() -> None:
    series = series_of([1, 2, 3], [np.nan, np.inf, -np.inf])
    assert_same_bits(decode(encode(series)), series)


def test_stages_at_two_decimals_take_less_than_a_byte() -> None:
    walk = np.random.default_rng(3).integers(-2, 3, 8_000).cumsum()
    series = series_of(range(0, 8_000 * MINUTES_5, MINUTES_5), (9_500 + walk) / 100)
    assert len(encode(series)) < 8_000


def test_a_step_with_a_few_gaps_costs_almost_nothing() -> None:
    times = np.arange(8_000) * MINUTES_5
    times[2_000:] += 86_400_000
    times[6_000:] += 1_234
    assert len(encode(series_of(times, np.zeros(8_000)))) < 200


def test_the_fewest_decimals_that_give_every_value_back_are_found() -> None:
    found = scale(np.array([95.2, 95.25, 100.0]))
    assert found is not None
    decimals, whole = found
    assert (decimals, whole.tolist()) == (2, [9_520, 9_525, 10_000])


@pytest.mark.parametrize("value", [1 / 3, -0.0, 5e-324, 2.0**62, np.nan])
def test_values_that_are_no_short_decimals_stay_floats(value: float) -> None:
    assert scale(np.array([1.0, value])) is None


def test_a_damaged_block_is_named_as_such() -> None:
    data = bytearray(encode(series_of(range(100), range(100))))
    data[-6] ^= 0xFF
    with pytest.raises(StorageError, match="damaged"):
        decode(bytes(data))


def test_a_block_cut_short_is_named_as_such() -> None:
    with pytest.raises(StorageError, match="damaged"):
        decode(b"\x01\x00")


def test_a_block_of_a_later_format_asks_for_an_upgrade() -> None:
    data = encode(series_of([1], [1.0]))
    with pytest.raises(StorageError, match="upgrade"):
        decode(b"\x63" + data[1:])


# Blocks as the first format wrote them: a step; exceptions and raw floats; jitter; nothing.
OLD = (
    (
        "01000201140000000000000000000000e093040000000000302500000000000000000000010000000100"
        "28b52ffd2419750000400101050000000300010033c002bb066bce",
        series_of(STEPS, [(9_520 + n) / 100 for n in range(20)], [1] * 5 + [3] * 15),
    ),
    (
        "01ffff08140000000000000000000000e093040000000000000000000000000001000000000000000100"
        "28b52ffd24ac8d01001402090000002d9404005500d0e0e8f0f4f8fc00020406080a0c0e101112d5003f"
        "403f0500608bb881ff260a80876bc00517e506b1",
        series_of([*STEPS[:10], *(t + 77 for t in STEPS[10:])], [*QUARTERS, 1 / 3]),
    ),
    (
        "010403020500000000000000000000005df6000000000000210600000000000001000000000000000100"
        "28b52ffd2418c100007d003e1d0000f5d700000003000000000101c5e80000fd03d6b7e65c",
        series_of([0, 63_194, 126_263, 252_114, 566_860], [1.569, 1.57, 1.571, 1.0, 2.0]),
    ),
    (
        "010000010000000000000000000000000000000000000000000000000000000000000000000000000000",
        empty(),
    ),
)


@pytest.mark.parametrize(("data", "series"), OLD)
def test_a_block_of_the_first_format_is_read(data: str, series: Series) -> None:
    assert_same_bits(decode(bytes.fromhex(data)), series)


def test_a_bit_changed_anywhere_is_found() -> None:
    jitter = np.random.default_rng(1).integers(-900, 900, 200)
    data = encode(series_of(np.arange(200) * 63_000 + jitter, jitter / 1_000))
    for at in range(len(data)):
        for bit in range(8):
            broken = bytearray(data)
            broken[at] ^= 1 << bit
            try:
                found = decode(bytes(broken))
            except StorageError:
                continue
            # What zstd has no use for may differ and harm nothing.
            assert_same_bits(found, decode(data))


@pytest.mark.parametrize(("variable", "unit"), OF_UNITS)
def test_every_value_of_a_device_s_unit_comes_back(variable: str, unit: str) -> None:
    scale_, offset = conversion(variable, unit)
    given = np.random.default_rng(5).integers(0, 500_000, 3_000) / 100
    values = [round(value * scale_ + offset, CONVERTED_DECIMALS) for value in given.tolist()]
    series = series_of(range(3_000), values)
    assert_same_bits(decode(encode(series)), series)


@pytest.mark.parametrize(
    ("variable", "unit"),
    [
        *(("stage", "ft"), ("flow", "cfs"), ("storage", "acre_ft"), ("storage", "mcft")),
        *(("seepage", "L/min"), ("water_temperature", "degF"), ("pressure", "cm_H2O")),
    ],
)
def test_what_a_device_said_is_found_again(variable: str, unit: str) -> None:
    scale_, offset = conversion(variable, unit)
    given = np.random.default_rng(5).integers(1, 100_000, 3_000)
    values = [round(n / 100 * scale_ + offset, CONVERTED_DECIMALS) for n in given.tolist()]
    found = whole(np.array(values))
    assert found
    assert np.array_equal(found[1], given)


def test_the_known_conversions_are_those_of_the_units() -> None:
    asked = {conversion(variable, unit) for variable, unit in OF_UNITS}
    assert asked <= {*FACTORS}


@given(
    st.sampled_from(FACTORS),
    st.integers(0, 3),
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=50),
)
def test_converted_values_come_back_to_the_bit(
    factor: tuple[float, float], decimals: int, whole: list[int]
) -> None:
    values = [round(n / 10**decimals * factor[0] + factor[1], CONVERTED_DECIMALS) for n in whole]
    series = series_of(range(len(values)), values)
    assert_same_bits(decode(encode(series)), series)


@given(
    st.integers(20, 100_000),
    st.sampled_from([1, 10, 1_000, 60_000]),
    st.lists(st.tuples(st.integers(1, 400), st.integers(-9, 9)), min_size=2, max_size=80),
)
def test_jittered_rhythms_come_back(rhythm: int, unit: int, steps: list[tuple[int, int]]) -> None:
    times = np.cumsum([(k * rhythm + off) * unit for k, off in steps])
    series = series_of(times, [0.5] * times.size)
    assert_same_bits(decode(encode(series)), series)


def test_feet_take_no_more_than_metres() -> None:
    walk = (950 + np.random.default_rng(3).integers(-2, 3, 8_000).cumsum()) / 100
    times = np.arange(8_000) * MINUTES_5
    feet = [round(value * 0.3048, CONVERTED_DECIMALS) for value in walk.tolist()]
    sizes = [len(encode(series_of(times, values))) for values in (walk, feet)]
    assert sizes[1] <= sizes[0] + 16


def test_jittered_minutes_take_two_bytes() -> None:
    dice = np.random.default_rng(3)
    deltas = dice.choice([1, 1, 1, 2, 3, 4], 8_000) * 63_000 + dice.normal(0, 400, 8_000).round()
    series = series_of(np.cumsum(deltas.astype(np.int64)), np.zeros(8_000))
    assert len(encode(series)) < 1.85 * 8_000
