"""Blocks give back every bit they were given, in few bytes."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from floodwatch.hydrology.series import Series, empty
from floodwatch.model.errors import StorageError
from floodwatch.store.block_codec import decode, encode, scale
from tests.store.series_of import series_of

MINUTES_5 = 300_000

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
