"""Whom a transition reaches: obligations and messages of one transaction."""

from dataclasses import replace

import pytest
from sqlalchemy import event

from floodwatch.model.alert import Origin, RuleKey
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.finding import Finding
from floodwatch.model.people import Duty, Route, Shift, Way
from floodwatch.model.people import Room as DutyRoom
from floodwatch.model.severity import Severity
from floodwatch.store.database import Database
from floodwatch.store.tables import obligation, sound
from tests.notify.village import DAM, DEPTH, NOW, STAGE, district
from tests.pipeline.telling import CLEAR, Room, over

I, II, III, IV = (Severity[name] for name in ("I", "II", "III", "IV"))  # noqa: E741


@pytest.fixture
def room(database: Database) -> Room:
    return Room(database)


def test_what_fires_opens_obligations_and_fills_the_outbox(room: Room) -> None:
    [told] = room.see(over(II))
    assert room.obligations() == {
        "room": (3, "open"),
        "示范值班员甲": (3, "open"),
        "示范丙三": (3, "open"),
    }
    assert room.rows("person", "channel", "state", "next_at", "kind") == [
        ("示范值班员甲", "smtp", "pending", NOW, "fired"),
        ("示范丙三", "smtp", "pending", NOW, "fired"),
        ("示范外宾", "smtp", "pending", NOW, "fired"),
        ("示范丙一", "log", "pending", NOW, "fired"),
    ]
    assert room.outbox()[0]["key"] == f"{told.alert_id}-{told.seq}-示范值班员甲-smtp-0"
    assert {row["due"] - NOW for row in room.table(obligation)} == {300_000}


def test_only_those_who_must_answer_are_asked_to(room: Room) -> None:
    room.see(over(II))
    asked = {row["person"] for row in room.outbox() if "收到回1" in row["body"]}
    assert asked == {"示范值班员甲", "示范丙三"}
    assert "Reply 1" not in room.outbox(person="示范外宾")[0]["body"]


def test_what_is_for_the_screen_only_opens_and_sends_nothing(room: Room) -> None:
    room.see(over(IV))
    assert (room.outbox(), room.obligations()) == ([], {})


def test_a_worse_severity_takes_the_place_of_what_was_not_sent(room: Room) -> None:
    room.see(over(III))
    room.mark("accepted", person="示范丙三")
    room.see(over(II))
    assert room.rows("person", "kind", "state") == [
        ("示范值班员甲", "fired", "superseded"),
        ("示范丙三", "fired", "accepted"),
        ("示范外宾", "fired", "superseded"),
        ("示范丙一", "fired", "superseded"),
        ("示范值班员甲", "worsened", "pending"),
        ("示范丙三", "worsened", "pending"),
        ("示范外宾", "worsened", "pending"),
        ("示范丙一", "worsened", "pending"),
    ]
    assert all(row["reason"] for row in room.outbox(state="superseded"))
    assert "升级" in room.outbox(kind="worsened")[0]["body"]


def test_a_worse_severity_asks_everybody_again(room: Room) -> None:
    room.see(over(III))
    room.see(over(II))
    found = {(r["party"], r["severity"]): (r["state"], r["note"]) for r in room.table(obligation)}
    assert found["示范丙三", 3][0] == "open"
    assert found["示范丙三", 2] == ("ended", "superseded: the alert worsened")


def test_firing_and_worsening_within_one_transaction_ask_once(room: Room) -> None:
    room.see(over(III), over(II))
    assert room.rows("kind", "state", person="示范丙三") == [
        ("fired", "superseded"),
        ("worsened", "pending"),
    ]
    assert room.obligations()["示范丙三"] == (3, "open")
    assert len(room.table(obligation)) == 3


def test_easing_is_told_to_nobody(room: Room) -> None:
    room.see(over(II))
    before = len(room.outbox())
    room.see(over(III))
    assert len(room.outbox()) == before
    assert room.obligations()["示范丙三"] == (3, "open")


def test_the_all_clear_reaches_those_who_were_told_and_only_them(room: Room) -> None:
    room.see(over(II))
    room.mark("accepted", person="示范值班员甲")
    room.mark("failed", person="示范丙三")
    room.mark("leased", person="示范外宾")
    room.see(CLEAR)
    later = [row for row in room.rows("person", "kind", "state") if row[1] != "fired"]
    assert later == [
        ("示范值班员甲", "resolved", "pending"),
        ("示范外宾", "resolved", "pending"),
        ("示范丙一", "missed", "pending"),
    ]


def test_who_may_have_heard_of_it_hears_that_it_is_over(room: Room) -> None:
    room.see(over(II))
    room.mark("retry")
    room.doubt(person="示范丙三")
    room.see(CLEAR)
    assert room.rows("kind", "state", person="示范丙三") == [
        ("fired", "retry"),
        ("resolved", "pending"),
    ]
    assert room.rows("kind", "state", person="示范外宾") == [
        ("fired", "superseded"),
        ("missed", "pending"),
    ]


def test_what_came_and_went_unheard_is_told_once_with_its_worst(room: Room) -> None:
    room.see(over(II))
    room.now += 600_000
    room.see(CLEAR)
    [missed] = room.outbox(person="示范丙三", kind="missed")
    assert missed["body"].startswith("【错过的告警Ⅱ，已解除】18日04:25 石桥水库水位104.77米")
    assert missed["severity"] == II


def test_fire_and_clear_within_one_transaction_are_still_told(room: Room) -> None:
    room.see(over(II), CLEAR)
    assert room.rows("kind", "state", person="示范丙三") == [
        ("fired", "superseded"),
        ("missed", "pending"),
    ]


def test_a_resolved_alert_ends_what_is_still_owed(room: Room) -> None:
    room.see(over(II))
    room.see(CLEAR)
    assert {state for _, state in room.obligations().values()} == {"ended"}
    assert all(row["due"] is None for row in room.table(obligation))


def test_imported_history_wakes_nobody_and_says_so(room: Room) -> None:
    room.see(over(II), origin=Origin.IMPORT)
    assert (room.outbox(), room.obligations()) == ([], {})
    assert room.notes("note") == ["来自导入的历史资料，不发通知"]


def test_live_data_that_confirm_an_import_are_told(room: Room) -> None:
    room.see(over(III), origin=Origin.IMPORT)
    room.see(over(II))
    assert len(room.outbox(kind="worsened")) == 4
    assert room.obligations()["示范丙三"] == (3, "open")


def test_an_alert_that_only_an_import_knew_ends_in_silence(room: Room) -> None:
    room.see(over(II), origin=Origin.IMPORT)
    room.see(CLEAR)
    assert room.outbox() == []


def test_the_end_of_a_told_alert_by_import_is_told(room: Room) -> None:
    room.see(over(II))
    room.mark("accepted")
    room.see(CLEAR, origin=Origin.IMPORT)
    assert len(room.outbox(kind="resolved")) == 4


def test_a_rule_that_is_gone_says_so_in_its_all_clear(room: Room) -> None:
    from floodwatch.pipeline.judge import ended
    from floodwatch.pipeline.tell import tell
    from floodwatch.store import alert_log

    room.see(over(II))
    room.mark("accepted")
    state = room.states[STAGE]
    with room.database.write() as tx:
        change = ended(STAGE, state, now=room.now, version=2, why="rule no longer configured")
        tell(tx, alert_log.save(tx, [change]), district=room.district, now=room.now)
    assert "因规则已停用" in room.outbox(kind="resolved", person="示范丙三")[0]["body"]


def test_an_alert_of_a_station_nobody_knows_reaches_somebody(room: Room) -> None:
    room.see(over(II), rule=RuleKey("某/地", "1", "stage", "level", "up"))
    assert room.rows("person") == [("示范值班员甲",)]
    assert "某/地" in room.outbox()[0]["body"]


def test_mail_has_a_body_of_its_own(room: Room) -> None:
    room.see(over(II))
    mail, log = room.outbox(person="示范丙三")[0], room.outbox(person="示范丙一")[0]
    assert "告警：警〔" in mail["body"]
    assert mail["subject"].endswith("〕")
    assert log["subject"] == log["body"]


def test_a_person_with_a_very_long_name_still_has_a_key(room: Room) -> None:
    from tests.notify.village import PEOPLE

    name = "示" * 190
    people = PEOPLE | {name: replace(PEOPLE["示范值班员甲"], name=name)}
    room.district = district(people=people, routes=())
    room.see(over(II))
    keys = [key for (key,) in room.rows("key", person=name)]
    assert len(set(keys)) == 2
    assert all(len(key) <= 200 for key in keys)


def test_the_number_of_statements_does_not_depend_on_how_much_is_told(
    sqlite_database: Database,
) -> None:
    from floodwatch.alerts.lifecycle import step
    from floodwatch.model.alert import Holds, RuleState
    from floodwatch.pipeline.tell import tell
    from floodwatch.store import alert_log
    from floodwatch.store.alert_log import Change

    room = Room(sqlite_database)
    said: list[str] = []
    event.listen(sqlite_database.engine, "before_cursor_execute", lambda *a: said.append(a[2]))

    def storm(*gauges: str) -> int:
        del said[:]
        with sqlite_database.write() as tx:
            changes = []
            for gauge in gauges:
                rule = RuleKey(DAM, gauge, "stage", "level", "up")
                seen: tuple[Finding, ...] = (over(III), over(II), CLEAR)
                state, made = RuleState(), ()
                for finding in seen:
                    state, more = step(state, finding, now=NOW, holds=Holds(0, 0))
                    made += more
                changes.append(Change(rule, RuleState(), state, made, Origin.LIVE, 1))
            tell(tx, alert_log.save(tx, changes), district=room.district, now=NOW)
        return len(said)

    storm("first")  # rings the bell, which then rings for all
    assert storm("a") == storm(*(f"g{n}" for n in range(60)))


def test_the_street_hears_of_its_point_without_being_asked(room: Room) -> None:
    room.see(over(II), rule=DEPTH)
    assert room.rows("person") == [("示范站前街道",)]
    assert room.obligations() == {"room": (3, "open")}


def test_the_end_of_an_alert_on_a_suspect_value_says_that_it_was_one(room: Room) -> None:
    room.see(replace(over(II), suspect=True))
    assert room.rows("person") == [("示范值班员甲",)]  # until a second reading supports it
    room.see(CLEAR)
    assert "疑似异常" in room.outbox(kind="missed")[0]["body"]
    room.see(replace(over(II), suspect=True))
    room.mark("accepted", kind="fired")
    room.see(CLEAR)
    assert "此前数值疑似异常" in room.outbox(kind="resolved")[0]["body"]


def test_one_call_covers_what_opens_while_it_is_in_progress(room: Room) -> None:
    room.see(over(II))
    room.now += 4 * MINUTE
    room.see(over(II), rule=RuleKey(DAM, "2", "stage", "level", "up"))
    assert room.rows("way", person="示范丙三") == [("call",), ("text",)]
    owed = room.table(obligation, party="示范丙三")
    assert [row["state"] for row in owed] == ["open", "open"]
    room.now += MINUTE
    room.see(over(I), rule=RuleKey(DAM, "3", "stage", "level", "up"))
    assert ("call",) in room.rows("way", person="示范丙三", severity=4)


def test_two_matters_of_one_transaction_ring_once(room: Room) -> None:
    from floodwatch.alerts.lifecycle import step
    from floodwatch.model.alert import Holds, RuleState
    from floodwatch.pipeline.tell import tell
    from floodwatch.store import alert_log
    from floodwatch.store.alert_log import Change

    changes = []
    for gauge, severity in (("1", III), ("2", II)):
        state, made = step(RuleState(), over(severity), now=NOW, holds=Holds(0, 0))
        rule = RuleKey(DAM, gauge, "stage", "level", "up")
        changes.append(Change(rule, RuleState(), state, made, Origin.LIVE, 1))
    with room.database.write() as tx:
        tell(tx, alert_log.save(tx, changes), district=room.district, now=NOW)
    assert room.rows("severity", "way", person="示范丙三") == [(2, "text"), (3, "call")]


def test_who_is_on_duty_hears_the_tone_before_the_telephone_rings(room: Room) -> None:
    duties = (Duty(people=("@duty",), roles=("patrol",), within=3 * MINUTE),)
    shifts = (Shift("一班", ("示范值班员甲",), 0, 0),)
    routes = (Route(duties=duties, channels=("smtp",)),)
    room.district = district(shifts=shifts, routes=routes)
    room.see(over(II))
    assert room.rows("person", "way") == [("示范值班员甲", "text"), ("示范丙三", "call")]
    assert [tone["severity"] for tone in room.table(sound)] == [3]
    room.pass_time(3 * MINUTE)
    assert room.rows("way", person="示范值班员甲", kind="reminder") == [("call",)]


def test_a_grade_four_waits_at_night_for_one_list_a_person(room: Room) -> None:
    duties = (Duty(roles=("patrol",), way=Way.TEXT, within=30 * MINUTE),)
    routes = (Route(duties=duties, channels=("smtp",), room=DutyRoom.SOUND),)
    room.district = district(routes=routes)
    room.see(over(IV))  # 04:25
    room.see(over(IV), rule=RuleKey(DAM, "2", "stage", "level", "up"))
    [row] = room.outbox()
    morning = NOW + 155 * MINUTE
    assert (row["kind"], row["next_at"], row["person"]) == ("list", morning, "示范丙三")
    assert len(row["body"].splitlines()) == 3  # the head, and a line a matter
    assert row["body"].count("收到回1") == 2
    assert room.table(sound) == []
    owed = room.table(obligation, party="示范丙三")
    assert {(o["opened_at"], o["due"]) for o in owed} == {(morning, morning + 30 * MINUTE)}


def test_a_grade_four_by_day_is_written_at_once_and_heard_if_the_route_says_so(room: Room) -> None:
    duties = (Duty(roles=("patrol",), way=Way.TEXT, within=30 * MINUTE),)
    routes = (Route(duties=duties, channels=("smtp",), room=DutyRoom.SOUND),)
    room.district = district(routes=routes)
    room.now += 6 * HOUR
    room.see(over(IV))
    assert room.rows("kind", "way") == [("fired", "text")]
    assert [tone["severity"] for tone in room.table(sound)] == [1]


def test_a_route_may_tell_a_grade_four_at_night(room: Room) -> None:
    routes = (Route(roles=("patrol",), channels=("smtp",), night=True),)
    room.district = district(routes=routes)
    room.see(over(IV))
    assert room.rows("kind", "way") == [("fired", "text")]
    assert room.table(sound) == []


def test_what_an_edit_raises_is_written_and_rings_nobody(room: Room) -> None:
    from floodwatch.alerts.lifecycle import step
    from floodwatch.model.alert import Holds, RuleState
    from floodwatch.pipeline.tell import tell
    from floodwatch.store import alert_log
    from floodwatch.store.alert_log import Change

    state, made = step(RuleState(), over(II), now=NOW, holds=Holds(0, 0), why="thresholds edited")
    change = Change(STAGE, RuleState(), state, made, Origin.LIVE, 1)
    with room.database.write() as tx:
        tell(tx, alert_log.save(tx, [change]), district=room.district, now=NOW)
    assert {way for (way,) in room.rows("way")} == {"text"}
    assert room.table(sound) == []
    assert room.obligations() == {"room": (3, "open")}


def test_tones_keep_their_distance_and_what_waits_sounds_if_it_is_still_unanswered(
    room: Room,
) -> None:
    room.see(over(III))
    room.now += MINUTE
    room.see(over(III), rule=RuleKey(DAM, "2", "stage", "level", "up"))
    assert len(room.table(sound)) == 1
    room.pass_time(4 * MINUTE)
    assert [(t["at"], t["kind"]) for t in room.table(sound)] == [(NOW, "new"), (room.now, "new")]


def test_the_end_of_a_grade_four_waits_for_the_morning_too(room: Room) -> None:
    routes = (Route(roles=("patrol",), channels=("smtp",)),)
    room.district = district(routes=routes)
    room.now -= 8 * HOUR  # 20:25
    room.see(over(IV))
    room.mark("accepted")
    room.now += 6 * HOUR
    room.see(CLEAR)
    [row] = room.outbox(kind="list")
    assert "解除" in row["body"]
    assert row["next_at"] == NOW + 155 * MINUTE
    assert room.outbox(kind="resolved") == []


def test_nobody_is_rung_to_hear_that_it_is_over(room: Room) -> None:
    channels = {"voice": {}, "smtp": {}, "log": {}}
    duties = (Duty(people=("示范值班员甲",), within=MINUTE),)
    room.district = district(channels=channels, routes=(Route(duties=duties, channels=("smtp",)),))
    room.see(over(II))
    assert room.rows("channel", "way") == [("voice", "call"), ("smtp", "call")]
    room.mark("accepted")
    room.see(CLEAR)
    assert room.rows("channel", kind="resolved") == [("smtp",)]
