"""Encodings are told apart by the whole file, or asked for."""

import pytest

from floodwatch.model.errors import ImportRefused
from floodwatch.sources.csv.encoding import check, detect

TEXT = "站码,水位\n61990001,1.5\n" * 50


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("utf-16"), "utf-16"),
        (TEXT.encode("gb18030"), "gb18030"),
        (b"plain,ascii\n", "utf-8"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        ("水庫名稱,水位(公尺)\n石門水庫,1.5\n".encode("big5"), "big5"),
        ("时间;水位（米）\n".encode("gb18030"), "gb18030"),
        ("Datum;Höhe über NN [m];T °C\n".encode("latin-1"), "cp1252"),
        ("Date;Débit [m³/s]\n".encode("latin-1"), "cp1252"),
    ],
)
def test_an_encoding_is_found(encoded: bytes, expected: str) -> None:
    assert detect([encoded], name="file") == expected


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_a_character_may_lie_across_two_blocks(size: int) -> None:
    encoded = TEXT.encode("gb18030")
    blocks = [encoded[i : i + size] for i in range(0, len(encoded), size)]
    assert detect(blocks, name="file") == "gb18030"


def test_one_chinese_name_at_the_very_end_decides() -> None:
    blocks = [b"a,b\n" * 1000, "示范\n".encode("gb18030")]
    assert detect(blocks, name="file") == "gb18030"


def test_what_is_neither_is_asked_for() -> None:
    with pytest.raises(ImportRefused, match="--encoding"):
        detect([b"\xff\xfa,\xff\xff\n"], name="file")


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(ImportRefused, match="unknown encoding"):
        check("klingon", name="file")
