"""Blocks in the database: merging, taking back, and changes prepared outside the transaction."""

import numpy as np
import pytest
from sqlalchemy import select

from floodwatch.hydrology.series import Series
from floodwatch.store import archive
from floodwatch.store.blocks import TARGET
from floodwatch.store.database import Database
from floodwatch.store.journal import Row, put
from floodwatch.store.stretch import stretch
from floodwatch.store.tables import block, reading
from tests.store.series_of import add_series, as_dictionary, series_of

SEALED = 10**13
STEP = 300_000


def regular(n: int, *, first: int = 0, value: float = 95.2) -> Series:
    return series_of(first + np.arange(n) * STEP, np.full(n, value))


def merged(database: Database, number: int, series: Series) -> archive.Overwritten:
    with database.write() as tx:
        return archive.merge(tx, number, series)


def everything(database: Database, number: int) -> Series:
    with database.read() as connection:
        return archive.read(connection, number, -(2**60), 2**60)


def sizes(database: Database, number: int) -> list[int]:
    with database.read() as connection:
        found = select(block.c.n).where(block.c.series_id == number).order_by(block.c.start)
        return list(connection.execute(found).scalars())


def versions(database: Database, number: int) -> list[int]:
    with database.read() as connection:
        found = select(block.c.version).where(block.c.series_id == number).order_by(block.c.start)
        return list(connection.execute(found).scalars())


@pytest.fixture
def number(database: Database) -> int:
    return add_series(database, sealed_until=SEALED)


def test_a_year_becomes_blocks_of_about_the_target(database: Database, number: int) -> None:
    before = merged(database, number, regular(105_120))
    assert before.absent.all()
    assert all(TARGET * 0.8 < n < TARGET * 1.2 for n in sizes(database, number))
    assert everything(database, number).size == 105_120


def test_the_same_readings_again_write_nothing(database: Database, number: int) -> None:
    merged(database, number, regular(20_000))
    first = versions(database, number)
    before = merged(database, number, regular(20_000))
    assert before.duplicate.all()
    assert versions(database, number) == first


def test_only_the_blocks_that_own_readings_are_written_again(
    database: Database, number: int
) -> None:
    merged(database, number, regular(40_000))
    first = versions(database, number)
    merged(database, number, series_of([STEP * 20_000 + 1], [1.0]))
    now = versions(database, number)
    assert [a != b for a, b in zip(first, now, strict=True)].count(True) == 1


def test_appending_day_by_day_fills_blocks_one_after_the_other(
    database: Database, number: int
) -> None:
    for day in range(60):
        merged(database, number, regular(288, first=day * 288 * STEP))
    assert sizes(database, number) == [28 * 288, 28 * 288, 4 * 288]


def test_days_that_come_backwards_leave_no_crumbs(database: Database, number: int) -> None:
    for day in reversed(range(60)):
        merged(database, number, regular(288, first=day * 288 * STEP))
    assert len(sizes(database, number)) == 3


def test_late_readings_split_a_block_that_has_grown_too_large(
    database: Database, number: int
) -> None:
    merged(database, number, regular(8_000))
    late = regular(9_000)
    merged(database, number, Series(late.times + 1, late.values, late.quality))
    assert sizes(database, number) == [8_500, 8_500]


def test_a_remainder_joins_its_neighbour(database: Database, number: int) -> None:
    merged(database, number, regular(8_000))
    merged(database, number, regular(100, first=8_000 * STEP))
    with database.write() as tx:
        archive.remove(tx, number, regular(7_900).times)
    assert sizes(database, number) == [200]


def test_taking_every_reading_out_leaves_no_block(database: Database, number: int) -> None:
    merged(database, number, regular(10))
    with database.write() as tx:
        archive.remove(tx, number, regular(11).times)
    assert sizes(database, number) == []


def test_restoring_gives_back_exactly_what_was_there(database: Database, number: int) -> None:
    old = series_of([1, 2, 3], [1.0, 2.0, 3.0], [1, 23, 2])
    merged(database, number, old)
    before = merged(database, number, series_of([0, 2, 3, 4], [9.0, 9.0, 9.0, 9.0]))
    with database.write() as tx:
        archive.restore(
            tx,
            number,
            times=before.times,
            values=before.values,
            absent=before.absent,
            quality=before.quality,
        )
    assert as_dictionary(everything(database, number)) == as_dictionary(old)


def test_what_was_prepared_is_committed_when_nothing_moved(database: Database, number: int) -> None:
    merged(database, number, regular(100))
    with database.read() as connection:
        prepared = archive.prepare(connection, number, regular(200, value=96.0))
    assert prepared.blocks == 1
    with database.write() as tx:
        before = archive.commit(tx, prepared)
    assert before is not None
    assert before.corrected.sum() == 100
    assert before.absent.sum() == 100
    assert (everything(database, number).values == 96.0).all()


@pytest.mark.parametrize("time", [50, 100 * STEP + 50, 10**6 * STEP])
def test_what_was_prepared_is_refused_when_a_block_has_changed(
    database: Database, number: int, time: int
) -> None:
    merged(database, number, regular(100))
    with database.read() as connection:
        prepared = archive.prepare(connection, number, regular(200, value=96.0))
    merged(database, number, series_of([time], [1.0]))
    with database.write() as tx:
        assert archive.commit(tx, prepared) is None
    assert everything(database, number).size == 101


def test_a_block_that_went_and_came_back_is_not_taken_for_the_old_one(
    database: Database, number: int
) -> None:
    merged(database, number, series_of([1], [1.0]))
    with database.read() as connection:
        prepared = archive.prepare(connection, number, series_of([2], [2.0]))
    with database.write() as tx:
        archive.remove(tx, number, np.array([1]))
    merged(database, number, series_of([1], [5.0]))
    with database.write() as tx:
        assert archive.commit(tx, prepared) is None


def test_an_import_of_the_same_value_keeps_the_quality_it_had(
    database: Database, number: int
) -> None:
    merged(database, number, series_of([1], [1.0], 23))
    with database.read() as connection:
        prepared = archive.prepare(connection, number, series_of([1], [1.0], 2))
    assert prepared.overwritten.duplicate.all()
    assert prepared.blocks == 0


def test_portions_touch_few_blocks_each_and_are_the_whole(database: Database, number: int) -> None:
    merged(database, number, regular(100_000))
    late = series_of(np.arange(0, 100_000, 500) * STEP + 1, np.zeros(200))
    with database.read() as connection:
        parts = archive.portions(connection, number, late, most=4)
        blocks = [archive.prepare(connection, number, part).blocks for part in parts]
    assert max(blocks) <= 5
    assert np.concatenate([part.times for part in parts]).tolist() == late.times.tolist()


def test_portions_of_a_long_history_are_short_transactions(database: Database, number: int) -> None:
    with database.read() as connection:
        parts = archive.portions(connection, number, regular(500_000))
        blocks = [archive.prepare(connection, number, part).blocks for part in parts]
    assert max(blocks) <= 20


def test_reading_a_span_gives_both_ends(database: Database, number: int) -> None:
    merged(database, number, regular(20_000))
    with database.read() as connection:
        found = archive.read(connection, number, 9_000 * STEP, 9_010 * STEP)
        nothing = archive.read(connection, number, 20_000 * STEP, 30_000 * STEP)
    assert found.times.tolist() == [n * STEP for n in range(9_000, 9_011)]
    assert nothing.size == 0


def test_restoring_works_among_journal_rows_too(database: Database) -> None:
    number = add_series(database, sealed_until=0)
    with database.write() as tx:
        put(tx, [Row(number, time, float(time), 1, 7) for time in range(1, 6)])
    with database.write() as tx:
        archive.restore(
            tx,
            number,
            times=np.array([2, 3, 4, 5, 9]),
            values=np.array([np.nan, np.nan, 0.5, np.nan, 9.5]),
            absent=np.array([True, True, False, True, False]),
            quality=np.array([0, 0, 23, 0, 2], np.int16),
        )
    with database.read() as connection:
        found = stretch(connection, number, 0, 100)
        received = connection.execute(select(reading.c.received).order_by(reading.c.time))
        assert list(received.scalars()) == [7, 7, 9]
    assert as_dictionary(found) == {1: (1.0, 1), 4: (0.5, 23), 9: (9.5, 2)}
