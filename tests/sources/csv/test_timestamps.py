"""Times are read by layouts exactly as the standard library reads them one by one."""

from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.sources.csv import time_format, timestamps
from floodwatch.sources.csv.time_format import COMPACT, DAY_FIRST, EPOCH, EPOCH_MS, ISO, MONTH_NAME
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
