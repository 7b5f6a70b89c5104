"""The picture of an alert's mail, from real readings; and that no mail waits or fails for it."""

import threading
from pathlib import Path

import pytest

from floodwatch.config.live import Configuration
from floodwatch.model.notification import Message
from floodwatch.model.severity import Severity
from floodwatch.pipeline import mail_picture
from floodwatch.pipeline.channels import build
from floodwatch.pipeline.mail_picture import pictures
from floodwatch.store.database import Database
from tests.notify.village import district
from tests.pipeline.telling import Room, Scripted, deliverer, over, until
from tests.pipeline.town import Town


def message(alert_id: int | None, at: int = 0) -> Message:
    return Message("k", "a@example.org", "甲", "s", "b", 3, at=at, alert_id=alert_id)


@pytest.fixture
def town(database: Database, tmp_path: Path) -> Town:
    return Town(database, tmp_path / "config")


def test_an_alert_with_readings_has_a_picture(town: Town) -> None:
    for value in (95.0, 95.3, 95.9, 96.6):
        town.stage(value)
        town.wait(10)
    (alert,) = [one for one in town.alerts() if one["type"] == "level"]
    picture = pictures(town.database, Configuration(town.database).current)
    mail_picture_of = [picture(message(alert["id"], town.clock.wall())) for _ in range(2)]  # type: ignore[arg-type]
    assert mail_picture_of[-1].startswith(b"\x89PNG")


def test_what_is_about_no_alert_or_an_unknown_one_has_none(town: Town) -> None:
    picture = pictures(town.database, Configuration(town.database).current)
    assert (picture(message(None)), picture(message(99))) == (b"", b"")


def test_a_picture_that_takes_too_long_or_fails_is_left_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = pictures(town.database, Configuration(town.database).current)
    never = threading.Event()
    monkeypatch.setattr(mail_picture, "LIMIT_S", 0.1)
    monkeypatch.setattr(mail_picture, "_drawn", lambda *_: never.wait(30))
    assert picture(message(1)) == b""
    never.set()
    monkeypatch.setattr(mail_picture, "_drawn", lambda *_: 1 // 0)
    assert picture(message(1)) == b""


def test_the_demonstration_has_its_inbox_alone_whatever_is_configured(database: Database) -> None:
    configured = district(channels={"webhook": {"url": "https://example.org/"}, "sms_gammu": {}})
    assert set(build(configured, database, demonstration=True)) == {"inbox"}
    assert set(build(configured, database, demonstration=False)) == {"webhook", "sms_gammu", "log"}


def test_the_pieces_for_a_providers_template_travel_with_the_message(database: Database) -> None:
    room = Room(database)
    mail, log = Scripted(), Scripted("log")
    room.see(over(Severity.II))
    sender = deliverer(room, mail, log)
    sender.start()
    assert until(lambda: mail.heard and log.heard)
    sender.stop()
    heard = {one.person: one for one in (*mail.heard, *log.heard)}
    said = heard["示范丙三"]
    assert said.slots["place"] == "石桥水库"
    assert said.slots["limit"].startswith("超")
    assert (said.kind, said.alert_id is not None) == ("fired", True)
