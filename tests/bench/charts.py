"""One-year chart of one series in a year of 300: the store against a table of rows."""

import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.downsampling import thin
from floodwatch.hydrology.series import Series
from floodwatch.model.clock import DAY
from floodwatch.model.quality import GOOD
from floodwatch.model.reading import SeriesKey
from floodwatch.store import archive, journal
from floodwatch.store.database import Database
from floodwatch.store.journal import JOURNAL_SPAN, Row, SeriesMap
from floodwatch.store.readings import Readings
from tests.bench.clean_rows import SERIES, START, STEP, code, moments
from tests.bench.measured import percentile, ratio
from tests.bench.report import Table

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

YEAR = 366 * DAY
POINTS = 2_000
_ROWS = (
    "CREATE TABLE reading (series INTEGER, time INTEGER, value REAL, PRIMARY KEY (series, time))"
    " WITHOUT ROWID"
)
_YEAR_OF = "SELECT time, value FROM reading WHERE series = ? AND time BETWEEN ? AND ? ORDER BY time"


def measure(scratch: Path, *, repetitions: int) -> Table:
    """The same year of random series from both, alternating in random order."""
    folder = scratch / "year"
    if not (folder / "made").exists():
        _make(folder)
    readings = Readings(Database.at(folder))
    keys = {number: SeriesKey(code(number), "1", "stage", 0) for number in range(SERIES)}
    with closing(sqlite3.connect(folder / "rows.db")) as rows:
        works: dict[str, Callable[[int], int]] = {
            "FloodWatch store": lambda n: (
                readings.series(keys[n], START, START + YEAR, max_points=POINTS).size
            ),
            "SQLite rows, same M4": lambda n: _from_rows(rows, n),
        }
        took, busy = _alternate(works, repetitions)
    return _table(took, busy, folder, repetitions=repetitions)


Milliseconds = dict[str, list[float]]


def _alternate(
    works: dict[str, Callable[[int], int]], count: int
) -> tuple[Milliseconds, Milliseconds]:
    """Wall and processor time of every chart."""
    took: Milliseconds = {name: [] for name in works}
    busy: Milliseconds = {name: [] for name in works}
    for _ in range(count):
        number = random.randrange(SERIES)
        for name in random.sample(list(works), len(works)):
            start, used = time.perf_counter(), time.process_time()
            points = works[name](number)
            took[name].append(1_000 * (time.perf_counter() - start))
            busy[name].append(1_000 * (time.process_time() - used))
            assert 0 < points <= POINTS, points
    return took, busy


def _from_rows(connection: sqlite3.Connection, number: int) -> int:
    found = connection.execute(_YEAR_OF, (number, START, START + YEAR)).fetchall()
    table = np.array(found, np.float64)
    times = table[:, 0].astype(np.int64)
    quality = np.full(times.size, GOOD, np.int16)
    return thin(Series(times, np.ascontiguousarray(table[:, 1]), quality), POINTS).size


def _make(folder: Path) -> None:
    print("  making a year of 300 series …", flush=True)
    times, values = zip(*moments(YEAR // STEP), strict=True)
    _make_store(folder, np.concatenate(times), np.concatenate(values))
    _make_rows(folder / "rows.db", np.concatenate(times), np.concatenate(values))
    (folder / "made").touch()


def _make_store(folder: Path, times: Ints, values: Floats) -> None:
    database = Database.at(folder)
    database.migrate()
    keys = [SeriesKey(code(number), "1", "stage", 0) for number in range(SERIES)]
    end = START + YEAR
    older = int(np.searchsorted(times, end - JOURNAL_SPAN))
    quality = np.full(times.size, GOOD, np.int16)
    with database.write() as tx:
        ids = SeriesMap().ids(tx, keys, now=end)
        for number, key in enumerate(keys):
            column = np.ascontiguousarray(values[:, number])
            archive.merge(tx, ids[key], Series(times, column, quality).take(slice(older)))
            newer = zip(times[older:].tolist(), column[older:].tolist(), strict=True)
            journal.put(tx, [Row(ids[key], time, value, GOOD, time) for time, value in newer])
    database.close()


def _make_rows(path: Path, times: Ints, values: Floats) -> None:
    path.unlink(missing_ok=True)
    stamps = times.tolist()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(_ROWS)
        for number in range(SERIES):
            column = values[:, number].tolist()
            rows = zip(repeat(number), stamps, column)  # endless numbers
            connection.executemany("INSERT INTO reading VALUES (?, ?, ?)", rows)
        connection.commit()


def _table(took: Milliseconds, busy: Milliseconds, folder: Path, *, repetitions: int) -> Table:
    store = took["FloodWatch store"]
    sizes = {
        "FloodWatch store": (folder / "floodwatch.db").stat().st_size,
        "SQLite rows, same M4": (folder / "rows.db").stat().st_size,
    }
    lines = [
        [
            name,
            f"{percentile(found, 0.5):.2f} ms",
            f"{percentile(found, 0.99):.2f} ms",
            f"{min(found):.2f}–{max(found):.2f} ms",
            ratio(found, store),
            f"{percentile(busy[name], 0.5):.2f} / {percentile(busy[name], 0.99):.2f} ms",
            f"{sizes[name] / 1e6:.0f} MB",
        ]
        for name, found in took.items()
    ]
    readings = SERIES * (YEAR // STEP)
    return Table(
        "One-year chart of one series",
        f"`Readings.series(max_points={POINTS:,})` at {readings:,} readings ({SERIES} series, a "
        f"year, 5 min; the last 8 days in journal rows) against one table of rows WITHOUT ROWID, "
        f"thinned by the same M4; in process, files in memory; n = {repetitions} random series, "
        f"both for each, in random order.",
        ["way", "p50", "p99", "min–max", "ratio, one by one", "processor p50 / p99", "file"],
        lines,
        goal="p99 under 20 ms",
    )
