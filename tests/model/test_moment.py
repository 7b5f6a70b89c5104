"""Times and durations as people and files write them."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.model.errors import Refused
from floodwatch.model.moment import duration, iso, parse

UTC = ZoneInfo("UTC")
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


@given(st.integers(0, 4_000_000_000_000))
def test_what_is_written_is_read_again(moment: int) -> None:
    assert parse(iso(moment), SHANGHAI) == moment


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("2026-07-01", "2026-06-30T16:00:00Z"),
        ("2026-07-01T08:00", "2026-07-01T00:00:00Z"),
        ("2026-07-01 08:00:00.25", "2026-07-01T00:00:00.250Z"),
        ("2026-07-01T08:00+01:00", "2026-07-01T07:00:00Z"),
    ],
)
def test_times_without_an_offset_are_local(given: str, written: str) -> None:
    assert iso(parse(given, SHANGHAI)) == written


def test_a_time_the_clocks_jumped_over_is_refused() -> None:
    with pytest.raises(Refused, match="does not exist"):
        parse("2026-03-29T02:30", BERLIN)


def test_of_a_time_that_exists_twice_the_first_is_meant() -> None:
    assert iso(parse("2026-10-25T02:30", BERLIN)) == "2026-10-25T00:30:00Z"


def test_what_is_no_time_is_refused_with_an_example() -> None:
    with pytest.raises(Refused, match="2026-07-01T08:00"):
        parse("yesterday", UTC)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, ""), (300_000, "5min"), (86_400_000, "1d"), (5_400_000, "90min"), (1_500, "1500ms")],
)
def test_durations_are_written_as_configuration_files_do(milliseconds: int, text: str) -> None:
    assert duration(milliseconds) == text
