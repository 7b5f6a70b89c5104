"""Rain of a total since 08:00: the morning, clocks that differ, silences, against the true rain."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from floodwatch.hydrology.rain_since_eight import from_total_since_eight
from floodwatch.hydrology.rainfall import WHOLE, Windows, windows
from floodwatch.hydrology.series import Series
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.quality import GOOD

T = 1_781_740_800_000  # 08:00 in Shanghai
STEP = 5 * MINUTE
SILENT = 77 * MINUTE
TZ = ZoneInfo("Asia/Shanghai")


def series(points: list[tuple[int, float]]) -> Series:
    return Series(
        np.array([t for t, _ in points], np.int64),
        np.array([v for _, v in points], float),
        np.full(len(points), GOOD, np.int16),
    )


def fallen(*points: tuple[int, float], at: int, spans: tuple[int, ...] = (HOUR,)) -> Windows:
    """Rain of windows; the points as (minutes after 08:00, mm since 08:00)."""
    known = series([(T + minutes * MINUTE, mm) for minutes, mm in points])
    end = T + at * MINUTE
    return windows(from_total_since_eight(known, at=end, silent_after=SILENT, tz=TZ), spans)


def yesterday(mm: float, until: int = -5) -> list[tuple[int, float]]:
    return [(minutes, mm) for minutes in range(until - 120, until + 1, 5)]


@pytest.mark.parametrize("skew", [-10, -5, 0, 5, 10])
@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.5, 3.0, 12.0]), min_size=400, max_size=400))
def test_it_is_the_true_rain_whatever_the_clock_of_the_gauge_says(
    skew: int, rain: list[float]
) -> None:
    rain[280:296] = [0.0] * 16  # about the morning; the rain of those minutes is tested below
    times = [T - DAY + STEP * (n - 1) for n in range(len(rain))]
    totals, total = [], 0.0
    for time, mm in zip(times, rain, strict=True):
        total = mm if (time - T - skew * MINUTE) % DAY == 0 else total + mm
        totals.append((time, total))
    at = times[-1]
    spans = (HOUR, 6 * HOUR, 24 * HOUR, 30 * HOUR)
    known = from_total_since_eight(series(totals), at=at, silent_after=SILENT, tz=TZ)
    found = windows(known, spans)
    true = [sum(mm for t, mm in zip(times, rain, strict=True) if t > at - s) for s in spans]
    assert found.sums == pytest.approx(true)
    assert found.coverage == [1.0] * 4


def test_rain_after_the_morning_counts_whole_even_where_it_is_more_than_all_of_yesterday() -> None:
    assert fallen(*yesterday(2.0), (20, 30.0), at=20).sums == [30.0]


def test_eight_sharp_may_be_the_last_of_the_day_or_the_first() -> None:
    assert fallen(*yesterday(9.0), (0, 9.5), (5, 0.0), (10, 1.0), at=10).sums == [1.5]
    assert fallen(*yesterday(9.0), (0, 0.0), (5, 0.0), (10, 1.0), at=10).sums == [1.0]


def test_a_total_that_is_not_reset_just_after_the_morning_is_yesterdays_until_told() -> None:
    waiting = fallen(*yesterday(52.0), (3, 52.0), at=3)
    assert waiting.sums == [0.0]
    assert waiting.coverage[0] < WHOLE
    late = fallen(*yesterday(52.0), (3, 52.0), (63, 0.0), at=63, spans=(2 * HOUR,))
    assert late == Windows([0.0], [1.0])
    storm = fallen(*yesterday(5.0), (10, 20.0), (20, 28.0), at=20)
    assert storm == Windows([28.0], [1.0])


def test_a_total_that_is_cleared_at_noon_fires_nothing() -> None:
    assert fallen((200, 80.0), (205, 0.0), (210, 1.0), at=210).sums == [21.0]  # 20 of the 80
    dry = [(minutes, 80.0) for minutes in range(120, 205, 5)]
    assert fallen(*dry, (205, 0.0), (210, 1.0), at=210).sums == [1.0]


def test_after_a_silence_over_the_morning_the_night_is_a_hole_and_the_day_is_known() -> None:
    found = fallen(*yesterday(4.0, -300), (180, 60.0), at=180, spans=(HOUR, 3 * HOUR, 9 * HOUR))
    assert found.sums == pytest.approx([20.0, 60.0, 60.0])
    assert found.coverage[0] < WHOLE
    assert found.coverage[1] == 1.0
    assert found.coverage[2] < WHOLE


def test_the_first_report_tells_of_the_hours_since_the_morning() -> None:
    found = fallen((120, 70.0), at=120, spans=(HOUR, 2 * HOUR, 3 * HOUR))
    assert found.sums == pytest.approx([35.0, 70.0, 70.0])
    assert found.coverage == pytest.approx([0.0, 1.0, 2 / 3])
    assert fallen((5, 70.0), at=5) == Windows([0.0], [0.0])  # perhaps yesterday's


def test_a_gauge_silent_since_is_unknown_and_without_reports_all_is() -> None:
    assert fallen((0, 0.0), (60, 3.0), at=200).coverage == [0.0]
    assert fallen(at=0).coverage == [0.0]


def test_the_morning_is_that_of_the_zone() -> None:
    known = series([(T - HOUR, 3.0), (T + HOUR, 5.0)])
    here = from_total_since_eight(known, at=T + HOUR, silent_after=3 * HOUR, tz=TZ)
    there = from_total_since_eight(
        known, at=T + HOUR, silent_after=3 * HOUR, tz=ZoneInfo("Europe/Berlin")
    )
    assert windows(here, [2 * HOUR]).sums == [5.0]
    assert windows(there, [2 * HOUR]).sums == [2.0]
