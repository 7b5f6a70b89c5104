"""The sender: at least once, in order, nothing lost by a restart, no way out delaying another."""

from collections.abc import Callable

import pytest

from floodwatch.model.alert import RuleKey
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.notification import Message, Result, Sent
from floodwatch.model.severity import Severity
from floodwatch.notify import digest, retry
from floodwatch.notify.breaker import HUNG_MOST
from floodwatch.pipeline import lines
from floodwatch.pipeline.deliver import Deliverer
from floodwatch.store import tables
from floodwatch.store.database import Database
from tests.notify.mail_server import Recorder, mail_server
from tests.notify.village import DAM, NOW, district
from tests.pipeline.telling import (
    CLEAR,
    Hung,
    Room,
    Scripted,
    answers,
    claim,
    deliverer,
    over,
    states,
    until,
)

I, II, III = Severity.I, Severity.II, Severity.III  # noqa: E741


@pytest.fixture
def room(database: Database) -> Room:
    return Room(database)


def start(running: list[Deliverer], sender: Deliverer) -> Deliverer:
    running.append(sender)
    sender.start()
    return sender


def finished(room: Room) -> bool:
    return all(row["next_at"] is None for row in room.outbox())


def test_every_message_reaches_its_channel_and_is_written_down(
    room: Room, running: list[Deliverer]
) -> None:
    mail, log = Scripted(), Scripted("log")
    start(running, deliverer(room, mail, log))
    room.see(over(II))
    assert until(lambda: finished(room) and room.outbox())
    assert sorted(message.person for message in mail.heard) == sorted(
        ["示范值班员甲", "示范丙三", "示范外宾"]
    )
    assert [message.person for message in log.heard] == ["示范丙一"]
    assert room.rows("state", "tries", "accepted_at", "epoch") == [("accepted", 1, NOW, None)] * 4
    attempts = room.table(tables.attempt)
    assert [(row["sent"], row["detail"]) for row in attempts] == [("accepted", "taken")] * 4


def test_an_answer_that_no_database_takes_holds_nothing_up(
    room: Room, running: list[Deliverer]
) -> None:
    mail = Scripted(answer=lambda _: Result(Sent.RETRY, "nul \x00 and half \ud83d"))
    start(running, deliverer(room, mail, Scripted("log")))
    room.see(over(II))
    assert until(lambda: "accepted" in states(room) and "retry" in states(room))


def test_an_outcome_that_cannot_be_settled_holds_up_no_other(
    room: Room, running: list[Deliverer], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(tries: int, chance: float) -> int:
        raise LookupError(f"a fault of the test {tries} {chance}")

    monkeypatch.setattr(retry, "wait", wait)
    start(running, deliverer(room, Scripted(answer=lambda _: Result(Sent.RETRY)), Scripted("log")))
    room.see(over(II))
    assert until(lambda: sorted(states(room)) == ["accepted", "retry", "retry", "retry"])


def test_an_idle_outbox_is_only_read(sqlite_database: Database, running: list[Deliverer]) -> None:
    from sqlalchemy import event

    room = Room(sqlite_database)
    sender = deliverer(room, Scripted())
    said: list[str] = []
    reads: list[str] = []
    event.listen(sqlite_database.engine, "before_cursor_execute", lambda *a: said.append(a[2]))
    event.listen(sqlite_database._readers, "before_cursor_execute", lambda *a: reads.append(a[2]))
    start(running, sender)
    assert until(lambda: len(reads) > 6)
    assert said == []


def test_what_is_refused_for_now_is_tried_again_after_its_wait(
    room: Room, running: list[Deliverer]
) -> None:
    room.district = district(routes=room.district.routes[-1:])
    mail = Scripted(answer=answers(Sent.RETRY, Sent.RETRY))
    sender = start(running, deliverer(room, mail))
    room.see(over(II))
    assert until(lambda: states(room) == ["retry"])
    assert room.rows("next_at", "reason") == [(NOW + 2_000, "as scripted")]
    room.now += 2_000
    sender.wake()
    assert until(lambda: room.rows("next_at") == [(NOW + 7_000,)])
    room.now += 5_000
    sender.wake()
    assert until(lambda: states(room) == ["accepted"])
    assert len({message.key for message in mail.heard}) == 1
    assert not any("重发" in message.subject for message in mail.heard)


def test_an_unknown_outcome_is_sent_again_with_the_same_key_and_marked(
    room: Room, running: list[Deliverer]
) -> None:
    room.district = district(routes=room.district.routes[-1:])
    mail = Scripted(answer=answers(Sent.UNKNOWN))
    sender = start(running, deliverer(room, mail))
    [told] = room.see(over(II))
    assert until(lambda: states(room) == ["retry"])
    room.now += 2_000
    sender.wake()
    assert until(lambda: states(room) == ["accepted"])
    first, second = mail.heard
    assert first.key == second.key
    assert second.subject == f"【重发警〔{told.alert_id}〕】{first.subject}"
    assert second.body.startswith("【重发警〔")


def test_a_channel_that_raises_leaves_the_outcome_unknown_and_the_sender_alive(
    room: Room, running: list[Deliverer]
) -> None:
    def broken(message: Message) -> Result:
        raise OSError("the modem is gone")

    room.district = district(routes=room.district.routes[-1:])
    mail = Scripted(answer=broken)
    sender = start(running, deliverer(room, mail))
    room.see(over(II))
    assert until(lambda: states(room) == ["retry"])
    assert [row["sent"] for row in room.table(tables.attempt)] == ["unknown"]
    mail.answer = answers()
    room.now += 2_000
    sender.wake()
    assert until(lambda: states(room) == ["accepted"])


def test_what_is_refused_for_good_goes_on_by_the_next_way_and_the_room_hears(
    room: Room, running: list[Deliverer]
) -> None:
    mail, log = Scripted(answer=lambda _: Result(Sent.PERMANENT, "550 no")), Scripted("log")
    start(running, deliverer(room, mail, log))
    room.see(over(II))
    assert until(lambda: states(room, channel="log") == ["accepted"] * 4)
    assert room.rows("channel", "state", "next_at", person="示范丙三") == [
        ("smtp", "retry", NOW + 5 * MINUTE),  # it may have been a filter's mistake
        ("log", "accepted", None),
    ]
    assert room.outbox(person="示范丙三")[0]["reason"] == "550 no"
    assert "示范丙三 送不到（smtp: 550 no），改用 log" in room.notes("note")


def test_what_was_refused_for_good_is_tried_again_slowly_and_said_once(
    room: Room, running: list[Deliverer]
) -> None:
    room.district = district(routes=room.district.routes[-1:])
    mail = Scripted(answer=answers(Sent.PERMANENT, Sent.PERMANENT))
    sender = start(running, deliverer(room, mail, Scripted("log")))
    room.see(over(II))
    assert until(lambda: states(room) == ["retry", "accepted"])
    for tries in (2, 3):
        room.now += 5 * MINUTE
        sender.wake()
        found = [(tries, "retry" if tries == 2 else "accepted")]
        assert until(lambda found=found: room.rows("tries", "state", channel="smtp") == found)
    assert states(room) == ["accepted", "accepted"]
    assert len(room.notes("note")) == 1


def test_a_channel_that_is_no_longer_there_is_a_refusal_for_good(
    room: Room, running: list[Deliverer]
) -> None:
    log = Scripted("log")
    start(running, deliverer(room, log))
    room.see(over(II))
    assert until(lambda: room.outbox() and finished(room) and len(log.heard) == 4)
    assert states(room, channel="smtp") == ["failed"] * 3


def test_the_all_clear_waits_for_the_message_before_it(
    room: Room, running: list[Deliverer]
) -> None:
    room.district = district(routes=room.district.routes[-1:])
    mail = Scripted(answer=answers(Sent.UNKNOWN))
    sender = start(running, deliverer(room, mail))
    room.see(over(II))
    assert until(lambda: states(room) == ["retry"])
    room.see(CLEAR)
    sender.wake()
    assert states(room) == ["retry", "pending"]
    room.now += 2_000
    sender.wake()
    assert until(lambda: states(room) == ["accepted", "accepted"])
    assert ["解除" in subject for subject in mail.subjects()] == [False, False, True]


def test_a_hung_channel_delays_no_other(room: Room, running: list[Deliverer]) -> None:
    room.district = district(
        channels={"hung": {}, "log": {}},
        people={
            name: person.__class__(name, phone="1") for name, person in room.district.people.items()
        },
        routes=(),
    )
    hung, log = Hung(), Scripted("log")
    start(running, deliverer(room, hung, log))
    room.see(over(II))
    assert until(lambda: states(room, channel="log") == ["accepted"] * 7)
    assert "accepted" not in states(room, channel="hung")
    hung.set()


def test_a_thread_is_kept_for_the_gravest(room: Room, running: list[Deliverer]) -> None:
    hung = Hung()
    hung.name = "smtp"
    hung.timeout = 60.0
    grave: list[Message] = []
    send = hung.send

    def choose(message: Message) -> Result:
        if message.severity == I:
            grave.append(message)
            return Result(Sent.ACCEPTED, "taken")
        return send(message)

    hung.send = choose  # type: ignore[method-assign]
    start(running, deliverer(room, hung, Scripted("log"), workers=3))
    room.see(over(II))
    assert until(lambda: states(room, channel="smtp").count("leased") == 2)
    room.see(over(I), rule=RuleKey(DAM, "2", "stage", "level", "up"))
    assert until(lambda: len(grave) == 2)
    hung.set()


def test_a_channel_that_does_not_come_back_is_given_up_and_its_row_sent_again(
    room: Room, running: list[Deliverer]
) -> None:
    room.district = district(routes=room.district.routes[-1:])
    hung = Hung()
    hung.name = "smtp"
    seconds = [0.0]
    sender = start(running, deliverer(room, hung, monotonic=lambda: seconds[0]))
    room.see(over(II))
    assert until(lambda: room.rows("tries") == [(1,)])
    seconds[0] = 60.0
    sender.wake()
    assert until(lambda: room.rows("tries") == [(2,)])
    assert [row["sent"] for row in room.table(tables.attempt)] == ["unknown"]
    hung.set()


def test_a_channel_that_hangs_again_and_again_is_tried_after_a_pause(room: Room) -> None:
    room.district = district(routes=room.district.routes[-1:])
    hung = Hung()
    hung.name = "smtp"
    seconds = [0.0]
    started: list[Callable[[], None]] = []
    sender = deliverer(
        room,
        hung,
        monotonic=lambda: seconds[0],
        workers=2,
        start=lambda work, name: started.append(work),
    )
    room.see(over(II))

    def rounds(number: int, pause: int) -> int:
        for _ in range(number):
            sender._round()
            seconds[0] += 60.0  # longer than a channel may take
            room.now += pause
        return len(started)

    assert rounds(20, HOUR) > 2 * 4, "after the pause it is tried again, one at a time"
    before = len(started)
    assert rounds(20, 60_000) <= before + 1, "the more hang, the longer the pause"
    with room.database.read() as connection:
        said = lines.known(connection)["smtp"].said
    assert "不返回" in said
    assert rounds(220, HOUR) <= HUNG_MOST, "threads that hang are bounded"
    with room.database.read() as connection:
        assert "请重启服务" in lines.known(connection)["smtp"].said


def test_a_restart_sends_nothing_twice_but_what_was_in_flight(
    room: Room, running: list[Deliverer]
) -> None:
    claim(room.database)
    room.see(over(II))
    room.mark("accepted", person="示范值班员甲")
    room.mark("leased", person="示范丙三")
    mail, log = Scripted(), Scripted("log")
    epoch = claim(room.database)
    assert epoch == 2
    start(running, deliverer(room, mail, log, epoch=epoch))
    assert until(lambda: finished(room))
    heard = {message.person: message.subject for message in mail.heard}
    assert len(mail.heard) == len(heard) == 2
    assert heard["示范丙三"].startswith("【重发警〔")
    assert "重发" not in heard["示范外宾"]


def test_what_an_ended_engine_was_sending_is_sent_at_once(
    room: Room, running: list[Deliverer]
) -> None:
    room.see(over(II))
    room.mark("leased")
    with room.database.write() as tx:
        tx.connection.execute(tables.outbox.update().values(next_at=NOW + HOUR))
    claim(room.database)
    start(running, deliverer(room, Scripted(), Scripted("log")))
    assert until(lambda: finished(room))


def test_a_sender_whose_engine_was_replaced_stops(room: Room, running: list[Deliverer]) -> None:
    mail = Scripted()
    old = start(running, deliverer(room, mail, Scripted("log")))
    claim(room.database)
    room.see(over(II))
    old.wake()
    assert until(lambda: not old._thread.is_alive())
    assert mail.heard == []


def test_an_outcome_is_written_down_before_the_sender_ends(room: Room) -> None:
    mail, log = Scripted(), Scripted("log")
    sender = deliverer(room, mail, log)
    room.see(over(II))
    sender.start()
    assert until(lambda: mail.heard)
    sender.stop()
    assert len(room.outbox(channel="smtp", state="accepted")) == len(mail.heard)


@pytest.mark.parametrize(("severity", "expected"), [(III, "expired"), (II, "retry")])
def test_after_a_day_all_but_the_gravest_is_given_up_with_a_reason(
    room: Room, running: list[Deliverer], severity: Severity, expected: str
) -> None:
    room.district = district(routes=room.district.routes[-1:])
    mail = Scripted(answer=lambda _: Result(Sent.RETRY, "no line"))
    sender = start(running, deliverer(room, mail))
    room.see(over(severity))
    assert until(lambda: states(room) == ["retry"])
    room.now += DAY
    sender.wake()
    assert until(lambda: room.rows("tries", "state") == [(2, expected)])
    if expected == "expired":
        assert room.outbox()[0]["reason"] == "given up after 24 h: no line"
        assert room.notes("note")


def test_a_message_that_does_not_get_out_is_told_to_the_room_after_some_tries(
    room: Room, running: list[Deliverer]
) -> None:
    room.district = district(routes=room.district.routes[-1:])
    mail = Scripted(answer=lambda _: Result(Sent.RETRY, "no line"))
    sender = start(running, deliverer(room, mail))
    room.see(over(II))
    for tries in range(1, 8):
        assert until(lambda tries=tries: room.rows("tries", "state") == [(tries, "retry")])
        room.now += 61_000
        sender.wake()
    assert room.notes("note") == ["示范值班员甲 仍未送出（smtp: no line）"]


def test_an_unreadable_database_is_outlived(room: Room, running: list[Deliverer]) -> None:
    mail, log = Scripted(), Scripted("log")
    failing = [True]

    def channels() -> dict[str, Scripted]:
        if failing[0]:
            raise RuntimeError("no configuration yet")
        return {"smtp": mail, "log": log}

    room.see(over(II))
    sender = Deliverer(
        room.database,
        channels,
        epoch=claim(room.database),
        now=lambda: room.now,
        district=lambda _: room.district,
    )
    start(running, sender)
    failing[0] = False
    assert until(lambda: finished(room))
    assert not any("重发" in message.subject for message in mail.heard)


def test_mail_reaches_a_real_server_with_its_number_and_the_same_id_on_a_repeat(
    room: Room, running: list[Deliverer]
) -> None:
    from floodwatch.pipeline import channels

    recorder = Recorder()
    with mail_server(recorder) as port:
        settings = {
            "host": "127.0.0.1",
            "port": port,
            "from": "floodwatch@example.org",
            "security": "none",
        }
        room.district = district(channels={"smtp": settings, "log": {}})
        found = channels.build(room.district, room.database, demonstration=False)
        [told] = room.see(over(II))
        start(running, deliverer(room, *found.values()))
        assert until(lambda: finished(room))
        room.mark("leased", person="示范丙三")
        running.pop().stop()
        start(running, deliverer(room, *found.values()))
        assert until(lambda: finished(room) and len(recorder.taken) == 4)
        running.pop().stop()
    ours = [mail for mail in recorder.taken if "patrol@example.org" in mail["To"]]
    assert len({mail["Message-ID"] for mail in ours}) == 1
    assert [str(mail["Subject"]).startswith("【重发警〔") for mail in ours] == [False, True]
    assert all(f"警〔{told.alert_id}〕" in mail["Subject"] for mail in recorder.taken)


def test_the_demonstrations_phones_receive_everything_once(
    room: Room, running: list[Deliverer]
) -> None:
    from floodwatch.pipeline import channels

    room.district = district(demonstration=True)
    found = channels.build(room.district, room.database, demonstration=True)
    sender = start(running, deliverer(room, *found.values()))
    room.see(over(II))
    assert until(lambda: finished(room) and room.outbox())
    kept = room.table(tables.inbox)
    assert len(kept) == 4
    assert all(row["body"].startswith(("【示范】", "[DEMO]")) for row in kept)
    assert {row["at"] for row in kept} == {NOW}
    sender.wake()


def test_a_full_outbox_is_worked_off_gravest_first(
    sqlite_database: Database, running: list[Deliverer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "MOST", 100)
    room = Room(sqlite_database)
    room.district = district(routes=room.district.routes[-1:])
    for number in range(40):
        severity = I if number == 39 else II
        room.see(over(severity), rule=RuleKey(DAM, f"g{number}", "stage", "level", "up"))
    mail = Scripted()
    start(running, deliverer(room, mail))
    assert until(lambda: finished(room))
    assert len(mail.heard) == 40
    assert I in [message.severity for message in mail.heard[:7]]


def test_a_mail_to_who_owes_an_answer_carries_a_link_to_answer_by(
    room: Room, running: list[Deliverer]
) -> None:
    from floodwatch.notify.link import opened
    from floodwatch.pipeline import answer_link

    room.district = district(service={"url": "https://flood.example/"})
    mail = Scripted()
    start(running, deliverer(room, mail, Scripted("log")))
    room.see(over(II))
    assert until(lambda: finished(room) and room.outbox())
    bodies = {message.person: message.body for message in mail.heard}
    with room.database.read() as connection:
        key = answer_link.key(connection)
    assert key
    token = bodies["示范丙三"].rpartition("https://flood.example/answer/")[2].strip()
    assert opened(token, key, now=NOW).person == "示范丙三"
    assert "/answer/" not in bodies["示范外宾"]  # only told, owes nothing
    assert all("/answer/" not in row["body"] for row in room.outbox())


def test_without_an_address_of_the_pages_there_is_no_link(
    room: Room, running: list[Deliverer]
) -> None:
    mail = Scripted()
    start(running, deliverer(room, mail, Scripted("log")))
    room.see(over(II))
    assert until(lambda: finished(room) and room.outbox())
    assert all("/answer/" not in message.body for message in mail.heard)
