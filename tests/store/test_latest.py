"""The newest believable reading, found again in rows and blocks, held against a plain list."""

from collections.abc import Iterator
from itertools import takewhile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from floodwatch.model.clock import DAY
from floodwatch.model.quality import GOOD, Flag, Reason, pack
from floodwatch.model.reading import SeriesKey
from floodwatch.store import journal
from floodwatch.store.database import Database
from floodwatch.store.journal import LatestRow, Row, SeriesMap
from floodwatch.store.latest import NEVER

NOW = 1_780_000_000_000
FLAGS = (GOOD, pack(Flag.SUSPECT, Reason.SPIKE), pack(Flag.FAIL, Reason.IMPOSSIBLE))
reading = st.tuples(
    st.integers(-12, 0).map(lambda days: NOW + days * DAY),  # a third of them in blocks
    st.sampled_from([1.0, 2.0]),
    st.sampled_from(FLAGS),
)


@pytest.fixture
def one(database: Database) -> Iterator[tuple[Database, int]]:
    with database.write() as tx:
        (number,) = SeriesMap().ids(tx, [SeriesKey("61990001", "1", "stage")], now=NOW).values()
    yield database, number


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(reading, max_size=12, unique_by=lambda each: each[0]))
def test_failed_readings_are_looked_past_wherever_they_are(
    one: tuple[Database, int], readings: list[tuple[int, float, int]]
) -> None:
    database, number = one
    with database.write() as tx:
        for table in ("reading", "block", "latest"):
            tx.connection.execute(text(f"DELETE FROM {table}"))
        journal.put(tx, [Row(number, *each, NOW) for each in readings])
        journal.recompute_latest(tx, [number], now=NOW)
        found = journal.latest(tx.connection).get(number)
    good = sorted((each for each in readings if each[2] % 10 != Flag.FAIL), reverse=True)
    if not good:
        assert found is None
        return
    assert found
    run = list(takewhile(lambda each: each[1] == good[0][1], good))
    assert (found.time, found.value, found.quality) == good[0]
    assert found.since == run[-1][0]


def test_another_value_at_the_same_time_is_another_arrival(one: tuple[Database, int]) -> None:
    database, number = one
    with database.write() as tx:
        journal.set_latest(tx, [LatestRow(number, NOW, 9.0, GOOD, NOW + 5, NOW + 6, NOW, True)])
        journal.put(tx, [Row(number, NOW, 1.0, GOOD, NOW + 99)])
        journal.recompute_latest(tx, [number], now=NOW + 100)
        found = journal.latest(tx.connection)[number]
    assert (found.value, found.received, found.late) == (1.0, NOW + 99, False)
    assert found.heard == NOW + 6  # the gauge itself was heard then


def test_history_is_no_sign_of_life_after_now(one: tuple[Database, int]) -> None:
    database, number = one
    with database.write() as tx:
        journal.put(tx, [Row(number, NOW + 5, 1.0, GOOD, NOW)])
        journal.recompute_latest(tx, [number], now=NOW)
        assert journal.latest(tx.connection)[number].heard == NEVER
