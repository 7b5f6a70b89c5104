"""Plays a scenario through the whole pipeline, look by look, on a clock of its own."""

from collections import Counter
from pathlib import Path

from sqlalchemy import event

from floodwatch.config.live import Configuration
from floodwatch.model.batch import Batch
from floodwatch.model.clock import MINUTE
from floodwatch.model.district import District
from floodwatch.model.errors import ConfigError, Refused
from floodwatch.model.reading import RawReading
from floodwatch.store.database import Database
from tests.pipeline.town import Town
from tests.scenarios.doings import ACTS, DOINGS
from tests.scenarios.reading_files import Event, Said, Scenario
from tests.scenarios.seen import Seen
from tests.scenarios.sending import HandWorked, Scripted


def hurry(database: Database) -> None:
    """A scenario need not survive a power cut: commits do not wait for the disk."""
    if database.path is not None:
        event.listen(
            database.engine, "connect", lambda c, _: c.execute("PRAGMA synchronous = OFF").close()
        )


class Play:
    """One scenario being played in a town."""

    def __init__(self, scenario: Scenario, database: Database, folder: Path) -> None:
        hurry(database)
        self.scenario = scenario
        self.running = True
        self.kept: Counter[str] = Counter()
        self.refused: list[str] = []
        self.town = Town(database, folder, at=scenario.start, changed=self._write_files)
        self._now = scenario.start
        self._configuration = Configuration(database)
        names = [*self.district.channels, "log"]
        self.channels = {name: Scripted(name) for name in names}
        self.renew_sender()
        self.seen = Seen(database, scenario.start)

    def _write_files(self, folder: Path) -> None:
        for name, text in self.scenario.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        for name, text in self.scenario.config.items():
            path = folder / name
            path.write_text(path.read_text("utf-8") + "\n" + text, "utf-8")
        for name, pairs in self.scenario.replace.items():
            for old, new in pairs:
                edit(folder / name, old, new)

    @property
    def district(self) -> District:
        """The configuration in force."""
        return self._configuration.current()

    def renew_sender(self) -> None:
        """The sender of the present engine."""
        self.sender = HandWorked(
            self.town.database,
            self.channels,
            epoch=self.town.epoch or 0,
            now=self.service_now,
            chance=lambda: 0.5,
        )

    def service_now(self) -> int:
        """Service time, as the sender has it."""
        with self.town.database.read() as connection:
            return self.town.ticker.service.moment(connection).now

    def run(self) -> None:
        """From the start to the end; what is said or done at a moment comes before its look."""
        said, events = list(self.scenario.said), list(self.scenario.events)
        step = int(self.scenario.tick * MINUTE)
        moments = set(range(self.scenario.start, self.scenario.until + 1, step))
        moments |= {one.at for one in said} | {one.at for one in events}
        assert min(moments) == self.scenario.start, "something is said before the start"
        for at in sorted(moments):
            self.town.clock.advance(at - self._now)
            self._now = at
            for act in (one for one in events if one.at == at):
                self._do(act)
            now = [one for one in said if one.at == at]
            if now:
                self._say(now)
            if self.running:
                self.town.ticker.tick()
                if self.scenario.deliver:
                    self.sender.work()

    def _say(self, said: list[Said]) -> None:
        for imported in (False, True):
            readings = tuple(_raw(one) for one in said if one.imported is imported)
            if readings:
                number = self.town.an_import() if imported else None
                for receipt in self.town.send(Batch("scenario", readings, import_id=number)):
                    self.kept.update(outcome.value for outcome in receipt.outcomes)

    def _do(self, event: Event) -> None:
        try:
            if event.do in ACTS:
                ACTS[event.do](self, event)
            else:
                with self.town.database.write() as tx:
                    DOINGS[event.do](self, tx, event)
        except (Refused, ConfigError) as refusal:
            self.refused.append(str(refusal))

    def edit(self, name: str, old: str, new: str) -> None:
        """Somebody edits a file; it is not in force yet."""
        edit(self.town.folder / name, old, new)


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there."""
    text = path.read_text("utf-8")
    assert old in text, f"{path.name} does not say {old!r}"
    path.write_text(text.replace(old, new), "utf-8")


def _raw(one: Said) -> RawReading:
    return RawReading(
        one.station,
        one.variable,
        one.time,
        one.value,
        gauge=one.gauge,
        unit=one.unit,
        period=one.period,
    )
