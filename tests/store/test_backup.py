"""Backups: taken while others write, checked, told apart from damaged ones, and put back."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from floodwatch.model.errors import Refused, StorageError
from floodwatch.store import backup, tables
from floodwatch.store.database import FILE, Database
from floodwatch.store.tables import metadata
from tests.pipeline.town import FILES, START, Town

NOW = START


def rows(connection: Connection) -> dict[str, Sequence[object]]:
    """Everything that is stored, by table."""
    return {
        table.name: sorted(map(str, connection.execute(select(table)).all()))
        for table in metadata.sorted_tables
    }


@pytest.fixture
def town(database: Database, tmp_path: Path) -> Town:
    town = Town(database, tmp_path / "config")
    for value in (95.10, 95.15, 95.21, 95.22):
        town.clock.advance(300_000)
        town.stage(value)
    town.ticker.tick()
    assert town.alerts()
    return town


def test_a_backup_holds_every_row_and_says_what_it_is(town: Town, tmp_path: Path) -> None:
    target = tmp_path / backup.name_of(NOW)
    note = backup.make(town.database, target, now=NOW)
    assert (note.at, note.alerts, note.configuration) == (NOW, len(town.alerts()), 1)
    assert backup.read(target) == note
    backup.check(target)
    with town.database.read() as before, backup.opened(target) as copy, copy.read() as after:
        assert rows(after) == rows(before)
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_it_comes_back_as_a_database_of_its_own(town: Town, tmp_path: Path) -> None:
    target = tmp_path / "one.backup"
    backup.make(town.database, target, now=NOW)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    backup.put_back(target, fresh / FILE)
    restored = Database.at(fresh)
    restored.migrate()
    restored.check_revision()
    with town.database.read() as before, restored.read() as after:
        assert rows(after) == rows(before)
    with restored.write() as tx:
        assert tx.rev > 1
    restored.close()
    with pytest.raises(Refused, match="already"):
        backup.put_back(target, fresh / FILE)


def test_a_file_that_is_there_is_never_written_over(town: Town, tmp_path: Path) -> None:
    target = tmp_path / "one.backup"
    target.write_text("mine")
    with pytest.raises(Refused, match="already"):
        backup.make(town.database, target, now=NOW)
    assert target.read_text() == "mine"


@pytest.mark.parametrize("at", [0.0, 0.5, 0.99])
def test_a_flipped_byte_anywhere_is_found(town: Town, tmp_path: Path, at: float) -> None:
    target = tmp_path / "one.backup"
    backup.make(town.database, target, now=NOW)
    content = bytearray(target.read_bytes())
    content[int(at * len(content))] ^= 0x55
    target.write_bytes(content)
    with pytest.raises(StorageError, match="checksum"):
        backup.check(target)


def test_a_cut_off_backup_without_its_sum_is_found_too(town: Town, tmp_path: Path) -> None:
    good, bad = tmp_path / backup.name_of(NOW), tmp_path / backup.name_of(NOW + 60_000)
    backup.make(town.database, good, now=NOW)
    backup.make(town.database, bad, now=NOW + 60_000)
    assert backup.newest_good(tmp_path) == bad
    bad.write_bytes(bad.read_bytes()[: bad.stat().st_size // 2])
    bad.with_name(bad.name + ".sha256").unlink()
    assert backup.newest_good(tmp_path) == good
    good.write_bytes(b"")
    assert backup.newest_good(tmp_path) is None
    with pytest.raises(Refused, match="no backup"):
        backup.read(good)


def test_a_disk_that_is_not_mounted_is_not_written_to(town: Town, tmp_path: Path) -> None:
    target = tmp_path / "one.backup"
    backup.make(town.database, target, now=NOW)
    away = tmp_path / "away"
    with pytest.raises(StorageError, match="mounted"):
        backup.duplicate(target, away)
    assert not away.exists()
    away.mkdir()
    backup.duplicate(target, away)
    backup.check(away / target.name)


def test_a_deleted_database_that_is_still_open_can_be_saved(
    sqlite_database: Database, tmp_path: Path
) -> None:
    town = Town(sqlite_database, tmp_path / "config")
    town.stage(95.1)
    assert sqlite_database.path
    for path in sqlite_database.path.parent.glob(f"{FILE}*"):
        path.unlink()
    target = tmp_path / "saved.backup"
    assert backup.make(sqlite_database, target, now=NOW).series == 1
    backup.check(target)


def test_the_files_of_the_configuration_are_in_it(town: Town, tmp_path: Path) -> None:
    target = tmp_path / "one.backup"
    backup.make(town.database, target, now=NOW)
    with backup.opened(target) as copy, copy.read() as connection:
        [documents] = connection.execute(select(tables.config_version.c.documents)).scalars()
    assert set(FILES) <= set(documents)
