"""What follows when nobody answers."""

from dataclasses import replace

import pytest

from floodwatch.alerts.obligations import ROOM
from floodwatch.model.alert import ObligationState, RuleKey
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.people import Duty, Route, Way
from floodwatch.model.people import Room as DutyRoom
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.pipeline import escalate, renamed
from floodwatch.store import alert_log, answers, dispatch, obligation_log
from floodwatch.store.database import Database
from floodwatch.store.tables import alert_event, obligation, outbox
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


def test_a_person_is_called_twice_and_then_by_hand(room: Room) -> None:
    room.see(over(II))
    room.pass_time(WITHIN)
    assert room.rows("way", person="示范丙三") == [("call",), ("call",)]
    room.pass_time(WITHIN)
    room.pass_time(3 * HOUR)
    assert reminded(room).count("示范丙三") == 1
    [owed] = room.table(obligation, party="示范丙三")
    assert (owed["state"], owed["due"], owed["step"]) == ("open", None, 2)
    with room.database.read() as connection:
        assert "示范丙三" in obligation_log.unreached(connection)
        assert "示范丙三" in [e.person for e in alert_log.call_list(connection, now=room.now)]


def test_whoever_stands_in_is_asked_with_the_first_repeat(room: Room) -> None:
    [told] = room.see(over(II))
    answer(room, "示范值班员甲", told.alert_id)
    room.pass_time(WITHIN)
    [row] = room.outbox(kind="escalated")
    assert (row["person"], row["way"]) == ("示范丙四", "call")
    assert "示范丙三未应答" in row["body"]
    assert "收到回1" in row["body"]
    [owed] = room.table(obligation, party="示范丙四")
    assert (owed["stands_for"], owed["state"]) == ("示范丙三", "open")
    assert room.notes("escalated") == ["示范丙三 第1次未应答"]


def test_the_answer_of_whoever_stands_in_ends_the_first_persons_duty(room: Room) -> None:
    [told] = room.see(over(II))
    room.pass_time(WITHIN)
    answer(room, "示范丙四", told.alert_id)
    [first] = room.table(obligation, party="示范丙三")
    assert (first["state"], first["ended_by"]) == ("deputy", "示范丙四")
    [officer] = room.table(obligation, party="示范值班员甲")
    assert officer["state"] == "open"


def test_the_persons_own_answer_spares_whoever_stands_in(room: Room) -> None:
    [told] = room.see(over(II))
    room.pass_time(WITHIN)
    answer(room, "示范丙三", told.alert_id)
    [deputy] = room.table(obligation, party="示范丙四")
    assert (deputy["state"], deputy["due"]) == ("ended", None)


def test_a_deputy_who_does_not_answer_hands_on_to_the_leader(room: Room) -> None:
    [told] = room.see(over(II))
    answer(room, "示范值班员甲", told.alert_id)
    room.pass_time(WITHIN)
    room.pass_time(WITHIN)
    assert room.table(obligation, party="示范带班领导丙", stands_for="示范丙四")
    answer(room, "示范带班领导丙", told.alert_id)
    states = {r["party"]: r["state"] for r in room.table(obligation) if r["party"] != ROOM}
    assert states == {
        "示范值班员甲": "answered",
        "示范丙三": "deputy",
        "示范丙四": "deputy",
        "示范带班领导丙": "answered",
    }


def test_a_leader_who_has_answered_already_owes_anew_for_another(room: Room) -> None:
    routes = (Route(people=("示范带班领导丙", "示范丙四"), must_answer=True, within=WITHIN),)
    room.district = district(routes=routes)
    [told] = room.see(over(II))
    room.pass_time(3 * MINUTE)
    answer(room, "示范带班领导丙", told.alert_id)
    room.pass_time(2 * MINUTE)
    own, other = room.table(obligation, party="示范带班领导丙")
    assert (own["state"], own["stands_for"]) == ("answered", "")
    assert (other["state"], other["stands_for"]) == ("open", "示范丙四")
    [row] = room.outbox(kind="escalated")
    assert (row["person"], row["way"]) == ("示范带班领导丙", "text")  # just spoken to


def test_one_message_to_the_leader_covers_all_who_did_not_answer(room: Room) -> None:
    room.district = replace(
        VILLAGE, people=VILLAGE.people | {"示范丙三": replace(PEOPLE["示范丙三"], deputy="")}
    )
    room.see(over(II))
    room.pass_time(WITHIN)
    [row] = room.outbox(kind="escalated", person="示范带班领导丙")
    assert "示范值班员甲、示范丙三未应答" in row["body"]


def test_a_leader_of_the_station_itself_comes_first(room: Room) -> None:
    dam = STATIONS[DAM]
    persons = dict(dam.persons) | {"leader": ("示范外宾",)}
    room.district = district(stations=STATIONS | {DAM: replace(dam, persons=persons)})
    room.see(over(II))
    room.pass_time(WITHIN)
    [row] = room.outbox(kind="escalated", person="示范外宾")
    assert "no answer from" in row["body"]


def test_a_deputy_on_leave_is_passed_over(room: Room) -> None:
    away = replace(PEOPLE["示范丙四"], away=((0, 2 * room.now),))
    room.district = replace(VILLAGE, people=PEOPLE | {"示范丙四": away})
    [told] = room.see(over(II))
    answer(room, "示范值班员甲", told.alert_id)
    room.pass_time(WITHIN)
    assert room.rows("person", kind="escalated") == [("示范带班领导丙",)]


def test_somebody_who_did_not_answer_is_not_rung_about_the_next_matter(room: Room) -> None:
    room.see(over(II))
    room.pass_time(WITHIN)
    room.pass_time(WITHIN)
    room.see(over(I), rule=RuleKey(DAM, "2", "stage", "level", "up"))
    calls = room.rows("way", person="示范丙三", kind="fired", severity=4)
    assert {way for (way,) in calls} == {"text"}
    room.pass_time(0)  # the next tick asks whoever stands in
    assert ("示范丙四", 4) in room.rows("person", "severity", kind="escalated")


def test_a_leader_is_told_later_only_if_nobody_has_answered(room: Room) -> None:
    later = Duty(people=("示范带班领导丙",), within=5 * MINUTE, after=10 * MINUTE)
    calls = Duty(people=("示范丙三",), within=20 * MINUTE)
    room.district = district(routes=(Route(duties=(calls, later), room=DutyRoom.SCREEN),))
    room.see(over(II))
    assert room.outbox(person="示范带班领导丙") == []
    room.pass_time(10 * MINUTE)
    [row] = room.outbox(person="示范带班领导丙")
    assert (row["way"], row["kind"]) == ("call", "escalated")
    assert "示范丙三未应答" in row["body"]
    [owed] = room.table(obligation, party="示范带班领导丙")
    assert (owed["step"], owed["opened_at"], owed["due"]) == (0, room.now, room.now + 5 * MINUTE)


def test_a_leader_is_spared_when_those_who_were_called_have_answered(room: Room) -> None:
    later = Duty(people=("示范带班领导丙",), within=5 * MINUTE, after=10 * MINUTE)
    calls = Duty(people=("示范丙三",), within=20 * MINUTE)
    room.district = district(routes=(Route(duties=(calls, later), room=DutyRoom.SCREEN),))
    [told] = room.see(over(II))
    with room.database.read() as connection:
        waiting = alert_log.open_obligations(connection)
        listed = [entry.person for entry in alert_log.call_list(connection, now=room.now)]
    assert [owed.party for owed in waiting] == listed == ["示范丙三"]
    answer(room, "示范丙三", told.alert_id)
    room.pass_time(10 * MINUTE)
    assert room.outbox(person="示范带班领导丙") == []
    [owed] = room.table(obligation, party="示范带班领导丙")
    assert (owed["state"], owed["note"]) == ("ended", "answered in time")


def test_one_reminder_covers_all_that_a_person_owes(room: Room) -> None:
    for gauge in ("1", "2", "3"):
        room.see(over(II), rule=RuleKey(DAM, gauge, "stage", "level", "up"))
    room.pass_time(WITHIN)
    [row] = room.outbox(kind="reminder", person="示范丙三")
    assert "另有2项待应答" in row["body"]
    assert len(room.notes("escalated")) == 6


def test_the_rooms_own_obligation_goes_on_without_a_message(room: Room) -> None:
    room.district = district(routes=(Route(people=("示范值班员甲",), within=WITHIN),))
    room.see(over(II))
    assert room.pass_time(WITHIN) == 1
    [row] = room.table(obligation)
    assert (row["party"], row["step"], row["due"]) == (ROOM, 1, room.now + 30 * MINUTE)
    assert room.outbox(kind="reminder") == []
    assert room.notes("reminded") == []


def test_a_room_that_does_not_answer_brings_the_leader(room: Room) -> None:
    room.district = district(routes=(Route(people=("示范值班员甲",), within=WITHIN),))
    [told] = room.see(over(II))
    room.pass_time(WITHIN)
    assert room.outbox(kind="escalated") == []
    room.pass_time(30 * MINUTE)
    [row] = room.outbox(kind="escalated")
    assert (row["person"], row["way"]) == ("示范带班领导丙", "call")
    assert "值班室未应答" in row["body"]
    answer(room, "示范带班领导丙", told.alert_id)
    assert room.obligations()[ROOM] == (3, "deputy")
    assert not is_due(room)


def test_nobody_is_reminded_of_a_grade_four_at_night(room: Room) -> None:
    room.district = district(routes=(Route(people=("示范丙三",), must_answer=True, within=WITHIN),))
    room.see(over(IV))  # 04:25
    room.pass_time(WITHIN)
    assert reminded(room) == []
    assert not is_due(room)
    room.pass_time(2 * HOUR + 35 * MINUTE)  # 07:05, five minutes after the list
    assert reminded(room) == ["示范丙三"]


def test_an_answer_in_time_stops_the_reminder_that_has_not_left(room: Room) -> None:
    [told] = room.see(over(II))
    room.pass_time(WITHIN)
    answer(room, "示范丙三", told.alert_id)
    assert room.rows("state", person="示范丙三", kind="reminder") == [("superseded",)]


@pytest.mark.parametrize("owes", [True, False])
def test_an_answer_of_the_room_takes_no_message_from_a_leader_who_has_heard_nothing(
    room: Room, owes: bool
) -> None:
    duty = Duty(people=("示范带班领导丙",), way=Way.TEXT, within=2 * HOUR if owes else 0)
    route = Route(people=("示范值班员甲",), within=WITHIN, duties=(duty,))
    room.district = district(routes=(route,))
    [told] = room.see(over(II))
    room.pass_time(WITHIN)
    room.pass_time(30 * MINUTE)  # all channels are down meanwhile: nothing has left
    assert room.outbox(person="示范带班领导丙", kind="escalated")
    with room.database.write() as tx:  # as if both went by text
        tx.connection.execute(outbox.update().values(way="text"))
    with room.database.write() as tx:
        dispatch.drop_repetitions(tx)
        alert_log.acknowledge(
            tx, told.alert_id, who="示范值班员甲", note="", via="page", now=room.now
        )
    assert "pending" in {state for (state,) in room.rows("state", person="示范带班领导丙")}


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
    kinds = [kind for (kind,) in room.rows("kind", person="示范丙四")]
    assert (kinds[0], kinds[-1]) == ("escalated", "resolved")


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
    assert len(room.notes("escalated")) == 4


def test_what_was_opened_just_now_is_only_counted(room: Room) -> None:
    room.see(over(II))
    room.now += 4 * MINUTE
    room.see(over(II), rule=RuleKey(DAM, "2", "stage", "level", "up"))
    room.pass_time(MINUTE)
    assert "另有1项待应答" in room.outbox(kind="reminder", person="示范丙三")[0]["body"]
    assert len(room.notes("escalated")) == 2


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


def test_what_a_person_owes_who_is_gone_from_the_list_is_asked_of_the_leader_at_once(
    room: Room,
) -> None:
    [told] = room.see(over(II))
    gone = "示范丙三"
    people = {name: one for name, one in PEOPLE.items() if name != gone}
    room.district = district(people=people)
    with room.database.write() as tx:
        assert renamed.pass_on(tx, district=room.district, now=room.now) == 1
    room.pass_time(0)
    with room.database.write() as tx:
        assert renamed.pass_on(tx, district=room.district, now=room.now) == 0, "once"
    [stand_in] = [row for row in room.table(obligation) if row["stands_for"] == gone]
    assert stand_in["party"] in people
    assert stand_in["alert_id"] == told.alert_id
    notes = [row["text"] for row in room.table(alert_event) if row["kind"] == "note"]
    assert any(f"{gone}已不在通讯录" in str(note) for note in notes)
    assert reminded(room) == []
