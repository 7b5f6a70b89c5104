"""Ten thousand stations with five rules each: ticks, single readings, an edit; a plain pass beside.

The peer does what somebody would do without FloodWatch: every tick reads the newest values from
SQLite into pandas and compares 50,000 limits, without windows, states, alerts or messages.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd

from floodwatch.model.clock import MINUTE, SECOND
from tests.bench.large_district import LargeDistrict, Took
from tests.bench.measured import percentile
from tests.bench.report import Table

STATIONS, EACH = 10_000, 5
TICK = SECOND // 5
SILENCE = 20 * MINUTE  # without a reading: a third of the stations has something due
DRAFT = 96.9  # m, the limit of the edit


def measure(scratch: Path, *, seconds: float, stations: int = STATIONS) -> Table:
    """One district; `seconds` of its own time each for the quiet load and the peer."""
    district = LargeDistrict(scratch / "ticking", stations)
    with district.database.read() as connection:
        start = time.thread_time()
        rules = len(district.plans.current(connection).rules)
        compiled = time.thread_time() - start
    _until_done(district)
    district.fill()
    _quiet(district, 3)  # first statements are compiled once
    ticks, singles = _quiet(district, seconds)
    peer = [_pandas(scratch / "ticking" / "data" / "floodwatch.db") for _ in range(20)]
    district.clock.advance(SILENCE)
    silent = _until_done(district)
    with district.database.read() as connection:
        opened = connection.exec_driver_sql("SELECT COUNT(*) FROM alert").scalar_one()
    district.put_in_force(DRAFT)
    edited = _until_done(district, version=2)
    inside = [took.inside for took in singles]
    return Table(
        "Ticks of a large district",
        f"{stations:,} stations, {rules:,} rules with their states; SQLite with its commits, a "
        f"clock moved by hand, a tick every 200 ms, three stations a second speaking. Processor "
        f"time of the one thread, so that other work on the machine counts little; compiling the "
        f"plan took {compiled:.1f} s, of an edit beside the work. After {SILENCE // MINUTE} min of "
        f"silence {opened:,} alerts opened over {len(silent)} ticks; after an edit all rules were "
        f"judged again over {len(edited)} ticks.",
        ["what", "n", "p50", "p99", "max"],
        [
            _row("tick, nothing wrong", [took.cpu for took in ticks]),
            _row("one reading: checked, stored, judged, without the commit", inside),
            _row("one reading with its commit, wall", [took.wall for took in singles]),
            _row("tick after the silence", [took.cpu for took in silent]),
            _row("tick after an edit", [took.cpu for took in edited]),
            _row(f"pandas: newest values, {EACH} limits a station compared", peer),
            _ratio([took.cpu for took in ticks], peer),
        ],
        goal="a tick under 100 ms, a reading under 1 ms beside its commit",
    )


def _quiet(district: LargeDistrict, seconds: float) -> tuple[list[Took], list[Took]]:
    """Ticks that wrote something, and single readings."""
    ticks, singles = [], []
    for turn in range(int(seconds * SECOND / TICK)):
        district.clock.advance(TICK)
        if turn % 2 == 0:
            singles += district.say(1)
        if (took := district.tick()) is not None:
            ticks.append(took)
    return ticks, singles


def _until_done(district: LargeDistrict, version: int = 1) -> list[Took]:
    """Ticks until every rule that waits has been judged by the plan of this version."""
    found = []
    while True:
        compiled = district.version >= version
        took = district.tick()
        found += [took] if took else []
        district.clock.advance(TICK)
        if not compiled:
            time.sleep(TICK / SECOND)  # as the engine does: another thread is compiling
        elif took is None:
            return found


def _pandas(path: Path) -> float:
    """Milliseconds of one plain pass."""
    start = time.thread_time()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        newest = pd.read_sql_query("SELECT series_id, value FROM latest", connection)
    limits = pd.DataFrame(
        {
            "series_id": np.tile(newest["series_id"].to_numpy(), EACH),
            "limit": np.repeat(96.0 + np.arange(EACH), len(newest)),
        }
    )
    both = limits.merge(newest, on="series_id")
    crossed = both[both["value"] >= both["limit"]]
    assert len(both) == len(limits)
    assert crossed is not None
    return 1_000 * (time.thread_time() - start)


def _row(name: str, values: list[float]) -> list[str]:
    cells = [f"{percentile(values, share):.2f} ms" for share in (0.5, 0.99, 1.0)]
    return [name, f"{len(values):,}", *cells]


def _ratio(these: list[float], others: list[float]) -> list[str]:
    cells = [
        f"{percentile(these, share) / percentile(others, share):.2f}" for share in (0.5, 0.99, 1.0)
    ]
    return ["tick / pandas", "", *cells]
