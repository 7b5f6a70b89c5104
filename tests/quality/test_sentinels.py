"""Numbers that mean "no value"."""

import numpy as np
import pytest

from floodwatch.quality.sentinels import is_sentinel, sentinel_mask


@pytest.mark.parametrize(
    ("variable", "value", "missing"),
    [
        ("stage", -9999.0, True),
        ("stage", 9999.999, True),
        ("stage", 999.9, False),  # a stage in the mountains
        ("rainfall", 999.9, True),
        ("rainfall", -99.9, True),
        ("stage", -99.9, False),  # below the sea
        ("ponding_depth", -888.0, True),
        ("flow", -999.0, False),
        ("rainfall", 0.0, False),
        ("meter_volume", 99_999.0, False),
        ("turbidity", -9999.0, True),
    ],
)
def test_a_number_is_no_value(variable: str, value: float, missing: bool) -> None:
    assert is_sentinel(variable, value) is missing
    assert sentinel_mask(variable, np.array([value]))[0] == missing


def test_more_can_be_named() -> None:
    assert is_sentinel("stage", 77.77, extra=(77.77,))
    assert sentinel_mask("stage", np.array([77.77, 1.0]), extra=(77.77,)).tolist() == [True, False]


def test_nan_is_no_value_and_infinity_is_not_a_sentinel() -> None:
    assert sentinel_mask("stage", np.array([np.nan, np.inf, -np.inf])).tolist() == [
        True,
        False,
        False,
    ]
