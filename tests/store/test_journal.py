"""The journal, held against a plain dict on both databases."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.reading import SeriesKey
from floodwatch.store import journal
from floodwatch.store.database import Database
from floodwatch.store.journal import Correction, LatestRow, Quarantined, Row, SeriesMap
from floodwatch.store.latest import NEVER

NOW = 1_780_000_000_000
KEYS = [SeriesKey("61990001", "1", "stage"), SeriesKey("61990002", "1", "rainfall", 300_000)]
GOOD, FAIL = 1, 14


def created(database: Database) -> list[int]:
    with database.write() as tx:
        ids = SeriesMap().ids(tx, KEYS, now=NOW)
    return [ids[key] for key in KEYS]


def put(database: Database, *rows: tuple[int, int, float] | tuple[int, int, float, int]) -> None:
    with database.write() as tx:
        journal.put(tx, [Row(r[0], r[1], r[2], r[3] if len(r) > 3 else GOOD, NOW) for r in rows])


# -- the series map ---------------------------------------------------------------------------


def test_a_series_keeps_its_number(database: Database) -> None:
    first = created(database)
    assert created(database) == first
    assert len(set(first)) == 2


def test_a_new_series_is_sealed_until_eight_days_ago(database: Database) -> None:
    ids = created(database)
    with database.read() as connection:
        assert journal.sealed_until(connection, ids) == dict.fromkeys(ids, NOW - 8 * DAY)


def test_a_reader_is_not_given_series_that_do_not_exist(database: Database) -> None:
    created(database)
    unknown = SeriesKey("61990099", "1", "stage")
    with database.read() as connection:
        assert SeriesMap().ids(connection, [*KEYS, unknown], now=NOW).keys() == set(KEYS)


def test_a_number_that_was_rolled_back_is_not_remembered(database: Database) -> None:
    series_map = SeriesMap()
    with pytest.raises(ZeroDivisionError), database.write() as tx:
        series_map.ids(tx, KEYS[:1], now=NOW)
        1 / 0  # noqa: B018
    with database.write() as tx:
        other = series_map.ids(tx, KEYS[1:], now=NOW)
        both = series_map.ids(tx, KEYS, now=NOW)
    assert both[KEYS[1]] == other[KEYS[1]]
    assert len(set(both.values())) == 2


def test_numbers_give_their_keys(database: Database) -> None:
    ids = created(database)
    series_map = SeriesMap()
    with database.read() as connection:
        assert series_map.keys(connection, [*ids, 999]) == dict(zip(ids, KEYS, strict=True))
        assert series_map.all(connection) == dict(zip(KEYS, ids, strict=True))
    assert series_map.key_of(ids[0]) == KEYS[0]


# -- readings ---------------------------------------------------------------------------------

times = st.integers(NOW - 12 * DAY, NOW)  # a third of them before the journal begins
readings = st.tuples(
    st.integers(0, 1), times, st.floats(-1e9, 1e9) | st.integers(0, 3).map(float), st.integers(0, 1)
)


@pytest.fixture
def books(database: Database) -> Iterator[tuple[Database, list[int]]]:
    yield database, created(database)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    batches=st.lists(st.lists(readings, max_size=8), max_size=4),
    asked=st.tuples(times, times),
)
def test_the_journal_answers_like_a_dict(
    books: tuple[Database, list[int]],
    batches: list[list[tuple[int, int, float, int]]],
    asked: tuple[int, int],
) -> None:
    database, ids = books
    with database.write() as tx:
        for table in ("reading", "block"):
            tx.connection.execute(text(f"DELETE FROM {table}"))
    expected: dict[tuple[int, int], tuple[float, int]] = {}
    for batch in batches:
        rows = [(ids[s], time, value, (GOOD, FAIL)[bad]) for s, time, value, bad in batch]
        put(database, *rows)
        expected |= {(s, time): (value, quality) for s, time, value, quality in rows}
    pairs = [*expected, (ids[0], NOW + 1)]
    start, end = min(asked), max(asked)
    with database.read() as connection:
        assert journal.stored(connection, pairs) == expected
        found = journal.windows(connection, dict.fromkeys(ids, (start, end)))
    for series_id in ids:
        inside = sorted(
            (time, *rest)
            for (number, time), rest in expected.items()
            if number == series_id and start < time <= end
        )
        series = found[series_id]
        columns = (series.times.tolist(), series.values.tolist(), series.quality.tolist())
        assert list(zip(*columns, strict=True)) == inside


def test_the_number_of_statements_does_not_depend_on_the_batch(database: Database) -> None:
    a, b = created(database)
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    counts = []
    for size in (1, 200):
        rows = [Row(series, NOW - n, 1.0, GOOD, NOW) for n in range(size) for series in (a, b)]
        statements.clear()
        with database.write() as tx:
            journal.stored(tx.connection, [(row.series_id, row.time) for row in rows])
            journal.put(tx, rows)
            journal.windows(tx.connection, {a: (NOW - 1, NOW), b: (NOW - DAY, NOW)})
            journal.mark_dirty(tx, {a: (NOW, NOW + size * DAY)})
            journal.recompute_latest(tx, [a, b], now=NOW)
            journal.heard(tx, [a, b], now=NOW)
        counts.append(len(statements))
    assert counts[0] == counts[1] + 1  # the first note of dirty days is inserted, later ones widen


def test_values_are_stored_exactly(database: Database) -> None:
    a, _ = created(database)
    values = [0.1 + 0.2, 1 / 3, 1e-300, 95.20000000000002, 2.0**53 + 2]
    put(database, *((a, NOW + i, value) for i, value in enumerate(values)))
    with database.read() as connection:
        found = journal.stored(connection, [(a, NOW + i) for i in range(len(values))])
    assert [repr(found[a, NOW + i][0]) for i in range(len(values))] == list(map(repr, values))


def test_of_two_readings_of_one_time_in_a_batch_the_last_wins(database: Database) -> None:
    a, _ = created(database)
    put(database, (a, NOW, 1.0), (a, NOW, 2.0))
    with database.read() as connection:
        assert journal.stored(connection, [(a, NOW)]) == {(a, NOW): (2.0, GOOD)}


def test_a_window_leaves_out_its_start_and_has_its_end(database: Database) -> None:
    a, b = created(database)
    put(database, *((a, NOW - i * HOUR, float(i)) for i in range(4)))
    with database.read() as connection:
        found = journal.windows(connection, {a: (NOW - 2 * HOUR, NOW), b: (0, NOW)})
    assert found[a].values.tolist() == [1.0, 0.0]
    assert found[b].size == 0
    assert found[a].times.dtype == np.int64


# -- the newest reading -----------------------------------------------------------------------


def test_the_newest_reading_is_the_latest_that_is_not_failed(database: Database) -> None:
    a, _ = created(database)
    put(database, (a, NOW - 2, 1.0), (a, NOW - 1, 2.0), (a, NOW, 9.0, FAIL))
    with database.write() as tx:
        journal.recompute_latest(tx, [a], now=NOW)
    with database.read() as connection:
        row = journal.latest(connection, [a])[a]
    assert (row.time, row.value, row.since, row.heard) == (NOW - 1, 2.0, NOW - 1, NEVER)
    assert row.rev == tx.rev


def test_the_newest_reading_is_found_in_blocks_when_no_row_is_left(database: Database) -> None:
    a, b = created(database)
    old = NOW - 20 * DAY
    put(database, (a, old, 1.0), (a, old + 1, 2.0), (a, old + 2, 2.0), (a, old + 3, 5.0, FAIL))
    with database.write() as tx:
        journal.recompute_latest(tx, [a, b], now=NOW)
    with database.read() as connection:
        rows = journal.latest(connection)
    assert rows.keys() == {a}
    assert (rows[a].time, rows[a].value, rows[a].since) == (old + 2, 2.0, old + 1)


def test_a_run_of_equal_values_begins_in_the_blocks(database: Database) -> None:
    a, _ = created(database)
    old = NOW - 20 * DAY
    put(database, (a, old, 1.0), (a, old + 1, 2.0), (a, NOW - 5, 2.0), (a, NOW - 3, 7.0, FAIL))
    put(database, (a, NOW, 2.0))
    with database.write() as tx:
        journal.recompute_latest(tx, [a], now=NOW)
    with database.read() as connection:
        assert journal.latest(connection, [a])[a].since == old + 1


def test_what_is_known_of_the_arrival_survives_a_recomputation(database: Database) -> None:
    a, _ = created(database)
    put(database, (a, NOW, 2.0))
    row = LatestRow(a, NOW, 2.0, GOOD, NOW + 7, NOW + 9, NOW, True)
    with database.write() as tx:
        journal.set_latest(tx, [row])
        journal.recompute_latest(tx, [a], now=NOW + 100)
    with database.read() as connection:
        assert journal.latest(connection)[a] == row._replace(rev=tx.rev)


def test_a_series_without_readings_has_no_newest_one(database: Database) -> None:
    a, _ = created(database)
    with database.write() as tx:
        journal.set_latest(tx, [LatestRow(a, NOW, 2.0, GOOD, NOW, NOW, NOW, False)])
        journal.recompute_latest(tx, [a], now=NOW)
    with database.read() as connection:
        assert journal.latest(connection) == {}


def test_hearing_a_gauge_moves_only_forward(database: Database) -> None:
    a, b = created(database)
    with database.write() as tx:
        journal.set_latest(tx, [LatestRow(s, NOW, 2.0, GOOD, NOW, NOW, NOW, False) for s in (a, b)])
    with database.write() as tx:
        journal.heard(tx, [a], now=NOW + 5)
        journal.heard(tx, [a], now=NOW + 1)
    with database.read() as connection:
        rows = journal.latest(connection)
    assert (rows[a].heard, rows[b].heard) == (NOW + 5, NOW)


# -- the books beside -------------------------------------------------------------------------


def test_notes_of_dirty_days_widen_instead_of_piling_up(database: Database) -> None:
    a, b = created(database)
    for span in ((NOW, NOW + 5), (NOW + HOUR, NOW + HOUR), (NOW - 30 * DAY, NOW - 30 * DAY)):
        with database.write() as tx:
            journal.mark_dirty(tx, {a: span})
    with database.write() as tx:
        journal.mark_dirty(tx, {b: (NOW, NOW)})
        rows = tx.connection.execute(
            text('SELECT series_id, start, "end" FROM dirty ORDER BY id')
        ).all()
    assert [tuple(row) for row in rows] == [
        (a, NOW, NOW + HOUR),
        (a, NOW - 30 * DAY, NOW - 30 * DAY),
        (b, NOW, NOW),
    ]


def test_the_same_reading_is_quarantined_once(database: Database) -> None:
    a, _ = created(database)
    row = Quarantined(a, NOW + DAY, 1.5, NOW, "clock", "push:1")
    for _ in range(2):
        with database.write() as tx:
            journal.quarantine(tx, [row, row._replace(value=1.6)])
    with database.read() as connection:
        rows = connection.execute(text("SELECT value, state FROM quarantine ORDER BY value")).all()
    assert [tuple(row) for row in rows] == [(1.5, "held"), (1.6, "held")]


def test_a_correction_keeps_what_stood_there(database: Database) -> None:
    a, _ = created(database)
    with database.write() as tx:
        journal.correct(tx, [Correction(a, NOW, 1.0, GOOD, 2.0, NOW, "push:1")])
        journal.correct(tx, [])
        rows = tx.connection.execute(text("SELECT old_value, new_value, rev FROM correction")).all()
    assert [tuple(row) for row in rows] == [(1.0, 2.0, tx.rev)]
