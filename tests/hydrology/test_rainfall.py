"""Rain windows: against a sum by hand, and what counts as known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.hydrology.rainfall import (
    WHOLE,
    from_counter,
    from_increments,
    leaves_at,
    windows,
)
from floodwatch.hydrology.series import Series
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.quality import GOOD

T = 1_781_740_800_000
STEP = 5 * MINUTE
SILENT = 77 * MINUTE
SPANS = (HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR)


def series(points: list[tuple[int, float]]) -> Series:
    return Series(
        np.array([t for t, _ in points], np.int64),
        np.array([v for _, v in points], float),
        np.full(len(points), GOOD, np.int16),
    )


reports = st.dictionaries(
    st.integers(0, 30 * 12), st.sampled_from([0.0, 0.0, 0.5, 1.0, 7.5]), max_size=120
).map(lambda found: [(T - step * STEP, mm) for step, mm in sorted(found.items(), reverse=True)])


@given(reports)
def test_a_window_of_increments_is_the_sum_of_what_ended_in_it(
    points: list[tuple[int, float]],
) -> None:
    source = from_increments(series(points), at=T, period=STEP, silent_after=SILENT)
    by_hand = [sum(mm for t, mm in points if T - span < t <= T) for span in SPANS]
    assert windows(source, SPANS).sums == pytest.approx(by_hand)


def minutes_known(points: list[tuple[int, float]], span: int) -> float:
    """Minute by minute: told by a report, or between two with little silence, or after the last."""
    known = 0
    for minute in range(span // MINUTE):
        at = T - minute * MINUTE - MINUTE // 2
        before = max((t for t, _ in points if t <= at), default=None)
        after = min((t for t, _ in points if t > at), default=None)
        told = after is not None and at > after - STEP
        end = T if after is None else after - STEP
        quiet = before is not None and end - before <= SILENT
        known += told or quiet
    return known * MINUTE / span


@given(reports)
def test_coverage_is_the_share_of_the_window_that_is_told(points: list[tuple[int, float]]) -> None:
    source = from_increments(series(points), at=T, period=STEP, silent_after=SILENT)
    found = windows(source, SPANS[:3]).coverage
    assert found == pytest.approx([minutes_known(points, span) for span in SPANS[:3]])


@given(st.lists(st.sampled_from([0.0, 0.5, 3.0]), min_size=2, max_size=300))
def test_a_counter_that_reports_every_step_equals_its_increments(rain: list[float]) -> None:
    times = [T - STEP * i for i in range(len(rain))][::-1]
    counter = series(list(zip(times, np.cumsum(rain).tolist(), strict=True)))
    plain = series(list(zip(times[1:], rain[1:], strict=True)))
    spans = [STEP * (len(rain) - 1)]
    left = windows(from_counter(counter, at=T, silent_after=SILENT), spans)
    right = windows(from_increments(plain, at=T, period=STEP, silent_after=SILENT), spans)
    assert left.sums == pytest.approx(right.sums)
    assert left.coverage == right.coverage == [1.0]


def test_between_two_reports_of_a_counter_all_is_known_even_when_nothing_fell() -> None:
    counter = series([(T - 25 * HOUR, 40.0), (T - 20 * HOUR, 40.0), (T - MINUTE, 40.0)])
    found = windows(from_counter(counter, at=T, silent_after=SILENT), SPANS)
    assert found.sums == [0.0] * 5
    assert min(found.coverage) == 1.0


def test_rain_of_a_long_silence_is_spread_over_it_and_short_windows_have_a_hole() -> None:
    counter = series([(T - 25 * HOUR, 0.0), (T - 10 * HOUR, 0.0), (T, 100.0)])
    found = windows(from_counter(counter, at=T, silent_after=SILENT), SPANS)
    assert found.sums == pytest.approx([10, 30, 60, 100, 100])
    assert found.coverage == pytest.approx([0, 0, 0, 1, 1])


def test_after_a_silence_that_is_too_long_the_window_has_a_hole() -> None:
    plain = series([(T - 25 * HOUR + i * HOUR, 0.0) for i in range(24)])
    found = windows(
        from_increments(plain, at=T, period=STEP, silent_after=SILENT), (HOUR, 24 * HOUR)
    )
    assert found.coverage[0] == 0
    assert 0.9 < found.coverage[1] < WHOLE


def test_hourly_zeros_are_coverage() -> None:
    plain = series([(T - i * HOUR, 0.0) for i in range(26)][::-1])
    found = windows(from_increments(plain, at=T, period=STEP, silent_after=SILENT), SPANS)
    assert min(found.coverage) == 1.0


def test_without_reports_nothing_is_known() -> None:
    for source in (
        from_increments(series([]), at=T, period=STEP, silent_after=SILENT),
        from_counter(series([]), at=T, silent_after=SILENT),
    ):
        assert windows(source, SPANS).coverage == [0.0] * 5
        assert leaves_at(source, DAY) is None


def test_the_oldest_rain_says_when_the_window_becomes_drier() -> None:
    plain = series([(T - 3 * HOUR, 9.0), (T - 40 * MINUTE, 0.0), (T - 30 * MINUTE, 5.0)])
    source = from_increments(plain, at=T, period=STEP, silent_after=SILENT)
    assert leaves_at(source, HOUR) == T + 30 * MINUTE
