"""Days from 08:00 to 08:00, and what they sum up."""

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from floodwatch.hydrology.hydrological_day import bounds, day_of, days, summary
from floodwatch.model.clock import HOUR
from floodwatch.model.quality import Flag, Reason, pack
from tests.store.series_of import series_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, tz: ZoneInfo = SHANGHAI) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=tz).timestamp() * 1000)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-07-01T08:00", date(2026, 7, 1)),
        ("2026-07-01T08:00:00.001", date(2026, 7, 2)),
        ("2026-07-01T07:55", date(2026, 7, 1)),
        ("2026-06-30T08:05", date(2026, 7, 1)),
        ("2026-12-31T12:00", date(2027, 1, 1)),
    ],
)
def test_a_reading_belongs_to_the_day_that_ends_next(moment: str, day: date) -> None:
    assert day_of(at(moment), SHANGHAI) == day


def test_days_are_23_hours_long_when_clocks_go_forward() -> None:
    span = bounds(date(2026, 3, 29), BERLIN)
    assert span.end - span.start == 23 * HOUR
    assert span.day == 20260329


def test_days_of_a_span_follow_each_other_without_a_hole() -> None:
    found = list(days(at("2026-10-20T12:00", BERLIN), at("2026-10-30T07:00", BERLIN), BERLIN))
    assert [span.day for span in found] == list(range(20261021, 20261031))
    assert all(a.end == b.start for a, b in pairwise(found))


def test_a_day_is_summed_up() -> None:
    span = bounds(date(2026, 7, 2), SHANGHAI)
    times = [span.start, span.start + HOUR, span.start + 2 * HOUR, span.end]
    day = summary(span, series_of(times, [99.0, 0.1, 0.2, 0.3]), timed=HOUR)
    assert day is not None
    assert (day.n, day.sum, day.mean) == (3, 0.6, 0.6 / 3)
    assert (day.minimum, day.minimum_at) == (0.1, span.start + HOUR)
    assert (day.maximum, day.maximum_at) == (0.3, span.end)
    assert (day.first, day.last) == (0.1, 0.3)
    assert day.coverage == 3 / 24


def test_failed_readings_count_for_nothing() -> None:
    span = bounds(date(2026, 7, 2), SHANGHAI)
    failed = pack(Flag.FAIL, Reason.IMPOSSIBLE)
    series = series_of([span.start + 1, span.start + 2], [9_999.0, 5.0], [failed, 1])
    day = summary(span, series, timed=HOUR)
    assert day is not None
    assert (day.n, day.maximum) == (1, 5.0)
    assert summary(span, series.take(slice(0, 1)), timed=HOUR) is None


def test_reports_on_change_do_not_raise_coverage_above_one() -> None:
    span = bounds(date(2026, 7, 2), SHANGHAI)
    times = range(span.start + 1, span.end, 60_000)
    day = summary(span, series_of(times, [1.0] * len(times)), timed=HOUR)
    assert day is not None
    assert day.coverage == 1.0


def test_a_gauge_read_weekly_covers_the_day_it_is_read() -> None:
    span = bounds(date(2026, 7, 2), SHANGHAI)
    day = summary(span, series_of([span.start + HOUR], [1.0]), timed=7 * 24 * HOUR)
    assert day is not None
    assert day.coverage == 1.0
