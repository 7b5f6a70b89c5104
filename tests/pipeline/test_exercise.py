"""演练: everybody is asked, nobody is alarmed."""

from dataclasses import replace

import pytest

from floodwatch.model.errors import Refused
from floodwatch.pipeline import exercise
from floodwatch.store import exercises, tables
from floodwatch.store.database import Database
from tests.notify.village import NOW, VILLAGE
from tests.pipeline.telling import Room


@pytest.fixture
def room(sqlite_database: Database) -> Room:
    return Room(sqlite_database)


def start(room: Room, scope: str = "", who: str = "示范值班员甲") -> int:
    with room.database.write() as tx:
        return exercise.start(tx, who=who, scope=scope, district=room.district, now=NOW)


def test_everybody_gets_a_marked_message_that_asks_for_an_answer(room: Room) -> None:
    start(room)
    rows = room.outbox()
    assert {row["person"] for row in rows} == set(VILLAGE.people)
    assert {row["kind"] for row in rows} == {"exercise"}
    assert {row["alert_id"] for row in rows} == {None}
    zh = [row["body"] for row in rows if row["person"] == "示范丙三"]
    assert zh == [
        "【演练】18日04:25 示范区防汛通知演练第1号（示范值班员甲），这不是真实告警。收到回1"
    ]
    [en] = [row["body"] for row in rows if row["person"] == "示范外宾"]
    assert en.startswith("[EXERCISE] ")


def test_in_the_demonstration_it_carries_both_marks(room: Room) -> None:
    room.district = replace(VILLAGE, demonstration=True)
    start(room)
    assert all(
        row["body"].startswith(("【示范】【演练】", "[DEMO] [EXERCISE]")) for row in room.outbox()
    )
    assert {row["channel"] for row in room.outbox()} == {"inbox"}


def test_it_opens_no_alert_and_no_obligation(room: Room) -> None:
    start(room)
    assert room.table(tables.alert) == []
    assert room.table(tables.obligation) == []


def test_a_group_alone_can_be_asked(room: Room) -> None:
    room.district = replace(VILLAGE, groups={"patrols": ("示范丙三", "示范丙四")})
    start(room, "patrols")
    assert {row["person"] for row in room.outbox()} == {"示范丙三", "示范丙四"}
    with pytest.raises(Refused, match=r"no group 'nobody'.*patrols"):
        start(room, "nobody")


def test_it_tells_who_has_answered_and_who_was_not_reached(room: Room) -> None:
    number = start(room)
    room.mark("accepted", person="示范丙三")
    room.mark("failed", person="示范丙四")
    with room.database.write() as tx:
        done = exercises.answer(tx, "示范丙三", via="link", now=NOW + 5, since=0)
        again = exercises.answer(tx, "示范丙三", via="sms", now=NOW + 9, since=0)
    assert (done, again) == ([number], [])
    with room.database.read() as connection:
        asked = {one.person: one for one in exercises.asked(connection, number)}
    assert (asked["示范丙三"].answered_at, asked["示范丙三"].via) == (NOW + 5, "link")
    assert asked["示范丙三"].reached
    assert not asked["示范丙四"].reached
    assert asked["示范丙四"].answered_at is None


def test_an_exercise_has_somebody_who_starts_it(room: Room) -> None:
    with pytest.raises(Refused, match="name"):
        start(room, who=" ")
