"""What one process works with, opened once: configuration, database, the way in."""

import os
import tomllib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from floodwatch import config
from floodwatch.bootstrap.rescue import establish, rescue
from floodwatch.config.live import Configuration
from floodwatch.hydrology.series import Series
from floodwatch.loops import Loops, Turn
from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.clock import Clock, SystemClock
from floodwatch.model.errors import Refused
from floodwatch.model.reading import SeriesKey
from floodwatch.pipeline.ingest import Ingest
from floodwatch.pipeline.plan import Plans
from floodwatch.pipeline.service_clock import ServiceClock
from floodwatch.store.database import Database
from floodwatch.store.influx import reading as influx_reading
from floodwatch.store.influx import settings as influx_settings
from floodwatch.store.influx.server import server as influx_server
from floodwatch.store.journal import SeriesMap
from floodwatch.store.readings import Readings
from floodwatch.store.writer import Writer

SETTINGS = "floodwatch.toml"


@dataclass
class Services:
    """One process's view of everything: made once, closed at its end."""

    folder: Path
    data: Path
    database: Database
    demonstration: bool
    clock: Clock
    service: ServiceClock
    epoch: Callable[[], int | None] = lambda: None
    loops: Loops | None = None  # where this process stamps its loops
    turn: Turn = lambda worked: None  # of the committer
    show: str = "storm"  # what the demonstration shows

    @cached_property
    def configuration(self) -> Configuration:
        """The configuration in force, newest version."""
        return Configuration(self.database)

    @cached_property
    def plans(self) -> Plans:
        """The same, compiled."""
        return Plans(self.configuration)

    @cached_property
    def series(self) -> SeriesMap:
        """The numbers of the series."""
        return SeriesMap()

    @cached_property
    def readings(self) -> Readings:
        """What is stored, to be read."""
        return Readings(self.database, elsewhere=self._from_influx)

    def _from_influx(self, key: SeriesKey, start: int, end: int) -> Series:
        """Old readings whose blocks have been dropped."""
        given = self.configuration.current().influx
        if not given:
            raise Refused("readings of that time are in InfluxDB alone, and [influx] is not set")
        with closing(influx_server(influx_settings.of(given), os.environ)) as there:
            return influx_reading.read(there, key, start, end)

    @cached_property
    def ingest(self) -> Ingest:
        """The way in."""
        return Ingest(self.plans, self.service, self.series)

    @cached_property
    def writer(self) -> Writer:
        """The committer thread of this process; started at first use."""
        return Writer(
            self.database, self.ingest, epoch=self.epoch, turn=lambda worked: self.turn(worked)
        )

    def submit(self, batch: Batch) -> Receipt:
        """Hand a batch in and wait until it is committed."""
        return self.writer.submit(batch)

    def now(self) -> int:
        """Service time, ms."""
        with self.database.glance() as connection:
            return self.service.moment(connection).now

    def close(self) -> None:
        """Finish what is waiting and give everything back."""
        if "writer" in self.__dict__:
            self.writer.close()
        self.database.close()


def settings(folder: Path) -> tuple[str, bool]:
    """(database setting, whether this is the demonstration), from floodwatch.toml alone."""
    path = folder / SETTINGS
    if not path.exists():
        return "sqlite", False
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return "sqlite", False  # `check` says what is wrong with it
    service = document.get("service", {})
    return str(service.get("database", "sqlite")), bool(service.get("demonstration", False))


def open_services(
    folder: Path,
    data: Path,
    *,
    clock: Clock | None = None,
    service: ServiceClock | None = None,
    create: bool = False,
    migrate: bool = False,
) -> Services:
    """Open a data folder for one process.

    The demonstration's data live in a folder of their own. `migrate` (run and engine) brings the
    database up to date; `create` (commands of a first set-up) only makes one where there is none.
    """
    setting, demonstration = settings(folder)
    if demonstration:
        data, setting = data / "demo", "sqlite"
    mine = setting == "sqlite" and not demonstration
    if migrate and mine:
        rescue(data, folder / SETTINGS, clock or SystemClock())
    database = open_database(data, setting)
    fresh = database.path is not None and not database.path.exists()
    if migrate or (create and fresh):
        database.migrate()
        if mine:
            establish(data)
    elif fresh:
        raise Refused(
            f"there is no database at {database.path}; start `floodwatch run`, import a file, "
            "or name another folder with --data"
        )
    else:
        database.check_revision()
    clock = clock or SystemClock()
    return Services(folder, data, database, demonstration, clock, service or ServiceClock(clock))


def open_database(data: Path, setting: str) -> Database:
    """The database of a data folder; Refused when its library is not installed."""
    try:
        return Database.at(data, setting)
    except ModuleNotFoundError as error:  # PostgreSQL's library is an extra
        raise Refused(
            f"{SETTINGS}: this database needs the library {error.name}, which is not installed; "
            "in FloodWatch's folder: pip install --require-hashes -r requirements-extras.lock"
        ) from error


def follow_folder(services: Services, *, who: str, only_first: bool = False) -> int | None:
    """Put the folder's configuration in force if it is new; raises ConfigError if it has errors.

    `only_first`: only when no configuration is in force yet.
    """
    with services.database.read() as connection:
        if only_first and services.configuration.current(connection).version:
            return None
        now = services.service.moment(connection).now
    if not services.folder.is_dir():
        return None
    return config.apply(services.database, services.folder, who=who, now=now)
