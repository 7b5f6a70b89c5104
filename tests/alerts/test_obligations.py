"""Who owes an answer, and what follows when none comes."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from floodwatch.alerts.obligations import (
    PASSED_ON,
    ROOM,
    UNREACHED,
    Standing,
    opening,
    parties,
    unanswered,
)
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.people import Room as DutyRoom
from floodwatch.model.people import Route
from floodwatch.model.severity import Severity

TZ = ZoneInfo("Asia/Shanghai")
MUST = Route(people=("甲",), must_answer=True)


def at(hour: int, minute: int = 0, day: int = 18) -> int:
    return int(datetime(2026, 6, day, hour, minute, tzinfo=TZ).timestamp() * 1000)


def step(severity: Severity, *, now: int, step: int = 0, party: str = "甲", within: int = 5):
    return unanswered(party, severity, step=step, within=within * MINUTE, now=now, tz=TZ)


def test_the_room_and_each_person_who_must_answer_owe_one() -> None:
    assert parties(MUST, ["甲", "乙", "甲"]) == (ROOM, "甲", "乙")


def test_where_nobody_must_answer_only_the_room_owes() -> None:
    assert parties(Route(people=("甲",)), []) == (ROOM,)


def test_a_route_for_the_rooms_screen_asks_people_and_not_the_room() -> None:
    assert parties(Route(people=("甲",), room=DutyRoom.SCREEN), ["甲"]) == ("甲",)


def test_what_is_for_the_screen_only_asks_nobody() -> None:
    assert parties(Route(screen_only=True, must_answer=True), ["甲"]) == ()


def test_a_worse_severity_opens_anew_and_ends_the_milder_one_of_the_same_party() -> None:
    standing = [Standing(1, ROOM, 2, True), Standing(2, "甲", 2, True), Standing(3, "乙", 2, True)]
    change = opening([ROOM, "甲"], Severity.II, standing)
    assert change.parties == (ROOM, "甲")
    assert change.superseded == (1, 2)


def test_an_answer_to_the_milder_severity_does_not_answer_the_worse_one() -> None:
    change = opening(["甲"], Severity.II, [Standing(2, "甲", 2, False)])
    assert (change.parties, change.superseded) == (("甲",), ())


def test_who_has_answered_for_as_bad_or_worse_is_not_asked_again() -> None:
    standing = [Standing(2, "甲", 3, False), Standing(3, "乙", 4, True)]
    assert opening(["甲", "乙"], Severity.II, standing).parties == ()


def test_a_person_is_asked_once_more_and_somebody_else_beside_him() -> None:
    following = step(Severity.II, now=at(12))
    assert (following.again, following.pass_on) == (True, True)
    assert (following.step, following.due) == (PASSED_ON, at(12, 5))


def test_tries_are_finite_then_the_hand_call_list_goes_on() -> None:
    following = step(Severity.I, now=at(12), step=PASSED_ON)
    assert (following.again, following.pass_on, following.due) == (False, False, None)
    assert following.step == UNREACHED
    assert step(Severity.I, now=at(12), step=UNREACHED).due is None


@pytest.mark.parametrize(
    ("severity", "minutes"), [(Severity.I, 10), (Severity.II, 30), (Severity.III, 30)]
)
def test_the_room_is_asked_until_it_answers(severity: Severity, minutes: int) -> None:
    for number in range(4):
        following = step(severity, now=at(12), step=number, party=ROOM)
        assert following.due == at(12, minutes)
        assert following.again


def test_a_room_that_does_not_answer_brings_the_leader_at_once_for_a_grade_one() -> None:
    told = [step(Severity.II, now=at(12), step=n, party=ROOM).pass_on for n in range(3)]
    assert told == [False, True, True]
    assert step(Severity.I, now=at(12), party=ROOM).pass_on


@pytest.mark.parametrize(
    ("now", "due"),
    [(at(22), at(7, day=19)), (at(2), at(7)), (at(6, 59), at(7)), (at(23, 30), at(7, day=19))],
)
def test_nobody_is_asked_about_a_grade_four_at_night(now: int, due: int) -> None:
    following = step(Severity.IV, now=now)
    assert (following.again, following.pass_on) == (False, False)
    assert (following.due, following.step) == (due, 0)


def test_by_day_a_grade_four_is_asked_about_and_at_night_a_grade_three_is() -> None:
    assert step(Severity.IV, now=at(7)).again
    assert step(Severity.III, now=at(2)).again


def test_the_night_is_that_of_the_stations_zone() -> None:
    utc = ZoneInfo("UTC")
    following = unanswered("甲", Severity.IV, step=0, within=HOUR, now=at(2), tz=utc)  # 18:00 UTC
    assert following.again
