"""Times of arrival: none twice, and the first one again for what is sent again."""

import json

from floodwatch.sources.mqtt.stamps import FLYING, MOST, Stamps


def time_of(stamps: Stamps, payload: bytes, number: int, at: int, *, again: bool = False) -> int:
    return stamps.time_of("t", payload, number=number, again=again, arrived=at)


def test_messages_of_one_moment_do_not_overwrite_each_other() -> None:
    stamps = Stamps()
    assert [time_of(stamps, b"1", n, 100) for n in (1, 2, 3)] == [100, 101, 102]
    assert stamps.time_of("other", b"1", number=4, again=False, arrived=100) == 100
    assert time_of(stamps, b"1", 5, 50) == 103  # never back


def test_what_was_stored_and_not_acknowledged_keeps_its_time_over_a_restart() -> None:
    before = Stamps()
    assert time_of(before, b"1", 7, 100) == 100
    after = Stamps(json.loads(json.dumps(before.to_keep())))
    assert time_of(after, b"1", 7, 900, again=True) == 100
    assert time_of(after, b"2", 7, 900, again=True) == 900  # another message of this number
    assert time_of(after, b"1", 7, 950) == 950  # not said to be sent again


def test_as_many_are_kept_as_a_broker_may_send_again_in_however_small_batches() -> None:
    stamps = Stamps()
    for number in range(1, 2 * FLYING):
        time_of(stamps, b"x", number, 1_000 * number)
        kept = stamps.to_keep()
        stamps.stored()
    assert kept is not None
    assert [each[0] for each in kept["stamps"]] == list(range(FLYING - 1, 2 * FLYING))
    assert stamps.to_keep() is None
    after = Stamps(kept)
    assert time_of(after, b"x", FLYING, 1, again=True) == 1_000 * FLYING


def test_no_more_than_a_bounded_number_is_kept() -> None:
    stamps = Stamps()
    for number in range(2 * MOST):
        time_of(stamps, b"x", number + 1, 900)
    assert len((stamps.to_keep() or {})["stamps"]) == MOST


def test_what_was_kept_by_something_else_is_not_believed() -> None:
    assert Stamps({"stamps": [[1]]}).to_keep() is None
    assert Stamps("x").to_keep() is None
