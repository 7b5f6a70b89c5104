"""Only what is plainly a number is one."""

import numpy as np
import pyarrow as pa
import pytest

from floodwatch.sources.csv import numbers
from floodwatch.sources.csv.numbers import BLANK, OK, UNREADABLE


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5),
        (" -3 ", -3),
        ("+2.", 2),
        (".5", 0.5),
        ("1e3", 1000),
        ("-9999", -9999),
        ("007", 7),
    ],
)
def test_a_number_is_read(text: str, value: float) -> None:
    found = numbers.read(pa.array([text]))
    assert (found.values[0], found.state[0]) == (value, OK)


@pytest.mark.parametrize(
    "text",
    ["NaN", "inf", "-Infinity", "12.3m", "１２", "1,5", "1 2", "1_0", "0x1", "1e999", "1.2.3"],
)
def test_what_is_no_number_is_unreadable(text: str) -> None:
    assert numbers.read(pa.array([text])).state.tolist() == [UNREADABLE]


@pytest.mark.parametrize(
    "text", ["", "   ", "---", "M", "FALLO", "NA", "n/a", "FFFFFF", "AAAA", "缺测"]
)
def test_words_for_no_value_are_blank(text: str) -> None:
    assert numbers.read(pa.array([text])).state.tolist() == [BLANK]


def test_a_decimal_comma_is_read_where_the_file_has_it() -> None:
    found = numbers.read(pa.array(["1,5", "1.5", "1.234,5"]), decimal=",")
    assert found.state.tolist() == [OK, UNREADABLE, UNREADABLE]
    assert found.values[0] == 1.5


def test_floats_that_pyarrow_read_are_judged_alike() -> None:
    column = pa.chunked_array([pa.array([1.5, None]), pa.array([float("nan"), float("inf")])])
    found = numbers.of_floats(column)
    assert found.state.tolist() == [OK, BLANK, UNREADABLE, UNREADABLE]
    assert np.isnan(found.values[1])
