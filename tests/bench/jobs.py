"""The peers' work, each in a process of its own: `python -m tests.bench.jobs NAME ARGUMENT…`."""

import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path


def clean(path: str, rows: str) -> None:
    """Make the file to import."""
    from tests.bench.clean_rows import write_csv

    write_csv(Path(path), int(rows))


def duckdb(path: str) -> None:
    """Read and aggregate only, timestamps parsed: the yardstick."""
    import duckdb as peer

    peer.sql(
        "SELECT station, count(*), min(time), max(time), sum(value) FROM read_csv($path,"
        " header = true, columns = {'station': 'VARCHAR', 'time': 'TIMESTAMP',"
        " 'value': 'DOUBLE'}) GROUP BY station",
        params={"path": path},
    ).fetchnumpy()


def pandas(path: str, database: str) -> None:
    """What is usually written first: read_csv and to_sql."""
    import pandas as pd

    with sqlite3.connect(database) as connection:
        frame = pd.read_csv(path, dtype={"station": str})  # times stay texts: faster for it
        frame.to_sql("reading", connection, index=False, chunksize=100_000)
    connection.close()


def crossings(folder: str) -> None:
    """How often each river passes its two upper limits, as a notebook would count it."""
    import pandas as pd

    from floodwatch.store.database import Database
    from floodwatch.store.readings import Readings
    from tests.bench.rehearsing import END, GUARANTEE, START, WARNING

    readings = Readings(Database.at(Path(folder)))
    for key in readings.keys():  # noqa: SIM118 - not a mapping
        series = readings.series(key, START, END)
        frame = pd.Series(series.values, index=pd.to_datetime(series.times, unit="ms", utc=True))
        for limit in (WARNING, GUARANTEE):
            over = frame >= limit
            print(key.station, limit, int((over & ~over.shift(fill_value=False)).sum()))


_JOBS: dict[str, Callable[..., None]] = {
    "clean": clean,
    "duckdb": duckdb,
    "pandas": pandas,
    "crossings": crossings,
}

if __name__ == "__main__":
    _JOBS[sys.argv[1]](*sys.argv[2:])
