"""A process killed while it writes loses nothing that it acknowledged."""

import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

from floodwatch.store import journal
from floodwatch.store.database import Database

KILLS = 8
SOURCES = """
import itertools, sys, threading
from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.reading import Outcome, RawReading, SeriesKey
from floodwatch.store import journal
from floodwatch.store.database import Database
from floodwatch.store.writer import Writer

NOW, first = 1_780_000_000_000, int(sys.argv[2])
series_map = journal.SeriesMap()

def ingest(tx, batches):
    raw = [reading for batch in batches for reading in batch.readings]
    keys = [SeriesKey(reading.station, "1", reading.variable) for reading in raw]
    ids = series_map.ids(tx, keys, now=NOW)
    rows = [journal.Row(ids[k], r.time, r.value, 1, NOW) for k, r in zip(keys, raw)]
    journal.put(tx, rows)
    return [Receipt((Outcome.STORED,) * len(batch.readings)) for batch in batches]

writer = Writer(Database(sys.argv[1]), ingest)

def source(number):
    for n in itertools.count(first):
        readings = tuple(
            RawReading(f"6199000{number}", "stage", NOW + n * 10 + i, float(n)) for i in range(3)
        )
        writer.submit(Batch("test", readings))
        sys.stdout.write(f"{number} {n}\\n")
        sys.stdout.flush()

for number in range(4):
    threading.Thread(target=source, args=(number,)).start()
"""
NOW = 1_780_000_000_000


def test_no_acknowledged_reading_is_lost_by_kills(sqlite_database: Database) -> None:
    chance = random.Random(6199)
    acknowledged: set[tuple[str, int]] = set()
    for kill in range(KILLS):
        acknowledged |= write_until_killed(sqlite_database, kill * 100_000, chance.randint(1, 300))
    with sqlite_database.read() as connection:
        ids = {key.station: n for key, n in journal.SeriesMap().all(connection).items()}
        pairs = [
            (ids[f"6199000{number}"], NOW + n * 10 + i)
            for number, n in acknowledged
            for i in range(3)
        ]
        found = journal.stored(connection, pairs)
    assert len(found) == len(pairs) > 3 * KILLS
    assert sqlite_database.path
    with closing(sqlite3.connect(sqlite_database.path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def write_until_killed(database: Database, first: int, lines: int) -> set[tuple[str, int]]:
    """Kill the process after so many acknowledgements; all it gave, those in the pipe too."""
    url = database.url.render_as_string(hide_password=False)
    with subprocess.Popen(
        [sys.executable, "-c", SOURCES, url, str(first)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        given = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        given += process.stdout.readlines()
    whole = [line.split() for line in given if line.endswith("\n")]
    return {(number, int(n)) for number, n in whole}
