"""A district of thousands of stations, each with five rules, on a clock that is moved by hand."""

import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from floodwatch import config
from floodwatch.config.live import Configuration
from floodwatch.model.batch import Batch
from floodwatch.model.clock import HOUR, MINUTE, SECOND, SetClock
from floodwatch.model.quality import GOOD
from floodwatch.model.reading import RawReading, SeriesKey
from floodwatch.pipeline.ingest import Ingest
from floodwatch.pipeline.plan import Plans
from floodwatch.pipeline.service_clock import ServiceClock
from floodwatch.pipeline.tick import Ticker
from floodwatch.store import journal
from floodwatch.store.clockwork import Lease
from floodwatch.store.database import Database
from floodwatch.store.journal import Row, SeriesMap

START = 1_781_740_800_000  # 2026-06-18 08:00 in China
RAIN = 5 * MINUTE
DAY_HOURS = 24


class Took(NamedTuple):
    """Processor and wall milliseconds of one transaction; `inside`: processor before the commit."""

    cpu: float
    wall: float
    inside: float = 0.0


class LargeDistrict:
    """The way in and the tick of an engine, with a day of readings behind every gauge."""

    def __init__(self, folder: Path, stations: int) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.stations = stations
        self.folder = folder / "config"
        self.clock = SetClock(START)
        self.database = Database.at(folder / "data")
        self.database.migrate()
        self.epoch = Lease().claim(
            self.database, holder="bench", clock=self.clock, gone=lambda _: True
        )
        assert self.epoch is not None
        _configure(self.folder, stations)
        self.put_in_force()
        service, series = ServiceClock(self.clock), SeriesMap()
        self.plans = Plans(Configuration(self.database))
        self.ingest = Ingest(self.plans, service, series)
        self.ticker = Ticker(
            self.database,
            self.plans,
            service,
            series,
            self.ingest,
            self.epoch,
            monotonic=time.thread_time,  # other work on the machine must not cut a tick short
        )
        self._chance = random.Random(1)
        self._said = 0

    def put_in_force(self, stage: float = 96.8) -> None:
        """Put the configuration in force, with this limit on the reservoirs."""
        path = self.folder / "thresholds.toml"
        path.write_text(_THRESHOLDS.format(stage=stage), encoding="utf-8")
        config.apply(self.database, self.folder, who="bench", now=self.clock.wall())

    def fill(self) -> None:
        """A day of hourly readings, the last of each station through the whole pipeline."""
        now = self.clock.wall()
        keys = [key for number in range(self.stations) for key in _series(number)]
        with self.database.write() as tx:
            ids = SeriesMap().ids(tx, keys, now=now)
        for part in range(0, len(keys), 1_000):
            with self.database.write() as tx:
                for key in keys[part : part + 1_000]:
                    times = range(now - DAY_HOURS * HOUR, now - HOUR + 1, HOUR)
                    rows = [Row(ids[key], at, self._value(key), GOOD, at) for at in times]
                    journal.put(tx, rows)
        for _ in range(60):
            self.say(self.stations // 60, every=self.stations)
            self.clock.advance(MINUTE)
            self.ticker.tick()

    def say(self, count: int, *, every: int = 1) -> list[Took]:
        """The next `count` stations speak; `every` 1: each reading in a transaction of its own."""
        took = []
        for batches in self._batches(count, every):
            start, wall = time.thread_time(), time.perf_counter()
            with self.database.write() as tx:
                self.ingest(tx, batches)
                inside = time.thread_time() - start
            took.append(_took(start, wall, inside))
        return took

    def tick(self) -> Took | None:
        """One tick; None when it wrote nothing."""
        start, wall = time.thread_time(), time.perf_counter()
        return _took(start, wall) if self.ticker.tick() else None

    @property
    def version(self) -> int:
        """The version of the plan in force."""
        with self.database.read() as connection:
            return self.plans.current(connection).version

    def _batches(self, count: int, every: int) -> Iterator[list[Batch]]:
        now, waiting = self.clock.wall(), []
        for _ in range(count):
            number, self._said = self._said % self.stations, self._said + 1
            for key in _series(number):  # one reading a batch, as simple devices push
                reading = RawReading(key.station, key.variable, now - SECOND, self._value(key))
                waiting.append(Batch("bench", (reading,)))
            if every == 1:
                yield from ([batch] for batch in waiting)
                waiting = []
            elif len(waiting) >= every:
                yield waiting
                waiting = []
        if waiting:
            yield waiting

    def _value(self, key: SeriesKey) -> float:
        if key.variable == "rainfall":
            return 0.2 if self._chance.random() < 0.1 else 0.0
        return round(95.0 + 0.05 * self._chance.random(), 2)


def _took(start: float, wall: float, inside: float = 0.0) -> Took:
    return Took(
        1_000 * (time.thread_time() - start),
        1_000 * (time.perf_counter() - wall),
        1_000 * inside,
    )


def code(number: int) -> str:
    """The code of a station: reservoirs are even, rivers with a rain gauge odd."""
    return f"6199{number:05d}"


def _series(number: int) -> list[SeriesKey]:
    stage = SeriesKey(code(number), "1", "stage")
    return [stage, SeriesKey(code(number), "1", "rainfall", RAIN)] if number % 2 else [stage]


def _configure(folder: Path, stations: int) -> None:
    folder.mkdir(parents=True)
    text = "\n".join(
        _RIVER.format(**_of(n)) if n % 2 else _RESERVOIR.format(**_of(n)) for n in range(stations)
    )
    (folder / "stations.toml").write_text(text, encoding="utf-8")
    (folder / "floodwatch.toml").write_text('[service]\nname = "示范区"\n', encoding="utf-8")
    (folder / "recipients.toml").write_text(_RECIPIENTS, encoding="utf-8")


def _of(number: int) -> dict[str, object]:
    return {"code": code(number), "lon": 100 + number % 100 / 100, "lat": 25 + number // 100 / 100}


_RESERVOIR = """[[station]]
code = "{code}"
name = "示范库{code}"
kind = "reservoir"
outlet = "weir"
crest = 99.0
lon = {lon:.2f}
lat = {lat:.2f}
reporting = {{timed = "1h"}}
gauges = [{{variable = "stage", maximum = 150.0}}]
"""
_RIVER = """[[station]]
code = "{code}"
name = "示范河{code}"
kind = "river"
lon = {lon:.2f}
lat = {lat:.2f}
reporting = {{timed = "1h"}}
gauges = [{{variable = "stage"}}, {{variable = "rainfall", period = "5min"}}]
"""
_THRESHOLDS = """[[threshold]]
kind = "reservoir"
variable = "stage"
name = "design_flood"
severity = "I"
at_or_above = {stage}

[[threshold]]
kind = "river"
variable = "stage"
name = "warning"
severity = "II"
at_or_above = 96.8

[[threshold]]
kind = "river"
variable = "rainfall"
name = "rain_24h"
severity = "II"
window = "24h"
at_or_above = 100

[[rule]]
type = "stuck"
enabled = false

[[rule]]
type = "offline"
enabled = false

[[rule]]
type = "rise_flat"
enabled = false
"""
_RECIPIENTS = """[[person]]
name = "示范甲"
email = "a@example.org"

[[route]]
people = ["示范甲"]
channels = ["log"]
"""
