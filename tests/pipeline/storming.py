"""The demonstration storm lived through by the whole pipeline, with its scripted people."""

import threading
from pathlib import Path
from typing import Any

from sqlalchemy import select

from floodwatch import config
from floodwatch.config.live import Configuration
from floodwatch.model.clock import MINUTE, SECOND, SetClock
from floodwatch.pipeline import channels
from floodwatch.pipeline.deliver import Deliverer
from floodwatch.pipeline.demonstration import Demonstration, DemonstrationTime
from floodwatch.pipeline.ingest import Ingest
from floodwatch.pipeline.plan import Plans
from floodwatch.pipeline.tick import Ticker
from floodwatch.sources.simulator import demonstration as simulated
from floodwatch.sources.simulator.control import DemoClock
from floodwatch.sources.simulator.storm import T0
from floodwatch.store import alert_log, tables
from floodwatch.store.clockwork import Lease
from floodwatch.store.database import Database
from floodwatch.store.journal import SeriesMap
from floodwatch.store.writer import Writer

FOLDER = Path(__file__).parents[2] / "config"
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


def live(database: Database, *, minutes: int, attended: bool) -> None:
    """From the evening before the storm to so many hours of its clock after 03:00."""
    database.migrate()
    config.apply(database, FOLDER, who="test", now=T0)
    real = SetClock(T0)
    clock = DemoClock(real)
    service = DemonstrationTime(clock, real)
    configuration = Configuration(database)
    plans, series = Plans(configuration), SeriesMap()
    epoch = Lease().claim(database, holder="test", clock=real)
    assert epoch
    ingest = Ingest(plans, service, series)
    writer = Writer(database, ingest)
    inbox = channels.build(configuration.current(), database, demonstration=True)
    sender = Deliverer(database, inbox, epoch=epoch, now=clock.wall)
    show = (Attended if attended else Demonstration)(
        database,
        clock,
        simulated.Demonstration().feed,
        Ticker(database, plans, service, series, ingest, epoch),
        writer.submit,
        configuration.current,
        threading.Event(),
        sender.wake,
    )
    sender.start()
    show.begin()
    show.step()  # up to the opening at 03:00
    real.advance(minutes * MINUTE)  # at sixty times
    show.step()
    sender.stop()
    writer.close()


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
