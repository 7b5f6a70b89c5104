"""The checks by their QARTOD names, against the published vectors of ioos_qc and its sample."""

import csv
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.quality.checks import flat_line, gap, gross_range, rate_of_change, run_starts, spike

SAMPLE = Path(__file__).parents[2] / "../shared/samples/ref_qartod_ioos_qc/water_level_example.csv"
NAN = float("nan")


def array(*values: float) -> NDArray[np.float64]:
    return np.array(values, float)


def quarters(count: int) -> NDArray[np.int64]:
    return np.arange(count) * 15 * MINUTE


def test_gross_range_fails_outside_the_hard_and_doubts_outside_the_soft_limits() -> None:
    values = array(-6, -5, -1, 0, 1, 4, 5, 5.1, NAN)
    found = gross_range(values, hard_low=-5, hard_high=5, soft_low=0, soft_high=4)
    assert_array_equal(found, [4, 3, 3, 1, 1, 1, 3, 4, 9])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            (2, 10, 2.1, 3, 4, 5, 7, 10, 0, 2, 2.2, 2, 1, 2, 3, 90, 91, 92, 93, 1, 2, 3, 4, 5),
            [1, 3, 3, 1, 1, 1, 1, 1, 3, 1, 1, 1, 1, 1, 1, 3, 1, 1, 1, 3, 1, 1, 1, 1],
        ),
        ((2, 10, 2, 3, NAN, NAN, 7, 10), [1, 3, 3, 1, 9, 9, 1, 1]),
        ((-2, -10, -2, -3), [1, 3, 3, 1]),
    ],
)
def test_rate_of_change_at_five_units_in_fifteen_minutes(
    values: tuple[float, ...], expected: list[int]
) -> None:
    found = rate_of_change(array(*values), quarters(len(values)), per_hour=20)
    assert_array_equal(found, expected)


def test_rate_of_change_allows_the_resolution_of_the_gauge() -> None:
    assert_array_equal(
        rate_of_change(array(1.00, 1.02), quarters(2), per_hour=0.0, tolerance=0.021), [1, 1]
    )


def test_spike_by_the_mean_of_the_neighbours() -> None:
    values = array(3, 4.99, 5, 6, 8, 6, 6, 6.75, 6, 6, 5.3, 6, 6, 9, 5)
    found = spike(values, suspect=0.5, fail=1)
    assert_array_equal(found, [2, 3, 1, 1, 4, 3, 1, 3, 1, 1, 3, 1, 4, 4, 2])


def test_spike_in_a_real_tide() -> None:
    values = array(
        *(-0.189, -0.0792, -0.0122, 0.0457, 0.0671, 0.0213, -0.0488, -0.1463, -0.2438, -0.3261),
        *(-0.3871, -0.4054, -0.3932, -0.3383, -0.2804, -0.2347, -0.2134, -0.2347, -0.2926, -0.3597),
        *(-0.442, -0.509, 0, -0.5944, -0.57, -0.4267, -0.2926, -0.1585, -0.0945, -0.0762),
    )
    expected = np.ones(30)
    expected[[0, -1]], expected[22] = 2, 3
    assert_array_equal(spike(values, suspect=0.5, fail=1), expected)


def test_spike_says_nothing_of_the_ends_and_beside_a_missing_value() -> None:
    assert_array_equal(spike(array(1, 1, NAN, 1, 1, 1), suspect=0.5), [2, 2, 9, 2, 1, 2])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            (1, 2, 2.0001, 2, 2.0001, 2, 2.0001, 2, 4, 5, 3, 3.0001, 3.0005, 3.00001),
            [1, 1, 1, 1, 1, 3, 3, 4, 1, 1, 1, 1, 1, 1],
        ),
        ((5, 5, 5, 5, 5, 5, 5), [1, 1, 1, 1, 3, 3, 4]),
        ((5, NAN, 5, 5, 5), [1, 9, 1, 1, 3]),
    ],
)
def test_flat_line_counts_from_the_first_reading_of_the_run(
    values: tuple[float, ...], expected: list[int]
) -> None:
    found = flat_line(
        array(*values),
        quarters(len(values)),
        suspect_after=HOUR,
        fail_after=90 * MINUTE,
        tolerance=0.01,
    )
    assert_array_equal(found, expected)


def test_a_slow_drift_is_no_flat_line() -> None:
    values = np.arange(20) * 0.006
    found = flat_line(values, quarters(20), suspect_after=HOUR, tolerance=0.01)
    assert_array_equal(found, np.ones(20))


def test_a_run_begins_where_the_values_begin_to_be_equal() -> None:
    times = quarters(5)
    assert_array_equal(run_starts(array(1, 2, 2, 3, 3), times), times[[0, 1, 1, 3, 3]])


def test_gap_marks_the_reading_after_a_silence() -> None:
    assert_array_equal(
        gap(np.array([0, HOUR, 3 * HOUR, 4 * HOUR]), longest=77 * MINUTE),
        [False, False, True, False],
    )


def test_no_values_give_no_flags() -> None:
    empty, times = array(), quarters(0)
    assert spike(empty, suspect=1).size == 0
    assert rate_of_change(empty, times, per_hour=1).size == 0
    assert flat_line(empty, times, suspect_after=1).size == 0


def test_the_jump_from_trough_to_crest_in_the_sample_is_a_spike() -> None:
    if not SAMPLE.exists():
        pytest.skip(f"{SAMPLE} is not there")
    with SAMPLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    times = [datetime.fromisoformat(r["time"].replace("Z", "+00:00")).timestamp() for r in rows]
    values = np.array([float(r["sea_surface_height_above_sea_level"] or "nan") for r in rows])
    moments = np.array(times) * 1000
    crest, trough = int(np.nanargmax(values)), int(np.nanargmin(values))
    assert rows[crest]["time"] == "2019-06-10T20:00:00Z"
    assert rows[trough]["time"] == "2019-06-10T19:30:00Z"
    flags = spike(values, suspect=1.0, fail=2.0)
    assert flags[crest] == flags[trough] == 4
    fast = rate_of_change(values, moments.astype(np.int64), per_hour=2.0)
    assert [int(flag) for flag in fast[trough - 1 : crest + 3]] == [1, 3, 3, 1, 3, 1]
