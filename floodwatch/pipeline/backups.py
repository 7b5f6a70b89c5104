"""Backups by the timetable, how many are kept, and what a database put back does not know."""

import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from floodwatch.model.errors import Refused, StorageError
from floodwatch.store import backup, copying, tables, timeline
from floodwatch.store.clockwork import set_setting
from floodwatch.store.database import FILE, Database, Transaction
from floodwatch.store.timeline import Entry

FOLDER = "backups"  # in the data folder, unless another is configured
RESCUED = "rescued"  # the setting in which a rescue is kept
ROOM = 1.2  # times the size of the database: what must be free before a backup is begun


@dataclass(frozen=True, slots=True)
class Keeping:
    """[backup]: where backups go and how many are kept."""

    folder: Path
    away: Path | None
    keep: int
    keep_days: int

    @classmethod
    def of(cls, settings: Mapping[str, Any], data: Path) -> "Keeping":
        """As configured, with what is usual where it is not."""
        folder, away = str(settings.get("folder", "")), str(settings.get("copy_to", ""))
        return cls(
            Path(folder) if folder else data / FOLDER,
            Path(away) if away else None,
            int(settings.get("keep", 6)),
            int(settings.get("keep_days", 7)),
        )


def take(database: Database, keeping: Keeping, *, now: int, deleted: bool = False) -> Path:
    """One backup, checked and copied away; of those before it the superfluous go.

    `deleted`: the database's file is gone, and read from the connections that have it open.
    Raises StorageError when it cannot be made, or made but not copied away.
    """
    keeping.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not deleted:
        _see_that_it_fits(database, keeping.folder)
    path = keeping.folder / backup.name_of(now)
    backup.make(database, path, now=now)
    _rotate(keeping.folder, keeping)
    if keeping.away is not None:
        backup.duplicate(path, keeping.away)
        _rotate(keeping.away, keeping)
    return path


def age(keeping: Keeping, *, now: int) -> int:
    """How old the newest backup is, ms; without any, as old as can be."""
    for path in backup.kept(keeping.folder):
        try:
            return max(0, now - backup.read(path).at)
        except Refused:
            continue
    return now


def superfluous(paths: list[Path], *, keep: int, keep_days: int) -> list[Path]:
    """Of backups, newest first, those beyond the newest `keep` that are not the last of a day.

    Of each of the newest `keep_days` days (UTC) the last one stays.
    """
    last: dict[str, Path] = {}
    for path in paths:
        last.setdefault(path.name.removeprefix(backup.PREFIX)[:8], path)
    stay = {*paths[:keep], *list(last.values())[:keep_days]}
    return [path for path in paths if path not in stay]


def put_back(path: Path, database: Database, *, now: int, why: str) -> backup.Note:
    """Fill an empty database from a backup; its open alerts say as of when they are.

    Raises Refused when the file is no backup or the database is not empty.
    """
    note = backup.read(path)
    backup.check(path)
    if database.path is not None:
        backup.put_back(path, database.path)
        database.migrate()
    else:
        _put_into_server(path, database)
    with database.write() as tx:
        mark(tx, note, now=now, why=why)
    return note


def mark(tx: Transaction, note: backup.Note, *, now: int, why: str) -> None:
    """Say at each open alert as of when it is; nothing that was clearing then clears by itself now.

    What was seen since the backup is not known here: every hold down begins anew.
    """
    alert, state = tables.alert.c, tables.rule_state
    zone = _zone(tx)
    at = datetime.fromtimestamp(note.at / 1000, zone).strftime("%m-%d %H:%M")
    text = f"数据库由 {at} 的备份恢复({why})：以下为当时状态，此后的读数和应答不详"
    open_ones = tx.connection.execute(select(alert.id).where(alert.resolved_at.is_(None)))
    entries = [Entry(number, now, "note", text) for number in open_ones.scalars()]
    timeline.append(tx, entries)
    for rule, stored in tx.connection.execute(select(state.c.rule, state.c.state)).all():
        if stored.get("falling"):
            tx.connection.execute(
                update(state)
                .where(state.c.rule == rule)
                .values(state={**stored, "falling": []}, rev=tx.rev)
            )
    rescued = {"at": now, "why": why, "backup": note.at, "alerts": len(entries)}
    set_setting(tx, RESCUED, rescued)


def _zone(tx: Transaction) -> ZoneInfo:
    """The service's zone, as the version in force has it; of a backup without one, UTC."""
    version = copying.highest(tx.connection, tables.config_version.c.id)
    row = tx.connection.execute(
        select(tables.config_version.c.documents).where(tables.config_version.c.id == version)
    ).scalar_one_or_none()
    service = tomllib.loads((row or {}).get("floodwatch.toml", "")).get("service", {})
    return ZoneInfo(service.get("timezone", "Asia/Shanghai"))


def _put_into_server(path: Path, database: Database) -> None:
    database.migrate()
    with database.read() as connection:
        if copying.highest(connection, tables.config_version.c.id) or copying.count(
            connection, select(tables.series.c.id)
        ):
            raise Refused(f"{database}: holds data already; name an empty database")
    with TemporaryDirectory(dir=path.parent) as folder:
        backup.put_back(path, Path(folder) / FILE)
        with backup.opened(Path(folder) / FILE) as copy:
            copy.migrate()  # a backup of an older version
            with copy.read() as source, database.engine.begin() as target:
                copying.copy(source, target)


def _rotate(folder: Path, keeping: Keeping) -> None:
    for path in superfluous(backup.kept(folder), keep=keeping.keep, keep_days=keeping.keep_days):
        backup.discard(path)


def _see_that_it_fits(database: Database, folder: Path) -> None:
    if database.path is None:
        return
    wanted = int(database.path.stat().st_size * ROOM)
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise StorageError(
            f"{folder}: a backup needs {wanted >> 20} MB and {free >> 20} MB are free; "
            "free some, or give [backup] another folder"
        )
