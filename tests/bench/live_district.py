"""The district of a live load: reservoirs with a limit, gauges with a day of rain behind them."""

import random
import shutil
import time
from contextlib import closing
from pathlib import Path

from floodwatch.model.clock import DAY, MINUTE
from floodwatch.model.quality import GOOD
from floodwatch.model.reading import SeriesKey
from floodwatch.store import journal
from floodwatch.store.database import Database
from floodwatch.store.journal import Row, SeriesMap
from tests.bench.clean_rows import code as imported_code

EACH = 300  # reservoirs, and as many rain gauges
LIMIT_M, LIMIT_MM = 96.80, 100.0
PERIOD = 5 * MINUTE
PERSON = "示范甲"


def reservoir(number: int) -> str:
    """The code of a reservoir."""
    return f"6199{4000 + number:04d}"


def rain_gauge(number: int) -> str:
    """The code of a rain gauge."""
    return f"6199{6000 + number:04d}"


def configure(folder: Path, *, smtp_port: int) -> None:
    """Write the configuration; the stations of the imported file are in it too."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    level = 'reporting = {timed = "1h"}\ngauges = [{variable = "stage", maximum = 150.0}]\n'
    rain = 'reporting = {timed = "1h"}\ngauges = [{variable = "rainfall", period = "5min"}]\n'
    stations = [
        *(
            _station(reservoir(n), "reservoir", f'outlet = "weir"\ncrest = 99.0\n{level}')
            for n in range(EACH)
        ),
        *(_station(rain_gauge(n), "rain", rain) for n in range(EACH)),
        *(
            _station(imported_code(n), "river", 'gauges = [{variable = "stage"}]\n')
            for n in range(300)
        ),
    ]
    files = {
        "floodwatch.toml": _SERVICE.format(port=smtp_port),
        "stations.toml": "\n".join(stations),
        "thresholds.toml": _THRESHOLDS,
        "recipients.toml": _RECIPIENTS,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def fill(data: Path) -> None:
    """A day of rain at every gauge, and a first reading of everything."""
    now = time.time_ns() // 1_000_000
    chance = random.Random(1)
    keys = {n: SeriesKey(rain_gauge(n), "1", "rainfall", PERIOD) for n in range(EACH)}
    first = now // PERIOD * PERIOD - DAY
    with closing(Database.at(data)) as database, database.write() as tx:
        ids = SeriesMap().ids(tx, keys.values(), now=now)
        for key in keys.values():
            times = range(first, now, PERIOD)
            rain = [round(0.2 * chance.randrange(3), 1) * (chance.random() < 0.3) for _ in times]
            rows = [Row(ids[key], at, mm, GOOD, at) for at, mm in zip(times, rain, strict=True)]
            journal.put(tx, rows)
        journal.recompute_latest(tx, list(ids.values()), now=now)


def _station(code: str, kind: str, rest: str) -> str:
    return f'[[station]]\ncode = "{code}"\nname = "示范{code}"\nkind = "{kind}"\n{rest}'


_SERVICE = """[service]
name = "示范区"
[channels.smtp]
host = "127.0.0.1"
port = {port}
from = "floodwatch@example.org"
security = "none"
"""
_THRESHOLDS = f"""[[threshold]]
kind = "reservoir"
variable = "stage"
name = "design_flood"
severity = "I"
at_or_above = {LIMIT_M}
clear = {LIMIT_M}

[[threshold]]
kind = "rain"
variable = "rainfall"
name = "rain_24h"
severity = "I"
window = "24h"
at_or_above = {LIMIT_MM}

[[rule]]
kind = "reservoir"
variable = "stage"
type = "level"
hold_up = "0s"
hold_down = "0s"
"""
_RECIPIENTS = f"""[[person]]
name = "{PERSON}"
email = "a@example.org"
[[route]]
people = ["{PERSON}"]
channels = ["smtp"]
"""
