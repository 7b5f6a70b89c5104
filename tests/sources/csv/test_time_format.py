"""How times are written is found out from the texts, or asked for."""

import pyarrow as pa
import pytest

from floodwatch.model.errors import ImportRefused
from floodwatch.sources.csv import time_format, timestamps
from floodwatch.sources.csv.day_month import which_first
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.sources.csv.shape import shape_of
from floodwatch.sources.csv.stream import Source
from floodwatch.sources.csv.time_format import COMPACT, DAY_FIRST, EITHER, EPOCH, ISO, MONTH_FIRST
from tests.sources.csv.making import write


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2021-06-01", ISO),
        ("2021/6/1 8:05", ISO),
        ("20210601", COMPACT),
        ("2021060108", COMPACT),
        ("1622534400", EPOCH),
        ("13/07/2021", EITHER),
        ("12:05:04.945000", None),
        ("105.0", None),
        ("236.21", None),
        ("89860318", None),
    ],
)
def test_a_format_is_recognised(text: str, kind: object) -> None:
    assert time_format.detect([text, text, ""]) is kind


@pytest.mark.parametrize(
    ("words", "text", "ms"),
    [
        ("%d/%m/%Y %H:%M", "01/07/2021 08:00", 1_625_126_400_000),
        ("%m/%d/%Y %H:%M", "07/01/2021 08:00", 1_625_126_400_000),
        ("%Y%m%d%H%M", "202107010800", 1_625_126_400_000),
        ("%d.%m.%y %H:%M:%S", "01.07.21 08:00:00", 1_625_126_400_000),
        ("%d %b %Y %I:%M %p", "01 Jul 2021 08:00 AM", 1_625_126_400_000),
    ],
)
def test_a_given_format_is_followed(words: str, text: str, ms: int) -> None:
    found = timestamps.read(pa.array([text]), time_format.given(words).patterns)
    assert (found.ms[0], found.state[0]) == (ms, timestamps.OK)


def test_a_given_format_with_unknown_words_is_refused() -> None:
    with pytest.raises(ImportRefused, match="unknown %Q"):
        time_format.given("%Y %Q")


@pytest.mark.parametrize(
    ("dates", "kind"),
    [
        (["01/07/2021"] * 500 + ["13/07/2021"], DAY_FIRST),
        (["01/07/2021", "07/13/2021"], MONTH_FIRST),
    ],
)
def test_day_or_month_first_is_decided_by_the_whole_file(tmp_path, dates, kind) -> None:
    path = write(tmp_path / "a.csv", "time,value\n" + "".join(f"{date},1\n" for date in dates))
    source = Source(path)
    assert which_first(source, shape_of(source, ImportOptions()), (0,)) is kind


@pytest.mark.parametrize(
    ("dates", "words"), [(["01/07/2021"], "--time-format"), (["13/07/2021", "07/13/2021"], "split")]
)
def test_a_file_that_does_not_tell_is_refused(tmp_path, dates, words) -> None:
    path = write(tmp_path / "a.csv", "time,value\n" + "".join(f"{date},1\n" for date in dates))
    source = Source(path)
    with pytest.raises(ImportRefused, match=words):
        which_first(source, shape_of(source, ImportOptions()), (0,))
