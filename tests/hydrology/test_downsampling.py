"""Fewer points, and yet every crest, trough and gap."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from floodwatch.hydrology.downsampling import broken, gaps, thin, usual_step
from floodwatch.hydrology.series import Series
from floodwatch.model.quality import Flag, Reason, pack
from tests.store.series_of import as_dictionary, series_of

STEP = 300_000
SUSPECT = pack(Flag.SUSPECT, Reason.SPIKE)


def walk(n: int, seed: int = 1) -> Series:
    rng = np.random.default_rng(seed)
    return series_of(np.arange(n) * STEP, (9_500 + rng.integers(-3, 4, n).cumsum()) / 100)


@st.composite
def gappy(draw: st.DrawFn) -> Series:
    n = draw(st.integers(20, 900))
    whole = walk(n, draw(st.integers(0, 99)))
    kept = np.ones(n, np.bool_)
    for _ in range(draw(st.integers(0, 40))):
        low = draw(st.integers(0, n - 1))
        kept[low : low + draw(st.integers(1, 30))] = False
    times = whole.times * draw(st.sampled_from([1, 7])) // draw(st.sampled_from([1, 1000]))
    quality = whole.quality.copy()
    quality[:: draw(st.integers(3, 50))] = draw(st.sampled_from([1, 3, 23, 14]))
    return Series(times, whole.values, quality).take(kept)


@settings(max_examples=150, deadline=None)
@given(gappy(), st.integers(1, 300))
def test_thinning_keeps_the_ends_the_crest_and_the_trough(series: Series, most: int) -> None:
    fewer = thin(series, most)
    assert fewer.size <= most
    everything, kept = as_dictionary(series), as_dictionary(fewer)
    assert kept.items() <= everything.items()
    assert (np.diff(fewer.times) > 0).all()
    believed = series.take(series.quality % 10 < 3)
    seen = fewer.take(fewer.quality % 10 < 3)
    if believed.size:
        assert seen.values.max() == believed.values.max()
    if believed.size and most >= 4:
        assert seen.values.min() == believed.values.min()
        assert seen.times[0] == believed.times[0]
        assert seen.times[-1] == believed.times[-1]


def test_every_gap_keeps_the_readings_on_both_sides() -> None:
    whole = walk(100_000)
    kept = np.ones(whole.size, np.bool_)
    for low in range(5_000, 100_000, 5_000):
        kept[low : low + 4] = False  # 25 minutes of a year: far less than a point is wide
    series = whole.take(kept)
    fewer = thin(series, 2_000)
    edges = gaps(series.times)
    assert edges.size == 19
    assert np.isin(series.times[edges], fewer.times).all()
    assert np.isin(series.times[edges - 1], fewer.times).all()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 10**9), min_size=100, max_size=400), st.integers(3, 90))
def test_the_newest_reading_is_never_lost_however_irregular(steps: list[int], most: int) -> None:
    times = 1_782_864_000_000 + np.cumsum(steps)
    fewer = thin(series_of(times, np.arange(times.size) % 9), most)
    assert (fewer.times[0], fewer.times[-1]) == (times[0], times[-1])


def test_few_readings_stay_as_they_are() -> None:
    series = walk(100)
    assert thin(series, 100) is series


def test_a_spike_that_is_not_believed_hides_no_crest() -> None:
    series = walk(10_000)
    values, quality = series.values.copy(), series.quality.copy()
    values[5_000], values[5_010] = 99.5, 9_999.0
    quality[5_010] = SUSPECT
    fewer = as_dictionary(thin(Series(series.times, values, quality), 200))
    assert fewer[5_000 * STEP][0] == 99.5
    assert fewer[5_010 * STEP][0] == 9_999.0


def test_hourly_reports_with_bursts_on_change_have_no_gaps() -> None:
    hourly = np.arange(0, 400) * 3_600_000
    burst = hourly[50] + np.arange(1, 24) * STEP
    times = np.union1d(hourly, burst)
    assert usual_step(times) == 3_600_000
    assert gaps(times).size == 0


def test_a_known_step_decides_what_a_gap_is() -> None:
    times = np.array([0, 1, 2, 3, 10, 11]) * STEP
    assert gaps(times, step=STEP).tolist() == [4]
    assert gaps(times, step=3 * STEP).tolist() == []


def test_lines_break_in_each_gap_even_when_thinned() -> None:
    times = np.concatenate([np.arange(1_000), np.arange(2_000, 3_000)]) * STEP
    series = series_of(times, np.sin(times / 1e7))
    drawn = broken(thin(series, 100), series.times)
    hole = np.flatnonzero(np.isnan(drawn.values))
    assert hole.size == 1
    assert drawn.times[hole[0] - 1] == 999 * STEP
    assert drawn.times[hole[0] + 1] == 2_000 * STEP


def test_one_reading_has_no_step_and_no_gap() -> None:
    assert usual_step(np.array([5])) == 0
    assert gaps(np.array([5])).size == 0
