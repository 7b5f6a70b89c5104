"""At the start: a damaged or vanished database is set aside, and its last good backup goes on."""

import contextlib
import fcntl
import logging
import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from floodwatch.model.clock import Clock
from floodwatch.pipeline import backups
from floodwatch.pipeline.backups import Keeping
from floodwatch.store import backup
from floodwatch.store.clockwork import set_setting
from floodwatch.store.database import FILE, Database

log = logging.getLogger(__name__)

ASIDE = "damaged"  # in the data folder: nothing that might still be read is thrown away
LOOK_S = 20.0  # a start waits at most so long for the check of a large database
MAGIC = b"SQLite format 3\0"
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_SHORT_READ")


def rescue(data: Path, settings: Path, clock: Clock) -> str | None:
    """See that there is a sound SQLite database in `data`; what was wrong, or None.

    What is there and damaged is kept in a folder of its own. The newest good backup takes its
    place; without any the service begins with nothing but its configuration folder. Either way a
    system alert says so.
    """
    path = data / FILE
    mark = data / "run" / "established"
    with _alone(data):
        wrong = diagnose(path, established=mark.exists(), clock=clock)
        if wrong is None:
            return None
        now = clock.wall()
        log.critical("%s: %s", path, wrong)
        if aside := backup.set_aside(path, data / ASIDE / backup.name_of(now)):
            log.critical("what is left of it is kept in %s", aside)
        _begin_again(path, data, settings, now=now, why=wrong)
    return wrong


def establish(data: Path) -> None:
    """Note that there is a database here: should it vanish, that is no first start."""
    mark = data / "run" / "established"
    if not mark.exists():
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()


def diagnose(path: Path, *, established: bool, clock: Clock) -> str | None:
    """What is wrong with a database file, in a few words; None when it may be used."""
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except FileNotFoundError:
        return "数据库文件不见了" if established else None
    if not head:
        return "数据库文件是空的" if established else None
    if head != MAGIC:
        return "数据库文件已损坏"
    ends = clock.monotonic() + LOOK_S
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as opened:
            opened.set_progress_handler(lambda: clock.monotonic() > ends, 50_000)
            [found] = opened.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        if name == "SQLITE_INTERRUPT":
            log.warning("%s is large: its check was ended after %.0f s", path, LOOK_S)
        return "数据库文件已损坏" if name.startswith(_DAMAGED) else None
    return None if found == "ok" else "数据库文件已损坏"


def _begin_again(path: Path, data: Path, settings: Path, *, now: int, why: str) -> None:
    source = _newest_good(data, settings)
    database = Database.at(data)
    try:
        if source is None:
            log.critical("there is no good backup: beginning with nothing but the configuration")
            database.migrate()
            with database.write() as tx:
                rescued = {"at": now, "why": why, "backup": None, "alerts": 0}
                set_setting(tx, backups.RESCUED, rescued)
            return
        note = backups.put_back(source, database, now=now, why=why)
        log.critical("%s goes on from the backup %s (%d open alerts)", path, source, note.alerts)
    finally:
        database.close()


def _newest_good(data: Path, settings: Path) -> Path | None:
    """The newest good backup in the configured folders, this machine's first."""
    document: dict[str, object] = {}
    with contextlib.suppress(OSError, ValueError):
        found = tomllib.loads(settings.read_text("utf-8")).get("backup", {})
        document = found if isinstance(found, dict) else {}
    keeping = Keeping.of(document, data)
    folders = [keeping.folder, *([keeping.away] if keeping.away else [])]
    good = [path for folder in folders if (path := backup.newest_good(folder))]
    return max(good, key=lambda path: path.name, default=None)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Only one process rescues; another waits and then finds a sound database."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "rescue.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
