"""How INTV is meant shows in its numbers, or in how far the rows are apart."""

from itertools import count

import pytest

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.sources.rain_interval import RainIntervals


def learnt(*rows: tuple[str, float], every: int = 0, stated: str = "") -> RainIntervals:
    found, number = RainIntervals(stated=stated), count()
    found.learn((station, next(number) * every, interval) for station, interval in rows)
    return found


@pytest.mark.parametrize(
    ("interval", "minutes"),
    [(0.05, 5), (0.08, 5), (0.15, 15), (0.25, 15), (0.3, 30), (0.5, 30), (0.17, 10), (0.33, 20)],
)
def test_a_number_that_can_only_be_one_of_both_tells(interval: float, minutes: int) -> None:
    assert learnt(("a", interval)).period("a", interval) == minutes * MINUTE


@pytest.mark.parametrize("interval", [0.1, 0.2])
def test_a_number_that_may_be_both_tells_nothing_alone(interval: float) -> None:
    assert learnt(("a", interval)).period("a", interval) is None


@pytest.mark.parametrize(
    ("interval", "every", "minutes"), [(0.1, 10, 10), (0.1, 6, 6), (0.2, 20, 20), (0.2, 12, 12)]
)
def test_the_distance_of_rows_decides(interval: float, every: int, minutes: int) -> None:
    rows = [("a", interval)] * 3
    assert learnt(*rows, every=every * MINUTE).period("a", interval) == minutes * MINUTE


def test_whole_hours_are_the_same_either_way() -> None:
    assert [learnt().period("a", n) for n in (1, 6.00, 24)] == [HOUR, 6 * HOUR, 24 * HOUR]


def test_a_station_that_has_not_shown_it_is_as_all_others_are() -> None:
    assert learnt(("a", 0.05), ("b", 0.05)).period("c", 0.1) == 10 * MINUTE


def test_each_station_has_its_own_way() -> None:
    found = learnt(("a", 0.05), ("b", 0.08))
    assert [found.period("a", 0.1), found.period("b", 0.1)] == [10 * MINUTE, 6 * MINUTE]
    assert found.period("c", 0.1) is None


def test_a_station_that_does_both_is_not_believed() -> None:
    assert learnt(("a", 0.05), ("a", 0.08)).period("a", 0.05) is None


def test_what_was_stated_counts() -> None:
    assert learnt(("a", 0.05), stated="hours").period("a", 0.1) == 6 * MINUTE


def test_it_is_remembered_by_most_and_by_who_does_otherwise() -> None:
    found = learnt(("a", 0.05), ("b", 0.05))
    assert found.known() == {"": "HH.NN"}
    found.learn([("c", 0, 0.08)])
    again = RainIntervals(found.known())
    assert [again.period("a", 0.1), again.period("c", 0.1)] == [10 * MINUTE, 6 * MINUTE]
