"""Telemetry: thousands of stations on line, each reporting once a minute, on the whole service."""

import asyncio
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from floodwatch.model.clock import SystemClock
from floodwatch.sources.sl651.client import Fleet, Report
from tests.bench.measured import ROOT, percentile
from tests.bench.report import Table
from tests.service.running import Running, free_port, until

STATIONS = 2000
FIRST = 61_990_000
EVERY_S = 60
GAUGES = 4  # stage, rain of the day and in all, voltage


class Outcome(NamedTuple):
    """One run: waits of the answered reports, what was stored, processor seconds a second."""

    waits: list[float]
    reports: int
    answered: int
    values: int  # readings that answered reports held
    stored: int
    connected: int  # at once, at the end
    engine: float
    service: float


def measure(scratch: Path, *, seconds: float) -> Table:
    """One run of at least two minutes after all are connected."""
    outcome = load(scratch, max(2.0 * EVERY_S, seconds))
    waits = [1000 * wait for wait in outcome.waits]
    missing = outcome.values - outcome.stored
    return Table(
        "Telemetry",
        f"`floodwatch run` with {STATIONS:,} SL 651 stations connected over TCP, each with a limit "
        f"and reporting {GAUGES} values every {EVERY_S} s at its own second; the stations are a "
        f"process of their own. {outcome.reports:,} reports, {outcome.answered:,} answered; "
        f"{outcome.values:,} values in answered reports, {missing} of them not in the database; "
        f"waits are those of {len(waits):,} reports sent after all were connected; "
        f"{outcome.connected:,} connected at the end.",
        ["p50", "p99", "p99.9", "longest", "engine, cores", "whole service, cores"],
        [
            [
                *(f"{percentile(waits, share):.0f} ms" for share in (0.5, 0.99, 0.999, 1.0)),
                f"{outcome.engine:.2f}",
                f"{outcome.service:.2f}",
            ]
        ],
        goal="every value of an answered report stored; p99 under 500 ms; under one core",
    )


def load(scratch: Path, seconds: float) -> Outcome:
    """`floodwatch run` under the stations of another process."""
    place = scratch / "telemetry"
    shutil.rmtree(place, ignore_errors=True)
    (place / "config").mkdir(parents=True)
    port = free_port()
    for name, text in _files(port).items():
        (place / "config" / name).write_text(text, "utf-8")
    running = Running(place / "config", place / "data")
    said = place / "said.json"
    command = [sys.executable, "-m", "tests.bench.telemetry", str(port), str(seconds), str(said)]
    with closing(running):
        running.start()
        assert until(lambda: _open(port), patience=60), "no telemetry server"
        with subprocess.Popen(command, cwd=ROOT) as stations:
            time.sleep(EVERY_S)  # until all are connected
            before, began = _cpu(running), time.monotonic()
            time.sleep(seconds * 0.9)
            after, lasted = _cpu(running), time.monotonic() - began
            connected = _connected(port)
            assert stations.wait(seconds + 120) == 0
        document = json.loads(said.read_text())
    used = {name: (after[name] - before[name]) / lasted for name in after}
    counted = [report for report in document if report["answered"]]
    return Outcome(
        waits=[report["waited"] for report in counted if report["at"] >= EVERY_S],
        reports=len(document),
        answered=len(counted),
        values=len(counted) * GAUGES,
        stored=_stored(place / "data" / "floodwatch.db", counted),
        connected=connected,
        engine=used["engine"],
        service=sum(used.values()),
    )


def _files(port: int) -> dict[str, str]:
    gauges = ("stage", "rainfall_day", "rainfall_total", "battery")
    listed = ", ".join(f'{{variable = "{name}"}}' for name in gauges)
    stations = [
        f'[[station]]\ncode = "{FIRST + n}"\nname = "示范{FIRST + n}"\nkind = "river"\n'
        f'reporting = {{timed = "5min"}}\ngauges = [{listed}]\n'
        for n in range(STATIONS)
    ]
    return {
        "floodwatch.toml": '[service]\nname = "示范区"\n[sources.sl651]\nhost = "127.0.0.1"\n'
        f"port = {port}\nper_address = {STATIONS}\n",
        "stations.toml": "\n".join(stations),
        "thresholds.toml": '[[threshold]]\nkind = "river"\nvariable = "stage"\nname = "warning"\n'
        'severity = "III"\nat_or_above = 99.0\n',
        "recipients.toml": '[[person]]\nname = "示范甲"\nemail = "a@example.org"\n'
        '[[route]]\npeople = ["示范甲"]\nchannels = ["log"]\n',
    }


def _open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


def _cpu(running: Running) -> dict[str, float]:
    """Processor seconds of each process so far."""
    ticks = os.sysconf("SC_CLK_TCK")
    found = {}
    for name, pid in running.parts().items():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        found[name] = (int(fields[11]) + int(fields[12])) / ticks
    return found


def _connected(port: int) -> int:
    """Connections that the server has established."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    mine = f":{port:04X}"
    return sum(line.split()[1].endswith(mine) and line.split()[3] == "01" for line in lines)


def _stored(path: Path, counted: list[dict[str, Any]]) -> int:
    """How many values of the answered reports the database holds, each looked up by its own."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        ids = {
            (station, variable): number
            for number, station, variable in connection.execute(
                "SELECT id, station, variable FROM series"
            )
        }
        found = {
            (series, time): value
            for series, time, value in connection.execute(
                "SELECT series_id, time, value FROM reading"
            )
        }
    names = {"39": "stage", "20": "rainfall_day", "26": "rainfall_total", "38": "battery"}
    return sum(
        found.get((ids.get((report["station"], names[item]), -1), report["observed"])) is not None
        for report in counted
        for item in names
    )


def _stations(port: int, seconds: float, said: Path) -> None:
    """The process of the stations."""
    reports: list[dict[str, Any]] = []
    clock = SystemClock()
    began = clock.monotonic()

    def told(report: Report) -> None:
        at = clock.monotonic() - began - report.waited
        reports.append(
            {
                "station": report.station[2:],
                "observed": report.observed,
                "waited": report.waited,
                "answered": report.answered,
                "at": at,
            }
        )

    addresses = [f"00{FIRST + n}" for n in range(STATIONS)]
    fleet = Fleet(
        "127.0.0.1", port, addresses, clock, every=EVERY_S, ramp=float(EVERY_S), told=told
    )
    asyncio.run(fleet.run(seconds))
    said.write_text(json.dumps(reports))


if __name__ == "__main__":
    _stations(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]))
