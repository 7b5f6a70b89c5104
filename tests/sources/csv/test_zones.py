"""Local times become UTC as the standard library has it; those that are not or twice are said."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from floodwatch.sources.csv.zones import to_utc

START = datetime.fromisoformat("1970-01-01")
FIRST, LAST = datetime.fromisoformat("1950-01-01"), datetime.fromisoformat("2037-01-01")
ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]


def local(moment: datetime) -> int:
    return (moment - START) // timedelta(milliseconds=1)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.lists(st.datetimes(FIRST, LAST), min_size=1, max_size=20),
)
def test_utc_is_what_the_standard_library_says(name: str, moments: list[datetime]) -> None:
    zone = ZoneInfo(name)
    moments = [moment.replace(microsecond=0) for moment in moments]
    found = to_utc(np.array([local(moment) for moment in moments]), zone)
    for at, moment in enumerate(moments):
        first = moment.replace(tzinfo=zone, fold=0)
        second = moment.replace(tzinfo=zone, fold=1)
        ahead = (first.utcoffset() - second.utcoffset()) // timedelta(milliseconds=1)
        assert bool(found.missing[at]) == (ahead < 0)
        assert bool(found.twice[at]) == (ahead > 0)
        if ahead >= 0:
            assert found.ms[at] == first.timestamp() * 1000
        if ahead > 0:
            assert found.second[at] == ahead


@pytest.mark.parametrize("minute", [0, 30, 59])
def test_the_hour_of_the_change_is_told(minute: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    spring = datetime.fromisoformat(f"2024-03-31T02:{minute:02}")
    autumn = datetime.fromisoformat(f"2024-10-27T02:{minute:02}")
    found = to_utc(np.array([local(spring), local(autumn)]), zone)
    assert found.missing.tolist() == [True, False]
    assert found.twice.tolist() == [False, True]


def test_shanghai_had_summer_time_in_1988() -> None:
    found = to_utc(
        np.array([local(datetime.fromisoformat("1988-07-01T08:00"))]), ZoneInfo("Asia/Shanghai")
    )
    assert found.ms[0] == local(datetime.fromisoformat("1988-06-30T23:00"))
