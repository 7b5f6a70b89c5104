"""Archives: what is in them comes out, what is meant to hurt does not."""

import io
import os
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from floodwatch.model.errors import ImportRefused
from floodwatch.sources.csv import zipped
from floodwatch.sources.csv.zipped import File, is_archive, unpack

TABLE = b"time,stage\n2024-05-01 08:00,95.1\n"


def archive(path: Path, members: dict[str, bytes], *, how: int = zipfile.ZIP_DEFLATED) -> Path:
    """A zip archive of these members."""
    with zipfile.ZipFile(path, "w", how) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return path


def unpacked(tmp_path: Path, members: dict[str, bytes]) -> list[File]:
    return unpack(archive(tmp_path / "a.zip", members), tmp_path / "out")


def test_every_member_comes_out_under_the_name_people_know(tmp_path: Path) -> None:
    found = unpacked(tmp_path, {"2024/石桥.csv": TABLE, "2024/": b"", "学院.CSV": TABLE + b"x"})
    assert [file.name for file in found] == ["a.zip/2024/石桥.csv", "a.zip/学院.CSV"]
    assert [file.path.read_bytes() for file in found if file.path] == [TABLE, TABLE + b"x"]
    assert [file.path.suffix for file in found if file.path] == [".csv", ".csv"]


@pytest.mark.parametrize(
    "name",
    [
        "../../up.csv",
        "/etc/passwd",
        "C:\\x\\y.csv",
        "..\\..\\up.csv",
        "a/../../b.csv",
        "CON",
        "\x01.csv",
    ],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    (found,) = unpacked(tmp_path, {name: TABLE})
    assert found.path
    assert found.path.parent == tmp_path / "out"
    assert ".." not in found.name
    assert found.name.isprintable()
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "out"}


def test_names_of_an_old_chinese_machine_are_read(tmp_path: Path) -> None:
    raw = "石桥水库.csv".encode("gb18030")
    path = archive(tmp_path / "a.zip", {"x" * len(raw): TABLE})
    path.write_bytes(path.read_bytes().replace(b"x" * len(raw), raw))
    assert [file.name for file in unpack(path, tmp_path / "out")] == ["a.zip/石桥水库.csv"]


def test_names_that_are_the_same_are_both_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made, pytest.warns(UserWarning):
        made.writestr("a.csv", TABLE)
        made.writestr("a.csv", TABLE + b"\n")
    found = unpack(path, tmp_path / "out")
    assert [file.path.stat().st_size for file in found if file.path] == [len(TABLE), len(TABLE) + 1]


def test_a_bomb_goes_off_nowhere(tmp_path: Path) -> None:
    found = unpacked(tmp_path, {"bomb.csv": b"0" * (20 << 20), "good.csv": TABLE})
    assert found[0].path is None
    assert "100 times" in found[0].refusal
    assert found[1].path
    assert sum(path.stat().st_size for path in (tmp_path / "out").iterdir()) == len(TABLE)


def test_many_members_that_are_too_much_together_stop_at_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipped, "MOST_BYTES", 3_000_000)
    members = {f"{n}.csv": os.urandom(1_000_000) for n in range(5)}
    found = unpacked(tmp_path, members)
    assert [file.path is None for file in found] == [False] * 3 + [True] * 2


def test_a_member_that_lies_about_its_size_is_counted_as_it_comes(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"bomb.csv": b"0" * (20 << 20)})
    raw = bytearray(path.read_bytes())
    central = raw.rfind(b"PK\x01\x02")
    raw[central + 24 : central + 28] = struct.pack("<I", 100)
    path.write_bytes(bytes(raw))
    (found,) = unpack(path, tmp_path / "out")
    assert found.path is None
    assert not list((tmp_path / "out").iterdir())


def test_an_archive_of_a_million_names_is_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipped, "MOST_MEMBERS", 20)
    with pytest.raises(ImportRefused, match="more than 20 files"):
        unpacked(tmp_path, {f"{n}.csv": b"" for n in range(21)})
    lying = tmp_path / "a.zip"
    raw = lying.read_bytes()
    end = raw.rfind(b"PK\x05\x06")
    lying.write_bytes(raw[: end + 8] + b"\x01\x00\x01\x00" + raw[end + 12 :])
    with pytest.raises(ImportRefused, match="more than 20 files"):
        unpack(lying, tmp_path / "out2")


def test_an_archive_in_an_archive_is_not_opened(tmp_path: Path) -> None:
    inner = archive(tmp_path / "inner.zip", {"a.csv": TABLE}).read_bytes()
    found = unpacked(tmp_path, {"inner.zip": inner, "hidden.csv": inner})
    assert ["within" in file.refusal for file in found] == [True, True]
    assert not list((tmp_path / "out").iterdir())


def test_a_link_and_a_locked_member_are_refused_by_themselves(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made:
        link = zipfile.ZipInfo("link.csv")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
        made.writestr("locked.csv", TABLE)
        made.writestr("good.csv", TABLE)
    raw = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.find(b"locked.csv") if offset == 6 else raw.rfind(b"locked.csv")
        start = raw.rfind(signature, 0, at)
        raw[start + offset] |= 1
    path.write_bytes(bytes(raw))
    found = unpack(path, tmp_path / "out")
    assert [file.refusal[:9] for file in found] == ["a link, n", "encrypted", ""]


def test_a_damaged_member_costs_only_itself(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"a.csv": TABLE, "b.csv": TABLE}, how=zipfile.ZIP_STORED)
    raw = bytearray(path.read_bytes())
    raw[raw.find(TABLE) + 3] ^= 0xFF
    path.write_bytes(bytes(raw))
    found = unpack(path, tmp_path / "out")
    assert [bool(file.path) for file in found] == [False, True]
    assert "damaged" in found[0].refusal


def test_a_workbook_is_no_archive_of_files(tmp_path: Path) -> None:
    book = archive(tmp_path / "book.xlsx", {"[Content_Types].xml": b"<x/>", "xl/a.xml": b""})
    assert not is_archive(book)
    assert is_archive(archive(tmp_path / "a.dat", {"a.csv": TABLE}))
    plain = tmp_path / "plain.zip"
    plain.write_bytes(TABLE)
    assert not is_archive(plain)


def _whole() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a/石.csv", TABLE * 20)
        made.writestr("b.csv", TABLE)
    return buffer.getvalue()


WHOLE = _whole()


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=6),
    st.integers(0, 40),
)
def test_a_broken_archive_is_refused_or_read_but_never_breaks_out(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], cut: int
) -> None:
    raw = bytearray(WHOLE)
    for place, byte in changes:
        raw[place] = byte
    folder = tmp_path_factory.mktemp("zip")
    path = folder / "a.zip"
    path.write_bytes(bytes(raw[: len(raw) - cut]))
    try:
        found = unpack(path, folder / "out")
    except ImportRefused:
        return
    assert all(bool(file.path) != bool(file.refusal) for file in found)
    assert {entry.name for entry in folder.iterdir()} <= {"a.zip", "out"}
