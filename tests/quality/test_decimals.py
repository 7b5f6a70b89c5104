"""Lost decimal points are found by what stands around them, and nothing else is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.quality.decimals import lost_points


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ([104.76, 104.77, 10477, 104.78, 104.79], [2]),
        ([104.76, 10476, 10477, 10478, 104.79, 104.80, 104.80], [1, 2, 3]),
        ([10476, 104.77, 104.78, 104.79], [0]),
        ([104.76, 104.77, 104.78, 10479], [3]),
        ([104.76, 104.77, 1.0478, 104.78, 104.79], [2]),
        ([-3.25, -3.26, -326, -3.27], [2]),
        ([0.0, 0.0, 5.0, 0.0], []),
        ([104.76, 104.77, 300.0, 104.78], []),
        ([1.0, 10.0, 100.0, 1000.0], []),
        ([5.0, 50.0], []),
        ([104.76, 104.77, 10477, 10478, 10479, 10480, 10481], []),
    ],
)
def test_a_lost_point_is_told_from_a_jump(values: list[float], wrong: list[int]) -> None:
    assert np.flatnonzero(lost_points(np.array(values))).tolist() == wrong


@given(
    st.lists(st.integers(5000, 9000), min_size=12, max_size=60),
    st.sampled_from([10.0, 100.0, 1000.0]),
    st.data(),
)
def test_single_slips_in_a_steady_series_are_all_found(
    cm: list[int], factor: float, data: st.DataObject
) -> None:
    right = 60 + np.array(cm) / 10_000  # a few decimetres about a stage
    places = data.draw(st.lists(st.integers(0, right.size - 1), max_size=3, unique=True))
    places = [p for p in places if not {p - 1, p + 1} & set(places)]
    values = right.copy()
    values[places] *= factor
    assert np.flatnonzero(lost_points(values)).tolist() == sorted(places)


def test_restless_values_are_left_alone() -> None:
    assert not lost_points(np.array([1.0, 10.0] * 50)).any()
