"""Times are read by layouts exactly as the standard library reads them one by one."""

from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.sources.csv import time_format, timestamps
from floodwatch.sources.csv.time_format import (
    COMPACT,
    DAY_FIRST,
    DAY_FIRST_SHORT,
    EPOCH,
    EPOCH_MS,
    EPOCH_NS,
    EPOCH_US,
    ISO,
    MONTH_FIRST,
    MONTH_FIRST_SHORT,
    MONTH_NAME,
    SERIAL,
    SPACED,
    YEAR_FIRST_SHORT,
)
from floodwatch.sources.csv.timestamps import BLANK, OK, UNREADABLE

EPOCH_START = datetime.fromisoformat("1970-01-01")
FIRST, LAST = datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2100-01-01")


def read(kind: time_format.TimeFormat, *texts: str) -> list[int | None]:
    found = timestamps.read(pa.array(texts), kind.patterns)
    pairs = zip(found.ms.tolist(), found.state.tolist(), strict=True)
    return [ms if state == OK else None for ms, state in pairs]


def ms(*parts: int) -> int:
    moment = datetime(*parts, tzinfo=UTC)
    return (moment - EPOCH_START.replace(tzinfo=UTC)) // timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (ISO, "2021-06-01", ms(2021, 6, 1)),
        (ISO, "2021-06-01T08:05:06Z", ms(2021, 6, 1, 8, 5, 6)),
        (ISO, "2021-06-01 08:05:06.945123+00:00", ms(2021, 6, 1, 8, 5, 6) + 945),
        (ISO, "2021-06-01T08:05:06+08:00", ms(2021, 6, 1, 0, 5, 6)),
        (ISO, "2021-06-01T08:05-0330", ms(2021, 6, 1, 11, 35)),
        (ISO, "2021/6/1 8:05", ms(2021, 6, 1, 8, 5)),
        (ISO, "2021年6月1日 8时30分", ms(2021, 6, 1, 8, 30)),
        (ISO, "2021年6月1日8时", ms(2021, 6, 1, 8)),
        (ISO, "2021-06-01 24:00", ms(2021, 6, 2)),
        (ISO, "2021-06-01 8:30:00 AM", ms(2021, 6, 1, 8, 30)),
        (ISO, "2021-06-01 12:30 am", ms(2021, 6, 1, 0, 30)),
        (COMPACT, "20210601", ms(2021, 6, 1)),
        (COMPACT, "2021060108", ms(2021, 6, 1, 8)),
        (COMPACT, "20210601080506", ms(2021, 6, 1, 8, 5, 6)),
        (DAY_FIRST, "13/07/2021 08:00", ms(2021, 7, 13, 8)),
        (MONTH_NAME, "13-Jul-2021 08:00:00", ms(2021, 7, 13, 8)),
        (EPOCH, "1622534400", 1_622_534_400_000),
        (EPOCH_MS, "1622534400123", 1_622_534_400_123),
        (EPOCH, "1622534400.25", 1_622_534_400_250),
        (EPOCH_US, "1622534400123456", 1_622_534_400_123),
        (EPOCH_NS, "1622534400123456789", 1_622_534_400_123),
        (ISO, "2021/6/1 上午 8:05:00", ms(2021, 6, 1, 8, 5)),
        (ISO, "2021/6/1 下午 08:05", ms(2021, 6, 1, 20, 5)),
        (ISO, "2021年6月1日下午8时5分", ms(2021, 6, 1, 20, 5)),
        (ISO, "2021年6月1日 上午12:30", ms(2021, 6, 1, 0, 30)),
        (ISO, "2021-06-01 12:30 p.m.", ms(2021, 6, 1, 12, 30)),
        (ISO, "2021-06-01 00:15:00 AM", ms(2021, 6, 1, 0, 15)),
        (ISO, "2021-06-01 08:05 GMT+08:00", ms(2021, 6, 1, 0, 5)),
        (ISO, "2021-06-01 08:05 CEST", ms(2021, 6, 1, 6, 5)),
        (ISO, "2021-06-01, 08:05", ms(2021, 6, 1, 8, 5)),
        (ISO, "1999-12-31 24:00:00", ms(2000, 1, 1)),
        (SPACED, "2021 6 1 8 5", ms(2021, 6, 1, 8, 5)),
        (COMPACT, "20210601 24", ms(2021, 6, 2)),
        (COMPACT, "20210601 8", ms(2021, 6, 1, 8)),
        (MONTH_FIRST, "6/1/2021 8:05:06 PM", ms(2021, 6, 1, 20, 5, 6)),
        (MONTH_FIRST_SHORT, "07/26/17 05:00:00 PM", ms(2017, 7, 26, 17)),
        (DAY_FIRST_SHORT, "26.07.99 05:00", ms(1999, 7, 26, 5)),
        (YEAR_FIRST_SHORT, "17/07/26 05:00", ms(2017, 7, 26, 5)),
        (MONTH_NAME, "Jul 26, 2017 05:00 AM", ms(2017, 7, 26, 5)),
        (MONTH_NAME, "26 july 2017 05:00", ms(2017, 7, 26, 5)),
        (MONTH_NAME, "26-JUL-17 05:00", ms(2017, 7, 26, 5)),
        (MONTH_NAME, "26. März 2017 05:00", ms(2017, 3, 26, 5)),
        (MONTH_NAME, "Wed, 26 Jul 2017 05:00:00 GMT", ms(2017, 7, 26, 5)),
        (MONTH_NAME, "2017-Jul-26 05:00", ms(2017, 7, 26, 5)),
        (SERIAL, "44348", ms(2021, 6, 1)),
        (SERIAL, "44348.5", ms(2021, 6, 1, 12)),
        (SERIAL, "44348.3368", ms(2021, 6, 1, 8, 5)),
        (SERIAL, "44348.33684028", ms(2021, 6, 1, 8, 5, 3)),
        (SERIAL, "44348.336840277777", ms(2021, 6, 1, 8, 5, 3)),
    ],
)
def test_a_time_is_read(kind: time_format.TimeFormat, text: str, expected: int) -> None:
    assert read(kind, text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "2021-02-30",
        "2021-13-01",
        "2021-06-01 25:00",
        "2021-06-01 24:01",
        "2021-06-01 08:60",
        "x",
        "2021-06-00",
        "2021-06-01 08:00:60",
        "2021-6",
        "２０２１-06-01",
        "2021-06-01 13:00 PM",
        "2021-06-01 下午 0:05",
        "2021-06-01 08:05 XYZ",
    ],
)
def test_what_is_no_time_is_unreadable(text: str) -> None:
    assert read(ISO, text) == [None]


def test_blank_and_unreadable_are_told_apart() -> None:
    found = timestamps.read(pa.array(["", "  ", "x", "2021-06-01"]), ISO.patterns)
    assert found.state.tolist() == [BLANK, BLANK, UNREADABLE, OK]


def test_only_times_without_an_offset_are_naive() -> None:
    texts = pa.array(["2021-06-01T00:00", "2021-06-01T00:00Z", "2021-06-01T00:00+08"])
    assert timestamps.read(texts, ISO.patterns).naive.tolist() == [True, False, False]


@given(
    st.lists(
        st.tuples(
            st.datetimes(FIRST, LAST),
            st.sampled_from(["T", " "]),
            st.sampled_from([None, 0, 480, -210, 345]),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_any_mixture_of_iso_times_is_read_as_the_standard_library_does(rows: list) -> None:
    texts, expected = [], []
    for moment, between, offset, fraction in rows:
        moment = moment if fraction else moment.replace(microsecond=0)
        zone = None if offset is None else timezone(timedelta(minutes=offset))
        texts.append(moment.replace(tzinfo=zone).isoformat(between))
        back = moment.replace(tzinfo=zone or UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        expected.append(back // timedelta(milliseconds=1))
    found = timestamps.read(pa.array(texts, pa.string()), ISO.patterns)
    assert found.ms.tolist() == expected
    assert found.naive.tolist() == [offset is None for _, _, offset, _ in rows]


def test_a_word_that_is_no_month_is_unreadable() -> None:
    assert read(MONTH_NAME, "26 foo 2017", "26 may 2017") == [None, ms(2017, 5, 26)]


def test_a_time_after_many_kinds_of_rubbish_is_still_read() -> None:
    rubbish = [f"{chr(97 + i)}021-06-0{chr(97 + j)}" for i in range(26) for j in range(26)]
    assert read(ISO, *rubbish, "2021-06-01")[-1] == ms(2021, 6, 1)


def test_a_first_text_that_is_no_time_spoils_no_other_of_its_layout() -> None:
    texts = ["99999999", "00000000", "20210601"]
    assert read(COMPACT, *texts) == [None, None, ms(2021, 6, 1)]


_WRITTEN = [
    (ISO, "%Y-%m-%d %H:%M:%S"),
    (ISO, "%Y/%m/%d %I:%M:%S %p"),
    (ISO, "%Y年%m月%d日%H时%M分%S秒"),
    (COMPACT, "%Y%m%d%H%M%S"),
    (DAY_FIRST, "%d.%m.%Y %H:%M:%S"),
    (MONTH_FIRST, "%m/%d/%Y %I:%M:%S %p"),
    (DAY_FIRST_SHORT, "%d-%m-%y %H:%M:%S"),
    (MONTH_NAME, "%d %B %Y %H:%M:%S"),
    (MONTH_NAME, "%b %d, %Y %H:%M:%S"),
]
_RUBBISH = ["", "---", "31.02.2021", "2021-02-30 00:00:00", "20211301000000", "99/99/2021 99:99:99"]


@given(
    st.sampled_from(_WRITTEN),
    st.lists(
        st.one_of(
            st.datetimes(
                datetime.fromisoformat("1970-01-01"), datetime.fromisoformat("2069-01-01")
            ),
            st.sampled_from(_RUBBISH),
        ),
        max_size=40,
    ),
)
def test_any_column_is_read_as_strptime_reads_it_one_by_one(
    kind: tuple[time_format.TimeFormat, str], column: list[datetime | str]
) -> None:
    wanted, words = kind
    texts = [text if isinstance(text, str) else text.strftime(words) for text in column]
    assert read(wanted, *texts) == [_slow(text, words) for text in texts]


def _slow(text: str, words: str) -> int | None:
    try:
        moment = datetime.strptime(text, words).replace(tzinfo=UTC)
    except ValueError:
        return None
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
