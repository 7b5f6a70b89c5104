"""The commands `alerts`, `ack` and `channel`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from floodwatch.cli import floodwatch
from floodwatch.model.alert import Origin, RuleKey
from floodwatch.model.errors import Refused
from floodwatch.model.finding import Finding
from floodwatch.store.database import Database
from tests.notify.mail_server import Recorder, mail_server
from tests.pipeline.telling import NOW, Room, over
from tests.pipeline.town import FILES

from floodwatch.model.severity import Severity  # isort: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "config"
    found.mkdir()
    for name, text in FILES.items():
        (found / name).write_text(text, "utf-8")
    return found


def run(folder: Path, *arguments: str) -> Result:
    shared = ["--config", str(folder), "--data", str(folder.parent / "data")]
    return CliRunner().invoke(floodwatch, [*arguments, *shared], catch_exceptions=True)


def document(result: Result) -> object:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_alerts_are_listed_with_those_who_have_not_answered(
    folder: Path, sqlite_database: Database
) -> None:
    Room(sqlite_database).see(over(Severity.II))
    [alert] = document(run(folder, "alerts", "--json"))  # type: ignore[misc]
    assert (alert["severity"], alert["station"], alert["state"]) == ("II", "61990003", "firing")
    assert alert["fired_at"] == "2026-06-17T20:25:00Z"
    assert set(alert["waiting_for"]) == {"room", "示范值班员甲", "示范丙三"}
    text = run(folder, "alerts").stdout
    assert "104.77 m" in text
    assert "示范丙三" in text


def test_an_alert_about_the_service_says_what_is_wrong(
    folder: Path, sqlite_database: Database
) -> None:
    facts = {"zh": "本机时钟不可信", "en": "this machine's clock cannot be trusted"}
    fault = Finding(Severity.I, Severity.I, time=NOW, facts=facts)
    rule = RuleKey("system", "1", "clock", "system", "none")
    Room(sqlite_database).see(fault, rule=rule, origin=Origin.SYSTEM)
    assert facts["en"] in run(folder, "alerts").stdout


def test_without_alerts_it_says_so(folder: Path, sqlite_database: Database) -> None:
    assert run(folder, "alerts").stdout == "no alerts stand\n"
    assert document(run(folder, "alerts", "--json")) == []


def test_acknowledging_ends_the_rooms_duty_and_nobody_elses(
    folder: Path, sqlite_database: Database
) -> None:
    room = Room(sqlite_database)
    room.see(over(Severity.II))
    arguments = ("ack", "1", "--by", "示范值班员甲", "--note", "已看到")
    result = run(folder, *arguments)
    assert "alert 1 acknowledged by 示范值班员甲; not answered yet: 示范丙三" in result.stdout
    assert room.obligations()["room"] == (3, "answered")
    assert room.obligations()["示范丙三"] == (3, "open")
    assert document(run(folder, *arguments, "--json"))["acked_by"] == "示范值班员甲"  # type: ignore[index]


@pytest.mark.parametrize("arguments", [("ack", "99", "--by", "x"), ("ack", "1", "--by", " ")])
def test_what_cannot_be_acknowledged_is_refused(
    folder: Path, sqlite_database: Database, arguments: tuple[str, ...]
) -> None:
    assert isinstance(run(folder, *arguments).exception, Refused)


def test_ack_without_a_name_is_wrong_usage(folder: Path) -> None:
    assert run(folder, "ack", "1").exit_code == 2


def mail_settings(folder: Path, port: int) -> None:
    text = FILES["floodwatch.toml"] + (
        f'[channels.smtp]\nhost = "127.0.0.1"\nport = {port}\n'
        'from = "floodwatch@example.org"\nsecurity = "none"\n'
    )
    (folder / "floodwatch.toml").write_text(text, "utf-8")


def test_a_test_message_reaches_the_mail_server(folder: Path) -> None:
    recorder = Recorder()
    with mail_server(recorder) as port:
        mail_settings(folder, port)
        result = run(folder, "channel", "test", "smtp", "--to", "me@example.org", "--json")
    assert document(result)["sent"] == "accepted"  # type: ignore[index]
    assert "测试" in recorder.taken[0]["Subject"]


def test_a_channel_that_does_not_take_it_ends_with_its_reason(folder: Path) -> None:
    recorder = Recorder(rcpt={"me@example.org": "550 no such user"})
    with mail_server(recorder) as port:
        mail_settings(folder, port)
        result = run(folder, "channel", "test", "smtp", "--to", "me@example.org")
    assert isinstance(result.exception, Refused)
    assert "550 no such user" in str(result.exception)


def test_an_unknown_channel_is_refused_with_those_there_are(folder: Path) -> None:
    result = run(folder, "channel", "test", "sms", "--to", "1")
    assert "there are: log" in str(result.exception)
