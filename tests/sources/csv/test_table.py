"""Rows of files: every one under its own line number, however the file is cut."""

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from floodwatch.sources.csv.stream import Source
from tests.sources.csv.making import lines_of, read, refused_of, values_of, write

HEAD = "station,time,value\n"


def test_clean_rows_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEAD + "A,2021-01-01T00:00Z,1.5\nB,2021-01-02T00:00Z,\n")
    _, (piece, *_) = read(path)
    assert piece.names["station"].words == ["A", "B"]
    assert piece.times.ms.tolist() == [1_609_459_200_000, 1_609_545_600_000]
    assert piece.values[0].state.tolist() == [0, 1]
    assert (piece.text(1), piece.cell(0, 2)) == ("B,2021-01-02T00:00Z,", "1.5")


def test_a_station_called_na_or_0012_stays_as_it_is(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv", HEAD + "NA,2021-01-01,1\n0012,2021-01-01,1\nnull,2021-01-01,1\n"
    )
    _, (piece, *_) = read(path)
    assert piece.names["station"].words == ["NA", "0012", "null"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_a_file_in_any_encoding_gives_the_same_rows(tmp_path: Path, encoding: str) -> None:
    text = "站名,时间,value\n示范水库,2021-01-01,1\n".replace("站名", "station").replace(
        "时间", "time"
    )
    _, pieces = read(write(tmp_path / "a.csv", text, encoding=encoding))
    assert pieces[0].names["station"].words == ["示范水库"]


def test_old_line_ends_are_understood(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv", (HEAD + "A,2021-01-01,1\nA,2021-01-02,2\n").replace("\n", "\r")
    )
    _, pieces = read(path)
    assert (lines_of(pieces), values_of(pieces)) == ([2, 3], [1, 2])


CELL = st.sampled_from(
    ["1", "2.5", "", "x", "-9999", '"3"', '"4', "5,6", "", "\n", "7\x00", '"a""b"']
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(CELL, min_size=1, max_size=30), st.integers(20, 200))
def test_cutting_a_file_anywhere_changes_nothing(
    tmp_path: Path, cells: list[str], size: int
) -> None:
    body = "".join(f"A,2021-01-01T00:{i:02}Z,{cell}\n" for i, cell in enumerate(cells))
    path = write(tmp_path / "a.csv", HEAD + body)
    _, whole = read(path)
    before = Source.blocks.__defaults__
    Source.blocks.__defaults__ = (size,)
    try:
        _, cut = read(path)
    finally:
        Source.blocks.__defaults__ = before
    assert lines_of(cut) == lines_of(whole)
    assert refused_of(cut) == refused_of(whole)
    assert str(values_of(cut)) == str(values_of(whole))
    assert sum(piece.blank for piece in cut) == sum(piece.blank for piece in whole)


def test_rows_with_quotes_agree_with_the_csv_module(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["station", "note", "time", "value"])
        for minute in range(60):
            note = ["plain", "with, comma", 'with "quotes"', "two\nlines"][minute % 4]
            writer.writerow([f"S{minute % 3}", note, f"2021-01-01T00:{minute:02}Z", minute / 2])
    _, pieces = read(path)
    assert values_of(pieces) == [minute / 2 for minute in range(60)]
    # Every fourth record takes two lines; a record counts by its first.
    assert lines_of(pieces) == [2 + minute + minute // 4 for minute in range(60)]
    assert refused_of(pieces) == {}
