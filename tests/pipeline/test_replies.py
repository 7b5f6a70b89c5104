"""Answers and receipts that come in: whose they are, what they end, and what the room hears."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from floodwatch.model.alert import RuleKey
from floodwatch.model.clock import MINUTE
from floodwatch.model.notification import Call, DeliveryReport, Incoming
from floodwatch.model.people import Person, Route
from floodwatch.model.severity import Severity
from floodwatch.notify.channels.sms_gammu import GammuChannel
from floodwatch.pipeline import exercise
from floodwatch.pipeline.replies import Replies, take
from floodwatch.store import exercises, incoming, tables
from floodwatch.store.database import Database
from tests.notify.gammu import daemon
from tests.notify.village import DAM, NOW, district
from tests.pipeline.telling import Room, claim, over, until

III, II = Severity.III, Severity.II
A, B = "sms_gammu", "sms_smpp"
PATROL, OTHER, OFFICER = "示范丙三", "示范丙一", "示范值班员甲"
PHONES = {PATROL: "+8610000000003", OTHER: "+8610000000008", OFFICER: "+8610000000001"}


@pytest.fixture
def room(sqlite_database: Database) -> Room:
    made = Room(sqlite_database)
    made.district = district(
        channels={A: {}, B: {}, "log": {}},
        people={name: Person(name, phone=phone) for name, phone in PHONES.items()},
        routes=(
            Route(severity=(II,), people=(PATROL, OTHER), must_answer=True),
            Route(people=(OFFICER,)),
        ),
    )
    return made


def rule(number: int) -> RuleKey:
    return RuleKey(DAM, f"g{number}", "stage", "level", "up")


def say(room: Room, text: str, *, of: str = PATROL, id: str = "m1") -> list[Any]:
    message = Incoming(id, PHONES.get(of, of), text, room.now)
    with room.database.write() as tx:
        return take(tx, A, [message], district=room.district, now=room.now)


def owed(room: Room) -> dict[tuple[int, str], str]:
    return {(r["alert_id"], r["party"]): r["state"] for r in room.table(tables.obligation)}


def test_a_message_that_cannot_be_taken_keeps_back_no_other(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    from floodwatch.pipeline import replies

    room.see(over(II))
    good = replies.meaning

    def broken(text: str) -> Any:
        if text == "坏":
            raise ValueError("planted")
        return good(text)

    monkeypatch.setattr(replies, "meaning", broken)
    messages = [
        Incoming("m1", PHONES[PATROL], "坏", room.now),
        Incoming("m2", PHONES[PATROL], "收到", room.now),
    ]
    with room.database.write() as tx:
        found = take(tx, A, messages, district=room.district, now=room.now)
    assert [one.provider_id for one in found] == ["m2"]
    assert owed(room)[1, PATROL] == "answered"


@pytest.mark.parametrize("text", ["收到", "1", "１", "好", "已知", "收到 1", "1 99"])
def test_one_answer_covers_all_that_the_person_owes_and_nothing_of_others(
    room: Room, text: str
) -> None:
    for number in range(2):
        room.see(over(II), rule=rule(number))
    [taken] = say(room, text)
    assert (taken.outcome, taken.person) == ("answered", PATROL)
    assert sorted(taken.alerts) == [1, 2]
    states = owed(room)
    assert {states[1, PATROL], states[2, PATROL]} == {"answered"}
    assert {states[1, OTHER], states[2, OTHER]} == {"open"}
    assert {states[1, "room"], states[2, "room"]} == {"open"}
    assert {r["via"] for r in room.table(tables.obligation, party=PATROL)} == {"sms"}


def test_a_number_still_answers_for_the_name_it_had_when_it_was_asked(room: Room) -> None:
    room.see(over(II))
    people = {name: one for name, one in room.district.people.items() if name != PATROL}
    people["示范丁"] = Person("示范丁", phone=PHONES[PATROL])
    room.district = replace(room.district, people=people)
    [taken] = say(room, "收到")
    assert taken.outcome == "answered"
    assert owed(room)[1, PATROL] == "answered"
    assert owed(room)[1, OTHER] == "open"


def test_a_message_counts_once_however_often_it_is_handed_over(room: Room) -> None:
    room.see(over(II))
    assert len(say(room, "1")) == 1
    assert say(room, "1") == []
    with room.database.read() as connection:
        assert len(incoming.newest(connection)) == 1


def test_a_bare_number_answers_only_when_it_is_that_persons_alert(room: Room) -> None:
    room.see(over(II))
    assert say(room, "99", id="a")[0].outcome == "not_understood"
    assert owed(room)[1, PATROL] == "open"
    assert say(room, "警〔0001〕", id="b")[0].outcome == "answered"


def test_an_answer_to_nothing_is_kept_as_that(room: Room) -> None:
    assert say(room, "收到")[0].outcome == "nothing_open"
    assert room.outbox() == []


def test_a_text_that_is_no_answer_ends_nothing_and_the_officer_hears(room: Room) -> None:
    room.see(over(II))
    before = len(room.outbox())
    [taken] = say(room, "路断了，过不去")
    assert taken.outcome == "not_understood"
    assert owed(room)[1, PATROL] == "open"
    assert "示范丙三短信：“路断了，过不去”，未计为应答，请核实" in room.notes("note")
    told = room.outbox()[before:]
    assert [(row["person"], row["kind"]) for row in told] == [(OFFICER, "incoming")]
    assert set(json.loads(told[0]["slots"])) == {"place", "value", "limit", "action", "code"}
    assert "路断了" in told[0]["body"]


def test_an_unknown_number_is_kept_and_told_once_an_hour(room: Room) -> None:
    for number in range(3):
        [taken] = say(room, "收到", of="+8619900000000", id=f"m{number}")
        assert (taken.outcome, taken.person) == ("unknown_number", None)
    assert [row["person"] for row in room.outbox()] == [OFFICER]
    assert "未登记号码+8619900000000" in room.outbox()[0]["body"]


def test_an_answer_counts_for_an_exercise_too(room: Room) -> None:
    with room.database.write() as tx:
        number = exercise.start(tx, who=OFFICER, scope="", district=room.district, now=NOW)
    assert say(room, "1")[0].outcome == "answered"
    with room.database.read() as connection:
        asked = {one.person: one.via for one in exercises.asked(connection, number)}
    assert asked == {PATROL: "sms", OTHER: None, OFFICER: None}


# -- the loop ---------------------------------------------------------------------------------


@dataclass
class Phone:
    """A channel that hands over what it is given until that is confirmed."""

    name: str = A
    timeout: float = 5.0
    held: list[Incoming] = field(default_factory=list)
    receipts: list[DeliveryReport] = field(default_factory=list)
    broken: bool = False

    def receive(self) -> Sequence[Incoming]:
        if self.broken:
            raise OSError("the modem is gone")
        return list(self.held)

    def confirm(self, provider_ids: Sequence[str]) -> None:
        self.held = [one for one in self.held if one.provider_id not in provider_ids]

    def reports(self) -> Sequence[DeliveryReport]:
        found, self.receipts = self.receipts, []
        return found


def replies(room: Room, *phones: Phone) -> Replies:
    return Replies(
        room.database,
        lambda: {phone.name: phone for phone in phones},  # type: ignore[misc]
        epoch=claim(room.database),
        now=lambda: room.now,
        district=lambda: room.district,
    )


def test_the_engine_takes_answers_and_confirms_them_after_the_commit(room: Room) -> None:
    room.see(over(II))
    phone = Phone(held=[Incoming("m1", PHONES[PATROL], "收到", NOW)])
    loop = replies(room, phone)
    loop.start()
    assert until(lambda: phone.held == [])
    loop.stop()
    assert owed(room)[1, PATROL] == "answered"


def test_what_cannot_be_stored_is_not_confirmed(room: Room) -> None:
    phone = Phone(held=[Incoming("m1", PHONES[PATROL], "收到", NOW)])
    loop = replies(room, phone)
    claim(room.database)  # another engine has taken over
    loop._guarded(phone.name, phone)
    assert len(phone.held) == 1


def test_a_broken_modem_stops_no_other_channel(room: Room) -> None:
    room.see(over(II))
    good = Phone(B, held=[Incoming("m1", PHONES[PATROL], "1", NOW)])
    loop = replies(room, Phone(broken=True), good)
    loop.look()
    assert until(lambda: good.held == [])
    assert owed(room)[1, PATROL] == "answered"


def accepted(room: Room, known: str = "p1") -> None:
    """The message to the patrol person, as its provider has accepted it."""
    room.see(over(II))
    room.mark("accepted")
    with room.database.write() as tx:
        tx.connection.execute(
            tables.outbox.update()
            .where(tables.outbox.c.person == PATROL)
            .values(accepted_at=room.now, provider_id=known)
        )


def test_a_receipt_says_when_it_arrived(room: Room) -> None:
    accepted(room)
    phone = Phone(receipts=[DeliveryReport("p1", True)])
    replies(room, phone).hear(A, phone)
    assert room.rows("delivered_at", person=PATROL) == [(NOW,)]


def test_a_receipt_may_come_before_its_message_is_written_down(room: Room) -> None:
    phone = Phone(receipts=[DeliveryReport("p1", True)])
    loop = replies(room, phone)
    loop.hear(A, phone)
    accepted(room)
    loop.hear(A, phone)
    assert room.rows("delivered_at", person=PATROL) == [(NOW,)]


def test_what_was_not_delivered_goes_by_the_other_provider_at_once(room: Room) -> None:
    accepted(room)
    phone = Phone(receipts=[DeliveryReport("p1", False, "UNDELIV")])
    replies(room, phone).hear(A, phone)
    assert room.rows("channel", "state", "reason", person=PATROL) == [
        (A, "failed", "undelivered: UNDELIV"),
        (B, "pending", None),
    ]


def test_without_a_receipt_in_three_minutes_the_next_channel_is_taken_once(room: Room) -> None:
    accepted(room)
    loop = replies(room, Phone())
    room.now += 3 * MINUTE - 1
    loop._chase([A])
    assert len(room.outbox(person=PATROL)) == 1
    room.now += 1
    loop._chase([A])
    replies(room, Phone())._chase([A])  # also after a restart
    assert room.rows("channel", person=PATROL) == [(A,), (B,)]
    assert room.notes("note").count("示范丙三 3分钟无送达回执（sms_gammu），改用 sms_smpp") == 1


def test_what_has_its_receipt_is_not_chased(room: Room) -> None:
    accepted(room)
    phone = Phone(receipts=[DeliveryReport("p1", True)])
    loop = replies(room, phone)
    loop.hear(A, phone)
    room.now += 5 * MINUTE
    loop._chase([A])
    assert len(room.outbox(person=PATROL)) == 1


@pytest.mark.parametrize(("call", "state"), [(Call.CONFIRMED, "answered"), (Call.HEARD, "open")])
def test_only_the_pressed_key_of_a_call_is_an_answer(room: Room, call: Call, state: str) -> None:
    accepted(room)
    phone = Phone(receipts=[DeliveryReport("p1", True, call.value, 0, call)])
    replies(room, phone).hear(A, phone)
    assert owed(room)[1, PATROL] == state


def test_an_answer_by_a_real_modem_daemon_is_taken_and_its_file_goes(
    room: Room, tmp_path: Path
) -> None:
    room.see(over(II))
    with daemon(tmp_path / "gammu") as modem:
        channel = GammuChannel({"smsdrc": str(modem.smsdrc)})
        modem.bring(PHONES[PATROL], "收到")
        loop = replies(room, channel)  # type: ignore[arg-type]
        loop.start()
        assert until(lambda: owed(room)[1, PATROL] == "answered", seconds=30)
        assert until(lambda: list((modem.folder / "inbox").iterdir()) == [])
        loop.stop()
    with room.database.read() as connection:
        [taken] = incoming.newest(connection)
    assert (taken["channel"], taken["address"], taken["text"]) == (A, PHONES[PATROL], "收到")
