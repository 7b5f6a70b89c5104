"""One machine with the engine's real parts on it, driven by hand; it can die and start again."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

from sqlalchemy import Connection

from floodwatch.config import live as configuration
from floodwatch.config.change import apply_texts
from floodwatch.config.live import Configuration
from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.clock import SetClock
from floodwatch.model.district import District
from floodwatch.model.notification import Channel
from floodwatch.pipeline import plan as plans
from floodwatch.pipeline.deliver import Deliverer
from floodwatch.pipeline.ingest import Ingest
from floodwatch.pipeline.plan import Plan, Plans
from floodwatch.pipeline.service_clock import ServiceClock
from floodwatch.pipeline.tick import Ticker
from floodwatch.store import database
from floodwatch.store.clockwork import Lease
from floodwatch.store.database import FILE, Database
from floodwatch.store.journal import SeriesMap
from tests.faults.fuse import Fuse, Perilous, perilous

Work = Callable[[], None]


class Machine:
    """Database, way in, tick and sender of one engine in one thread."""

    def __init__(
        self,
        place: Path,
        clock: SetClock,
        channels: Mapping[str, Channel],
        *,
        start: Callable[[Work, str], object],
        chance: Callable[[], float],
    ) -> None:
        self.clock, self.fuse = clock, Fuse()
        self._place, self._channels, self._start, self._chance = place, channels, start, chance
        self._life = 0
        self.folder.mkdir(parents=True)
        Database.at(self.folder).migrate()
        self._open()

    @property
    def folder(self) -> Path:
        """Where the data are in this life."""
        return self._place / str(self._life)

    @property
    def path(self) -> Path:
        """The database's file."""
        return self.folder / FILE

    def configure(self, texts: Mapping[str, str], *, now: int) -> int:
        """Put documents in force."""
        return apply_texts(self.database, texts, who="engineer", now=now)

    def begin(self) -> None:
        """As a process does that starts: nothing is remembered but the database."""
        epoch = Lease().claim(
            self.database, holder="simulated", clock=self.clock, gone=lambda _: True
        )
        assert epoch is not None
        self.epoch = epoch
        service, series = ServiceClock(self.clock), SeriesMap()
        self.service = service
        self.plans = Plans(Configuration(self.database))
        self.ingest = Ingest(self.plans, service, series)
        self.ticker = Ticker(self.database, self.plans, service, series, self.ingest, epoch)
        self.sender = Deliverer(
            self.database,
            self._channels,
            epoch=epoch,
            now=self.now,
            monotonic=self.clock.monotonic,
            chance=self._chance,
            start=self._start,
        )

    def now(self) -> int:
        """Service time, ms."""
        with self.database.glance() as connection:
            return self.service.moment(connection).now

    def submit(self, batches: Sequence[Batch]) -> list[Receipt]:
        """What the committer does with what waits: one transaction, then the receipts."""
        with self.database.write(epoch=self.epoch) as tx:
            return self.ingest(tx, batches)

    def send(self) -> None:
        """One round of the sender."""
        self.sender._round()

    def sending(self) -> bool:
        """Whether something came back that was not written down yet."""
        return not self.sender._results.empty() or bool(self.sender._unsettled)

    def die(self, *, power: bool) -> None:
        """The process ends here, or the machine without power; what is on the disk stays.

        Without power a log is worth what was synced of it. What is left is copied before the old
        connections close, since closing tidies up.
        """
        self.fuse.born()
        lost = power and self.database.synced < self.database.log_size()
        old, before = self.database, self.folder
        self._life += 1
        self.folder.mkdir()
        for end in ("", "-wal"):
            source = before / f"{FILE}{end}"
            if source.exists():
                shutil.copy(source, self.folder / source.name)
        if lost:
            with (self.folder / f"{FILE}-wal").open("r+b") as log:
                log.truncate(old.synced)
        old.close()
        shutil.rmtree(before)
        self._open()

    def keep(self, where: Path) -> None:
        """A copy of the database as it stands, to be looked at."""
        where.unlink(missing_ok=True)
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("VACUUM INTO ?", (str(where),))

    def close(self) -> None:
        """Give everything back."""
        self.database.close()
        shutil.rmtree(self._place, ignore_errors=True)

    def _open(self) -> None:
        self.database = Perilous.open(self.folder, self.fuse)


@contextmanager
def peril(fuse: Fuse) -> Iterator[None]:
    """Every statement may be the last one of its process.

    Versions are built once and not once a life: the program would come to the same.
    """
    districts: dict[int, District] = {}
    compiled: dict[int, Plan] = {}
    build, compile_plan = configuration._district, plans.compile_plan

    def built(connection: Connection, number: int) -> District:
        if number not in districts:
            districts[number] = build(connection, number)
        return districts[number]

    def planned(district: District) -> Plan:
        if district.version not in compiled:
            compiled[district.version] = compile_plan(district)
        return replace(compiled[district.version], days={}, resolved={})

    with (
        mock.patch.object(configuration, "_district", built),
        mock.patch.object(plans, "compile_plan", planned),
        mock.patch.object(database, "sqlite3", perilous(fuse)),
    ):
        yield
