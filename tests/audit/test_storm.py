"""The audit over the demonstration's storm: every crossing is explained, and quickly."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from floodwatch import config
from floodwatch.audit import Violation, violations
from floodwatch.audit.crossings import demands
from floodwatch.audit.documents import read
from floodwatch.config.live import Configuration
from floodwatch.model.clock import DAY, HOUR, MINUTE, SetClock
from floodwatch.pipeline import channels
from floodwatch.pipeline.deliver import Deliverer
from floodwatch.pipeline.demonstration import Demonstration, DemonstrationTime
from floodwatch.pipeline.ingest import Ingest
from floodwatch.pipeline.plan import Plans
from floodwatch.pipeline.tick import Ticker
from floodwatch.sources.simulator import demonstration as simulated
from floodwatch.sources.simulator.control import DemoClock
from floodwatch.sources.simulator.storm import T0
from floodwatch.store import config_log, tables
from floodwatch.store.clockwork import Lease
from floodwatch.store.database import Database
from floodwatch.store.journal import SeriesMap
from floodwatch.store.writer import Writer

FOLDER = Path(__file__).parents[2] / "config"
END = T0 + DAY


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The storm from its beginning to the morning, with its scripted people."""
    database = Database.at(tmp_path_factory.mktemp("storm"))
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
    show = Demonstration(
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
    real.advance(MINUTE)  # at sixty times: an hour
    show.step()
    sender.stop()
    writer.close()
    yield database
    database.close()


def now_of(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(select(tables.service_time.c.now)).scalar_one())


def audited(database: Database) -> list[Violation]:
    now = now_of(database)
    with database.read() as connection:
        return violations(connection, start=T0 - HOUR, end=now - MINUTE, now=now)


def test_the_storm_leaves_nothing_unexplained_and_there_was_much_to_explain(
    storm: Database,
) -> None:
    assert audited(storm) == []
    with storm.read() as connection:
        latest = config_log.latest(connection)
        assert latest
        found = list(demands(connection, read(latest[1]), start=T0 - HOUR, end=now_of(storm)))
    assert len({demand.rule for demand in found}) > 10
    assert {demand.rule.split("/")[3] for demand in found} == {"level", "rainfall"}


def test_every_alert_that_is_taken_out_of_the_storm_is_missed(storm: Database) -> None:
    with storm.read() as connection:
        latest = config_log.latest(connection)
        assert latest
        rules = {d.rule for d in demands(connection, read(latest[1]), start=T0, end=now_of(storm))}
    with storm.engine.connect() as connection, connection.begin() as all_of_it:
        connection.execute(update(tables.alert).values(fired_at=1, resolved_at=2))
        found = violations(connection, start=T0, end=now_of(storm), now=now_of(storm))
        all_of_it.rollback()
    assert {one.where for one in found if one.kind == "no alert"} == rules


def test_every_person_who_is_taken_out_of_the_outbox_is_missed(storm: Database) -> None:
    with storm.engine.connect() as connection, connection.begin() as all_of_it:
        connection.execute(delete(tables.attempt))
        connection.execute(delete(tables.outbox))
        found = violations(connection, start=T0, end=now_of(storm), now=now_of(storm))
        all_of_it.rollback()
    assert {one.kind for one in found} == {"nobody told"}
