"""The live load while another process imports, and the same without."""

import random
from collections.abc import Callable
from pathlib import Path

from tests.bench.importing import clean_file
from tests.bench.ingest import judged, latencies
from tests.bench.measured import percentile, spread
from tests.bench.report import Table
from tests.bench.serving import WARM_S, Outcome, load_service

WITH, WITHOUT = "with an import", "without"


def measure(scratch: Path, *, rows: int, seconds: float, rounds: int) -> Table:
    """Pairs of runs in random order; only posts due during the import count, or as long without."""
    path = clean_file(scratch, rows)
    works: dict[str, Callable[[], Outcome]] = {
        WITH: lambda: load_service(scratch, seconds, importing=path),
        WITHOUT: lambda: load_service(scratch, seconds),
    }
    found: dict[str, list[Outcome]] = {name: [] for name in works}
    for number in range(rounds):
        for name in random.sample(list(works), len(works)):
            found[name].append(works[name]())
            last = found[name][-1]
            print(f"  round {number + 1}: {name}: {last.import_s} {latencies([last])}", flush=True)
    lines = [[name, *latencies(outcomes)] for name, outcomes in found.items()]
    lines.append(["difference, all runs as one", *_pooled(found)])
    imports = [one.import_s[1] - one.import_s[0] for one in found[WITH] if one.import_s]
    return Table(
        "Live ingest during an import",
        f"The load of the table above; {rows:,} rows imported by `floodwatch import` in another "
        f"process, which took {spread(imports)}; only posts due meanwhile count, without it those "
        f"after the first {WARM_S:.0f} s; loads of {seconds:.0f} s, n = {rounds}, random order. "
        f"With the import: {judged(found[WITH])}",
        ["way", "p50", "p99", "p99.9", "max"],
        lines,
        goal="p99 at most 50 ms and p99.9 at most 150 ms above the run without, no wait over 1 s",
    )


def _pooled(found: dict[str, list[Outcome]]) -> list[str]:
    runs = {
        name: [ms for one in outcomes for ms in one.waits_ms()] for name, outcomes in found.items()
    }
    return [
        f"{percentile(runs[WITH], share) - percentile(runs[WITHOUT], share):+.1f} ms"
        for share in (0.5, 0.99, 0.999)
    ] + [f"{max(runs[WITH]):.0f} / {max(runs[WITHOUT]):.0f} ms"]
