"""The database: one SQLite file or a PostgreSQL server, one writer at a time, consistent reads."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, create_engine, make_url, text
from sqlalchemy import exc as sql_errors
from sqlalchemy.pool import QueuePool

from floodwatch.model.clock import Clock, SystemClock
from floodwatch.model.errors import Fenced, StorageError
from floodwatch.store import migration
from floodwatch.store.dialect import Dialect, dialect_of
from floodwatch.store.turnstile import Turnstile

_log = logging.getLogger(__name__)

FILE = "floodwatch.db"
PATIENCE_S = 30
_TURN = 6_199_0001  # the advisory lock that is the turn to write on PostgreSQL

_PRAGMAS = (
    "PRAGMA synchronous = FULL",  # NORMAL loses acknowledged commits in a power cut
    "PRAGMA wal_autocheckpoint = 8000",  # pages; the engine's Checkpointer is there long before
    "PRAGMA foreign_keys = ON",
    "PRAGMA mmap_size = 1073741824",
    "PRAGMA cache_size = -16000",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA journal_size_limit = 67108864",
)
_POSTGRES_OPTIONS = f"-c lock_timeout={PATIENCE_S}s -c timezone=UTC"
# A writer that was stopped in the middle must not keep the turn for ever.
_POSTGRES_TURN = text(
    "SELECT set_config('idle_in_transaction_session_timeout', '60s', true),"
    f" pg_advisory_xact_lock({_TURN})"
)
_NEXT_REV = text(
    "UPDATE revision SET rev = rev + 1 WHERE id = 1"
    " RETURNING rev, (SELECT epoch FROM lease WHERE name = 'engine')"
)


class Transaction:
    """One write transaction: its connection, and the revision it stamps on what it touches."""

    __slots__ = ("_callbacks", "connection", "dialect", "rev", "sealed")

    def __init__(self, connection: Connection, dialect: Dialect, rev: int) -> None:
        self.connection = connection
        self.dialect = dialect
        self.rev = rev
        self.sealed: dict[int, int] = {}  # as store.journal has found it in this transaction
        self._callbacks: list[Callable[[], object]] = []

    def after_commit(self, callback: Callable[[], object]) -> None:
        """Call this once the transaction is durable; never when it is rolled back."""
        self._callbacks.append(callback)

    @contextmanager
    def part(self) -> Iterator[None]:
        """What is done within is taken back alone when it fails; what was done before it stays."""
        before = len(self._callbacks)
        try:
            with self.dialect.part(self.connection):
                yield
        except BaseException:
            del self._callbacks[before:]
            raise

    def _committed(self) -> None:
        for callback in self._callbacks:
            try:
                callback()
            except Exception:  # noqa: BLE001 - committed is committed: nobody may hear otherwise
                _log.exception("what was to follow a commit failed")


class Database:
    """Everything that must be in one transaction lives here."""

    def __init__(self, url: str | URL, *, clock: Clock | None = None) -> None:
        address = make_url(url)
        if address.drivername in ("postgresql", "postgres"):
            address = address.set(drivername="postgresql+psycopg")
        self.url = address
        self.path = _path_of(address)
        self._clock = clock or SystemClock()
        self._turnstile = Turnstile(self.path, clock=self._clock) if self.path else None
        self._inside = threading.local()
        self.on_fault: Callable[[str], object] = lambda name: None  # told SQLite's name of a fault
        self._rests_until = 0.0  # monotonic: when bulk work may want the turn again
        if self.path is None:
            self.engine = _postgres_engine(address)
            self._readers: Engine = self.engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        else:
            self.engine = _sqlite_engine(address, self.path, "BEGIN IMMEDIATE")
            self._readers = _sqlite_engine(address, self.path, "BEGIN", "PRAGMA query_only = ON")
        self.dialect = dialect_of(self.engine.dialect.name)

    @classmethod
    def at(cls, data: Path, setting: str = "sqlite") -> "Database":
        """The database of a data folder: its SQLite file, or the server that `setting` names."""
        if setting != "sqlite":
            return cls(setting)
        data.mkdir(parents=True, exist_ok=True)
        return cls(URL.create("sqlite", database=str((data / FILE).absolute())))

    def __str__(self) -> str:
        return str(self.path or self.url.render_as_string(hide_password=True))

    def migrate(self) -> None:
        """Create the tables, or bring an older database up to date after a verified backup."""
        with self._faults(), self._turn():
            if self.path is None:
                with self.engine.begin() as connection:
                    connection.execute(_POSTGRES_TURN)
                    migration.upgrade(connection, str(self))
                return
            migration.prepare(self.path)
            single = migration.engine(self.path)
            try:
                with single.begin() as connection:
                    migration.upgrade(connection, str(self))
            finally:
                single.dispose()

    def check_revision(self) -> None:
        """StorageError, in one sentence, unless the tables are those this version works with."""
        with self.read() as connection:
            migration.check(connection, str(self))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent read-only snapshot; what others commit meanwhile is not seen."""
        with self._faults(), self._readers.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """For one question: a statement alone is a snapshot, and needs no transaction around it."""
        with self._faults(), self._readers.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, epoch: int | None = None, yielding: bool = False) -> Iterator[Transaction]:
        """Wait for the turn to write, then one transaction with the next revision.

        With `epoch` the engine's lease must still carry it, else Fenced. `yielding` is for bulk
        work: between two of them it stays away as long as it has held the turn.
        """
        if getattr(self._inside, "writing", False):
            raise RuntimeError("a write transaction inside a write transaction")
        if yielding:
            self._rest()
        self._inside.writing = True
        try:
            with self._faults(), self._turn():
                started = self._clock.monotonic()
                with self.engine.begin() as connection:
                    transaction = self._start(connection, epoch)
                    started = self._clock.monotonic()
                    yield transaction
                held = self._clock.monotonic() - started
        finally:
            self._inside.writing = False
        transaction._committed()
        if yielding:
            self._rests_until = self._clock.monotonic() + held

    def _rest(self) -> None:
        # Not at once after the commit: what is to be written next can be worked out meanwhile.
        left = self._rests_until - self._clock.monotonic()
        if left > 0:
            time.sleep(left)

    def close(self) -> None:
        """Give all connections back."""
        self._readers.dispose()
        self.engine.dispose()

    def _start(self, connection: Connection, epoch: int | None) -> Transaction:
        if self.path is None:
            connection.execute(_POSTGRES_TURN)
        ((rev, current),) = self.dialect.ask(connection, _NEXT_REV, {})
        if epoch is not None and current != epoch:
            raise Fenced(
                f"{self}: another engine has taken over (epoch {current}, ours was {epoch}); "
                "this one must stop"
            )
        return Transaction(connection, self.dialect, rev)

    def _turn(self) -> AbstractContextManager[None]:
        return self._turnstile.hold() if self._turnstile else nullcontext()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (sql_errors.DBAPIError, sql_errors.TimeoutError, sqlite3.Error) as error:
            if isinstance(error, _CALLERS_FAULT):
                raise
            if name := getattr(getattr(error, "orig", error), "sqlite_errorname", ""):
                self.on_fault(str(name))
            raise StorageError(_explain(str(self), error)) from error


_CALLERS_FAULT = (
    sql_errors.IntegrityError,
    sql_errors.DataError,
    sql_errors.ProgrammingError,
    sql_errors.NotSupportedError,
)
_REMEDIES = {
    "disk is full": "free space on the disk; nothing of this transaction was kept",
    "locked": "another program holds the file; close it",
    "unable to open": "there is no database yet or it may not be opened: start `floodwatch run`",
    "readonly": "the file or its folder may not be written; check owner and mount",
    "malformed": "the file is damaged: keep it, and restore the newest backup",
    "not a database": "the file is damaged or something else: keep it, restore the newest backup",
    "no such table": "it was never set up: start `floodwatch run`",
    "lock timeout": "another writer has held its transaction too long",
}


def _explain(where: str, error: Exception) -> str:
    what = " ".join(str(getattr(error, "orig", None) or error).split())
    remedy = next((text for sign, text in _REMEDIES.items() if sign in what), "")
    return f"{where}: {what}" + (f"; {remedy}" if remedy else "")


def _path_of(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite":
        return None
    if not url.database or url.database == ":memory:":
        raise StorageError("the database must be a file: processes share it")
    return Path(url.database)


def _sqlite_engine(url: URL, path: Path, begin: str, *pragmas: str) -> Engine:
    address = f"file:{quote(str(path))}?mode=rw"  # only migrate() may create the file

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            address,
            uri=True,
            timeout=PATIENCE_S,
            isolation_level=None,  # the driver must not begin transactions of its own
            check_same_thread=False,
        )
        for pragma in _PRAGMAS + pragmas:
            connection.execute(pragma)
        return connection

    engine = create_engine(
        url,
        creator=connect,
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=120,
        pool_timeout=PATIENCE_S,
    )

    def do_begin(connection: PoolProxiedConnection) -> None:
        connection.dbapi_connection.execute(begin)  # type: ignore[union-attr]

    # Not by a listener: while there is one, SQLAlchemy looks for more at every step.
    setattr(engine.dialect, "do_begin", do_begin)  # noqa: B010 - mypy knows it as a method
    return engine


def _postgres_engine(url: URL) -> Engine:
    return create_engine(
        url,
        connect_args={"options": _POSTGRES_OPTIONS, "connect_timeout": 10},
        pool_size=8,
        max_overflow=24,
        pool_timeout=PATIENCE_S,
        pool_pre_ping=True,
    )
