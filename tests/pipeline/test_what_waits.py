"""Messages that wait on purpose: no dead channel sends them early, nothing written is swallowed."""

from dataclasses import replace
from typing import Any

import pytest

from floodwatch.model.alert import RuleKey
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.notification import Result, Sent
from floodwatch.model.people import Duty, Person, Route, Way
from floodwatch.model.severity import Severity
from floodwatch.pipeline import answer_link, arrange
from floodwatch.pipeline.deliver import Deliverer
from floodwatch.store import dispatch, outbox
from floodwatch.store.database import Database
from tests.notify.village import DAM, NOW, district
from tests.pipeline.telling import CLEAR, Room, Scripted, deliverer, over, states, until

IV, III, II, I = Severity  # noqa: E741
A, B = "sms_gammu", "sms_smpp"
PERSON = Person("示范丙三", email="patrol@example.org", phone="+8610000000003")
MORNING = NOW - NOW % HOUR + 3 * HOUR  # 07:00 local
LISTED = Route(severity=(IV,), duties=(Duty((PERSON.name,), way=Way.LIST),), channels=(A,))
WRITTEN = Route(people=(PERSON.name,), channels=(A,))


@pytest.fixture
def room(sqlite_database: Database) -> Room:
    made = Room(sqlite_database)
    made.district = district(
        channels={A: {}, B: {}, "log": {}},
        people={PERSON.name: PERSON},
        routes=(LISTED, WRITTEN),
    )
    return made


def rule(number: int) -> RuleKey:
    return RuleKey(DAM, f"g{number}", "stage", "level", "up")


def start(running: list[Deliverer], room: Room, *channels: Scripted) -> Deliverer:
    sender = deliverer(room, *channels, Scripted("log"))
    running.append(sender)
    sender.start()
    return sender


def dead(name: str) -> Scripted:
    return Scripted(name, answer=lambda _: Result(Sent.RETRY, "no line"))


def fell(sender: Deliverer, channel: str) -> bool:
    """Whether the sender counts the channel as down, and has looked for other ways."""
    return channel in sender._up_to_date.down()


def bring_down(running: list[Deliverer], room: Room, channel: Scripted, other: Scripted) -> Any:
    """A sender whose first channel has failed often enough to count as down."""
    for number in range(90, 96):
        room.see(over(I), rule=rule(number))
    sender = start(running, room, channel, other)
    assert until(lambda: fell(sender, channel.name))
    return sender


def test_the_list_of_the_morning_does_not_leave_at_night_because_its_channel_is_down(
    room: Room, running: list[Deliverer]
) -> None:
    room.see(over(IV))
    other = Scripted(B)
    sender = bring_down(running, room, dead(A), other)
    room.see(over(III), rule=rule(1))  # this one is due, and goes round
    sender.wake()
    assert until(lambda: any(m.severity == III for m in other.heard))
    assert states(room, kind="list") == ["pending"]
    assert [m.kind for m in other.heard if m.kind == "list"] == []


def test_when_it_is_due_the_list_goes_round_a_dead_channel(
    room: Room, running: list[Deliverer]
) -> None:
    room.see(over(IV))
    other = Scripted(B)
    sender = bring_down(running, room, dead(A), other)
    room.now = MORNING
    sender.wake()
    assert until(lambda: [m.kind for m in other.heard if m.kind == "list"] == ["list"])


def test_a_dead_channel_is_not_probed_with_what_waits_for_the_morning(room: Room) -> None:
    room.see(over(IV))
    with room.database.read() as connection:
        due = outbox.waiting(
            connection, room.database.dialect, epoch=1, now=room.now, sending=(), most=6, down=[A]
        )
    assert due == []


@pytest.mark.parametrize("state", ["superseded", "failed", "accepted", "leased"])
def test_a_line_for_a_list_that_has_left_already_is_sent_all_the_same(
    room: Room, state: str
) -> None:
    room.see(over(IV))
    with room.database.write() as tx:
        final = {"state": state, "next_at": None if state != "leased" else room.now}
        table = outbox._outbox
        tx.connection.execute(table.update().where(table.c.kind == "list").values(final))
    room.see(over(IV), rule=rule(2))
    waiting = [row for row in room.outbox(kind="list") if row["state"] == "pending"]
    assert [row["next_at"] for row in waiting] == [MORNING]
    assert len(waiting[0]["body"].splitlines()) == 2


def test_what_is_over_before_the_morning_says_so_in_the_list(room: Room) -> None:
    room.see(over(IV))
    room.now += HOUR
    room.see(CLEAR)
    [(body,)] = room.rows("body", kind="list")
    assert "解除" in body.splitlines()[-1]
    assert len(body.splitlines()) == 3


# -- nothing takes the place of an alert but a message about it ---------------------------------


@pytest.mark.parametrize("kind", ["incoming", "notice"])
def test_a_word_beside_an_alert_does_not_take_the_place_of_its_message(
    room: Room, kind: str
) -> None:
    told = room.see(over(III))[0]
    word = outbox.Entry(
        told.alert_id, 0, "i1.1", kind, PERSON.name, A, PERSON.phone, III, "话", "话"
    )
    with room.database.write() as tx:
        outbox.insert(tx, [word], now=NOW)
        dispatch.drop_repetitions(tx)
    assert states(room) == ["pending", "pending"]


def test_a_word_beside_an_alert_is_not_lost_in_a_digest(
    room: Room, running: list[Deliverer]
) -> None:
    told = room.see(over(III))[0]
    for number in range(8):
        room.see(over(III), rule=rule(number))
    word = outbox.Entry(
        told.alert_id, 0, "m1", "notice", PERSON.name, A, PERSON.phone, III, "搁置", "搁置"
    )
    with room.database.write() as tx:
        outbox.insert(tx, [word], now=NOW)
    text = Scripted(A)
    start(running, room, text)
    assert until(lambda: sorted(m.kind for m in text.heard) == ["digest", "notice"])


# -- the loop of the sender outlives whatever one message does to it ----------------------------


@pytest.mark.parametrize("part", ["_collapse", "divert", "signed", "drop_repetitions"])
def test_a_fault_in_ordering_messages_stops_none_of_them(
    room: Room, running: list[Deliverer], monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("planted")

    place = {
        "_collapse": arrange, "divert": arrange, "signed": answer_link,
        "drop_repetitions": dispatch,
    }[part]  # fmt: skip
    monkeypatch.setattr(place, part, broken)
    channels = {A: {"per_day": 1} if part == "divert" else {}, B: {}, "smtp": {}, "log": {}}
    route = replace(WRITTEN, channels=("smtp",) if part == "signed" else (A,))
    room.district = replace(
        room.district, channels=channels, routes=(route,), service={"url": "https://flood.example"}
    )
    for number in range(8):
        told = room.see(over(III), rule=rule(number))[0]
    if part == "drop_repetitions":
        again = outbox.Entry(
            told.alert_id, 0, "r1.1", "reminder", PERSON.name, A, PERSON.phone, III, "二", "二"
        )
        with room.database.write() as tx:
            outbox.insert(tx, [again], now=NOW)
    text = Scripted(A)
    start(running, room, text, Scripted(B), Scripted("smtp"))
    assert until(
        lambda: "accepted" in [row["state"] for row in room.outbox() if row["channel"] != "log"]
    )


# -- a digest is worth what it carries ----------------------------------------------------------


def test_a_digest_of_grade_ii_is_tried_as_long_as_one_of_its_alerts_stands(room: Room) -> None:
    for number in range(8):
        room.see(over(II), rule=rule(number))
    made = arrange_now(room)
    with room.database.write() as tx:
        [row] = outbox.lease(tx, [made], epoch=1, now=room.now + DAY + HOUR)
        assert outbox.in_flight(tx, [row.id])[row.id].stands
    for number in range(8):
        room.see(CLEAR, rule=rule(number))
    with room.database.write() as tx:
        assert not outbox.in_flight(tx, [made])[made].stands


def test_who_was_reached_by_a_digest_on_another_channel_hears_the_all_clear(
    room: Room, running: list[Deliverer]
) -> None:
    for number in range(8):
        room.see(over(III), rule=rule(number))
    other = Scripted(B)
    refuses = Scripted(A, answer=lambda _: Result(Sent.PERMANENT, "not this number"))
    sender = start(running, room, refuses, other)
    assert until(lambda: [m.kind for m in other.heard] == ["digest"])
    assert until(lambda: "accepted" in states(room, kind="digest"))
    room.now += 10 * MINUTE
    room.see(CLEAR, rule=rule(3))
    sender.wake()
    assert until(lambda: other.heard[-1].kind == "resolved")


def arrange_now(room: Room) -> int:
    """Let what is due become a digest; its number."""
    with room.database.write() as tx:
        counted = arrange.quotas(tx.connection, room.district, now=room.now)
        found = arrange.crowds(tx.connection, room.district, counted, now=room.now)
        arrange.arrange(tx, found, district=room.district, now=room.now)
    return int(room.outbox(kind="digest")[0]["id"])
