"""How times are written is found out from the texts, or asked for."""

from pathlib import Path

import pyarrow as pa
import pytest

from floodwatch.model.errors import ImportRefused
from floodwatch.sources.csv import time_format, timestamps
from floodwatch.sources.csv.day_month import which_first
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.sources.csv.shape import shape_of
from floodwatch.sources.csv.stream import Source
from floodwatch.sources.csv.time_format import (
    ANY_ORDER,
    COMPACT,
    DAY_FIRST,
    DAY_FIRST_SHORT,
    EITHER,
    EPOCH,
    EPOCH_MS,
    ISO,
    MONTH_FIRST,
    MONTH_FIRST_SHORT,
    MONTH_NAME,
    SERIAL,
    SPACED,
    YEAR_FIRST_SHORT,
    TimeFormat,
)
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
        ("13/07/21 08:00 AM", ANY_ORDER),
        ("13-Jul-2021", MONTH_NAME),
        ("1622534400123", EPOCH_MS),
        ("2021 7 13 8", SPACED),
        ("44348.25", None),
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


def test_days_of_a_spreadsheet_are_known_where_a_time_should_be() -> None:
    assert time_format.detect(["44348.25", "44349"], sure=True) is SERIAL


def decided(tmp_path: Path, dates: list[str]) -> TimeFormat:
    path = write(tmp_path / "a.csv", "time,value\n" + "".join(f"{date},1\n" for date in dates))
    source = Source(path)
    found = time_format.detect(dates, sure=True)
    assert found is not None
    return which_first(source, shape_of(source, ImportOptions()), (0,), found)


@pytest.mark.parametrize(
    ("dates", "kind"),
    [
        (["01/07/2021"] * 5000 + ["13/07/2021"], DAY_FIRST),
        (["01/07/2021", "07/13/2021"], MONTH_FIRST),
        (["31.07.21 23:50", "01.08.21 00:00"], DAY_FIRST_SHORT),
        (["07/31/17 11:00:00 PM", "08/01/17 01:00:00 AM"], MONTH_FIRST_SHORT),
        (["17/07/30", "17/07/31", "17/08/01"], YEAR_FIRST_SHORT),
        (["31.07.21", "31/13/21", "01.08.21", "99.01.05"], DAY_FIRST_SHORT),
    ],
)
def test_day_or_month_first_is_decided_by_the_whole_file(
    tmp_path: Path, dates: list[str], kind: TimeFormat
) -> None:
    assert decided(tmp_path, dates) is kind


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (["01/07/2021"], "%d/%m/%Y or %m/%d/%Y"),
        (["13/07/2021", "07/13/2021"], "split"),
        (["01/07/21", "02/07/21"], "%d/%m/%y or %m/%d/%y"),
    ],
)
def test_a_file_that_does_not_tell_is_refused(tmp_path: Path, dates: list[str], words: str) -> None:
    with pytest.raises(ImportRefused, match=words):
        decided(tmp_path, dates)


def test_an_order_alone_is_enough_to_decide() -> None:
    assert time_format.given("%d.%m.%Y") is DAY_FIRST
    assert time_format.given("%m/%d/%y") is MONTH_FIRST_SHORT
