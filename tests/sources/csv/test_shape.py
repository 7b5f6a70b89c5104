"""What a table looks like is found out from its first lines."""

from pathlib import Path

import pytest

from floodwatch.model.errors import ImportRefused
from floodwatch.sources.csv.options import ImportOptions, mapping, span
from floodwatch.sources.csv.shape import Shape, shape_of
from floodwatch.sources.csv.stream import Source
from tests.sources.csv.making import write


def shape(tmp_path: Path, text: str | bytes, **options: str) -> Shape:
    return shape_of(Source(write(tmp_path / "a.csv", text)), ImportOptions(**options))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    found = shape(tmp_path, delimiter.join("abc") + "\n" + delimiter.join("123") + "\n")
    assert (found.delimiter, found.columns) == (delimiter, ("a", "b", "c"))


def test_a_decimal_comma_is_found(tmp_path: Path) -> None:
    found = shape(tmp_path, "time;value\n2021-01-01;1,5\n")
    assert (found.delimiter, found.decimal) == (";", ",")


def test_a_file_without_a_header_has_numbered_columns(tmp_path: Path) -> None:
    found = shape(tmp_path, "A,2021-01-01,1.5\n")
    assert (found.header_line, found.columns, len(found.rows)) == (0, ("1", "2", "3"), 1)


def test_lines_before_the_header_are_passed_over(tmp_path: Path) -> None:
    found = shape(tmp_path, "Logger 5\n\ntime,value\n2021-01-01,1\n2021-01-02,1\n")
    assert (found.header_line, found.columns) == (3, ("time", "value"))


def test_a_row_of_units_under_the_header_is_no_row(tmp_path: Path) -> None:
    found = shape(tmp_path, "time,level,T\nTS,m,[°C]\n2021-01-01,1,2\n")
    assert (found.header_line, dict(found.units)) == (2, {1: "m", 2: "degC"})
    assert found.rows == (("2021-01-01", "1", "2"),)


def test_a_column_is_asked_for_by_name(tmp_path: Path) -> None:
    found = shape(tmp_path, "Time,value,value\n2021-01-01,1,2\n")
    assert found.column("time") == 0
    with pytest.raises(ImportRefused, match="2 columns named 'value'"):
        found.column("value")
    with pytest.raises(ImportRefused, match="no column named 'x'; columns: Time"):
        found.column("x")


@pytest.mark.parametrize("text", ["", "just words\n", b"\x00" * 100])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(ImportRefused, match="no table"):
        shape(tmp_path, text)


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="columns"):
        shape(tmp_path, ",".join("a" * 10_000) + "\n")


def test_mappings_and_spans_are_read_from_words() -> None:
    assert mapping("水位=stage@2:cm") == ("水位", "stage", "2", "cm")
    assert mapping("a=b=flow:m3/s") == ("a=b", "flow", "", "m3/s")
    assert (span("5min"), span("1d")) == (300_000, 86_400_000)
    for wrong in ("stage", "a=", "=stage"):
        with pytest.raises(ImportRefused, match="COLUMN=VARIABLE"):
            mapping(wrong)
    with pytest.raises(ImportRefused, match="period"):
        span("soon")
