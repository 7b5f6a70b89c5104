"""Running totals differenced: resets, roll-overs and false readings."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.hydrology.counter import increments


def added(*values: float, modulus: float | None = None) -> list[float]:
    return increments(np.array(values, float), modulus=modulus).tolist()


def test_a_rising_counter_gives_its_differences() -> None:
    assert added(10, 10.5, 10.5, 12) == [0.5, 0, 1.5]


def test_a_reset_credits_nothing_and_goes_on_from_there() -> None:
    assert added(312.5, 0, 0.5, 2) == [0, 0.5, 1.5]


def test_a_reset_to_some_other_total_credits_nothing() -> None:
    assert added(312.5, 80, 80.5) == [0, 0.5]


def test_a_roll_over_is_credited_in_full() -> None:
    assert added(99_998, 3) == [5]
    assert added(999.5, 0.5) == [1.0]


def test_a_known_modulus_rolls_over_where_it_says() -> None:
    assert added(4_095, 1, modulus=4_096) == [2]
    assert added(4_095, 1) == [0]


def test_one_false_zero_is_no_rain() -> None:
    assert added(500, 0, 500.5) == [0, 0.5]


def test_a_downpour_after_a_small_total_was_reset_is_credited() -> None:
    assert added(0.5, 0, 12) == [0, 12]


def test_less_than_two_readings_tell_nothing() -> None:
    assert added() == added(5) == []


@given(st.lists(st.floats(0, 50), min_size=1, max_size=30))
def test_a_counter_that_never_drops_gives_back_what_was_added(rain: list[float]) -> None:
    counter = np.cumsum([0.0, *rain])
    np.testing.assert_allclose(increments(counter), np.diff(counter))


@given(st.lists(st.floats(0, 2_000), max_size=30))
def test_nothing_is_ever_taken_away(values: list[float]) -> None:
    assert (increments(np.array(values)) >= 0).all()
