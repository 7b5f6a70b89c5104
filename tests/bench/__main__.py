"""`scripts/bench [PART…]`: measure, print, write the page."""

import argparse
import shlex
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench import (
    charts,
    dialects,
    importing,
    ingest,
    rehearsing,
    report,
    telemetry,
    telling,
    ticking,
    together,
)

PARTS: dict[str, Callable[[argparse.Namespace], report.Table]] = {
    "import": lambda given: importing.measure(given.scratch, rows=given.rows, rounds=given.rounds),
    "dialects": lambda given: dialects.measure(
        given.scratch, values=given.rows, rounds=given.rounds
    ),
    "chart": lambda given: charts.measure(given.scratch, repetitions=given.repetitions),
    "ingest": lambda given: ingest.measure(
        given.scratch, seconds=given.seconds, rounds=given.rounds
    ),
    "together": lambda given: together.measure(
        given.scratch, rows=given.rows, seconds=given.seconds, rounds=given.rounds
    ),
    "rehearsal": lambda given: rehearsing.measure(given.scratch, rounds=given.rounds),
    "telling": lambda given: telling.measure(
        given.scratch, seconds=given.seconds, rounds=given.rounds
    ),
    "telemetry": lambda given: telemetry.measure(given.scratch, seconds=given.seconds),
    "ticking": lambda given: ticking.measure(given.scratch, seconds=given.seconds),
}


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the imported file")
    parser.add_argument("--rounds", type=int, default=3, help="how often each way is run")
    parser.add_argument("--repetitions", type=int, default=400, help="charts of each way")
    parser.add_argument("--seconds", type=float, default=40, help="length of each live load")
    parser.add_argument("--scratch", type=Path, help="where made files are kept")
    parser.add_argument("--write", action="store_true", help=f"write {report.PAGE.name}")
    given = parser.parse_args()
    unknown = [part for part in given.parts if part not in PARTS]
    if unknown:
        parser.error(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    given.scratch = given.scratch or Path(tempfile.gettempdir()) / "floodwatch-bench"
    return given


def main() -> None:
    """Measure the parts asked for."""
    given = _given()
    given.scratch.mkdir(parents=True, exist_ok=True)
    tables = []
    for part in given.parts or PARTS:
        print(f"{part} …", flush=True)
        tables.append(PARTS[part](given))
        print("\n" + report.shown(tables[-1]), flush=True)
        if given.write:
            report.write(tables[-1:], shlex.join(["scripts/bench", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
