"""Who must be asked is asked: after easing, shelving, restarts, and beside whatever is broken."""

from dataclasses import replace

import pytest

from floodwatch.model.alert import RuleKey
from floodwatch.model.clock import DAY, HOUR, MINUTE, SECOND
from floodwatch.model.people import Duty, Person, Route, Way
from floodwatch.model.people import Room as DutyRoom
from floodwatch.model.severity import Severity
from floodwatch.notify import routing
from floodwatch.pipeline import escalate, tell
from floodwatch.pipeline.telephones import Telephones
from floodwatch.store import alert_log, answers, dispatch, tables
from floodwatch.store.database import Database
from tests.notify.village import DAM, NOW, STAGE, VILLAGE, district
from tests.pipeline.muted import MutedRoom
from tests.pipeline.telling import Room, over
from tests.pipeline.town import Town

IV, III, II, I = Severity  # noqa: E741
OFFICER, PATROL, DEPUTY, LEADER = "示范值班员甲", "示范丙三", "示范丙四", "示范带班领导丙"


@pytest.fixture
def room(sqlite_database: Database) -> MutedRoom:
    return MutedRoom(sqlite_database)


def rule(number: int) -> RuleKey:
    return RuleKey(DAM, f"g{number}", "stage", "level", "up")


def say(room: Room, person: str) -> None:
    with room.database.write() as tx:
        answers.answer(tx, person, who=person, via="sms", now=room.now)


def acknowledge(room: Room, number: int, who: str = OFFICER) -> None:
    with room.database.write() as tx:
        alert_log.acknowledge(tx, number, who=who, note="", via="page", now=room.now)


# -- eased, and worse again ---------------------------------------------------------------------


def test_an_alert_that_eased_and_is_as_bad_again_asks_everybody_again(room: MutedRoom) -> None:
    [told] = room.see(over(II))
    acknowledge(room, told.alert_id)
    say(room, PATROL)
    room.now += HOUR
    room.see(over(III))
    room.now += 3 * HOUR
    room.see(over(II, 104.9))
    assert room.obligations()["room"] == (3, "open")
    assert room.obligations()[PATROL] == (3, "open")
    assert room.table(tables.alert)[0]["acked_severity"] is None
    assert room.table(tables.sound)[-1]["at"] == room.now
    assert room.rows("kind", "way", person=PATROL)[-1] == ("worsened", "call")
    say(room, PATROL)
    assert room.obligations()[PATROL] == (3, "answered")


def test_who_is_asked_again_is_reminded_again(room: MutedRoom) -> None:
    room.see(over(II))
    room.pass_time(5 * MINUTE)
    say(room, PATROL)
    reminders = len(room.outbox(person=PATROL, kind="reminder"))
    room.now += 3 * HOUR
    room.see(over(III))
    room.see(over(II, 104.9))
    room.pass_time(5 * MINUTE)
    assert len(room.outbox(person=PATROL, kind="reminder")) == reminders + 1


def test_an_answer_still_counts_while_nothing_has_eased(room: MutedRoom) -> None:
    room.see(over(II))
    say(room, PATROL)
    room.see(over(I))
    say(room, PATROL)
    room.see(over(I, 106.0))
    assert room.obligations()[PATROL] == (4, "answered")


# -- after a shelving ---------------------------------------------------------------------------


def test_after_its_shelving_an_alert_sounds_in_the_room_again(room: MutedRoom) -> None:
    [told] = room.see(over(II))
    acknowledge(room, told.alert_id)
    room.shelve(told.alert_id, HOUR)
    room.look(2 * HOUR)
    assert [tone["at"] for tone in room.table(tables.sound)] == [NOW, room.now]


def test_after_its_shelving_the_leader_is_asked_again_in_the_place_of_a_silent_room(
    room: MutedRoom,
) -> None:
    [told] = room.see(over(I))
    room.pass_time(3 * MINUTE)
    acknowledge(room, told.alert_id)
    before = len(room.outbox(person=LEADER, kind="escalated"))
    assert before
    room.shelve(told.alert_id, 30 * MINUTE)
    room.look(HOUR)
    room.pass_time(3 * MINUTE)
    room.pass_time(3 * MINUTE)
    assert len(room.outbox(person=LEADER, kind="escalated")) > before
    stands_for_the_room = room.table(tables.obligation, party=LEADER, stands_for="room")
    assert [owed["state"] for owed in stands_for_the_room] == ["open"]


# -- one's answer never ends another's ----------------------------------------------------------


def test_acknowledging_for_the_room_answers_for_nobody_else(room: MutedRoom) -> None:
    people = {**VILLAGE.people}
    people[PATROL] = replace(people[PATROL], deputy=OFFICER)
    room.district = district(people=people)
    [told] = room.see(over(II))
    room.pass_time(5 * MINUTE)
    acknowledge(room, told.alert_id)
    open_ = [o["party"] for o in room.table(tables.obligation, state="open")]
    assert PATROL in open_


# -- who is asked -------------------------------------------------------------------------------


def test_who_is_told_only_if_nobody_answers_is_told_where_nobody_was_asked(room: Room) -> None:
    duties = (
        Duty(roles=("patrol",), way=Way.TEXT, within=0),
        Duty(people=(LEADER,), after=10 * MINUTE, within=5 * MINUTE),
    )
    room.district = district(
        routes=(Route(duties=duties, channels=("smtp",), room=DutyRoom.SCREEN),)
    )
    room.see(over(III))
    room.pass_time(10 * MINUTE)
    assert [row["kind"] for row in room.outbox(person=LEADER)] == ["escalated"]


def test_in_the_place_of_a_patrol_on_leave_the_deputy_is_asked_to_look() -> None:
    people = {**VILLAGE.people}
    people[PATROL] = replace(people[PATROL], away=((NOW - DAY, NOW + DAY),))
    here = district(people=people)
    found = routing.route(here, STAGE, II, now=NOW)
    asked = routing.to_the_patrol(here, found, here.stations[DAM], now=NOW)
    assert {r.person.name for r in asked.recipients} == {DEPUTY}


def test_a_text_for_a_route_that_only_rings_still_finds_a_way() -> None:
    person = Person("示范丁", phone="+8610000000004")
    here = district(channels={"voice": {}, "sms_gammu": {}}, people={person.name: person})
    assert routing.ways(here, person, ("voice",)) == (("sms_gammu", person.phone),)
    only = district(channels={"voice": {}}, people={person.name: person})
    assert routing.ways(only, person, ("voice",)) == (("log", person.phone),)


def test_a_grave_alert_is_not_for_the_screen_alone_because_a_role_is_empty() -> None:
    screen = Duty(people=(OFFICER,), way=Way.SCREEN)
    here = district(
        routes=(
            Route(duties=(screen, Duty(roles=("nobody",), way=Way.TEXT, within=0))),
            Route(people=(OFFICER,), must_answer=True),
        )
    )
    assert routing.route(here, STAGE, IV, now=NOW).recipients == ()
    assert routing.route(here, STAGE, II, now=NOW).recipients


# -- calls that were none -----------------------------------------------------------------------


def test_calls_that_never_left_do_not_count_as_calls(room: Room) -> None:
    for number in range(2):
        room.see(over(II), rule=rule(number))
        room.now += 11 * MINUTE
    room.mark("failed", person=PATROL)
    with room.database.read() as connection:
        lines = Telephones(connection, [PATROL], now=room.now)
    assert lines.ring(PATROL, II) == "call"


def test_a_call_that_went_round_by_another_channel_is_one_call(room: Room) -> None:
    room.see(over(II))
    first = room.outbox(person=PATROL)[0]
    with room.database.write() as tx:
        row = dispatch.rows(tx.connection, [first["id"]])[0]
        from floodwatch.store import outbox

        outbox.insert(tx, [row.by("sms_gammu", "+861")], now=room.now + 5 * SECOND)
    with room.database.read() as connection:
        lines = Telephones(connection, [PATROL], now=room.now + HOUR)
    assert lines.ring(PATROL, II) == "call"


def test_a_text_that_arrived_does_not_end_a_call_that_did_not_get_out(room: Room) -> None:
    room.see(over(II))
    first = room.outbox(person=PATROL)[0]
    table = tables.outbox
    with room.database.write() as tx:
        tx.connection.execute(
            table.update().where(table.c.id == first["id"]).values(channel="voice", state="retry")
        )
        dispatch.stand_down(tx, {first["id"]: "sms_gammu"})
    assert [row["state"] for row in room.outbox(id=first["id"])] == ["retry"]
    say(room, PATROL)  # but who has answered need not be rung any more
    assert [row["state"] for row in room.outbox(id=first["id"])] == ["superseded"]


# -- one that is broken hinders no other --------------------------------------------------------


def test_an_obligation_that_cannot_be_escalated_holds_up_no_other(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.see(over(II))
    room.see(over(II), rule=rule(1))
    good = escalate._occasion

    def broken(one: object, *rest: object, **more: object) -> object:
        if one.row["rule"] == str(STAGE):  # type: ignore[attr-defined]
            raise ValueError("planted")
        return good(one, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(escalate, "_occasion", broken)
    room.pass_time(5 * MINUTE)
    second = room.table(tables.alert, rule=str(rule(1)))[0]["id"]
    assert room.outbox(kind="reminder", alert_id=second)


def test_an_alert_that_cannot_be_told_anew_keeps_no_other_muted(
    room: MutedRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = room.see(over(II))[0].alert_id
    second = room.see(over(II), rule=rule(1))[0].alert_id
    room.shelve(first)
    room.shelve(second)
    good = tell.occasion_of

    def broken(row: dict[str, object], *rest: object, **more: object) -> object:
        if row["id"] == first:
            raise ValueError("planted")
        return good(row, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(tell, "occasion_of", broken)
    before = len(room.outbox(alert_id=second))
    room.look(2 * HOUR)
    assert len(room.outbox(alert_id=second)) > before


# -- what time decides calls people, whatever was edited ----------------------------------------


def test_what_came_due_while_the_engine_was_down_is_no_edit(sqlite_town: Town) -> None:
    town = sqlite_town
    old = 'hold_down = "30min"'
    town.configure("thresholds.toml", old, f'hold_up = "10min"\n{old}')
    town.ticker.tick()
    town.stage(96.90)
    town.wait(2)
    town.configure("recipients.toml", 'email = "patrol@', 'email = "patrol2@')
    town.clock.advance(30 * MINUTE)
    town.restart()
    assert [row["severity"] for row in town.alerts()] == [II]
    with town.database.read() as connection:
        owed = {one.party for one in alert_log.open_obligations(connection)}
    assert {"示范值班", "示范巡查"} <= owed
