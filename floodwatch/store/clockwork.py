"""What keeps the service going: the lease of the engine, service time, jobs, settings."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, text, update

from floodwatch.model.clock import Clock
from floodwatch.model.errors import Fenced
from floodwatch.store import tables
from floodwatch.store.database import Database, Transaction
from floodwatch.store.dialect import dialect_of

STANDING_S = 10.0  # a beat that stands this long may be taken over
ENGINE = "engine"


# -- the lease --------------------------------------------------------------------------------


class LeaseRow(NamedTuple):
    """Who is the engine: `epoch` fences, `beat` rises while the holder lives."""

    epoch: int
    holder: str
    beat: int


class LeaseWatch:
    """How long a beat has stood still, by one's own monotonic clock. Pure but for the clock."""

    def __init__(self, clock: Clock, *, patience: float = STANDING_S) -> None:
        self._clock = clock
        self._patience = patience
        self._seen: tuple[int, int] | None = None
        self._since = 0.0

    def stands(self, row: LeaseRow | None) -> bool:
        """Whether the lease may be taken: nobody's, or the beat seen has not changed for long."""
        if row is None or not row.holder:
            return True
        if self._seen != (row.epoch, row.beat):
            self._seen = (row.epoch, row.beat)
            self._since = self._clock.monotonic()
        return self._clock.monotonic() - self._since >= self._patience


class Lease:
    """The right to be the engine. The one who wants it calls `claim` again and again."""

    def __init__(self, *, patience: float = STANDING_S) -> None:
        self._patience = patience
        self._watch: LeaseWatch | None = None

    def claim(
        self,
        database: Database,
        *,
        holder: str,
        clock: Clock,
        gone: Callable[[str], bool] | None = None,
    ) -> int | None:
        """The new epoch; None while another engine's beat still moves.

        A holder of this machine whose process has ended need not be waited for: `gone` (by default
        `process_gone`) tells. Taking over too early would be harmless: the epoch fences.
        """
        self._watch = self._watch or LeaseWatch(clock, patience=self._patience)
        with database.read() as connection:
            seen = lease_row(connection)
        free = self._watch.stands(seen)
        if not free and not (seen and (gone or process_gone)(seen.holder)):
            return None
        with database.write() as tx:
            if lease_row(tx.connection) != seen:
                return None  # another was quicker, or the holder lives after all
            epoch = (seen.epoch if seen else 0) + 1
            tx.dialect.upsert(tx.connection, tables.lease, [(ENGINE, epoch, holder, 0)])
        return epoch

    def beat(self, tx: Transaction, epoch: int) -> None:
        """Show that the holder lives; Fenced when another has taken over."""
        if not tx.dialect.ask(tx.connection, _BEAT, {"name": ENGINE, "epoch": epoch}):
            raise Fenced(f"epoch {epoch} is over: another engine has taken the lease")

    def release(self, tx: Transaction, epoch: int) -> None:
        """Give the lease back at a clean end, so that the next need not wait."""
        tx.connection.execute(
            update(tables.lease)
            .where(tables.lease.c.name == ENGINE, tables.lease.c.epoch == epoch)
            .values(holder="")
        )


_BEAT = text(
    "UPDATE lease SET beat = beat + 1 WHERE name = :name AND epoch = :epoch RETURNING beat"
)


def lease_row(connection: Connection) -> LeaseRow | None:
    """The engine's lease as it stands."""
    table = tables.lease.c
    row = connection.execute(
        select(table.epoch, table.holder, table.beat).where(table.name == ENGINE)
    ).one_or_none()
    return LeaseRow(*row) if row else None


def this_process() -> str:
    """A holder's name by which this machine can tell whether the process still runs."""
    pid = os.getpid()
    return f"{_namespace()}/{pid}/{_started(pid)}"


def process_gone(holder: str) -> bool:
    """Whether the holder was a process of this boot and this pid namespace that has ended."""
    namespace, _, process = holder.partition("/")
    pid, _, started = process.partition("/")
    if namespace != _namespace() or not pid.isdigit():
        return False
    return _started(int(pid)) != started


@cache
def boot_id() -> str:
    """Which start of the machine this is: monotonic clocks compare only within one."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _namespace() -> str:
    return f"{boot_id()}:{Path('/proc/self/ns/pid').readlink().name}"


def _started(pid: int) -> str:
    """When the process began, in ticks since boot; empty when there is none, or only its corpse."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = status.rpartition(")")[2].split()  # the name in brackets may hold anything
    return "" if fields[0] in ("Z", "X") else fields[19]


# -- service time -----------------------------------------------------------------------------


class ServiceRow(NamedTuple):
    """Service time when the row was written; see the table for the columns."""

    now: int
    monotonic: float
    boot: str
    offset: int
    agrees: bool
    speed: float


# Made once: every transaction asks.
_SERVICE_ROW = text(
    'SELECT now, monotonic, boot, "offset", agrees, speed FROM service_time WHERE id = 1'
)


def service_row(connection: Connection) -> ServiceRow | None:
    """The clock as the engine last wrote it."""
    rows = dialect_of(connection.dialect.name).ask(connection, _SERVICE_ROW, {})
    if not rows:
        return None
    found = ServiceRow(*rows[0])
    return found._replace(agrees=bool(found.agrees))


def set_service_row(tx: Transaction, row: ServiceRow) -> None:
    """Write the clock."""
    tx.dialect.upsert(
        tx.connection, tables.service_time, [(1, *row)], columns=("id", *ServiceRow._fields)
    )


def service_now(connection: Connection, clock: Clock) -> int:
    """Service time now (ms), by whichever process asks."""
    return advanced(service_row(connection), clock, boot=boot_id())


def advanced(row: ServiceRow | None, clock: Clock, *, boot: str) -> int:
    """Service time now from the row: by monotonic time within a boot, else by the wall clock.

    After a boot only the wall clock knows how long the machine was off; it may not lead back.
    """
    if row is None:
        return clock.wall()
    if row.boot == boot and clock.monotonic() >= row.monotonic:
        return row.now + round((clock.monotonic() - row.monotonic) * 1_000 * row.speed)
    return max(row.now, clock.wall() - row.offset)


# -- settings and jobs ------------------------------------------------------------------------


def setting(connection: Connection, name: str) -> Any | None:
    """A fact that processes share, as it was set; None when it never was."""
    dialect = dialect_of(connection.dialect.name)
    rows = dialect.ask(connection, _SETTING, {"name": name})
    return dialect.document(rows[0][0]) if rows else None


_SETTING = text("SELECT value FROM setting WHERE name = :name")


def set_setting(tx: Transaction, name: str, value: Any) -> None:
    """Share a fact (anything JSON can hold)."""
    tx.dialect.upsert(tx.connection, tables.setting, [(name, value, tx.rev)])


class Job(NamedTuple):
    """A job of the timetable; `every` in ms, the rest in service ms."""

    name: str
    every: int
    last_success: int | None
    last_error: str | None
    last_error_at: int | None


def jobs(connection: Connection) -> dict[str, Job]:
    """All jobs that ever ran, by name."""
    rows = dialect_of(connection.dialect.name).ask(connection, _JOBS, {})
    return {row[0]: Job(*row) for row in rows}


_JOBS = text(f"SELECT {', '.join(Job._fields)} FROM job ORDER BY name")


def job_done(tx: Transaction, name: str, *, every: int, now: int) -> None:
    """Note a success; an earlier error is over."""
    tx.dialect.upsert(tx.connection, tables.job, [(name, every, now, None, None)])


def job_failed(tx: Transaction, name: str, *, every: int, error: str, now: int) -> None:
    """Note a failure; the last success stays, and grows older."""
    tx.dialect.upsert(
        tx.connection,
        tables.job,
        [(name, every, None, error, now)],
        update=("every", "last_error", "last_error_at"),
    )


def forget_job(tx: Transaction, name: str) -> None:
    """A job that is no longer on the timetable."""
    tx.connection.execute(text("DELETE FROM job WHERE name = :name"), {"name": name})
