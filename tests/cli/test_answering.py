"""The commands `answer` and `exercise`."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from floodwatch import config
from floodwatch.cli import floodwatch
from floodwatch.config.live import Configuration
from floodwatch.model.errors import Refused
from floodwatch.model.severity import Severity
from floodwatch.store.database import Database
from tests.notify.village import NOW
from tests.pipeline.telling import Room, over
from tests.pipeline.town import FILES, RESERVOIR

from floodwatch.model.alert import RuleKey  # isort: skip

PATROL, OFFICER = "示范巡查", "示范值班"
STAGE = RuleKey(RESERVOIR, "1", "stage", "level", "up")


@pytest.fixture
def folder(tmp_path: Path, sqlite_database: Database) -> Path:
    found = tmp_path / "config"
    found.mkdir()
    for name, text in FILES.items():
        (found / name).write_text(text, "utf-8")
    config.apply(sqlite_database, found, who="test", now=NOW)
    return found


@pytest.fixture
def room(folder: Path, sqlite_database: Database) -> Room:
    made = Room(sqlite_database, Configuration(sqlite_database).current())
    made.see(over(Severity.II), rule=STAGE)
    return made


def run(folder: Path, *arguments: str) -> Result:
    shared = ["--config", str(folder), "--data", str(folder.parent / "data")]
    return CliRunner().invoke(floodwatch, [*arguments, *shared])


def document(result: Result) -> Any:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def test_an_answer_ends_what_that_person_owes_and_nothing_else(folder: Path, room: Room) -> None:
    before = room.obligations()
    assert before[PATROL][1] == before[OFFICER][1] == "open"
    said = document(run(folder, "answer", "--person", PATROL, "--by", PATROL, "--json"))
    assert said == {"person": PATROL, "alert": None, "by": PATROL, "answered": 1}
    assert {name: state for name, (_, state) in room.obligations().items()} == {
        **{name: state for name, (_, state) in before.items()},
        PATROL: "answered",
    }


def test_what_an_officer_enters_is_known_as_entered(folder: Path, room: Room) -> None:
    document(run(folder, "answer", "--person", PATROL, "--alert", "1", "--by", OFFICER, "--json"))
    assert room.obligations()[PATROL][1] == "entered"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--person", "谁", "--by", OFFICER), "recipients.toml"),
        (("--person", PATROL, "--by", " "), "--by names nobody"),
        (("--person", PATROL, "--by", OFFICER, "--alert", "77"), "owes no answer to alert 77"),
    ],
)
def test_what_cannot_be_entered_is_refused(
    folder: Path, room: Room, arguments: tuple[str, ...], said: str
) -> None:
    result = run(folder, "answer", *arguments)
    assert isinstance(result.exception, Refused)
    assert said in str(result.exception)


def test_an_exercise_is_started_and_shown(folder: Path, room: Room) -> None:
    begun = document(run(folder, "exercise", "start", "--who", OFFICER, "--json"))
    assert begun == {"exercise": 1, "people": 2}
    room.mark("accepted", kind="exercise", person=PATROL)
    document(run(folder, "answer", "--person", PATROL, "--by", PATROL, "--json"))
    shown = document(run(folder, "exercise", "show", "--json"))
    assert (shown["asked"], shown["answered"]) == (2, 1)
    assert "person" in run(folder, "exercise", "show", "1").stdout


def test_an_exercise_for_nobody_is_refused(folder: Path, room: Room) -> None:
    result = run(folder, "exercise", "start", "--who", OFFICER, "--to", "nobody")
    assert isinstance(result.exception, Refused)
    assert isinstance(run(folder, "exercise", "show", "9").exception, Refused)
