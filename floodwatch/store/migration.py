"""Bringing a database to the revision this version works with, after a verified backup."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, inspect, text

from floodwatch.model.errors import StorageError

HEAD = "0003"  # the newest file in migrations/versions


def upgrade(connection: Connection, where: str) -> None:
    """Run what is missing, in the caller's transaction."""
    from alembic import command  # loaded only when there may be something to do
    from alembic.config import Config

    current = revision(connection)
    if current == HEAD:
        return
    if current is None and inspect(connection).get_table_names():
        raise StorageError(f"{where}: holds tables that are not FloodWatch's; give it its own")
    if current is not None and current > HEAD:
        raise StorageError(_differs(where, current))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise StorageError(
                f"{where}: rows that refer to nothing after the update: {broken[:3]}"
            )


def check(connection: Connection, where: str) -> None:
    """StorageError unless the database has exactly this version's revision."""
    current = revision(connection)
    if current is None:
        raise StorageError(f"{where}: was never set up; start `floodwatch run` first")
    if current != HEAD:
        raise StorageError(_differs(where, current))


def revision(connection: Connection) -> str | None:
    """The revision the database says it has; None: never set up."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(
        text("SELECT version_num FROM alembic_version")
    ).scalar_one_or_none()
    return found


def prepare(path: Path) -> None:
    """Create the file in WAL mode, or back it up when it is behind."""
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        known = connection.execute(
            "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
        ).fetchone()
        if not known:
            return
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if row and row[0] < HEAD:
            back_up(connection, path.with_name(f"{path.name}.before-{HEAD}"))


def back_up(connection: sqlite3.Connection, target: Path) -> None:
    """A copy under a final name only after it was checked and is on the disk."""
    draft = target.with_name(target.name + ".part")
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(draft)) as copy:
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        found = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise StorageError(f"{draft}: the backup before the update is damaged: {found}")
    for path in (draft, draft.parent):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        if path == draft:
            draft.rename(target)


def engine(path: Path) -> Engine:
    """An engine for migrating only: foreign keys rest while tables are rebuilt."""
    built = create_engine(
        f"sqlite:///{path}",
        poolclass=NullPool,
        creator=lambda: sqlite3.connect(path, timeout=30, isolation_level=None),
    )

    @event.listens_for(built, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return built


def _differs(where: str, current: str) -> str:
    return (
        f"{where}: is of revision {current}, this FloodWatch works with {HEAD}; run the version "
        "that made it, or let `floodwatch run` update it"
    )
