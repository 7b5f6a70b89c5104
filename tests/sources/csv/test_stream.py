"""Pieces of files end at line ends, whatever the file is like."""

import gzip
from pathlib import Path

import pytest

from floodwatch.model.errors import ImportRefused
from floodwatch.sources.csv import stream
from floodwatch.sources.csv.stream import Source, pieces
from tests.sources.csv.making import write


def whole(path: Path, encoding: str = "utf-8") -> bytes:
    return b"".join(piece.data for piece in pieces(Source(path), encoding))


def test_pieces_are_whole_lines_numbered_from_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Source.blocks, "__defaults__", (10,))
    path = write(tmp_path / "a.csv", "".join(f"line {i}\n" for i in range(1, 30)))
    for piece in pieces(Source(path), "utf-8"):
        lines = piece.data.decode().splitlines()
        assert lines[:1] in ([], [f"line {piece.first_line}"])
        assert len(lines) == piece.lines
    assert whole(path) == path.read_bytes()


def test_a_last_line_without_an_end_gets_one(tmp_path: Path) -> None:
    assert whole(write(tmp_path / "a.csv", "a\nb")) == b"a\nb\n"


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030", "big5", "utf-8-sig"])
def test_every_encoding_becomes_utf_8(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.csv", "水庫,水位\n石門,1.5\n", encoding=encoding)
    assert whole(path, encoding).decode() == "水庫,水位\n石門,1.5\n"


def test_undecodable_bytes_stay_visible(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", b"a,\xff\nb,1\n")
    assert whole(path) == b"a,\xef\xbf\xbd\nb,1\n"


def test_of_an_endless_line_only_the_beginning_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Source.blocks, "__defaults__", (1 << 16,))
    path = write(tmp_path / "a.csv", b"x" * (1 << 20) + b"\na,1\n")
    data = whole(path)
    assert stream.LONGEST_LINE < len(data) < 4 * stream.LONGEST_LINE
    assert data.endswith(b"\na,1\n")


def test_a_gzip_file_is_unpacked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv.gz", gzip.compress(b"a,1\n" * 1000))
    assert whole(path) == b"a,1\n" * 1000


def test_a_gzip_file_cut_off_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv.gz", gzip.compress(bytes(range(256)) * 1000)[:-20])
    with pytest.raises(ImportRefused, match="cut off"):
        whole(path)


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BOMB_BYTES", 1 << 20)
    path = write(tmp_path / "a.csv.gz", gzip.compress(b"0" * (5 << 20)))
    with pytest.raises(ImportRefused, match="100 times"):
        whole(path)


def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a,1\n")
    reading = pieces(Source(path), "utf-8")
    next(reading)
    path.write_text("b,2,and more\n", encoding="utf-8")
    with pytest.raises(ImportRefused, match="changed"):
        list(reading)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="not a file"):
        Source(tmp_path)
