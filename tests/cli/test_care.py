"""The commands `shelve`, `maintenance`, `assign`, `comment` and `response`."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from floodwatch.cli import floodwatch
from floodwatch.model.alert import RuleKey
from floodwatch.model.errors import Refused
from floodwatch.model.severity import Severity
from floodwatch.store import tables
from floodwatch.store.database import Database
from tests.pipeline.telling import Room, over
from tests.pipeline.town import FILES, RESERVOIR

STAGE = RuleKey(RESERVOIR, "1", "stage", "level", "up")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "config"
    found.mkdir()
    for name, text in FILES.items():
        (found / name).write_text(text, "utf-8")
    return found


@pytest.fixture
def room(sqlite_database: Database, folder: Path) -> Room:
    done(run(folder, "check", "--apply"))
    made = Room(sqlite_database)
    made.see(over(Severity.II), rule=STAGE)
    return made


def run(folder: Path, *arguments: str) -> Result:
    shared = ["--config", str(folder), "--data", str(folder.parent / "data")]
    return CliRunner().invoke(floodwatch, [*arguments, *shared], catch_exceptions=True)


def done(result: Result) -> Any:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout) if result.stdout.startswith(("{", "[")) else result.stdout


def refused(result: Result) -> str:
    assert isinstance(result.exception, Refused), result.output
    return str(result.exception)


BY = ("--by", "示范值班员甲")


def test_an_alert_is_shelved_listed_and_let_go_again(folder: Path, room: Room) -> None:
    done(run(folder, "shelve", "1", *BY, "--reason", "已派人", "--for", "90min"))
    [listed] = done(run(folder, "maintenance", "--json"))
    assert (listed["kind"], listed["alert_id"], listed["severity"]) == ("shelve", 1, "II")
    assert room.table(tables.alert)[0]["muted_by"] == "shelve:1"
    done(run(folder, "shelve", "1", *BY, "--end"))
    assert done(run(folder, "maintenance", "--json")) == []


def test_a_shelving_without_a_reason_is_refused(folder: Path, room: Room) -> None:
    assert "reason" in refused(run(folder, "shelve", "1", *BY))


def test_maintenance_of_a_station_by_its_name(folder: Path, room: Room) -> None:
    done(run(folder, "maintenance", "示范水库", *BY, "--reason", "换探头", "--for", "1h"))
    [listed] = done(run(folder, "maintenance", "--json"))
    assert (listed["station"], listed["severity"], listed["reason"]) == (RESERVOIR, "II", "换探头")
    done(run(folder, "maintenance", RESERVOIR, *BY, "--end"))
    assert "nothing is muted" in done(run(folder, "maintenance"))


def test_somebody_follows_an_alert_and_leaves_a_word(folder: Path, room: Room) -> None:
    done(run(folder, "assign", "1", "--to", "示范巡查", *BY))
    done(run(folder, "comment", "1", "已到坝上", *BY))
    assert room.table(tables.alert)[0]["assignee"] == "示范巡查"
    assert room.notes("comment") == ["已到坝上"]


def test_a_response_is_started_changed_and_ended_with_its_documents(
    folder: Path, room: Room
) -> None:
    document = ("--document", "示防〔2026〕3号")
    assert "document" in refused(run(folder, "response", "start", "IV", *BY))
    done(run(folder, "response", "start", "IV", *BY, *document))
    done(run(folder, "response", "change", "III", *BY, *document))
    shown = done(run(folder, "response", "show", "--json"))
    assert shown["response"]["level"] == "III"
    assert shown["proposal"]["level"] == "III"
    done(run(folder, "response", "end", *BY, *document))
    assert "no emergency response" in done(run(folder, "response", "show"))
    assert "no response" in refused(run(folder, "response", "end", *BY, *document))
