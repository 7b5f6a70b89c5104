"""The audit over the demonstration's storm: every crossing is explained, and quickly."""

import pytest
from sqlalchemy import delete, select, update

from floodwatch.audit import Violation, violations
from floodwatch.audit.crossings import demands
from floodwatch.audit.documents import read
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.sources.simulator.storm import T0
from floodwatch.store import config_log, tables
from floodwatch.store.database import Database


@pytest.fixture
def storm(storm_at: dict[int, Database]) -> Database:
    """The storm from its beginning to four in the morning, with its scripted people."""
    return storm_at[4]


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
