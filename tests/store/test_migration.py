"""Migrations: the first revision is the tables, a backup comes before an update."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from floodwatch.model.errors import StorageError
from floodwatch.store import migration
from floodwatch.store.database import Database
from floodwatch.store.tables import metadata


def test_the_revisions_make_the_tables(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_the_revisions_make_the_very_statements_of_the_tables(
    sqlite_database: Database, tmp_path: Path
) -> None:
    assert sqlite_database.path
    engine = create_engine(f"sqlite:///{tmp_path / 'direct.db'}")
    metadata.create_all(engine)
    engine.dispose()
    migrated = statements(sqlite_database.path)
    assert migrated.pop("alembic_version")
    assert migrated == statements(tmp_path / "direct.db")


def statements(path: Path) -> dict[str, list[str]]:
    """What made each table and index, columns and constraints in alphabetical order."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: sorted(_pieces(sql)) for name, sql in rows}


def _pieces(sql: str) -> list[str]:
    """What stands between commas and line ends; a column added later stands on the last line."""
    pieces = (piece.strip(" \t") for piece in re.split(r"[,\n]", sql.rstrip().removesuffix(")")))
    return [piece for piece in pieces if piece]


def test_the_newest_revision_is_the_one_the_program_works_with() -> None:
    folder = Path(migration.__file__).parent / "migrations"
    assert ScriptDirectory(folder).get_heads() == [migration.HEAD]


def test_migrating_again_changes_nothing(database: Database) -> None:
    with database.write():
        pass
    database.migrate()
    database.check_revision()
    with database.write() as tx:
        assert tx.rev == 2


def test_a_database_that_was_never_set_up_is_refused_in_one_sentence(tmp_path: Path) -> None:
    database = Database.at(tmp_path)
    with pytest.raises(StorageError, match="start `floodwatch run`"):
        database.check_revision()
    assert not (tmp_path / "floodwatch.db").exists()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(database: Database) -> None:
    revised(database, "9999")
    for refused in (database.check_revision, database.migrate):
        with pytest.raises(StorageError, match="is of revision 9999"):
            refused()


def test_tables_of_another_program_are_not_touched(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "floodwatch.db")) as other:
        other.execute("CREATE TABLE invoice (id INTEGER)")
    with pytest.raises(StorageError, match="not FloodWatch's"):
        Database.at(tmp_path).migrate()


def test_an_older_database_is_backed_up_before_the_update(sqlite_database: Database) -> None:
    assert sqlite_database.path
    with sqlite_database.write():
        pass
    revised(sqlite_database, "0000")
    migration.prepare(sqlite_database.path)
    backup = sqlite_database.path.with_name(f"floodwatch.db.before-{migration.HEAD}")
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT rev FROM revision").fetchall() == [(2,)]


def revised(database: Database, number: str) -> None:
    with database.write() as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = :n"), {"n": number})
