"""Import of the files of makers: values a second of FloodWatch's own command."""

import shutil
from pathlib import Path

from tests.bench.importing import configuration
from tests.bench.maker_files import KINDS, make
from tests.bench.measured import Run, floodwatch, run, spread
from tests.bench.report import Table

GOAL = 500_000  # values a second


def measure(scratch: Path, *, values: int, rounds: int) -> Table:
    """Every kind of file `rounds` times."""
    lines = []
    for name, kind in KINDS.items():
        path = scratch / f"maker-{name}-{values}{kind.ending}"
        if not path.exists():
            make(path, name, values)
        count = values // kind.values * kind.values
        runs = []
        for turn in range(rounds):
            path.read_bytes()  # it is in memory
            runs.append(_imported(scratch, path, station=kind.station))
            print(f"  round {turn + 1}: {name} {runs[-1].seconds:.2f} s", flush=True)
        speeds = [count / one.seconds for one in runs]
        lines.append(
            [
                name,
                f"{path.stat().st_size / 1e6:.0f} MB",
                spread([one.seconds for one in runs]),
                f"{min(speeds):,.0f}",
                spread([one.cpu for one in runs]),
                f"{max(one.peak_mb for one in runs):.0f} MB",
            ]
        )
    return Table(
        "Import of makers' files",
        f"{values / 1e6:.0f} million values a file, stations created by it, the start of the "
        f"process and the writing of the archive counted in; n = {rounds}.",
        [
            "dialect",
            "file",
            "median [min–max]",
            "values a second, slowest",
            "processor time",
            "peak memory",
        ],
        lines,
        goal=f"at least {GOAL:,} values a second; peak memory under 900 MB",
    )


def _imported(scratch: Path, path: Path, *, station: bool) -> Run:
    config, data = configuration(scratch / "config", stations=0), scratch / "data"
    shutil.rmtree(data, ignore_errors=True)
    given = ["--station", "61991000"] if station else []
    command = floodwatch("import", path, *given, "--create-stations", "--config", config)
    found = run([*command, "--data", str(data), "--json"])
    shutil.rmtree(data)
    return found
