"""The service watches itself: canary, heartbeat, disk, storage, buddy."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from floodwatch.model.clock import DAY, MINUTE, SECOND, SetClock
from floodwatch.model.errors import StorageError
from floodwatch.model.notification import Channel
from floodwatch.model.severity import Severity
from floodwatch.outside.outbound import Reply
from floodwatch.pipeline import canary, machine
from floodwatch.pipeline.canary import Canary, CanaryChannel
from floodwatch.pipeline.deliver import Deliverer
from floodwatch.pipeline.heartbeat import Heartbeat
from floodwatch.pipeline.machine import Machine, Room
from floodwatch.pipeline.self_watch import SelfWatch
from floodwatch.store import alert_log, delivery_log, tables
from floodwatch.store.clockwork import set_setting, setting
from tests.pipeline.town import RESERVOIR, Town

MAIL = '[channels.smtp]\nhost = "127.0.0.1"\nfrom = "floodwatch@example.org"\n\n'


class Watched:
    """A town whose engine watches itself, with a sender that is run by hand."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.channel = CanaryChannel(town.clock)
        if MAIL not in (town.folder / "floodwatch.toml").read_text("utf-8"):
            town.configure("floodwatch.toml", "[service]", f"{MAIL}[service]")
        folder = town.folder.parent
        self.machine = Machine(folder, town.database.path, town.clock)
        town.ticker.watch = SelfWatch(Canary(town.clock, self.channel), self.machine)
        assert town.epoch
        channels: dict[str, Channel] = {"canary": self.channel}
        self.sender = Deliverer(
            town.database,
            channels,
            epoch=town.epoch,
            now=town.clock.wall,
            monotonic=town.clock.monotonic,
        )

    def deliver(self) -> None:
        """Send what is due and write down what became of it."""
        for _ in range(2):
            self.sender._round()
            for thread in threading.enumerate():
                if thread.name.startswith("send-"):
                    thread.join()

    def canaries(self) -> list[dict[str, Any]]:
        return [row for row in self.town.messages() if row["kind"] == canary.NAME]

    def reach(self) -> Any:
        """The one alert about whom messages reach."""
        with self.town.database.read() as connection:
            found = alert_log.alerts(connection, state="firing")
        [row] = [row for row in found if row["variable"] == "reach"]
        return row

    def lag(self) -> Any:
        with self.town.database.read() as connection:
            return setting(connection, canary.NAME)


@pytest.fixture
def watched(town: Town) -> Watched:
    return Watched(town)


def test_a_canary_goes_the_way_of_the_alerts_every_five_minutes_and_its_lag_is_kept(
    watched: Watched,
) -> None:
    town = watched.town
    for _ in range(3):
        town.wait(1 / 60, step=1 / 60)
        watched.deliver()
        town.wait(2 / 60, step=1 / 60)
        town.wait(5, step=0.5)
    assert [row["state"] for row in watched.canaries()][:3] == ["accepted"] * 3
    assert 0 <= watched.lag()["lag_ms"] < 30_000
    assert town.system_alerts() == []


def test_a_canary_is_nobodys_message(watched: Watched) -> None:
    watched.town.wait(1 / 60, step=1 / 60)
    assert len(watched.canaries()) == 1
    with watched.town.database.read() as connection:
        assert delivery_log.waiting(connection) == {}
    assert watched.town.alerts() == []


def test_a_canary_that_does_not_arrive_is_an_alert_until_it_does(watched: Watched) -> None:
    town = watched.town
    town.wait(1, step=0.1)
    assert town.system_alerts() == ["canary"]
    watched.deliver()
    town.wait(4.2, step=0.1)
    watched.deliver()
    town.wait(2, step=0.1)
    assert town.system_alerts() == []


def test_old_canaries_are_forgotten(watched: Watched) -> None:
    town = watched.town
    town.wait(0.1, step=0.1)
    watched.deliver()
    town.wait(0.1, step=0.1)
    town.clock.advance(2 * DAY)
    town.wait(0.1, step=0.1)
    assert len(watched.canaries()) == 1
    with town.database.read() as connection:
        assert connection.execute(select(tables.attempt.c.id)).all() == []


def test_a_program_that_no_longer_judges_is_told_by_the_canary(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("floodwatch.rules.level.LevelRule.judge", lambda *_: machine.Room(1, 1))
    with pytest.raises(AttributeError):
        canary.judged(watched.town.clock.wall())


@pytest.mark.parametrize(
    ("room", "full", "expected"),
    [
        (Room(0.5, 0), False, []),
        (Room(0.049, 0), False, ["disk"]),
        (Room(0.05, 0), False, []),
        (Room(0.5, 257 << 20), False, ["wal"]),
        (Room(0.5, 256 << 20), False, []),
        (Room(0.001, 0), True, ["disk"]),
    ],
)
def test_a_disk_that_fills_is_an_alert(
    watched: Watched,
    monkeypatch: pytest.MonkeyPatch,
    room: Room,
    full: bool,
    expected: list[str],
) -> None:
    monkeypatch.setattr(machine, "room", lambda *_: room)
    if full:
        watched.machine.fault("SQLITE_FULL")
    watched.town.wait(0.4, step=0.2)
    assert watched.town.system_alerts() == expected


def test_a_full_disk_frees_the_reserve_and_room_puts_it_back(tmp_path: Path) -> None:
    clock = SetClock(0)
    made = Machine(tmp_path, None, clock)
    made.look()
    reserve = tmp_path / "run" / "reserve"
    assert reserve.stat().st_size == machine.RESERVE
    made.fault("SQLITE_FULL")
    assert not reserve.exists()
    assert made.full
    assert made.broken is None, "a full disk is waited for, it is no reason to end"
    made.look()
    assert reserve.exists()
    assert not made.full


def test_a_fault_of_the_disk_ends_the_process_and_the_next_one_has_the_file_checked(
    sqlite_town: Town,
) -> None:
    town = sqlite_town
    watched = Watched(town)
    watched.machine.fault("SQLITE_IOERR_FSYNC")
    assert watched.machine.broken == "SQLITE_IOERR_FSYNC"
    after = Watched(town)
    after.machine.verify()
    for thread in threading.enumerate():
        if thread.name == "verify":
            thread.join()
    town.wait(0.1, step=0.1)
    assert town.system_alerts() == ["storage"]
    with town.database.read() as connection:
        assert (setting(connection, "storage_fault") or {})["check"] == "ok"
    once_more = Watched(town)
    once_more.machine.verify()
    assert once_more.machine.checked is None
    watched.town.ticker.watch = once_more.town.ticker.watch
    town.wait(45, step=5)
    assert "storage" not in town.system_alerts()


def test_a_damaged_file_stays_an_alert(watched: Watched) -> None:
    with watched.town.database.write() as tx:
        found = {"at": 0, "fault": "SQLITE_IOERR_READ", "check": "row 1 missing from index"}
        set_setting(tx, "storage_fault", found)
    watched.town.wait(120, step=30)
    assert "storage" in watched.town.system_alerts()


def test_the_database_tells_which_fault_it_met(sqlite_town: Town) -> None:
    told: list[str] = []
    sqlite_town.database.on_fault = told.append
    with pytest.raises(StorageError), sqlite_town.database.read() as connection:
        connection.exec_driver_sql("SELECT 1 FROM no_such_table")
    assert told == ["SQLITE_ERROR"]


def test_a_buddy_that_is_expected_and_stays_away_is_an_alert(watched: Watched) -> None:
    town = watched.town
    town.configure("floodwatch.toml", "[service]", "[watch]\nbuddy = true\n\n[service]")
    town.wait(9, step=1)
    assert "buddy" not in town.system_alerts()
    town.wait(3, step=1)
    assert "buddy" in town.system_alerts()
    with town.database.write() as tx:
        set_setting(tx, "buddy_seen", {"at": town.clock.wall(), "name": "乙机"})
    town.wait(3, step=1)
    assert "buddy" not in town.system_alerts()


def test_a_district_whose_every_message_ends_in_the_log_is_a_standing_alert(
    watched: Watched,
) -> None:
    town = watched.town
    town.wait(0.1, step=0.1)
    assert town.system_alerts() == []
    town.configure("floodwatch.toml", MAIL, "")
    town.wait(30, step=5)
    assert "reach" in town.system_alerts()
    row = watched.reach()
    assert row["severity"] == Severity.I
    assert "没有任何能送到人的渠道" in row["facts"]["zh"]
    assert any(message["alert_id"] == row["id"] for message in town.messages())
    town.configure("floodwatch.toml", "[service]", f"{MAIL}[service]")
    town.wait(3, step=1)
    assert "reach" not in town.system_alerts()


def test_a_person_whom_no_channel_reaches_is_named_once(watched: Watched) -> None:
    town = watched.town
    town.configure("recipients.toml", 'email = "patrol@example.org"', 'phone = "+8610000000001"')
    town.wait(20, step=5)
    row = watched.reach()
    assert row["severity"] == Severity.III
    assert "示范巡查" in row["facts"]["zh"]


def test_what_the_audit_cannot_explain_is_an_alert(watched: Watched) -> None:
    with watched.town.database.write() as tx:
        set_setting(tx, "audit", {"unexplained": 2, "first": f"{RESERVOIR} 97.0"})
    watched.town.wait(0.1, step=0.1)
    assert watched.town.system_alerts() == ["audit"]


class Beats:
    """A heartbeat whose requests are recorded."""

    def __init__(self, answer: Callable[[], Reply] = lambda: Reply(200, b"")) -> None:
        self.clock = SetClock(1_000_000)
        self.asked: list[tuple[str, list[str]]] = []
        self.fresh = True
        self.url = "https://alive.example.org/x"

        def ask(_: str, url: str, *, allowed: list[str], **__: Any) -> Reply:
            self.asked.append((url, allowed))
            return answer()

        self.beats = Heartbeat(
            self.clock,
            settings=lambda: {"heartbeat_url": self.url, "heartbeat_allowed": ["10.0.0.0/8"]},
            fresh=lambda: self.fresh,
            ask=ask,
        )

    def rounds(self, seconds: int) -> None:
        for _ in range(seconds):
            self.beats.round()
            if self.beats._sending:
                self.beats._sending.join()
            self.clock.advance(SECOND)


def test_a_heartbeat_goes_out_once_a_minute_by_whole_rounds_alone() -> None:
    made = Beats()
    made.rounds(121)
    assert made.asked == [("https://alive.example.org/x", ["10.0.0.0/8"])] * 3
    made.clock.advance(10 * MINUTE)  # the loop hangs: no round, no sign
    assert len(made.asked) == 3


def test_no_heartbeat_goes_out_while_a_loop_stands_or_no_address_is_set() -> None:
    made = Beats()
    made.fresh = False
    made.rounds(121)
    made.fresh, made.url = True, ""
    made.rounds(121)
    assert made.asked == []


def test_a_heartbeat_that_is_not_taken_harms_nothing() -> None:
    def broken() -> Reply:
        raise OSError("nobody there")

    made = Beats(broken)
    made.rounds(61)
    assert len(made.asked) == 2
    assert made.beats.result == "OSError: nobody there"
    assert json.dumps(made.beats.result)


def test_a_private_address_is_not_asked_unless_it_is_allowed() -> None:
    from floodwatch.outside import outbound

    beats = Heartbeat(
        SetClock(1_000_000),
        settings=lambda: {"heartbeat_url": "http://127.0.0.1:9/", "heartbeat_allowed": []},
        fresh=lambda: True,
    )
    beats.round()
    assert beats._sending
    beats._sending.join()
    assert beats.result
    assert outbound.Forbidden.__name__ in beats.result
