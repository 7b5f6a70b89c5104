"""The registry of channels, and the two that need no network."""

import logging
from typing import Any

import pytest

from floodwatch.config.service_file import ChannelsTable
from floodwatch.model.notification import Message, Sent
from floodwatch.notify.channels import CHANNELS, TABLES, make
from tests.notify.village import VILLAGE

MESSAGE = Message("12-1-示范丙三-log-0", "+86", "示范丙三", "【内部告警Ⅱ】水", "水", 3, at=5)


def test_the_log_is_always_there_and_the_inbox_never_in_a_real_district() -> None:
    assert set(make({}, demonstration=False, keep=print)) == {"log"}
    assert set(make(VILLAGE.channels, demonstration=False, keep=print)) == {"log", "smtp"}
    assert "inbox" not in make({"inbox": {}}, demonstration=False, keep=print)


def test_the_demonstration_sends_nothing_out_whatever_is_configured() -> None:
    assert set(make(VILLAGE.channels, demonstration=True, keep=print)) == {"inbox"}


TEMPLATES = {"any": {"id": "SMS_1", "text": "${place}${value}"}}
SETTINGS: dict[str, dict[str, Any]] = {
    "smtp": {"host": "127.0.0.1", "from": "floodwatch@example.org"},
    "sms_gammu": {},
    "sms_aliyun": {"sign": "示范防办", "templates": TEMPLATES},
    "sms_tencent": {"app": "1", "sign": "示范防办", "templates": TEMPLATES},
    "sms_smpp": {"host": "127.0.0.1", "system_id": "floodwatch"},
    "voice": {"url": "https://example.org/calls"},
    "apprise": {},
    "webhook": {"url": "https://example.org/hook"},
    "siren": {"url": "https://example.org/siren"},
    "log": {},
}


def test_every_channel_is_called_by_its_registered_name() -> None:
    found = make(SETTINGS, demonstration=False, keep=print)
    assert {name: channel.name for name, channel in found.items()} == {n: n for n in CHANNELS}


def test_every_channel_has_a_table_that_takes_its_settings() -> None:
    assert set(TABLES) == set(CHANNELS) - {"log"}
    for name, table in TABLES.items():
        table.model_validate(SETTINGS[name])
        assert name in ChannelsTable.model_fields


def test_the_log_channel_writes_who_was_told_what(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        result = make({}, demonstration=False, keep=print)["log"].send(MESSAGE)
    assert result.sent is Sent.ACCEPTED
    assert "示范丙三" in caplog.text
    assert "【内部告警Ⅱ】水" in caplog.text


def test_the_inbox_keeps_what_it_is_given() -> None:
    kept: list[Message] = []
    result = make({}, demonstration=True, keep=kept.append)["inbox"].send(MESSAGE)
    assert (result.sent, kept) == (Sent.ACCEPTED, [MESSAGE])


def test_a_channel_with_settings_it_cannot_use_takes_no_other_with_it() -> None:
    found = make({"smtp": {"port": "x"}}, demonstration=False, keep=print)
    assert list(found) == ["log"]
