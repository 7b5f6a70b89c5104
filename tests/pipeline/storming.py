"""A demonstration lived through by the whole pipeline, with its scripted people."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from floodwatch import config
from floodwatch.config.live import Configuration
from floodwatch.hydrology.series import Series
from floodwatch.model.clock import SECOND, SetClock
from floodwatch.model.reading import SeriesKey
from floodwatch.pipeline import channels
from floodwatch.pipeline.deliver import Deliverer
from floodwatch.pipeline.demonstration import Demonstration, DemonstrationTime
from floodwatch.pipeline.ingest import Ingest
from floodwatch.pipeline.past import put_past
from floodwatch.pipeline.plan import Plans
from floodwatch.pipeline.tick import Ticker
from floodwatch.sources.simulator import demonstration as simulated
from floodwatch.sources.simulator.control import STORM, DemoClock, Show
from floodwatch.sources.simulator.drought_feed import Entry
from floodwatch.sources.simulator.feed import Feed
from floodwatch.store import alert_log, tables
from floodwatch.store.clockwork import Lease
from floodwatch.store.database import Database
from floodwatch.store.journal import SeriesMap
from floodwatch.store.writer import Writer

FOLDER = Path(__file__).parents[2] / "config"
LOCAL = ZoneInfo("Asia/Shanghai")
OFFICER = "示范值班员甲"
LOOKS_AFTER = 10 * SECOND  # the officer acknowledges after ten seconds


class Attended(Demonstration):
    """The demonstration with somebody in the room, who acknowledges what is asked of it."""

    def _answer(self, now: int) -> None:
        super()._answer(now)
        with self.database.read() as connection:
            waiting = alert_log.open_obligations(connection)
        mine = [owed for owed in waiting if owed.party in ("room", OFFICER)]
        due = [owed for owed in mine if owed.opened_at + LOOKS_AFTER <= now]
        if not due:
            return
        with self.database.write(epoch=self.ticker.epoch) as tx:
            for number in sorted({owed.alert_id for owed in due}):
                alert_log.acknowledge(
                    tx, number, who=OFFICER, note="", via="page", now=now, person=OFFICER
                )


@contextmanager
def showing(
    database: Database,
    folder: Path = FOLDER,
    *,
    show: Show = STORM,
    speed: int = 60,
    feed: Feed | None = None,
    past: Iterable[tuple[SeriesKey, Series]] = (),
    entries: Sequence[Entry] = (),
    attended: bool = False,
) -> Iterator[Callable[[int], None]]:
    """A demonstration in a new database, as the engine shows it; yields what lets ms go by.

    These are ms of the machine's clock; the demonstration's runs at `speed`.
    """
    database.migrate()
    config.apply(database, folder, who="test", now=show.begin)
    for _ in put_past(database, past, now=show.begin):
        pass
    real = SetClock(show.begin)
    clock = DemoClock(real, show=show, speed=speed)
    service = DemonstrationTime(clock, real)
    configuration = Configuration(database)
    plans, series = Plans(configuration), SeriesMap()
    epoch = Lease().claim(database, holder="test", clock=real)
    assert epoch
    ingest = Ingest(plans, service, series)
    writer = Writer(database, ingest)
    inbox = channels.build(configuration.current(), database, demonstration=True)
    sender = Deliverer(database, inbox, epoch=epoch, now=clock.wall)
    shown = (Attended if attended else Demonstration)(
        database,
        clock,
        feed or simulated.Demonstration().feed,
        Ticker(database, plans, service, series, ingest, epoch),
        writer.submit,
        configuration.current,
        threading.Event(),
        sender.wake,
        entries,
    )

    def live_on(ms: int) -> None:
        real.advance(ms)
        shown.step()

    sender.start()
    try:
        shown.begin()
        live_on(0)  # up to the opening
        yield live_on
    finally:
        sender.stop()
        writer.close()


def copied(database: Database, folder: Path) -> Database:
    """The same as it stands now, in a file of its own."""
    made = Database.at(folder)
    assert database.path
    assert made.path
    with closing(sqlite3.connect(database.path)) as here, closing(sqlite3.connect(made.path)) as to:
        here.backup(to)
    return made


def local(text: str) -> int:
    """ms of a local time of the storm, such as "18 04:25"."""
    day, time = text.split()
    moment = datetime.fromisoformat(f"2026-06-{day}T{time}").replace(tzinfo=LOCAL)
    return int(moment.timestamp() * SECOND)


def rows(database: Database, table: Any, **where: Any) -> list[dict[str, Any]]:
    """The rows of a table, in order."""
    with database.read() as connection:
        query = select(table).filter_by(**where).order_by(table.c.id)
        return [dict(row) for row in connection.execute(query).mappings()]


def obligations(database: Database, **where: Any) -> list[dict[str, Any]]:
    """Obligations, each with its alert's station, type and band."""
    alerts = {row["id"]: row for row in rows(database, tables.alert)}
    return [
        row | {name: alerts[row["alert_id"]][name] for name in ("station", "type", "band")}
        for row in rows(database, tables.obligation, **where)
    ]
