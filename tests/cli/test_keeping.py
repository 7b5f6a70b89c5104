"""The commands `backup`, `backups` and `restore`."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from floodwatch import config
from floodwatch.bootstrap import open_services
from floodwatch.cli import floodwatch
from floodwatch.model.clock import SystemClock
from floodwatch.store import tables
from floodwatch.store.database import FILE, Database
from tests.pipeline.town import FILES, Town


def run(place: Path, *arguments: str) -> Result:
    shared = ["--config", str(place / "config"), "--data", str(place / "data")]
    return CliRunner().invoke(floodwatch, [*arguments, *shared])


@pytest.fixture
def place(tmp_path: Path, sqlite_database: Database) -> Path:
    """A folder of a service with readings, an open alert and its configuration."""
    (tmp_path / "config").mkdir()
    for name, text in FILES.items():
        (tmp_path / "config" / name).write_text(text, "utf-8")
    config.apply(sqlite_database, tmp_path / "config", who="test", now=0)
    town = Town(sqlite_database, tmp_path / "config", at=SystemClock().wall() - 3_600_000)
    for value in (95.10, 95.15, 95.21, 95.22):
        town.clock.advance(300_000)
        town.stage(value)
    return tmp_path


def test_what_was_backed_up_is_restored_into_a_fresh_folder(place: Path) -> None:
    made = run(place, "backup", str(place / "one.backup"), "--json")
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["alerts"] == 1
    again = run(place, "backup", str(place / "one.backup"))
    assert again.exit_code == 1
    assert "already" in str(again.exception)

    fresh = place / "fresh"
    done = run(fresh, "restore", str(place / "one.backup"), "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["configuration_files"] == len(FILES)
    for name, text in FILES.items():
        assert (fresh / "config" / name).read_text("utf-8") == text
    assert [alert["type"] for alert in json.loads(run(fresh, "alerts", "--json").stdout)] == [
        "level"
    ]
    assert json.loads(run(fresh, "latest", "--json").stdout) == json.loads(
        run(place, "latest", "--json").stdout
    )


def test_a_database_that_is_there_is_set_aside_only_when_told(place: Path) -> None:
    run(place, "backup", str(place / "one.backup"))
    refused = run(place, "restore", str(place / "one.backup"))
    assert refused.exit_code == 1
    assert "--replace" in str(refused.exception)
    done = run(place, "restore", str(place / "one.backup"), "--replace")
    assert done.exit_code == 0, done.output
    assert "was left as it is" in done.output
    [aside] = (place / "data" / "replaced").rglob(FILE)
    with closing(Database(f"sqlite:///{aside}")) as before, before.read() as connection:
        assert connection.execute(select(tables.alert.c.id)).all()


def test_what_is_no_backup_is_refused_and_changes_nothing(place: Path) -> None:
    (place / "letter.txt").write_text("dear all")
    refused = run(place, "restore", str(place / "letter.txt"), "--replace")
    assert refused.exit_code == 1
    assert "no backup" in str(refused.exception)
    assert (place / "data" / FILE).exists()


def test_the_backups_of_the_timetable_are_listed_with_their_soundness(place: Path) -> None:
    folder = place / "data" / "backups"
    folder.mkdir()
    for name in ("floodwatch-20260101T000000Z.backup", "floodwatch-20260102T000000Z.backup"):
        assert run(place, "backup", str(folder / name)).exit_code == 0
    (folder / "floodwatch-20260102T000000Z.backup").write_bytes(b"rust")
    newest, oldest = json.loads(run(place, "backups", "--json").stdout)
    assert "no backup" in newest["state"]
    assert oldest["state"] == "sound"
    with closing(open_services(place / "config", place / "data")) as services:
        assert services.database.path
