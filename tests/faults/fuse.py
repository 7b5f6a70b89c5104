"""Where a process dies or a disk is full: at a point nobody chose, counted from a seed."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import URL, text

from floodwatch.store.database import FILE, Database, Transaction

ENDLESS = 4_294_967_294  # pages
_SYNCHRONOUS = text("PRAGMA synchronous")


class Killed(BaseException):
    """kill -9: no handler of the program may run on from here."""


class Fuse:
    """Counts the points that are passed; at the chosen one the process dies."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.full: int | None = None  # pages the file may have while the disk is full
        self.dead = False
        self.died_at = ""

    def born(self) -> None:
        """Another process begins."""
        self.left, self.dead = None, False

    def arm(self, points: int) -> None:
        """Die at this many points from now."""
        self.left = points

    def reach(self, point: str) -> None:
        """A point at which a process can die; a dead one does nothing more."""
        if self.dead:
            raise Killed(self.died_at)
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            self.left, self.dead, self.died_at = None, True, point
            raise Killed(point)


class _Cursor(sqlite3.Cursor):
    """Passes the fuse before each statement."""

    def execute(self, sql: str, *values: Any) -> "_Cursor":
        """One statement."""
        cast(_Connection, self.connection).fuse.reach(sql)
        super().execute(sql, *values)
        return self

    def executemany(self, sql: str, *values: Any) -> "_Cursor":
        """One statement many times."""
        cast(_Connection, self.connection).fuse.reach(sql)
        super().executemany(sql, *values)
        return self


class _Connection(sqlite3.Connection):
    """A connection of which every statement passes the fuse."""

    fuse: Fuse

    def cursor(self, *given: Any) -> Any:
        """A cursor that does."""
        return super().cursor(_Cursor)

    def execute(self, sql: str, *values: Any) -> Any:
        """One statement, by a plain cursor: it has passed the fuse."""
        self.fuse.reach(sql)
        return super().cursor().execute(sql, *values)

    def executemany(self, sql: str, *values: Any) -> Any:
        """One statement many times."""
        self.fuse.reach(sql)
        return super().cursor().executemany(sql, *values)

    def commit(self) -> None:
        """Nothing is kept of what a dead process does."""
        if not self.fuse.dead:
            super().commit()


def perilous(fuse: Fuse) -> Any:
    """In place of the module sqlite3: its connections pass the fuse."""

    def factory(*given: Any, **named: Any) -> _Connection:
        made = _Connection(*given, **named)
        made.fuse = fuse
        return made

    def connect(*given: Any, **named: Any) -> Any:
        return sqlite3.connect(*given, factory=cast(Any, factory), **named)

    names = {name: getattr(sqlite3, name) for name in ("Connection", "Error")}
    return SimpleNamespace(connect=connect, **names)


class Perilous(Database):
    """The real database; its writers pass a fuse at each statement and around each commit."""

    fuse: Fuse
    synced: int  # bytes of the log that a power cut cannot take

    @classmethod
    def open(cls, folder: Path, fuse: Fuse) -> "Perilous":
        """The database of a folder."""
        made = cls(URL.create("sqlite", database=str((folder / FILE).absolute())))
        made.fuse, made.synced = fuse, made.log_size()
        return made

    @contextmanager
    def write(self, *, epoch: int | None = None, yielding: bool = False) -> Iterator[Transaction]:
        """One write transaction, which may be the last of this process."""
        with super().write(epoch=epoch, yielding=yielding) as tx:
            self._limit(tx)
            yield tx
            self.fuse.reach("before the commit")
            ((synchronous,),) = tx.dialect.ask(tx.connection, _SYNCHRONOUS, {})
            safe = synchronous >= 2
        if safe:
            self.synced = self.log_size()
        self.fuse.reach("after the commit")

    def log_size(self) -> int:
        """Bytes in the write-ahead log."""
        assert self.path is not None
        log = self.path.with_name(self.path.name + "-wal")
        return log.stat().st_size if log.exists() else 0

    def _limit(self, tx: Transaction) -> None:
        """The disk is as large as the fuse has it; each connection is told when that changes."""
        pages, told = self.fuse.full or ENDLESS, tx.connection.info
        if told.get("pages", ENDLESS) != pages:
            tx.dialect.ask(tx.connection, text(f"PRAGMA max_page_count = {pages}"), {})
            told["pages"] = pages
