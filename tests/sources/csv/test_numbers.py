"""Only what is plainly a number is one."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.sources.csv import numbers
from floodwatch.sources.csv.numbers import BLANK, EITHER_WAY, OK, UNREADABLE


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
    "text",
    [
        *("", "   ", "---", "M", "FALLO", "NA", "n/a", "FFFFFF", "AAAA", "缺测"),
        *("#-1", "NAN", "Logged", "ICE", "EQP", "Maint", "***", "#N/A", "…", "no_data"),
    ],
)
def test_words_for_no_value_are_blank(text: str) -> None:
    assert numbers.read(pa.array([text])).state.tolist() == [BLANK]


def test_a_decimal_comma_is_read_where_the_file_has_it() -> None:
    found = numbers.read(pa.array(["1,5", "1.5", "1.234,5", "1.234"]), decimal=",")
    assert found.state.tolist() == [OK, UNREADABLE, OK, EITHER_WAY]
    assert found.values[[0, 2]].tolist() == [1.5, 1234.5]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.5", 1234.5),
        ("-1,234,567", -1_234_567),
        ("1 234", 1234),
        ("1'234.5", 1234.5),
        ("12\u00a0345", 12_345),
    ],
)
def test_groups_of_digits_that_tell_by_themselves_are_read(text: str, value: float) -> None:
    found = numbers.read(pa.array([text]))
    assert (found.state.tolist(), found.values.tolist()) == ([OK], [value])


@pytest.mark.parametrize("text", ["12,34.5", "1234,567.8", "0,123.4", ",123", "1,23", "1,234,56"])
def test_groups_that_are_not_of_three_are_no_number(text: str) -> None:
    assert numbers.read(pa.array([text])).state.tolist() == [UNREADABLE]


def test_one_group_alone_is_read_only_when_it_is_said_what_it_is() -> None:
    assert numbers.read(pa.array(["1,234"])).state.tolist() == [EITHER_WAY]
    assert numbers.read(pa.array(["1,234"]), thousands=",").values.tolist() == [1234]
    assert numbers.grouping(["5", "1,234"], ".") == ""
    assert numbers.grouping(["5", "1,234.5"], ".") == ","


def test_words_for_no_value_may_be_added() -> None:
    assert numbers.read(pa.array(["RETIRED"])).state.tolist() == [UNREADABLE]
    assert numbers.read(pa.array(["RETIRED"]), no_value={"RETIRED"}).state.tolist() == [BLANK]


_CELLS = ["", " ", "---", "M", "x", "1,234", "1,234.5", "1e400", "NAN", "NaN", "１", "5 ", "+2."]


@given(st.lists(st.one_of(st.sampled_from(_CELLS), st.floats(-1e6, 1e6).map(repr)), max_size=60))
def test_a_column_is_read_as_its_cells_are_one_by_one(cells: list[str]) -> None:
    found = numbers.read(pa.array(cells, pa.string()))
    assert found.state.tolist() == [_slow(cell)[1] for cell in cells]
    values = [value for value, state in map(_slow, cells) if state == OK]
    assert found.values[found.state == OK].tolist() == values


def _slow(cell: str) -> tuple[float, int]:
    text = cell.strip()
    if text == "":
        return 0.0, BLANK
    if text not in ("NaN", "1e400", "１"):
        try:
            return float(text), OK if text != "NAN" else BLANK
        except ValueError:
            pass
    known = {"---": (0.0, BLANK), "M": (0.0, BLANK), "1,234": (0.0, EITHER_WAY)}
    known["1,234.5"] = (1234.5, OK)
    return known.get(text, (0.0, UNREADABLE))


def test_floats_that_pyarrow_read_are_judged_alike() -> None:
    column = pa.chunked_array([pa.array([1.5, None]), pa.array([float("nan"), float("inf")])])
    found = numbers.of_floats(column)
    assert found.state.tolist() == [OK, BLANK, UNREADABLE, UNREADABLE]
    assert np.isnan(found.values[1])
