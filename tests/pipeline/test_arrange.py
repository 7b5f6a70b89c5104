"""Digests in a storm, quotas of a day, and nothing marked as what it is not."""

import pytest

from floodwatch.model.alert import RuleKey
from floodwatch.model.clock import MINUTE
from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.notification import Result, Sent
from floodwatch.model.people import Person, Route
from floodwatch.model.severity import Severity
from floodwatch.pipeline import lines
from floodwatch.pipeline.deliver import Deliverer
from floodwatch.store import dispatch, outbox
from floodwatch.store.database import Database
from tests.notify.village import DAM, NOW, district
from tests.pipeline.telling import CLEAR, Room, Scripted, deliverer, over, states, until

IV, III, II, I = Severity  # noqa: E741
A, B = "sms_gammu", "sms_smpp"
PERSON = Person("示范丙三", phone="+8610000000003")
DAY = 20260618


def rule(number: int) -> RuleKey:
    return RuleKey(DAM, f"g{number}", "stage", "level", "up")


@pytest.fixture
def room(sqlite_database: Database) -> Room:
    made = Room(sqlite_database)
    made.district = small()
    return made


def small(**limits: int) -> District:
    return district(
        channels={A: limits, B: {}, "log": {}},
        people={PERSON.name: PERSON},
        routes=(Route(people=(PERSON.name,), channels=(A,)),),
        service={"url": "https://flood.example/", "signature": "示范区防汛"},
    )


def start(running: list[Deliverer], room: Room, *channels: Scripted) -> Deliverer:
    sender = deliverer(room, *channels, Scripted("log"))
    running.append(sender)
    sender.start()
    return sender


def test_in_a_storm_a_person_gets_one_text_for_many_and_each_is_kept(
    room: Room, running: list[Deliverer]
) -> None:
    for number in range(12):
        room.see(over(II if number == 7 else III), rule=rule(number))
    text = Scripted(A)
    start(running, room, text)
    assert until(lambda: states(room, kind="digest") == ["accepted"])
    [message] = text.heard
    assert message.kind == "digest"
    assert "12项：Ⅱ级1条、Ⅲ级11条。最重：石桥水库" in message.body
    assert "https://flood.example/alerts" in message.body
    [digest] = room.outbox(kind="digest")
    kept = room.rows("state", "reason", "digest_id", kind="fired")
    assert kept == [("superseded", f"in digest {digest['key']}", digest["id"])] * 12
    assert digest["parts"] == 2
    assert message.slots["place"] == "石桥水库等12项"  # for a provider's template


def test_five_texts_go_out_as_they_are(room: Room, running: list[Deliverer]) -> None:
    for number in range(5):
        room.see(over(III), rule=rule(number))
    start(running, room, Scripted(A))
    assert until(lambda: states(room) == ["accepted"] * 5)


def test_grade_i_breaks_through_a_digest(room: Room, running: list[Deliverer]) -> None:
    for number in range(9):
        room.see(over(I if number == 8 else III), rule=rule(number))
    text = Scripted(A)
    start(running, room, text)
    assert until(lambda: len(text.heard) == 2)
    assert sorted(m.kind for m in text.heard) == ["digest", "fired"]
    assert [m.severity for m in text.heard if m.kind == "fired"] == [I]


def test_after_a_digest_more_texts_wait_for_the_next(room: Room, running: list[Deliverer]) -> None:
    text = Scripted(A)
    for number in range(7):
        room.see(over(III), rule=rule(number))
    sender = start(running, room, text)
    assert until(lambda: states(room, kind="digest") == ["accepted"])
    for number in range(10, 17):
        room.see(over(III), rule=rule(number))
    sender.wake()
    assert until(lambda: _waits(room))
    assert len(text.heard) == 1
    room.now += 5 * MINUTE
    sender.wake()
    assert until(lambda: states(room, kind="digest") == ["accepted", "accepted"])
    assert len(text.heard) == 2


def _waits(room: Room) -> bool:
    return NOW + 5 * MINUTE in {at for (at,) in room.rows("next_at", state="pending")}


def test_who_was_told_by_a_digest_hears_the_all_clear(room: Room, running: list[Deliverer]) -> None:
    for number in range(8):
        room.see(over(III), rule=rule(number))
    text = Scripted(A)
    sender = start(running, room, text)
    assert until(lambda: states(room, kind="digest") == ["accepted"])
    room.now += 10 * MINUTE
    room.see(CLEAR, rule=rule(3))
    sender.wake()
    assert until(lambda: states(room, kind="resolved") == ["accepted"])
    assert "解除" in text.heard[-1].body


def test_a_newer_message_about_an_alert_takes_the_place_of_the_older(room: Room) -> None:
    told = room.see(over(III))[0]
    entry = outbox.Entry(
        told.alert_id, 0, "r1.1", "reminder", PERSON.name, A, PERSON.phone, III, "二", "二"
    )
    with room.database.write() as tx:
        assert not dispatch.repetitions(tx.connection)
        outbox.insert(tx, [entry, entry._replace(step="r1.2", way="call")], now=NOW)
        before = room.outbox(kind="fired")[0]["way"]
        assert dispatch.repetitions(tx.connection)
        gone = dispatch.drop_repetitions(tx)
        assert not dispatch.repetitions(tx.connection)
    assert len(gone) == 1
    assert before in ("text", "call")


# -- quotas -----------------------------------------------------------------------------------


def used(room: Room, n: int) -> None:
    with room.database.write() as tx:
        sent = {(A, "*"): n, (A, PERSON.phone): n}
        dispatch.count(tx, sent, day=DAY)


def test_when_a_provider_is_used_up_the_other_is_taken_and_the_room_is_told(
    room: Room, running: list[Deliverer]
) -> None:
    room.district = small(per_day=50)
    used(room, 40)
    first, second = Scripted(A), Scripted(B)
    start(running, room, first, second)
    room.see(over(III))
    assert until(lambda: states(room, channel=B) == ["accepted"])
    assert room.rows("state", "reason", channel=A) == [
        ("superseded", "today's quota of sms_gammu is used up; sent by sms_smpp")
    ]
    assert first.heard == []
    with room.database.read() as connection:
        found = dict(lines.findings(connection, room.district, now=NOW))
    assert "sms_gammu 40/50" in str(found["quota"].facts["zh"])


def test_the_reserve_is_for_grade_i(room: Room, running: list[Deliverer]) -> None:
    room.district = small(per_day=50)
    used(room, 40)
    first = Scripted(A)
    start(running, room, first, Scripted(B))
    room.see(over(I))
    assert until(lambda: states(room, channel=A) == ["accepted"])
    with room.database.read() as connection:
        assert dispatch.used(connection, DAY) == {(A, "*"): 41, (A, PERSON.phone): 41}


def test_without_another_way_a_message_waits_for_room(room: Room, running: list[Deliverer]) -> None:
    room.district = district(
        channels={A: {"per_address_day": 10}, "log": {}},
        people={PERSON.name: PERSON},
        routes=(Route(people=(PERSON.name,), channels=(A,)),),
    )
    used(room, 8)
    text = Scripted(A)
    sender = start(running, room, text)
    room.see(over(II))
    assert until(lambda: room.rows("state", "next_at") == [("pending", NOW + 10 * MINUTE)])
    room.now += 24 * 60 * MINUTE  # the next day
    sender.wake()
    assert until(lambda: states(room) == ["accepted"])


def test_near_the_limit_mild_texts_go_together(room: Room, running: list[Deliverer]) -> None:
    room.district = small(per_day=50)
    used(room, 31)
    for number in range(3):
        room.see(over(III), rule=rule(number))
    text = Scripted(A)
    start(running, room, text, Scripted(B))
    assert until(lambda: states(room, kind="digest") == ["accepted"])
    assert len(text.heard) == 1


def test_what_was_refused_does_not_count(room: Room, running: list[Deliverer]) -> None:
    room.district = small(per_day=50)
    start(running, room, Scripted(A, answer=lambda _: Result(Sent.PERMANENT, "no")), Scripted(B))
    room.see(over(III))
    assert until(lambda: states(room, channel=B) == ["accepted"])
    with room.database.read() as connection:
        assert dispatch.used(connection, DAY) == {}


# -- marks ------------------------------------------------------------------------------------


def entry(**more: object) -> outbox.Entry:
    usual: dict[str, object] = {
        "alert_id": None, "seq": 1, "step": "0", "kind": "fired", "person": "示范丙三",
        "channel": A, "address": "+861", "severity": 3, "subject": "水位", "body": "水位",
    }  # fmt: skip
    return outbox.Entry(**(usual | more))  # type: ignore[arg-type]


def test_an_alert_can_never_carry_the_mark_of_an_exercise(room: Room) -> None:
    with room.database.write() as tx:
        said = "【演练】石桥水库[EXERCISE]"
        outbox.insert(tx, [entry(subject=said, body=said)], now=NOW)
    assert room.rows("subject", "body") == [("石桥水库", "石桥水库")]


@pytest.mark.parametrize("wrong", [{"body": "水位"}, {"subject": "水位"}, {"alert_id": 1}], ids=str)
def test_an_exercise_is_marked_and_about_no_alert(room: Room, wrong: dict[str, object]) -> None:
    right = {"kind": "exercise", "subject": "【演练】一", "body": "【演练】一"}
    with room.database.write() as tx, pytest.raises(Refused, match="exercise"):
        outbox.insert(tx, [entry(**(right | wrong))], now=NOW)
    with room.database.write() as tx:
        outbox.insert(tx, [entry(**right)], now=NOW)
    assert len(room.outbox()) == 1
