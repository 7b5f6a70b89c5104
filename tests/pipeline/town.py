"""A small town for tests of the pipeline: a reservoir, a street, a rain gauge, two people."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import insert, select

from floodwatch import config
from floodwatch.config.live import Configuration
from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.clock import MINUTE, SetClock
from floodwatch.model.reading import RawReading
from floodwatch.pipeline.ingest import Ingest
from floodwatch.pipeline.plan import Plans
from floodwatch.pipeline.service_clock import ServiceClock
from floodwatch.pipeline.tick import Ticker
from floodwatch.store import alert_log, tables
from floodwatch.store.clockwork import Lease
from floodwatch.store.database import Database
from floodwatch.store.journal import SeriesMap
from floodwatch.store.readings import Readings

START = 1_781_740_800_000  # 2026-06-18 00:00 UTC
RESERVOIR, STREET, GAUGE = "61990001", "61990011", "61990051"

FILES = {
    "floodwatch.toml": '[service]\nname = "示范小镇"\n',
    "stations.toml": """
[[station]]
code = "61990001"
name = "示范水库"
kind = "reservoir"
outlet = "weir"
crest = 98.00
catchment = 2.1
reporting = {timed = "1h", additional = "5min", step = {stage = 0.01}}
persons = {patrol = ["示范巡查"]}
gauges = [{variable = "stage", maximum = 101.0}]

[[station]]
code = "61990011"
name = "示范路口"
kind = "waterlogging"
point_type = "road"
reporting = {timed = "5min"}
gauges = [{variable = "ponding_depth", from = "distance", zero = 1578, unit = "mm"}]

[[station]]
code = "61990051"
name = "示范雨量"
kind = "rain"
reporting = {timed = "1h", additional = "5min", step = {rainfall = 0.5}}
gauges = [{variable = "rainfall", period = "5min"}]
""",
    "thresholds.toml": """
[[threshold]]
station = "61990001"
variable = "stage"
name = "spill"
severity = "IV"
above = 95.20
clear = 95.19

[[threshold]]
station = "61990001"
variable = "stage"
name = "design_flood"
severity = "II"
at_or_above = 96.80

[[threshold]]
kind = "waterlogging"
variable = "ponding_depth"
name = "depth_15"
severity = "III"
unit = "cm"
at_or_above = 15

[[threshold]]
station = "61990051"
variable = "rainfall"
name = "rain_1h"
severity = "III"
window = "1h"
at_or_above = 50

[[rule]]
kind = "reservoir"
variable = "stage"
type = "level"
hold_down = "30min"
""",
    "recipients.toml": """
[[person]]
name = "示范值班"
email = "duty@example.org"

[[person]]
name = "示范巡查"
email = "patrol@example.org"

[[route]]
severity = ["I", "II"]
people = ["示范值班"]
roles = ["patrol"]
must_answer = true
channels = ["log"]

[[route]]
people = ["示范值班"]
channels = ["log"]
""",
}


class Town:
    """The whole way in, on a clock that stands until it is moved."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        at: int = START,
        changed: Callable[[Path], None] = lambda folder: None,
    ) -> None:
        self.database = database
        self.folder = folder
        self.clock = SetClock(at)
        folder.mkdir(exist_ok=True)
        for name, text in FILES.items():
            (folder / name).write_text(text, "utf-8")
        changed(folder)  # other files than the town's, before anything is in force
        self.restart()

    def restart(self) -> None:
        """As after the death of the engine: nothing is remembered but the database."""
        self.epoch = Lease().claim(
            self.database, holder="test", clock=self.clock, gone=lambda _: True
        )
        assert self.epoch
        self.configure()
        service, series = ServiceClock(self.clock), SeriesMap()
        plans = Plans(Configuration(self.database))
        self.readings = Readings(self.database)
        self.ingest = Ingest(plans, service, series)
        self.ticker = Ticker(self.database, plans, service, series, self.ingest, self.epoch)
        self.ticker.tick()

    def configure(self, name: str = "", old: str = "", new: str = "") -> None:
        """Put the folder in force, after replacing some text in one of its files."""
        if name:
            text = (self.folder / name).read_text("utf-8")
            assert old in text
            (self.folder / name).write_text(text.replace(old, new), "utf-8")
        config.apply(self.database, self.folder, who="test", now=self.clock.wall())

    def send(self, *batches: Batch) -> list[Receipt]:
        """One transaction of ingest."""
        with self.database.write() as tx:
            return self.ingest(tx, batches)

    def stage(self, value: float, *, at: int | None = None, station: str = RESERVOIR) -> Receipt:
        """One reading of stage, now or at `at`."""
        return self.say(station, "stage", value, at=at)

    def say(
        self, station: str, variable: str, value: float | None, *, at: int | None = None
    ) -> Receipt:
        """One reading."""
        time = self.clock.wall() if at is None else at
        reading = RawReading(station, variable, time, value)
        return self.send(Batch("test", (reading,)))[0]

    def wait(self, minutes: float, *, step: float = 1) -> None:
        """Let time pass, ticking every `step` minutes."""
        passed = 0.0
        while passed < minutes:
            self.clock.advance(int(step * MINUTE))
            passed += step
            self.ticker.tick()

    def an_import(self) -> int:
        """The number of an import that is under way."""
        row = {"who": "test", "at": START, "state": "running", "names": [], "report": {}}
        with self.database.write() as tx:
            made = insert(tables.imported).values(**row, rev=tx.rev).returning(tables.imported.c.id)
            return int(tx.connection.execute(made).scalar_one())

    def alerts(self, state: str = "firing") -> list[dict[str, object]]:
        """The alerts of stations (those about the service apart)."""
        with self.database.read() as connection:
            found = alert_log.alerts(connection, state=state)
        return [row for row in found if row["type"] not in ("system", "stale")]

    def system_alerts(self) -> list[str]:
        """What the service says of itself."""
        with self.database.read() as connection:
            found = alert_log.alerts(connection, state="firing")
        return [str(row["variable"]) for row in found if row["type"] == "system"]

    def silent(self) -> list[str]:
        """The stations whose silence is an alert."""
        with self.database.read() as connection:
            found = alert_log.alerts(connection, state="firing")
        return [str(row["station"]) for row in found if row["type"] == "stale"]

    def messages(self) -> list[dict[str, object]]:
        """What stands in the outbox."""
        with self.database.read() as connection:
            rows = connection.execute(select(tables.outbox).order_by(tables.outbox.c.id))
            return [dict(row._mapping) for row in rows]
