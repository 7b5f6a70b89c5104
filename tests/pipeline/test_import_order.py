"""Misdated readings stand out from their neighbours in the file; repeats are told apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.model.clock import DAY
from floodwatch.pipeline.import_order import JUMP, by_series, check_dates, in_order


def wrong(*days: float) -> list[int]:
    times = (np.array(days) * DAY).astype(np.int64)
    return np.flatnonzero(check_dates(times, None, final=True).wrong).tolist()


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([1, 2, 3, 4], []),
        ([1, 2, 300, 3, 4], [2]),
        ([1, 2, 300, 301, 3, 4, 5], [2, 3]),
        ([1, 2, 300, -900, 3, 4], [2, 3]),
        ([400, 399, 1, 398, 397], [2]),
        ([1, 2, 300, 301, 302], []),  # jumps and stays: a gap
        ([300, 1, 2, 3], []),  # the first has no neighbour before it
        ([1, 2, 3, 300], []),
        ([1, 2, 31, 3], []),  # 29 days are no jump
        ([1, 300, 2, 301, 3], [1, 3]),
    ],
)
def test_dates_that_jump_away_and_back_are_wrong(days: list[float], expected: list[int]) -> None:
    assert wrong(*days) == expected


def test_two_long_stretches_one_after_the_other_are_both_believed() -> None:
    assert wrong(*range(300, 400), *range(100), *range(400, 410)) == []


def test_a_file_in_no_order_has_no_neighbours() -> None:
    days = np.random.default_rng(1).permutation(1000)
    assert wrong(*days.tolist()) == []


@given(st.lists(st.integers(0, 400), max_size=40), st.integers(1, 39))
def test_looking_at_a_file_in_two_parts_finds_the_same(days: list[int], cut: int) -> None:
    times = np.sort(np.array(days, np.int64))
    times[len(days) // 2 : len(days) // 2 + 1] += 900
    times *= DAY
    whole = np.flatnonzero(check_dates(times, None, final=True).wrong).tolist()
    first = check_dates(times[:cut], None, final=False)
    rest = times[first.open_from :]
    second = check_dates(rest, first.past, final=True)
    found = np.flatnonzero(first.wrong[: first.open_from]).tolist()
    found += (first.open_from + np.flatnonzero(second.wrong)).tolist()
    if (np.abs(np.diff(times)) > JUMP).sum() <= 5:
        assert found == whole


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3)), max_size=30))
def test_sorting_keeps_the_last_of_each_time_and_counts_the_others(rows: list) -> None:
    times = np.array([time for time, _ in rows], np.int64)
    values = np.array([float(value) for _, value in rows])
    found = in_order(times, values)
    last, first, again, changed = {}, {}, 0, 0
    for time, value in rows:
        if time in last:
            again += last[time] == value
            changed += last[time] != value
        last[time] = value
        first.setdefault(time, value)
    assert found.times.tolist() == sorted(last)
    assert found.values.tolist() == [last[time] for time in sorted(last)]
    assert found.first.tolist() == [first[time] for time in sorted(last)]
    assert found.repeats() == (again, changed)
    if found.origin is not None:
        assert values[found.origin].tolist() == found.values.tolist()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=50))
def test_readings_of_each_series_come_together_in_their_order(slots: list[int]) -> None:
    present, bounds, order = by_series(np.array(slots, np.int32))
    expected = sorted(range(len(slots)), key=lambda i: slots[i])
    assert (expected if order is None else order.tolist()) == expected
    assert present == sorted(set(slots))
    assert bounds == [sum(s < n for s in slots) for n in present] + [len(slots)]
