"""Shelving, maintenance and alerts that stand for others: who is told, and when it ends."""

import json
from dataclasses import replace
from typing import Any

import pytest

from floodwatch.model.alert import RuleKey
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.errors import Refused
from floodwatch.model.severity import Severity
from floodwatch.pipeline import muting
from floodwatch.store import alert_log, mutes, tables
from floodwatch.store.database import Database
from tests.notify.village import DAM, VILLAGE
from tests.pipeline.muted import (
    BATTERY,
    FEED,
    OFFICER,
    OFFLINE,
    RISEN,
    SECOND,
    SILENT,
    MutedRoom,
    hushed,
    together,
)
from tests.pipeline.telling import CLEAR, over

I, II, III, IV = (Severity[name] for name in ("I", "II", "III", "IV"))  # noqa: E741


@pytest.fixture
def room(database: Database) -> MutedRoom:
    return MutedRoom(database)


def test_a_shelved_alert_reminds_nobody_and_is_told_anew_when_its_time_is_up(
    room: MutedRoom,
) -> None:
    [told] = room.see(over(II))
    first = room.fresh()
    room.shelve(told.alert_id)
    room.look(59 * MINUTE)
    assert room.fresh() == []
    room.look(MINUTE)
    assert [kind for _, kind in room.fresh()] == ["fired"] * len(first)
    assert room.muted() == {"level": None}


def test_after_its_shelving_what_is_still_owed_is_asked_for_again(room: MutedRoom) -> None:
    [told] = room.see(over(II))
    room.shelve(told.alert_id)
    room.look(HOUR)
    room.fresh()
    room.look(10 * MINUTE)
    assert "reminder" in {kind for _, kind in room.fresh()}


def test_whoever_has_answered_is_not_asked_again_by_what_is_told_anew(room: MutedRoom) -> None:
    [told] = room.see(over(II))
    owing = {str(row["party"]) for row in room.table(tables.obligation)} - {"room"}
    done = min(owing)
    with room.database.write() as tx:
        alert_log.answer(tx, done, who=done, via="sms", now=room.now, alert_id=told.alert_id)
    before = len(room.outbox())
    room.shelve(told.alert_id)
    room.look(HOUR)
    anew = [row for row in room.outbox()[before:] if row["kind"] == "fired"]
    asked = {str(row["person"]) for row in anew if "收到回1" in f"{row['subject']}{row['body']}"}
    assert asked == owing - {done}
    assert done in {row["person"] for row in anew}


def test_a_shelving_ended_early_is_told_anew_at_once(room: MutedRoom) -> None:
    [told] = room.see(over(II))
    mute = room.shelve(told.alert_id)
    room.fresh()
    room.look(MINUTE)
    room.end(mute)
    room.look()
    assert room.fresh()


def test_worse_breaks_through_a_shelving_and_ends_it(room: MutedRoom) -> None:
    [told] = room.see(over(III))
    room.shelve(told.alert_id)
    room.fresh()
    room.see(over(II))
    assert {kind for _, kind in room.fresh()} == {"worsened"}
    room.see(over(III))
    room.look(MINUTE)
    assert room.muted() == {"level": None}


def test_worse_that_breaks_through_is_told_once(room: MutedRoom) -> None:
    [told] = room.see(over(III))
    room.shelve(told.alert_id)
    room.fresh()
    room.see(over(II))
    people = [person for person, _ in room.fresh()]
    room.look(MINUTE)
    assert room.fresh() == []
    assert len(people) == len(set(people))


def test_an_alert_that_clears_while_shelved_gives_the_all_clear_to_those_who_were_told(
    room: MutedRoom,
) -> None:
    [told] = room.see(over(II))
    people = {person for person, _ in room.fresh()}
    room.shelve(told.alert_id)
    room.see(CLEAR)
    assert {person for person, kind in room.fresh() if kind == "resolved"} == people
    assert muting.RESOLVED_MUTED in room.notes("note")


def test_an_alert_that_came_and_went_during_maintenance_is_told_to_nobody_but_logged(
    room: MutedRoom,
) -> None:
    room.maintain()
    room.see(over(II))
    room.see(CLEAR)
    assert room.fresh() == []
    assert room.table(tables.obligation) == []
    assert muting.RESOLVED_MUTED in room.notes("note")


def test_an_unsent_message_does_not_leave_after_its_alert_was_shelved(room: MutedRoom) -> None:
    [told] = room.see(over(III))
    room.shelve(told.alert_id)
    assert {row["reason"] for row in room.outbox(state="superseded")} == {muting.SILENT}
    room.see(CLEAR)
    assert room.fresh() == []


def test_a_grade_one_needs_a_second_person_for_more_than_half_an_hour(room: MutedRoom) -> None:
    [told] = room.see(over(I))
    with pytest.raises(Refused, match="二人"):
        room.shelve(told.alert_id, 31 * MINUTE)
    room.shelve(told.alert_id, 4 * HOUR, second=SECOND)


def test_one_person_alone_shelves_a_grade_one_for_half_an_hour_and_the_leader_hears_of_it(
    room: MutedRoom,
) -> None:
    [told] = room.see(over(I))
    room.fresh()
    room.shelve(told.alert_id, 30 * MINUTE)
    notices = room.outbox(state="pending")
    assert {(row["person"], row["kind"]) for row in notices} == {("示范带班领导丙", "notice")}
    assert set(json.loads(notices[0]["slots"])) == {"place", "value", "limit", "action", "code"}
    assert all(word in notices[0]["body"] for word in (OFFICER, "已派人核实", "石桥水库"))


@pytest.mark.parametrize(
    "asked",
    [{"reason": " "}, {"who": ""}, {"span": 4 * HOUR + 1}, {"span": 0}, {"second": "张三"}],
)
def test_a_shelving_without_its_conditions_is_refused(
    room: MutedRoom, asked: dict[str, Any]
) -> None:
    [told] = room.see(over(II))
    with pytest.raises(Refused):
        room.shelve(told.alert_id, **asked)


def test_an_alert_that_has_cleared_cannot_be_shelved(room: MutedRoom) -> None:
    [told, _] = room.see(over(II), CLEAR)
    with pytest.raises(Refused, match="cleared"):
        room.shelve(told.alert_id)


def test_maintenance_up_to_grade_two_lets_a_grade_one_through(room: MutedRoom) -> None:
    room.maintain()
    room.see(over(II))
    assert room.fresh() == []
    room.see(over(I))
    assert room.fresh()


def test_maintenance_of_a_grade_one_needs_a_second_person(room: MutedRoom) -> None:
    with pytest.raises(Refused, match="二人"):
        room.maintain(severity=I)
    room.maintain(severity=I, second=SECOND)
    room.see(over(I))
    assert room.fresh() == []


def test_maintenance_that_begins_later_mutes_what_stands_then(room: MutedRoom) -> None:
    room.see(over(II))
    room.fresh()
    room.maintain(begins=room.now + HOUR, ends=room.now + 2 * HOUR)
    room.look()
    assert room.muted() == {"level": None}
    room.look(HOUR)
    assert room.muted()["level"] is not None
    room.look(HOUR)
    assert room.fresh()


def test_maintenance_longer_than_the_service_allows_is_refused(room: MutedRoom) -> None:
    room.district = replace(VILLAGE, service={"longest_maintenance": 3 * HOUR})
    with pytest.raises(Refused, match="3 h"):
        room.maintain(span=4 * HOUR)


def test_maintenance_of_an_unknown_station_is_refused(room: MutedRoom) -> None:
    with pytest.raises(Refused, match="61990000"):
        room.maintain("61990000")


def test_the_end_of_maintenance_stands_in_the_duty_log(room: MutedRoom) -> None:
    room.maintain()
    room.look(2 * HOUR)
    texts = [row["text"] for row in room.table(tables.log_entry)]
    assert len(texts) == 2
    assert "维护时段到期" in texts[1]


def test_a_station_that_is_offline_speaks_for_its_gauges(room: MutedRoom) -> None:
    room.see(hushed(), rule=OFFLINE)
    told = room.fresh()
    room.see(hushed(), rule=SILENT)
    room.see(hushed(), rule=BATTERY)
    assert told
    assert room.fresh() == []
    assert room.muted()["stale"] == "alert:1"


def test_silence_and_offline_of_one_moment_are_one_message(room: MutedRoom) -> None:
    together(room, SILENT, BATTERY, OFFLINE)
    assert {row["alert_id"] for row in room.outbox(state="pending")} == {3}


def test_the_silence_told_shortly_before_does_not_leave_any_more(room: MutedRoom) -> None:
    room.see(hushed(), rule=SILENT)
    room.see(hushed(), rule=OFFLINE)
    assert {row["alert_id"] for row in room.outbox(state="pending")} == {2}


def test_a_gauge_that_fell_silent_while_it_rose_is_always_told(room: MutedRoom) -> None:
    room.see(hushed(II), rule=OFFLINE)
    room.fresh()
    room.see(hushed(II), rule=RISEN)
    assert room.fresh()


def test_a_silence_graver_than_the_station_s_is_told(room: MutedRoom) -> None:
    room.see(hushed(IV), rule=OFFLINE)
    room.fresh()
    room.see(hushed(II), rule=SILENT)
    assert room.fresh()


def test_when_the_station_is_back_a_gauge_still_silent_is_told_a_minute_later(
    room: MutedRoom,
) -> None:
    room.see(hushed(), rule=OFFLINE)
    room.see(hushed(), rule=SILENT)
    room.fresh()
    room.see(CLEAR, rule=OFFLINE)
    room.fresh()
    room.look(59_000)
    assert room.fresh() == []
    room.look(1_000)
    assert {kind for _, kind in room.fresh()} == {"fired"}


def test_a_gauge_that_speaks_with_its_station_says_nothing(room: MutedRoom) -> None:
    together(room, SILENT, OFFLINE)
    room.fresh()
    room.see(CLEAR, rule=OFFLINE)
    room.see(CLEAR, rule=SILENT)
    room.look(2 * MINUTE)
    assert {row["alert_id"] for row in room.outbox(kind="resolved")} == {2}
    assert room.outbox(kind="fired", alert_id=1) == []


def test_a_mute_outlives_no_limit_that_somebody_wrote_into_the_table(room: MutedRoom) -> None:
    [told] = room.see(over(II))
    mute = room.shelve(told.alert_id)
    with room.database.write() as tx:
        tx.connection.execute(tables.mute.update().values(ends=room.now + 99 * HOUR))
    room.look(4 * HOUR - 1)
    assert room.muted()["level"] == f"shelve:{mute}"
    room.look(1)
    assert room.muted()["level"] is None


def test_nothing_is_due_once_everything_is_done(room: MutedRoom) -> None:
    [told] = room.see(over(II))
    room.shelve(told.alert_id)
    together(room, SILENT, OFFLINE)
    for span in (0, HOUR, 0):
        room.look(span)
        with room.database.read() as connection:
            assert not muting.due(connection, district=room.district, now=room.now)


def test_rows_tell_what_is_in_force(room: MutedRoom) -> None:
    room.maintain()
    with room.database.read() as connection:
        [row] = mutes.rows(connection, now=room.now)
    assert (row["station"], row["reason"], row["who"]) == (DAM, "换探头", OFFICER)


def test_who_owes_an_answer_to_a_shelved_alert_is_not_on_the_call_list(room: MutedRoom) -> None:
    [told] = room.see(over(II))
    mute = room.shelve(told.alert_id)
    assert room.to_call() == []
    room.end(mute)
    room.look()
    assert "示范丙三" in room.to_call()


# -- stations behind a gateway -----------------------------------------------------------------


@pytest.fixture
def valley(room: MutedRoom) -> MutedRoom:
    """Every station of the village sends through one gateway."""
    stations = {c: replace(s, gateway="north") for c, s in VILLAGE.stations.items()}
    room.district = replace(VILLAGE, stations=stations)
    return room


def silence_of(station: str) -> RuleKey:
    """A gauge of a station that says nothing."""
    return SILENT._replace(station=station)


def test_a_dead_gateway_is_one_message_and_not_one_a_station(valley: MutedRoom) -> None:
    everybody = [silence_of(code) for code in valley.district.stations]
    together(valley, *everybody, OFFLINE, FEED)
    feed = len(everybody) + 2
    assert {row["alert_id"] for row in valley.outbox(state="pending")} == {feed}


def test_a_silence_behind_a_gateway_waits_three_minutes_for_the_gateway_s_alert(
    valley: MutedRoom,
) -> None:
    valley.see(hushed(), rule=SILENT)
    assert {row["next_at"] - valley.now for row in valley.outbox()} == {3 * MINUTE}
    valley.now += 2 * MINUTE
    valley.see(hushed(), rule=FEED)
    assert {row["alert_id"] for row in valley.outbox(state="pending")} == {2}
    assert {row["reason"] for row in valley.outbox(state="superseded")} == {muting.SILENT}


def test_a_grave_silence_behind_a_gateway_does_not_wait(valley: MutedRoom) -> None:
    valley.see(hushed(II), rule=SILENT)
    assert {row["next_at"] - valley.now for row in valley.outbox()} == {0}


def test_a_silence_without_a_gateway_does_not_wait(room: MutedRoom) -> None:
    room.see(hushed(), rule=SILENT)
    assert {row["next_at"] - room.now for row in room.outbox()} == {0}


def test_the_alert_of_another_gateway_speaks_for_nobody_here(valley: MutedRoom) -> None:
    together(valley, SILENT, FEED._replace(gauge="south"))
    assert {row["alert_id"] for row in valley.outbox(state="pending")} == {1, 2}


def test_after_the_gateway_is_back_its_stations_get_time_to_speak(valley: MutedRoom) -> None:
    together(valley, SILENT, FEED)
    valley.fresh()
    valley.see(CLEAR, rule=FEED)
    valley.fresh()
    valley.look(15 * MINUTE - 1)
    assert valley.fresh() == []
    valley.look(1)
    assert valley.fresh()


def test_a_new_silence_after_the_gateway_is_back_is_told(valley: MutedRoom) -> None:
    valley.see(hushed(), rule=FEED)
    valley.see(CLEAR, rule=FEED)
    valley.fresh()
    valley.see(hushed(), rule=SILENT)
    assert valley.fresh()


def test_the_station_s_alert_stays_muted_when_its_gateway_takes_over(valley: MutedRoom) -> None:
    together(valley, SILENT, OFFLINE)
    together(valley, FEED)
    assert valley.muted() == {"stale": "alert:3", "offline": "alert:3", "feed": None}
