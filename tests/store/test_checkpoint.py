"""The write-ahead log is moved into the file beside the commits."""

import time

from floodwatch.model.quality import GOOD
from floodwatch.model.reading import SeriesKey
from floodwatch.store import journal
from floodwatch.store.checkpoint import SMALL, Checkpointer
from floodwatch.store.database import Database
from floodwatch.store.journal import Row, SeriesMap

NOW = 1_781_740_800_000


def test_what_is_committed_reaches_the_file_while_others_commit(sqlite_database: Database) -> None:
    assert sqlite_database.path
    checkpointer = Checkpointer(sqlite_database.path)
    before = sqlite_database.path.stat().st_size
    checkpointer.start()
    series, start = SeriesMap(), 0
    end = time.monotonic() + 20
    while time.monotonic() < end and sqlite_database.path.stat().st_size < before + SMALL:
        with sqlite_database.write() as tx:
            [number] = series.ids(tx, [SeriesKey("61990001", "1", "stage")], now=NOW).values()
            rows = [Row(number, NOW + start + i, float(i), GOOD, NOW) for i in range(2_000)]
            journal.put(tx, rows)
        start += 2_000
    checkpointer.stop()
    assert sqlite_database.path.stat().st_size >= before + SMALL
    with sqlite_database.read() as connection:
        assert journal.windows(connection, {number: (0, NOW + start)})[number].size == start


def test_a_checkpointer_ends_when_told_though_nothing_was_written(
    sqlite_database: Database,
) -> None:
    assert sqlite_database.path
    checkpointer = Checkpointer(sqlite_database.path)
    checkpointer.start()
    checkpointer.stop()
    checkpointer.stop()
