"""What the timetable keeps of backups, and what a district knows after one was put back."""

from pathlib import Path

import pytest
from sqlalchemy import select

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.errors import Refused, StorageError
from floodwatch.pipeline import backups
from floodwatch.pipeline.backups import Keeping
from floodwatch.store import backup, tables
from floodwatch.store.database import Database
from tests.pipeline.town import START, Town


def keeping(folder: Path, **given: object) -> Keeping:
    return Keeping.of({"folder": str(folder), **given}, folder)


@pytest.fixture
def town(database: Database, tmp_path: Path) -> Town:
    return Town(database, tmp_path / "config")


def spill(town: Town) -> None:
    for value in (95.10, 95.15, 95.21, 95.22):
        town.clock.advance(5 * MINUTE)
        town.stage(value)
    town.ticker.tick()
    assert len(town.alerts()) == 1


def test_the_newest_stay_and_of_each_day_the_last() -> None:
    hours = [START + n * HOUR for n in range(72)]
    paths = [Path(backup.name_of(at)) for at in reversed(hours)]
    gone = backups.superfluous(paths, keep=3, keep_days=2)
    left = [path for path in paths if path not in gone]
    assert left[:3] == paths[:3]
    assert len({path.name[11:19] for path in left}) == 2
    assert len(left) == 4


def test_by_the_timetable_a_copy_goes_to_another_disk(town: Town, tmp_path: Path) -> None:
    away = tmp_path / "away"
    kept = keeping(tmp_path / "mine", copy_to=str(away), keep=1, keep_days=0)
    with pytest.raises(StorageError, match="mounted"):
        backups.take(town.database, kept, now=START)
    assert len(backup.kept(tmp_path / "mine")) == 1  # the one of this machine is made all the same
    away.mkdir()
    newest = backups.take(town.database, kept, now=START + HOUR)
    for folder in (tmp_path / "mine", away):
        assert [path.name for path in backup.kept(folder)] == [newest.name]
        assert len(list(folder.iterdir())) == 2  # with its sum
    assert backups.age(kept, now=START + 3 * HOUR) == 2 * HOUR


def test_open_alerts_come_back_marked_and_people_with_them(town: Town, tmp_path: Path) -> None:
    spill(town)
    taken = backups.take(town.database, keeping(tmp_path / "mine"), now=town.clock.wall())
    restored = Database.at(tmp_path / "fresh")
    later = town.clock.wall() + HOUR
    note = backups.put_back(taken, restored, now=later, why="演练")
    assert note.alerts == 1
    with restored.read() as connection:
        [text] = connection.execute(
            select(tables.alert_event.c.text).where(tables.alert_event.c.kind == "note")
        ).scalars()
        with town.database.read() as before:
            for table in (tables.alert, tables.reading, tables.outbox, tables.obligation):
                assert (
                    connection.execute(select(table)).all() == before.execute(select(table)).all()
                )
    assert "备份恢复(演练)" in text
    assert "不详" in text
    restored.close()


def test_what_was_clearing_does_not_clear_by_what_nobody_saw(
    sqlite_database: Database, tmp_path: Path
) -> None:
    town = Town(sqlite_database, tmp_path / "config")
    spill(town)
    for value in (95.17, 95.12, 95.08):  # it begins to clear
        town.clock.advance(5 * MINUTE)
        town.stage(value)
    [state] = states(town.database)
    assert state["falling"]
    taken = backups.take(town.database, keeping(tmp_path / "mine"), now=town.clock.wall())
    restored = Database.at(tmp_path / "fresh")
    town.clock.advance(3 * HOUR)
    backups.put_back(taken, restored, now=town.clock.wall(), why="演练")
    [state] = states(restored)
    assert not state["falling"]
    again = Town(restored, tmp_path / "config2", at=town.clock.wall())
    again.ticker.tick()
    assert [alert["resolved_at"] for alert in again.alerts()] == [None]
    for _ in range(30):
        again.clock.advance(5 * MINUTE)
        again.stage(95.08)
        again.ticker.tick()
    assert all(alert["resolved_at"] for alert in again.alerts() if alert["type"] == "level")
    restored.close()


def test_a_database_with_something_in_it_is_not_overwritten(town: Town, tmp_path: Path) -> None:
    spill(town)
    taken = backups.take(town.database, keeping(tmp_path / "mine"), now=town.clock.wall())
    with pytest.raises(Refused, match="already"):
        backups.put_back(taken, town.database, now=START, why="演练")


@pytest.mark.postgres
def test_a_file_becomes_a_server_and_the_server_goes_on_numbering(
    sqlite_database: Database, postgres_database: Database, tmp_path: Path
) -> None:
    town = Town(sqlite_database, tmp_path / "config")
    spill(town)
    taken = backups.take(town.database, keeping(tmp_path / "mine"), now=town.clock.wall())
    backups.put_back(taken, postgres_database, now=town.clock.wall(), why="演练")
    [alert] = town.alerts()
    moved = Town(postgres_database, tmp_path / "config2", at=town.clock.wall())
    moved.clock.advance(5 * MINUTE)
    moved.stage(95.3)
    moved.ticker.tick()
    assert [found["id"] for found in moved.alerts()] == [alert["id"]]
    with postgres_database.write() as tx:
        number = tx.connection.execute(
            tables.alert_event.insert().values(
                alert_id=alert["id"], seq=99, at=1, kind="note", text="", facts={}, rev=tx.rev
            )
        ).inserted_primary_key
    assert number is not None


def states(database: Database) -> list[dict[str, object]]:
    """Of the one rule that fires."""
    with database.read() as connection:
        return list(
            connection.execute(
                select(tables.rule_state.c.state).where(tables.rule_state.c.phase == "firing")
            ).scalars()
        )
