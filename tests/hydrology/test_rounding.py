"""Arrays are rounded as Python rounds single numbers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.hydrology.rounding import rounded

NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-2e7, 2e7),
    st.integers(-(10**7), 10**7).map(lambda n: n / 100 * 0.00980665),
    st.integers(-(10**7), 10**7).map(lambda n: n / 100 * 1233.48183754752),
    st.integers(-(2**40), 2**40).map(lambda n: n / 2**20),
)


@given(st.lists(NUMBERS, max_size=40), st.sampled_from([0, 3, 9]))
def test_every_number_is_rounded_to_the_bit(numbers: list[float], decimals: int) -> None:
    found = rounded(np.array(numbers, np.float64), decimals).tolist()
    assert [n.hex() for n in found] == [round(n, decimals).hex() for n in numbers]


def test_millimetres_of_water_are_rounded_as_one_by_one() -> None:
    values = np.arange(100_000) / 100 * 0.00980665
    assert rounded(values, 9).tolist() == [round(value, 9) for value in values.tolist()]
