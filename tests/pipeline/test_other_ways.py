"""When a channel does not take a message: the next one, alone for those it concerns."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from floodwatch.model.alert import RuleKey
from floodwatch.model.clock import DAY, HOUR, MINUTE, SECOND
from floodwatch.model.notification import Message, Result, Sent
from floodwatch.model.people import Person, Route
from floodwatch.model.severity import Severity
from floodwatch.pipeline import lines
from floodwatch.pipeline.deliver import Deliverer
from floodwatch.store.database import Database
from tests.notify.mail_server import Recorder, mail_server
from tests.notify.village import DAM, NOW, district
from tests.pipeline.telling import (
    CLEAR,
    Room,
    Scripted,
    answers,
    deliverer,
    over,
    states,
    until,
)

IV, III, II, I = Severity  # noqa: E741
A, B = "sms_gammu", "sms_smpp"  # two providers of text messages, in the order of trying
PERSON = Person("示范丙三", email="patrol@example.org", phone="+8610000000003")


@pytest.fixture
def room(sqlite_database: Database) -> Room:
    made = Room(sqlite_database)
    made.district = district(
        channels={A: {}, B: {}, "smtp": {}, "log": {}},
        people={PERSON.name: PERSON},
        routes=(Route(people=(PERSON.name,), must_answer=True),),
    )
    return made


def start(running: list[Deliverer], room: Room, *channels: Scripted) -> Deliverer:
    sender = deliverer(room, *channels)
    running.append(sender)
    sender.start()
    return sender


def trio(**answer: object) -> dict[str, Scripted]:
    """The three channels; all accept but those that are told otherwise."""
    made = {name: Scripted(name) for name in (A, B, "smtp", "log")}
    for name, told in answer.items():
        made[name].answer = told  # type: ignore[assignment]
    return made


def refusing(sent: Sent) -> object:
    return lambda _: Result(sent, "as scripted")


@pytest.mark.parametrize(
    ("severity", "expected"), [(I, {A, "smtp"}), (II, {A, "smtp"}), (III, {A}), (IV, {A})]
)
def test_the_graver_the_more_media_at_once(
    room: Room, severity: Severity, expected: set[str]
) -> None:
    room.see(over(severity))
    assert {row["channel"] for row in room.outbox()} == expected


def test_what_one_provider_refuses_for_good_goes_by_the_other(
    room: Room, running: list[Deliverer]
) -> None:
    made = trio(**{A: refusing(Sent.PERMANENT)})
    start(running, room, *made.values())
    room.see(over(III))
    assert until(lambda: states(room) == ["failed", "accepted"])
    assert room.rows("channel", "reason")[0] == (A, "as scripted; reached by sms_smpp")
    assert [m.key for m in made[A].heard] != [m.key for m in made[B].heard]
    assert room.now == NOW  # at once


def test_what_does_not_get_out_goes_by_another_beside_and_ends_when_that_is_taken(
    room: Room, running: list[Deliverer]
) -> None:
    made = trio(**{A: refusing(Sent.RETRY)})
    sender = start(running, room, *made.values())
    room.see(over(III))
    for tries in (1, 2, 3):
        assert until(lambda tries=tries: tried(room, A) >= tries)
        room.now += 5 * SECOND
        sender.wake()
    assert until(lambda: states(room, channel=B) == ["accepted"])
    assert until(lambda: states(room, channel=A) == ["superseded"])
    assert room.rows("reason", channel=A) == [("not needed; reached by sms_smpp",)]


def test_the_all_clear_goes_the_way_the_alarm_went(room: Room, running: list[Deliverer]) -> None:
    made = trio(**{A: answers(Sent.PERMANENT)})
    start(running, room, *made.values())
    room.see(over(III))
    assert until(lambda: states(room, channel=B) == ["accepted"])
    room.see(CLEAR)
    assert until(lambda: len(made[B].heard) == 2)
    assert len(made[A].heard) == 1


def tried(room: Room, channel: str) -> int:
    """How many tries of the channel's one row are over, and written down."""
    [(tries, state)] = room.rows("tries", "state", channel=channel)
    return int(tries) - (state == "leased")


def down(room: Room) -> list[str]:
    with room.database.read() as connection:
        return [name for name, line in lines.known(connection).items() if line.down]


def test_a_dead_provider_is_probed_slowly_and_the_others_take_its_messages(
    room: Room, running: list[Deliverer]
) -> None:
    made = trio(**{A: refusing(Sent.UNKNOWN)})
    sender = start(running, room, *made.values())
    for number in range(5):
        room.see(over(I), rule=RuleKey(DAM, f"g{number}", "stage", "level", "up"))
    assert until(lambda: down(room) == [A])
    tried = len(made[A].heard)
    assert until(lambda: states(room, channel=B) == ["accepted"] * 5)
    assert states(room, channel="smtp") == ["accepted"] * 5
    room.see(over(I), rule=RuleKey(DAM, "later", "stage", "level", "up"))
    assert until(lambda: states(room, channel=B) == ["accepted"] * 6)
    assert len(made[A].heard) == tried  # nothing was wasted on it
    room.see(over(I), rule=RuleKey(DAM, "last", "stage", "level", "up"))
    made[A].answer = lambda _: Result(Sent.ACCEPTED, "taken")
    assert until(lambda: states(room, channel=B) == ["accepted"] * 7)
    assert down(room) == [A]
    assert sender is running[0]


def test_a_probe_that_is_taken_opens_the_line_again(room: Room, running: list[Deliverer]) -> None:
    room.district = district(
        channels={A: {}, "log": {}},
        people={PERSON.name: PERSON},
        routes=(Route(people=(PERSON.name,)),),
    )
    made = Scripted(A, answer=lambda _: Result(Sent.RETRY, "no line"))
    sender = start(running, room, made, Scripted("log"))
    for number in range(8):
        room.see(over(I), rule=RuleKey(DAM, f"g{number}", "stage", "level", "up"))
    assert until(lambda: down(room) == [A])
    made.answer = lambda _: Result(Sent.ACCEPTED, "taken")
    room.now += 30 * SECOND
    sender.wake()
    assert until(lambda: down(room) == [])
    assert until(lambda: states(room, channel=A) == ["accepted"] * 8)


def test_a_line_that_is_down_is_a_system_alert_after_three_minutes(room: Room) -> None:
    bad = ("unknown", "no answer")
    kept = lines.Lines({})
    for _ in range(5):
        kept.heard(A, Sent(bad[0]), detail=bad[1], at=NOW)
    with room.database.write() as tx:
        kept.write(tx)
        early = dict(lines.findings(tx.connection, room.district, now=NOW + 3 * MINUTE - 1))
        late = dict(lines.findings(tx.connection, room.district, now=NOW + 4 * MINUTE))
    assert early["channels"].severity is None
    assert late["channels"].severity == III
    assert "sms_gammu（4分钟，no answer）" in str(late["channels"].facts["zh"])


def test_when_every_line_is_down_people_are_called_by_hand(room: Room) -> None:
    kept = lines.Lines({})
    for name in (A, B, "smtp"):
        for _ in range(5):
            kept.heard(name, Sent.RETRY, detail="dead", at=NOW)
    with room.database.write() as tx:
        kept.write(tx)
        found = dict(lines.findings(tx.connection, room.district, now=NOW + HOUR))
    assert found["channels"].severity == I
    assert "人工" in str(found["channels"].facts["zh"])


def test_a_day_without_any_channel_loses_nothing_and_says_each_thing_once(
    room: Room, running: list[Deliverer]
) -> None:
    room.district = district(
        channels={A: {}, "log": {}},
        people={PERSON.name: PERSON},
        routes=(Route(people=(PERSON.name,), channels=(A,), must_answer=True, within=300_000),),
    )
    made = Scripted(A, answer=lambda _: Result(Sent.UNKNOWN, "the network is down"))
    sender = start(running, room, made, Scripted("log"))
    others = [RuleKey(DAM, f"g{n}", "stage", "level", "up") for n in range(3)]
    for rule, severity in zip(others, (III, II, I), strict=True):
        room.see(over(severity), rule=rule)
    assert until(
        lambda: len(room.rows("tries")) == 3 and all(t >= 1 for (t,) in room.rows("tries"))
    )
    for _ in range(24):  # reminders and escalations of a day
        room.pass_time(HOUR)
        sender.wake()
    assert room.now == NOW + DAY
    assert until(lambda: down(room) == [A])
    made.heard.clear()
    made.answer = lambda _: Result(Sent.ACCEPTED, "taken")

    def told() -> set[int]:
        return {row["alert_id"] for row in room.outbox(state="accepted") if row["channel"] == A}

    def later() -> bool:
        room.now += 31 * SECOND
        sender.wake()
        return told() == {1, 2, 3}

    assert until(later)
    assert made.heard[0].severity == I
    assert {"expired", "failed"}.isdisjoint(states(room, channel=A))
    by_alert = [row["alert_id"] for row in room.outbox(state="accepted", channel=A)]
    assert len(by_alert) <= 6  # not one for every reminder of the day


class Refusing(Recorder):
    """Answers RCPT and the message as it is told."""


def test_a_refused_recipient_among_accepted_ones_goes_another_way_alone(
    room: Room, running: list[Deliverer]
) -> None:
    from floodwatch.pipeline import channels

    people = {
        name: Person(name, email=f"{mail}@example.org", phone=f"+86100000000{n}")
        for n, (name, mail) in enumerate(
            [("示范甲", "good"), ("示范乙", "gone"), ("示范丙", "grey")]
        )
    }
    recorder = Recorder(
        rcpt={"gone@example.org": "550 no such user", "grey@example.org": "450 later"}
    )
    with mail_server(recorder) as port:
        mail = {
            "host": "127.0.0.1", "port": port, "from": "floodwatch@example.org",
            "security": "none",
        }  # fmt: skip
        room.district = district(
            channels={"smtp": mail, B: {}, "log": {}},
            people=people,
            routes=(Route(people=tuple(people), channels=("smtp",)),),
        )
        real = channels.build(district(channels={"smtp": mail}), room.database, demonstration=False)
        text = Scripted(B)
        sender = start(running, room, real["smtp"], real["log"], text)  # type: ignore[arg-type]
        room.see(over(III))
        assert until(lambda: states(room, person="示范甲") == ["accepted"])
        assert until(lambda: states(room, person="示范乙") == ["failed", "accepted"])
        assert until(lambda: room.rows("state", "tries", person="示范丙") == [("retry", 1)])
        del recorder.rcpt["grey@example.org"]
        room.now += 2 * SECOND
        sender.wake()
        assert until(lambda: states(room, person="示范丙") == ["accepted"])
        running.pop().stop()
    assert [m.person for m in text.heard] == ["示范乙"]
    assert sorted(m["To"] for m in recorder.taken) == ["good@example.org", "grey@example.org"]


@contextmanager
def silent_server() -> Iterator[int]:
    """A listener that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


def test_a_mail_server_that_says_nothing_delays_no_other_channel(
    room: Room, running: list[Deliverer]
) -> None:
    from floodwatch.notify.channels.smtp import SmtpChannel

    with silent_server() as port:
        mail = SmtpChannel(
            {"host": "127.0.0.1", "port": port, "from": "a@example.org", "security": "none",
             "timeout": 3_000}
        )  # fmt: skip
        room.district = district(
            channels={"smtp": {}, A: {}, "log": {}},
            people={PERSON.name: PERSON},
            routes=(Route(people=(PERSON.name,), channels=("smtp", A)),),
        )
        text = Scripted(A)
        start(running, room, mail, text, Scripted("log"))  # type: ignore[arg-type]
        for number in range(20):
            room.see(over(I), rule=RuleKey(DAM, f"g{number}", "stage", "level", "up"))
        assert until(lambda: states(room, channel=A) == ["accepted"] * 20)
        assert "accepted" not in states(room, channel="smtp")
        assert room.outbox(channel="smtp", state="leased")  # it still hangs there
        running.pop().stop()


def test_a_message_says_what_kind_it_is(room: Room, running: list[Deliverer]) -> None:
    heard: list[Message] = []

    def hear(message: Message) -> Result:
        heard.append(message)
        return Result(Sent.ACCEPTED, "taken", "provider-7")

    made = trio(**{A: hear})
    start(running, room, *made.values())
    room.see(over(III))
    assert until(lambda: states(room) == ["accepted"])
    assert (heard[0].kind, heard[0].way) in {("fired", "text"), ("fired", "call")}
    [(known, parts)] = room.rows("provider_id", "parts")
    assert known == "provider-7"
    assert parts == (1 if heard[0].way == "text" else 0)
