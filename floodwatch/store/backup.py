"""Backups: one SQLite file each, of whichever database, checked before it has its name."""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import NullPool, create_engine, select

from floodwatch.model.errors import Refused, StorageError
from floodwatch.model.moment import iso
from floodwatch.store import copying, migration, tables
from floodwatch.store.database import Database

PREFIX, ENDING = "floodwatch-", ".backup"
PRIVATE = 0o600  # telephone numbers and password hashes are in it
NOTE = "backup_note"  # the one table of a backup that a database has not


class Note(NamedTuple):
    """What a backup says of itself. `at`: service time at which it was begun, ms."""

    at: int
    revision: str
    configuration: int  # number of the version in force
    people: int  # who sign in
    alerts: int  # that stand
    series: int


def name_of(now: int) -> str:
    """The usual name of a backup; names sort by time."""
    plain = iso(now // 1_000 * 1_000).replace("-", "").replace(":", "")
    return f"{PREFIX}{plain}{ENDING}"


def make(database: Database, target: Path, *, now: int) -> Note:
    """Write a backup while the service works, check it, put it on the disk, and only then name it.

    It is one consistent snapshot; nothing is blocked meanwhile. Raises Refused when the target is
    there already, StorageError when it cannot be written or does not pass its check.
    """
    if target.exists():
        raise Refused(f"{target} is there already; name another file")
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    draft.unlink(missing_ok=True)
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
        with _faults(draft):
            _snapshot(database, draft)
            note = _annotate(draft, now)
            check(draft)
            _settle(draft, target)
    except OSError as error:
        raise StorageError(f"{target}: the backup cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)
    return note


def read(path: Path) -> Note:
    """What a backup says of itself; Refused when it is none, or cut off."""
    if not path.is_file():
        raise Refused(f"{path}: there is no such file")
    try:
        with closing(_open(path)) as connection:
            row = connection.execute(f"SELECT * FROM {NOTE}").fetchone()
    except sqlite3.Error as error:
        raise Refused(
            f"{path} is no backup of FloodWatch, or damaged ({error}); take another one"
        ) from error
    return Note(*row)


def check(path: Path) -> None:
    """StorageError unless every page of the file is sound and its sum, if it has one, is right."""
    written = _sum_path(path)
    if written.exists() and written.read_text("utf-8").split()[:1] != [_sum(path)]:
        raise StorageError(f"{path}: is not what was written: its checksum differs")
    try:
        with closing(_open(path)) as connection:
            found = connection.execute("PRAGMA integrity_check(3)").fetchall()
    except sqlite3.Error as error:
        raise StorageError(f"{path}: is damaged: {error}") from error
    if found != [("ok",)]:
        raise StorageError(f"{path}: is damaged: {'; '.join(str(row[0]) for row in found)[:200]}")


def kept(folder: Path) -> list[Path]:
    """The backups of a folder, the newest first."""
    return sorted(folder.glob(f"{PREFIX}*{ENDING}"), reverse=True)


def newest_good(folder: Path) -> Path | None:
    """The newest backup of a folder that passes its check."""
    for path in kept(folder):
        try:
            read(path)
            check(path)
        except (Refused, StorageError):
            continue
        return path
    return None


def duplicate(path: Path, folder: Path) -> None:
    """Copy a backup into a folder that exists, such as a disk of another machine, and read it back.

    The folder is never made: where a disk is not mounted, its place must not fill up instead.
    """
    if not folder.is_dir():
        raise StorageError(f"{folder}: there is no such folder; is its disk mounted?")
    draft = folder / f".{path.name}.part"
    try:
        _copy(path, draft)
        if _sum(draft) != _sum(path):
            raise StorageError(f"{draft}: what was copied reads back differently")
        _settle(draft, folder / path.name)
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)


def discard(path: Path) -> None:
    """Delete a backup with its sum."""
    path.unlink(missing_ok=True)
    _sum_path(path).unlink(missing_ok=True)


def put_back(path: Path, target: Path) -> None:
    """Make the SQLite database of a backup, in a place where there is none."""
    if target.exists():
        raise Refused(f"{target}: there is a database already")
    draft = target.with_name(f"{target.name}.restoring")
    try:
        with _faults(draft):
            _copy(path, draft)
            with closing(sqlite3.connect(draft)) as connection:
                connection.execute(f"DROP TABLE {NOTE}")
                connection.commit()
            _on_disk(draft)
            draft.rename(target)
            _on_disk(target.parent)
    except OSError as error:
        raise StorageError(f"{target}: cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)


def set_aside(path: Path, folder: Path) -> Path | None:
    """Move a database with its log into a folder; nothing that may still be read is thrown away."""
    left = [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))]
    left = [found for found in left if found.exists()]
    if not left:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for found in left:
        found.rename(folder / found.name)
    return folder


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """A backup as a database to read from."""
    database = Database(f"sqlite:///{path}")
    try:
        yield database
    finally:
        database.close()


def _snapshot(database: Database, draft: Path) -> None:
    if database.path is not None:
        # A connection that is open already reads also a file that somebody has deleted.
        with closing(database.engine.raw_connection()) as source:
            source.cursor().execute("VACUUM INTO ?", (str(draft),))
        return
    engine = create_engine(f"sqlite:///{draft}", poolclass=NullPool)
    with database.read() as source, engine.begin() as target:
        tables.metadata.create_all(target)
        target.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        target.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (migration.HEAD,))
        copying.copy(source, target)


def _annotate(draft: Path, now: int) -> Note:
    engine = create_engine(f"sqlite:///{draft}", poolclass=NullPool)
    with engine.begin() as connection:
        note = Note(
            now,
            migration.revision(connection) or "",
            copying.highest(connection, tables.config_version.c.id),
            copying.count(connection, select(tables.user.c.id)),
            copying.count(connection, select(tables.alert).where(_STANDS)),
            copying.count(connection, select(tables.series.c.id)),
        )
        names = ", ".join(Note._fields)
        connection.exec_driver_sql(f"CREATE TABLE {NOTE} ({names})")
        marks = ", ".join("?" * len(note))
        connection.exec_driver_sql(f"INSERT INTO {NOTE} VALUES ({marks})", tuple(note))
    return note


_STANDS = tables.alert.c.resolved_at.is_(None)


def _settle(draft: Path, target: Path) -> None:
    """Give it its name, after its sum and after both are on the disk."""
    _on_disk(draft)
    noted = _sum_path(target)
    noted.write_text(f"{_sum(draft)}  {target.name}\n", "utf-8")
    _on_disk(noted)
    draft.rename(target)
    _on_disk(target.parent)


def _copy(path: Path, draft: Path) -> None:
    draft.unlink(missing_ok=True)
    with path.open("rb") as source, draft.open("xb") as target:
        draft.chmod(PRIVATE)
        while piece := source.read(1 << 20):
            target.write(piece)


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sum_path(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _on_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


@contextmanager
def _faults(where: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StorageError(f"{where}: {error}") from error
