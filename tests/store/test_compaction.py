"""Old journal rows move into blocks, and nothing is ever in two places."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select

from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.errors import Fenced
from floodwatch.store import compaction, journal
from floodwatch.store.compaction import compact
from floodwatch.store.database import Database, Transaction
from floodwatch.store.journal import Row
from floodwatch.store.stretch import stretch
from floodwatch.store.tables import block, lease, reading
from tests.store.series_of import add_series, as_dictionary

NOW = 100 * DAY
SEALED = 80 * DAY
UNTIL = NOW - 8 * DAY


def put(database: Database, number: int, times: Iterator[int] | range) -> None:
    with database.write() as tx:
        journal.put(tx, [Row(number, time, time / 8, 1, time) for time in times])


def counts(database: Database) -> tuple[int, int]:
    """(rows, blocks)."""
    with database.read() as connection:
        rows = connection.execute(select(func.count()).select_from(reading)).scalar_one()
        return rows, connection.execute(select(func.count()).select_from(block)).scalar_one()


def sealed(database: Database, number: int) -> int:
    with database.read() as connection:
        return journal.sealed_until(connection, [number])[number]


def test_rows_older_than_eight_days_become_a_block(database: Database) -> None:
    number = add_series(database, sealed_until=SEALED)
    put(database, number, range(SEALED, NOW, HOUR))
    done = compact(database, now=NOW)
    assert (done.series, done.readings, done.postponed) == (1, 12 * 24, 0)
    assert counts(database) == (8 * 24, 1)
    assert sealed(database, number) == UNTIL
    with database.read() as connection:
        found = as_dictionary(stretch(connection, number, 0, NOW))
    assert found == {time: (time / 8, 1) for time in range(SEALED, NOW, HOUR)}


def test_a_second_round_has_nothing_to_do(database: Database) -> None:
    number = add_series(database, sealed_until=SEALED)
    put(database, number, range(SEALED, NOW, HOUR))
    compact(database, now=NOW)
    assert compact(database, now=NOW + HOUR) == (0, 0, 0)
    assert compact(database, now=NOW + DAY).readings == 24


def test_a_silent_series_is_sealed_as_time_goes_by(database: Database) -> None:
    number = add_series(database, sealed_until=SEALED)
    compact(database, now=NOW)
    assert sealed(database, number) == UNTIL


def test_many_series_move_in_transactions_of_few_blocks(sqlite_database: Database) -> None:
    database = sqlite_database
    numbers = [add_series(database, sealed_until=SEALED, station=f"6199{n:04d}") for n in range(50)]
    for number in numbers:
        put(database, number, range(SEALED, SEALED + 10 * HOUR, HOUR))
    assert compact(database, now=NOW).series == 50
    assert counts(database) == (0, 50)


def test_a_long_backlog_moves_in_steps(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "MOST_ROWS", 100)
    number = add_series(sqlite_database, sealed_until=SEALED)
    put(sqlite_database, number, range(SEALED, UNTIL, HOUR))
    assert compact(sqlite_database, now=NOW).readings == 12 * 24
    assert counts(sqlite_database) == (0, 1)
    assert sealed(sqlite_database, number) == UNTIL


class _Disturbed(Database):
    """Something is written between the preparation and the transaction of a compaction."""

    change = staticmethod(lambda tx: None)
    calls = 0

    @contextmanager
    def write(self, *, epoch: int | None = None, yielding: bool = False) -> Iterator[Transaction]:
        if yielding and not self.calls:
            self.calls += 1
            with super().write() as tx:
                self.change(tx)
        with super().write(epoch=epoch, yielding=yielding) as tx:
            yield tx


@pytest.mark.parametrize("time", [SEALED + 1, SEALED, SEALED - DAY])
def test_what_changes_meanwhile_waits_for_the_next_round(database: Database, time: int) -> None:
    number = add_series(database, sealed_until=SEALED)
    put(database, number, range(SEALED, NOW, HOUR))
    disturbed = _Disturbed(database.url)
    disturbed.change = lambda tx: journal.put(tx, [Row(number, time, -1.0, 1, time)])
    done = compact(disturbed, now=NOW)
    disturbed.close()
    assert (done.series, done.postponed) == (0, 1)
    assert sealed(database, number) == SEALED
    assert compact(database, now=NOW).postponed == 0
    with database.read() as connection:
        assert as_dictionary(stretch(connection, number, 0, NOW))[time] == (-1.0, 1)


def test_an_engine_that_was_taken_over_compacts_nothing(database: Database) -> None:
    number = add_series(database, sealed_until=SEALED)
    put(database, number, range(SEALED, NOW, HOUR))
    with database.write() as tx:
        tx.connection.execute(lease.insert().values(name="engine", epoch=2, holder="b", beat=0))
    with pytest.raises(Fenced):
        compact(database, now=NOW, epoch=1)
    assert counts(database) == (20 * 24, 0)
