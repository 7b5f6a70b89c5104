"""Who owes an answer, and what follows when none comes."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from floodwatch.alerts.obligations import ROOM, Standing, opening, parties, unanswered
from floodwatch.model.clock import HOUR, MINUTE
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
    assert parties(Route(people=("甲",)), ["甲"]) == (ROOM,)


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


def test_reminders_come_at_the_routes_pace_and_then_more_rarely() -> None:
    now = at(12)
    waits = [(step(Severity.II, now=now, step=n).due - now) // MINUTE for n in range(5)]
    assert waits == [5, 5, 5, 30, 30]
    grave = [(step(Severity.I, now=now, step=n, within=3).due - now) // MINUTE for n in range(5)]
    assert grave == [3, 3, 3, 10, 10]


def test_deputy_and_leader_are_told_at_the_second_unanswered_step() -> None:
    told = [step(Severity.II, now=at(12), step=n).escalate for n in range(12)]
    assert told == [False, True] + [False] * 10
    grave = [n + 1 for n in range(12) if step(Severity.I, now=at(12), step=n).escalate]
    assert grave == [2, 6, 10]


def test_the_room_is_sent_nothing_its_sound_goes_on() -> None:
    following = step(Severity.I, now=at(12), step=1, party=ROOM)
    assert (following.remind, following.escalate) == (False, False)
    assert following.due == at(12, 5)


@pytest.mark.parametrize(
    ("now", "due"),
    [(at(22), at(7, day=19)), (at(2), at(7)), (at(6, 59), at(7)), (at(23, 30), at(7, day=19))],
)
def test_nobody_is_reminded_of_a_grade_four_at_night(now: int, due: int) -> None:
    following = step(Severity.IV, now=now)
    assert (following.remind, following.due, following.step) == (False, due, 0)


def test_by_day_a_grade_four_is_reminded_and_at_night_a_grade_three_is() -> None:
    assert step(Severity.IV, now=at(7)).remind
    assert step(Severity.III, now=at(2)).remind


def test_the_night_is_that_of_the_stations_zone() -> None:
    utc = ZoneInfo("UTC")
    following = unanswered("甲", Severity.IV, step=0, within=HOUR, now=at(2), tz=utc)  # 18:00 UTC
    assert following.remind
