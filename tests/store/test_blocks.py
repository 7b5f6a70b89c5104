"""Cutting and merging of blocks."""

import numpy as np

from floodwatch.hydrology.series import empty
from floodwatch.store.blocks import SPLIT, TARGET, Head, cut, places, tidy, union, without
from tests.store.series_of import as_dictionary, series_of

FULL = Head(100, 200, TARGET, 1)
PART = Head(300, 400, 10, 1)


def place(heads: list[Head], *times: int) -> list[int]:
    return places(heads, np.array(times, np.int64)).tolist()


def test_a_reading_belongs_to_the_last_block_that_starts_before_it() -> None:
    assert place([FULL, PART], 100, 250, 300, 999) == [0, 0, 1, 1]


def test_readings_before_a_full_first_block_get_a_new_one() -> None:
    assert place([FULL, PART], 50, 150) == [-1, 0]


def test_readings_before_a_part_filled_first_block_join_it() -> None:
    assert place([PART], 50, 350) == [0, 0]


def test_appending_to_a_full_last_block_begins_a_new_one() -> None:
    assert place([PART, FULL._replace(start=500, end=600)], 601, 700) == [2, 2]


def test_readings_in_and_after_a_full_last_block_go_in_together() -> None:
    assert place([FULL], 150, 300) == [0, 0]


def test_the_last_of_several_readings_of_one_time_wins() -> None:
    series = tidy(series_of([5, 3, 5], [1.0, 2.0, 3.0]))
    assert as_dictionary(series) == {3: (2.0, 1), 5: (3.0, 1)}


def test_union_tells_what_was_overwritten() -> None:
    old = series_of([1, 2, 3], [1.0, 2.0, 3.0], [1, 1, 23])
    merged, before = union(old, series_of([2, 3, 4], [2.0, 9.0, 4.0], 2))
    assert as_dictionary(merged) == {1: (1.0, 1), 2: (2.0, 2), 3: (9.0, 2), 4: (4.0, 2)}
    assert before.absent.tolist() == [False, False, True]
    assert before.duplicate.tolist() == [True, False, False]
    assert before.corrected.tolist() == [False, True, False]
    assert before.values[:2].tolist() == [2.0, 3.0]
    assert before.quality.tolist() == [1, 23, 0]


def test_an_import_leaves_the_quality_of_the_same_value_alone() -> None:
    old = series_of([1, 2], [1.0, 2.0], [23, 1])
    merged, _ = union(old, series_of([1, 2], [1.0, 3.0], 2), keep_same=True)
    assert as_dictionary(merged) == {1: (1.0, 23), 2: (3.0, 2)}


def test_union_does_not_touch_what_it_is_given() -> None:
    old = series_of([1, 2], [1.0, 2.0])
    union(old, series_of([1], [9.0]))
    assert as_dictionary(old) == {1: (1.0, 1), 2: (2.0, 1)}


def test_without_removes_times_and_minds_no_others() -> None:
    assert without(series_of([1, 2, 3], [1, 2, 3]), np.array([2, 9])).times.tolist() == [1, 3]


def test_cutting_leaves_a_block_whole_up_to_twice_its_size() -> None:
    pieces = list(cut(series_of(range(SPLIT), np.zeros(SPLIT))))
    assert [piece.size for piece in pieces] == [SPLIT]


def test_cutting_makes_pieces_of_about_the_target() -> None:
    sizes = [piece.size for piece in cut(series_of(range(50_001), np.zeros(50_001)))]
    assert sum(sizes) == 50_001
    assert all(abs(size - TARGET) < TARGET // 4 for size in sizes)


def test_nothing_is_cut_into_nothing() -> None:
    assert list(cut(empty())) == []
