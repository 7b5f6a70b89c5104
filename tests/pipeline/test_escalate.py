"""What follows when nobody answers."""

from dataclasses import replace

import pytest

from floodwatch.alerts.obligations import ROOM
from floodwatch.model.alert import ObligationState, RuleKey
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.people import Route
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.pipeline import escalate
from floodwatch.store import alert_log, answers
from floodwatch.store.database import Database
from floodwatch.store.tables import obligation
from tests.notify.village import DAM, PEOPLE, STATIONS, VILLAGE, district
from tests.pipeline.telling import CLEAR, Room, over
from tests.web.seeding import put

I, II, III, IV = (Severity[name] for name in ("I", "II", "III", "IV"))  # noqa: E741
WITHIN = 5 * MINUTE


@pytest.fixture
def room(database: Database) -> Room:
    return Room(database)


def reminded(room: Room) -> list[str]:
    return [person for (person,) in room.rows("person", kind="reminder")]


def is_due(room: Room) -> bool:
    with room.database.read() as connection:
        return escalate.due(connection, now=room.now)


def answer(room: Room, person: str, number: int) -> None:
    with room.database.write() as tx:
        alert_log.answer(tx, person, who=person, via="page", now=room.now, alert_id=number)


def test_nothing_is_due_before_the_time_to_answer_is_up(room: Room) -> None:
    room.see(over(II))
    room.now += WITHIN - 1
    assert not is_due(room)
    assert room.pass_time(0) == 0
    room.now += 1
    assert is_due(room)


def test_who_has_not_answered_is_reminded_who_has_is_not(room: Room) -> None:
    [told] = room.see(over(II))
    answer(room, "示范值班员甲", told.alert_id)
    assert room.pass_time(WITHIN) == 2  # the room and 示范丙三
    assert reminded(room) == ["示范丙三"]
    assert "未应答，再次提醒" in room.outbox(kind="reminder")[0]["body"]
    assert not is_due(room)


def test_every_step_is_a_message_of_its_own_at_the_routes_pace(room: Room) -> None:
    room.see(over(II))
    for _ in range(3):
        room.pass_time(WITHIN)
    keys = [key for (key,) in room.rows("key", person="示范丙三", kind="reminder")]
    assert len(set(keys)) == 3
    room.pass_time(WITHIN)
    assert len(reminded(room)) == 2 * 4
    room.pass_time(WITHIN)
    assert len(reminded(room)) == 2 * 4  # now more rarely
    room.pass_time(30 * MINUTE)
    assert len(reminded(room)) == 2 * 5


def test_the_second_unanswered_step_is_told_to_deputy_and_leader(room: Room) -> None:
    [told] = room.see(over(II))
    answer(room, "示范值班员甲", told.alert_id)
    room.pass_time(WITHIN)
    assert room.outbox(kind="escalated") == []
    room.pass_time(WITHIN)
    found = {row["person"]: row["body"] for row in room.outbox(kind="escalated")}
    assert set(found) == {"示范丙四", "示范带班领导丙"}
    assert "示范丙三未应答" in found["示范带班领导丙"]
    assert "收到回1" in found["示范丙四"]  # may answer in the person's place
    assert room.notes("escalated") == ["示范丙三 第2次未应答"]


def test_one_message_to_the_leader_covers_all_who_did_not_answer(room: Room) -> None:
    room.see(over(II))
    room.pass_time(WITHIN)
    room.pass_time(WITHIN)
    [row] = room.outbox(kind="escalated", person="示范带班领导丙")
    assert "示范值班员甲、示范丙三未应答" in row["body"]


def test_a_leader_of_the_station_itself_is_told_too(room: Room) -> None:
    dam = STATIONS[DAM]
    persons = dict(dam.persons) | {"leader": ("示范外宾",)}
    room.district = district(stations=STATIONS | {DAM: replace(dam, persons=persons)})
    room.see(over(II))
    room.pass_time(WITHIN)
    room.pass_time(WITHIN)
    [row] = room.outbox(kind="escalated", person="示范外宾")
    assert "no answer from" in row["body"]


def test_one_reminder_covers_all_that_a_person_owes(room: Room) -> None:
    for gauge in ("1", "2", "3"):
        room.see(over(II), rule=RuleKey(DAM, gauge, "stage", "level", "up"))
    room.pass_time(WITHIN)
    [row] = room.outbox(kind="reminder", person="示范丙三")
    assert "另有2项待应答" in row["body"]
    assert len(room.notes("reminded")) == 6


def test_the_rooms_own_obligation_goes_on_without_a_message(room: Room) -> None:
    room.district = district(routes=(Route(people=("示范值班员甲",), within=WITHIN),))
    room.see(over(II))
    assert room.pass_time(WITHIN) == 1
    [row] = room.table(obligation)
    assert (row["party"], row["step"], row["due"]) == (ROOM, 1, room.now + WITHIN)
    assert room.outbox(kind="reminder") == []
    assert room.notes("reminded") == []


def test_nobody_is_reminded_of_a_grade_four_at_night(room: Room) -> None:
    room.district = district(routes=(Route(people=("示范丙三",), must_answer=True, within=WITHIN),))
    room.see(over(IV))  # 04:25
    room.pass_time(WITHIN)
    assert reminded(room) == []
    assert not is_due(room)
    room.pass_time(2 * HOUR + 30 * MINUTE)  # 07:00
    assert reminded(room) == ["示范丙三"]


def test_an_answer_in_time_stops_the_reminder_that_has_not_left(room: Room) -> None:
    [told] = room.see(over(II))
    room.pass_time(WITHIN)
    answer(room, "示范丙三", told.alert_id)
    assert room.rows("state", person="示范丙三", kind="reminder") == [("superseded",)]


def test_a_deputys_answer_ends_the_persons_obligation(room: Room) -> None:
    [told] = room.see(over(II))
    with room.database.write() as tx:
        answers.answer(
            tx,
            "示范丙三",
            who="示范丙四",
            via="page",
            now=room.now,
            alert_id=told.alert_id,
            state=ObligationState.DEPUTY,
        )
    room.pass_time(WITHIN)
    assert reminded(room) == ["示范值班员甲"]


def test_a_resolved_alert_reminds_nobody(room: Room) -> None:
    room.see(over(II))
    room.mark("accepted")
    room.see(CLEAR)
    assert room.pass_time(WITHIN) == 0


def test_the_all_clear_reaches_those_who_were_told_of_the_silence(room: Room) -> None:
    room.see(over(II))
    room.pass_time(WITHIN)
    room.pass_time(WITHIN)
    room.mark("accepted")
    room.see(CLEAR)
    assert room.rows("kind", person="示范丙四") == [("escalated",), ("resolved",)]


def test_somebody_who_has_left_the_district_is_escalated_at_once(room: Room) -> None:
    room.see(over(II))
    room.district = replace(
        VILLAGE, people={name: person for name, person in PEOPLE.items() if name != "示范丙三"}
    )
    room.pass_time(WITHIN)
    assert reminded(room) == ["示范值班员甲"]
    assert "示范丙三未应答" in room.outbox(person="示范带班领导丙")[0]["body"]


def test_so_many_reminders_at_one_time_and_no_more(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escalate, "MOST", 4)
    for gauge in ("1", "2", "3"):
        room.see(over(II), rule=RuleKey(DAM, gauge, "stage", "level", "up"))
    steps = [room.pass_time(WITHIN), room.pass_time(0), room.pass_time(0)]
    assert steps == [8, 1, 0]  # four that were due, with what the same people owe besides


def test_the_gravest_comes_first(room: Room) -> None:
    room.see(over(II))
    room.now += MINUTE
    room.see(over(I), rule=RuleKey(DAM, "2", "stage", "level", "up"))
    room.pass_time(WITHIN)
    [mail] = room.outbox(kind="reminder", person="示范丙三", channel="smtp")
    assert "告警Ⅰ" in mail["body"]
    assert "另有1项待应答" in mail["body"]


def test_what_would_be_due_in_a_moment_is_taken_along(room: Room) -> None:
    room.see(over(II))
    room.now += MINUTE
    room.see(over(II), rule=RuleKey(DAM, "2", "stage", "level", "up"))
    room.pass_time(4 * MINUTE)
    assert room.rows("person", kind="reminder") == [("示范值班员甲",), ("示范丙三",)]
    room.pass_time(MINUTE)
    assert len(room.outbox(kind="reminder")) == 2
    assert len(room.notes("reminded")) == 4


def test_what_was_opened_just_now_is_only_counted(room: Room) -> None:
    room.see(over(II))
    room.now += 4 * MINUTE
    room.see(over(II), rule=RuleKey(DAM, "2", "stage", "level", "up"))
    room.pass_time(MINUTE)
    assert "另有1项待应答" in room.outbox(kind="reminder", person="示范丙三")[0]["body"]
    assert len(room.notes("reminded")) == 2


def test_a_reminder_tells_the_newest_reading(room: Room) -> None:
    room.see(over(II, rate=0.42))
    key = SeriesKey(DAM, "1", "stage")
    with room.database.write() as tx:
        put(tx.connection, key, [(room.now + 4 * MINUTE, 104.95)], rev=tx.rev)
    room.pass_time(WITHIN)
    body = room.outbox(kind="reminder", person="示范丙三")[0]["body"]
    assert "18日04:29 石桥水库水位104.95米，超Ⅱ级水位0.20米" in body
    assert "1小时" not in body


def test_a_reminder_of_a_falling_water_does_not_claim_it_is_over_its_limit(room: Room) -> None:
    room.see(over(II))
    key = SeriesKey(DAM, "1", "stage")
    with room.database.write() as tx:
        put(tx.connection, key, [(room.now + 4 * MINUTE, 104.70)], rev=tx.rev)
    room.pass_time(WITHIN)
    body = room.outbox(kind="reminder", person="示范丙三")[0]["body"]
    assert "水位104.70米，已低于Ⅱ级水位，尚未解除" in body
