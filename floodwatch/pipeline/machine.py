"""The machine below: room on the disk, the log of the database, faults of the storage."""

import contextlib
import json
import logging
import os
import shutil
import sqlite3
import threading
from pathlib import Path
from typing import NamedTuple

from floodwatch.model.clock import Clock
from floodwatch.store.place import Place

_log = logging.getLogger(__name__)

LOW = 0.05  # share of the disk
RESERVE = 64 * 1024 * 1024  # bytes kept back for the outbox
WAL_MOST = 256 * 1024 * 1024
LOOK_S = 10.0
CHECK_S = 600.0  # for the check of a database after a fault

_FULL = "SQLITE_FULL"
_FAULTS = ("SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTADB")


class Room(NamedTuple):
    """How much there is: share of the disk that is free, and bytes of log."""

    free: float
    wal: int


def room(data: Path, database: Path | None) -> Room:
    """Measure it."""
    usage = shutil.disk_usage(data)
    wal = 0
    if database is not None:
        with contextlib.suppress(OSError):
            wal = database.with_name(database.name + "-wal").stat().st_size
    return Room(usage.free / usage.total if usage.total else 1.0, wal)


class Machine:
    """Keeps a reserve of disk for the worst hour, and knows when storage can no longer be trusted.

    `fault` is called with SQLite's name of each error. A full disk frees the reserve. After an
    error of reading, writing or syncing nobody knows what the disk holds: `broken` says why this
    process must end; the next one has the file checked (`verify`).
    """

    def __init__(self, data: Path, database: Path | None, clock: Clock) -> None:
        self._data, self._database, self._clock = data, database, clock
        self._folder = data / "run"
        self._reserve = self._folder / "reserve"
        self._mark = self._folder / "storage_fault"
        self._looked = float("-inf")
        self._full = False
        self._place = Place(database)
        self.moved = False  # the database's file is gone, and still open here
        self.room = Room(1.0, 0)
        self.broken: str | None = None
        self.checked: dict[str, str] | None = None  # the fault before, and what the check found

    def look(self) -> Room:
        """Measure now and then; put the reserve back once there is room again."""
        now = self._clock.monotonic()
        if now - self._looked >= LOOK_S:
            self._looked = now
            self.room = room(self._data, self._database)
            self._see_that_it_is_there()
            if self.room.free >= LOW:
                self._full = False
                self._keep_back()
        return self.room

    def _see_that_it_is_there(self) -> None:
        """A database deleted or replaced under us takes readings in where nobody looks."""
        if self.broken is None and self._place.moved:
            _log.critical("%s is gone, or another file has its name", self._database)
            self.moved = True
            self.broken = "the database's file is gone"

    @property
    def full(self) -> bool:
        """Whether the disk has been full, and has not got room again."""
        return self._full

    def fault(self, name: str) -> None:
        """An error of SQLite."""
        if name.startswith(_FULL):
            self._full = True
            self._looked = float("-inf")
            with contextlib.suppress(OSError):
                self._reserve.unlink()
                _log.error("the disk is full; %d MB of reserve are free now", RESERVE >> 20)
        elif name.startswith(_FAULTS) and self.broken is None:
            self.broken = name
            with contextlib.suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                self._mark.write_text(json.dumps({"fault": name}), "utf-8")

    def verify(self) -> None:
        """If the process before ended by a fault of the storage, have the file checked, beside."""
        if self._database is not None and self._mark.exists():
            threading.Thread(target=self._verify, name="verify", daemon=True).start()

    def _verify(self) -> None:
        found = {"fault": "unknown", "check": ""}
        with contextlib.suppress(OSError, ValueError):
            found["fault"] = str(json.loads(self._mark.read_text("utf-8"))["fault"])
        found["check"] = self._quick_check()
        self.checked = found
        with contextlib.suppress(OSError):
            self._mark.unlink()
        _log.error("storage fault %(fault)s; the file was checked: %(check)s", found)

    def _quick_check(self) -> str:
        ends = self._clock.monotonic() + CHECK_S
        try:
            with contextlib.closing(
                sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=30)
            ) as connection:
                connection.set_progress_handler(lambda: self._clock.monotonic() > ends, 100_000)
                rows = connection.execute("PRAGMA quick_check(3)").fetchall()
        except sqlite3.Error as error:
            return " ".join(str(error).split())[:200]
        return "; ".join(str(row[0]) for row in rows)[:200]

    def _keep_back(self) -> None:
        with contextlib.suppress(OSError):  # no room: then there is no reserve
            if self._reserve.exists() and self._reserve.stat().st_size == RESERVE:
                return
            if shutil.disk_usage(self._data).free < 4 * RESERVE:
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._reserve.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVE)
