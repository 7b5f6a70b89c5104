"""Import of clean rows: FloodWatch's own command against a parser and against pandas."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

from floodwatch.config.edit import NewGauge, NewStation, add_stations
from floodwatch.model.station import StationKind
from tests.bench.clean_rows import SERIES, code
from tests.bench.measured import Run, floodwatch, job, ratio, run, spread
from tests.bench.report import Table

OURS, CREATING = "floodwatch import", "floodwatch import --create-stations"
YARDSTICK, PANDAS = "duckdb read_csv, aggregated", "pandas read_csv + to_sql"
WAYS = (OURS, CREATING, YARDSTICK, PANDAS)


def clean_file(scratch: Path, rows: int) -> Path:
    """The file to import; made once."""
    path = scratch / f"clean-{rows}.csv"
    if not path.exists():
        run(job("clean", path, str(rows)))
    return path


def configuration(folder: Path, *, stations: int = SERIES) -> Path:
    """A starter configuration with so many stations of the file beside its own."""
    shutil.rmtree(folder, ignore_errors=True)
    run(floodwatch("init", folder))
    new = [
        NewStation(code(number), code(number), StationKind.RIVER, (NewGauge("stage"),))
        for number in range(stations)
    ]
    add_stations(folder, new)
    return folder


def import_command(path: Path, config: Path, data: Path, *more: str) -> list[str]:
    """The import of the clean file."""
    given = ["--variable", "stage", "--unit", "m", *more]
    return floodwatch("import", path, *given, "--config", config, "--data", data, "--json")


def measure(scratch: Path, *, rows: int, rounds: int) -> Table:
    """Every way `rounds` times, in random order within each round."""
    path = clean_file(scratch, rows)
    runs: dict[str, list[Run]] = {name: [] for name in WAYS}
    works: dict[str, Callable[[], Run]] = {
        OURS: lambda: _floodwatch(scratch, path),
        CREATING: lambda: _floodwatch(scratch, path, "--create-stations"),
        YARDSTICK: lambda: run(job("duckdb", path)),
        PANDAS: lambda: _pandas(scratch, path),
    }
    for turn in range(rounds):
        path.read_bytes()  # every way finds the file in memory
        for name in random.sample(WAYS, len(WAYS)):
            runs[name].append(works[name]())
            print(f"  round {turn + 1}: {name} {runs[name][-1].seconds:.2f} s", flush=True)
    return _table(runs, rows, rounds, path.stat().st_size)


def _floodwatch(scratch: Path, path: Path, *more: str) -> Run:
    config = configuration(scratch / "config", stations=0 if more else SERIES)
    data = scratch / "data"
    shutil.rmtree(data, ignore_errors=True)
    found = run(import_command(path, config, data, *more))
    shutil.rmtree(data)
    return found


def _pandas(scratch: Path, path: Path) -> Run:
    database = scratch / "pandas.db"
    database.unlink(missing_ok=True)
    found = run(job("pandas", path, database))
    database.unlink()
    return found


def _table(runs: dict[str, list[Run]], rows: int, rounds: int, size: int) -> Table:
    seconds = {name: [one.seconds for one in found] for name, found in runs.items()}
    cpu = {name: [one.cpu for one in found] for name, found in runs.items()}
    lines = [
        [
            name,
            spread(seconds[name]),
            ratio(seconds[name], seconds[YARDSTICK]),
            spread(cpu[name]),
            ratio(cpu[name], cpu[YARDSTICK]),
            f"{max(one.peak_mb for one in found):.0f} MB",
        ]
        for name, found in runs.items()
    ]
    return Table(
        f"Import of {rows:,} clean rows",
        f"{size / 1e6:.0f} MB, 300 series, ordered by time; each way in a process of its own, into "
        f"an empty store; n = {rounds}, random order within each round.",
        [
            "way",
            "median [min–max]",
            "ratio to duckdb, round by round",
            "processor time",
            "its ratio",
            "peak memory",
        ],
        lines,
        goal="at most 4 times duckdb; peak memory under 900 MB",
    )
