"""Workbooks and Levelogger files are read as the tables they hold, safely."""

import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from floodwatch.model.errors import ImportRefused
from floodwatch.pipeline.import_plan import plan_file
from floodwatch.sources.csv import tabled, workbook
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.sources.csv.shape import shape_of
from floodwatch.sources.csv.stream import Source
from floodwatch.sources.csv.time_format import SERIAL
from tests.pipeline.importing import district


def local(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - as cells are


RIVER = [
    ["STCD", "TM", "Z", "Q"],
    [61990001, local(2024, 7, 1, 8), 25.31, 120.5],
    ["6199A002", local(2024, 7, 1, 8, 5, 0, 1), 24.1, None],
]


def made(path: Path, **sheets: list[list[Any]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def lines(path: Path, sheet: str = "") -> list[str]:
    source = Source(path)
    source.sheet = sheet
    return b"".join(block for block, _ in source.blocks()).decode().splitlines()


def test_a_sheet_is_the_table_it_shows(tmp_path: Path) -> None:
    path = made(tmp_path / "河道.xlsx", Sheet1=RIVER)
    assert lines(path) == [
        "STCD,TM,Z,Q",
        "61990001,2024-07-01 08:00:00,25.31,120.5",
        "6199A002,2024-07-01 08:05:00,24.1,",
    ]
    shape = shape_of(Source(path), ImportOptions())
    assert (shape.dialect, shape.columns) == ("sl323", ("STCD", "TM", "Z", "Q"))


def test_a_workbook_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    path = made(tmp_path / "book.csv", Sheet1=RIVER)
    assert lines(path)[0] == "STCD,TM,Z,Q"


def test_rows_keep_their_numbers_and_gaps(tmp_path: Path) -> None:
    rows = [["报表"], [], *RIVER]
    path = made(tmp_path / "a.xlsx", Sheet1=rows)
    assert [line.count(",") for line in lines(path)] == [3] * 5
    assert shape_of(Source(path), ImportOptions()).header_line == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (61990001.0, "61990001"),
        (0.1, "0.1"),
        (True, "True"),
        (local(2024, 7, 1, 8, 4, 59, 999_900), "2024-07-01 08:05:00"),
        (local(2024, 7, 1, 8, 0, 0, 125_000), "2024-07-01 08:00:00.125"),
        (date(2024, 7, 1), "2024-07-01"),
        (time(8, 5), "08:05:00"),
        (timedelta(hours=24), "24:00:00"),
        ("a\nb", "a b"),
        ("#N/A", "#N/A"),
    ],
)
def test_cells_are_written_as_people_would(value: object, text: str) -> None:
    assert workbook.text(value) == text


def test_which_sheet_is_found_out_or_asked_for(tmp_path: Path) -> None:
    notes = [["说明"], ["这是示范"]]
    one = made(tmp_path / "one.xlsx", 说明=notes, 数据=RIVER)
    assert lines(one)[0] == "STCD,TM,Z,Q"
    two = made(tmp_path / "two.xlsx", 一站=RIVER, 二站=RIVER)
    with pytest.raises(ImportRefused, match="which sheet\\? say --sheet; sheets: '一站', '二站'"):
        lines(two)
    assert lines(two, "二站")[0] == "STCD,TM,Z,Q"
    with pytest.raises(ImportRefused, match="no sheet '三站'; sheets: '一站', '二站'"):
        lines(two, "三站")
    with pytest.raises(ImportRefused, match="all sheets are empty"):
        lines(made(tmp_path / "none.xlsx", 一=[], 二=[]))


def test_days_that_nobody_formatted_as_dates_are_times(tmp_path: Path) -> None:
    rows = [["时间", "水位(m)"], [45474.333333333336, 25.31], [45474.34027777778, 25.33]]
    source = Source(made(tmp_path / "a.xlsx", Sheet1=rows))
    found = plan_file(source, ImportOptions(station="61990001"), district())
    assert (found.times, [value.variable for value in found.values]) == (SERIAL, ["stage"])


def test_what_a_sheet_says_of_its_size_is_not_believed(tmp_path: Path) -> None:
    path = made(tmp_path / "a.xlsx", Sheet1=RIVER)
    _rewrite(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"A1:D3", b"A1:A1"))
    assert len(lines(path)) == 3
    assert lines(path)[1].count(",") == 3


def _rewrite(path: Path, member: str, change: Any) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[member] = change(parts[member])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def test_a_bomb_is_not_opened(tmp_path: Path) -> None:
    path = made(tmp_path / "bomb.xlsx", Sheet1=RIVER)
    padding = b"<!--" + b" " * (50 << 20) + b"-->"
    _rewrite(path, "xl/worksheets/sheet1.xml", lambda xml: xml + padding)
    assert path.stat().st_size < 1 << 20
    with pytest.raises(ImportRefused, match="unpacks to more than 100 times its size"):
        lines(path)


def test_entities_that_grow_without_end_are_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "laughs.xlsx", Sheet1=RIVER)
    entities = b'<!DOCTYPE s [<!ENTITY a0 "ha">'
    for depth in range(1, 40):
        entities += b'<!ENTITY a%d "&a%d;&a%d;">' % (depth, depth - 1, depth - 1)
    entities += b"]>"

    def laughing(xml: bytes) -> bytes:
        head, tail = xml.split(b"<sheetData>")
        head = entities + head[head.index(b"<worksheet") :]
        cell = b'<row r="1"><c r="A1" t="inlineStr"><is><t>&a39;</t></is></c></row>'
        return head + b"<sheetData>" + cell + tail

    _rewrite(path, "xl/worksheets/sheet1.xml", laughing)
    with pytest.raises(ImportRefused, match="the workbook is damaged"):
        lines(path)


def test_a_damaged_workbook_is_refused_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_in = tmp_path / "temporary"
    made_in.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(made_in))
    path = made(tmp_path / "a.xlsx", Sheet1=RIVER)
    _rewrite(path, "xl/worksheets/sheet1.xml", lambda xml: xml[: len(xml) // 2])
    with pytest.raises(ImportRefused, match="the workbook is damaged"):
        lines(path)
    assert list(made_in.iterdir()) == []


def test_the_table_made_of_a_workbook_goes_with_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_in = tmp_path / "temporary"
    made_in.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(made_in))
    source = Source(made(tmp_path / "a.xlsx", Sheet1=RIVER))
    assert source.text.parent == made_in
    assert source.size == source.text.stat().st_size
    del source
    assert list(made_in.iterdir()) == []


def test_old_and_protected_workbooks_are_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "old.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600)
    with pytest.raises(ImportRefused, match=r"save it as \.xlsx without a password"):
        lines(path)


def test_text_files_and_other_archives_are_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "a.xlsx"
    text.write_text("time,stage\n", encoding="utf-8")
    assert tabled.as_text(text, "", name="a") is None
    archive = tmp_path / "b.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.csv", "time,stage\n")
    assert tabled.as_text(archive, "", name="b") is None


def test_a_levelogger_file_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xle"
    path.write_text('<?xml version="1.0"?><Body_xle><Data><Log id="1"><Date>', encoding="utf-8")
    with pytest.raises(ImportRefused, match="cut off or damaged"):
        lines(path)
