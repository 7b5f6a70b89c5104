"""From a reading to the first attempt to tell somebody, while the mail server says nothing."""

import json
import os
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench import live_district
from tests.bench.measured import percentile
from tests.bench.open_loop import Load
from tests.bench.report import Table
from tests.bench.serving import WARM_S
from tests.service.running import Running

POSTS, EACH = 100, 5  # a second, and readings in each
SHARES = (0.5, 0.99, 1.0)
SECRET = "FLOODWATCH_WEBHOOK_SECRET"


class Outcome(NamedTuple):
    """Of one load: how long each alert took to its first attempt, and what went wrong."""

    waits: list[float]  # seconds from when the reading was due
    pushes: list[float]  # seconds until each reading was accepted
    untold: int
    hung: int  # dialogues that the silent mail server held
    faults: list[str]


def measure(scratch: Path, *, seconds: float, rounds: int) -> Table:
    """The same load on a service whose mail hangs, `rounds` times."""
    found = []
    for number in range(rounds):
        found.append(load(scratch, seconds))
        print(f"  round {number + 1}: {_said(found[-1])}", flush=True)
    waits = [[1_000 * wait for wait in one.waits] for one in found]
    pushes = [[1_000 * wait for wait in one.pushes] for one in found]
    return Table(
        "Telling while a channel hangs",
        f"{POSTS * EACH} readings a second, open loop, {EACH} a post, 2 % crossing to grade I, "
        f"told by mail to a server that never speaks and by webhook to one that answers; real "
        f"processes; each "
        f"counted from when its reading was due until the webhook had the first attempt; "
        f"{seconds:.0f} s, n = {rounds}; median over the runs [min–max]. "
        + " ".join(_said(one) for one in found),
        ["what", "p50", "p99", "max"],
        [["reading to first attempt", *_cells(waits)], ["reading to 200", *_cells(pushes)]],
        goal="first attempt p50 under 0.5 s, p99 under 1.5 s",
    )


def load(scratch: Path, seconds: float) -> Outcome:
    """`floodwatch run` in a fresh folder under the load."""
    place = scratch / "telling"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    os.environ.setdefault(SECRET, "a secret of the benchmark")
    with _silent() as mail, _listening() as (port, told):
        _configure(place / "config", smtp_port=mail.port, port=port)
        running = Running(place / "config", place / "data")
        running.command("check --apply")
        live_district.fill(place / "data")
        token = running.token()
        with closing(running):
            running.start()
            work = Load(running.push_port, token, rate=POSTS, batch=EACH)
            work.run(seconds)
            crossings = sum(answer.crossing is not None for answer in work.answers)
            end = time.monotonic() + 20
            while len(told) < crossings and time.monotonic() < end:
                time.sleep(0.2)
        return _outcome(work, told, place / "data" / "floodwatch.db", mail.held)


def _configure(folder: Path, *, smtp_port: int, port: int) -> None:
    """The live district with a second way out."""
    live_district.configure(folder, smtp_port=smtp_port)
    with (folder / "floodwatch.toml").open("a", encoding="utf-8") as file:
        file.write(f'[channels.webhook]\nurl = "http://127.0.0.1:{port}/"\nallow = ["127.0.0.1"]\n')
    text = (folder / "recipients.toml").read_text("utf-8")
    text = text.replace('channels = ["smtp"]', 'channels = ["smtp", "webhook"]')
    text = text.replace("[[route]]", 'phone = "+8610000000001"\n[[route]]')
    (folder / "recipients.toml").write_text(text, "utf-8")


class _Silence:
    """A mail server that takes connections and never says a word."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._lines: list[socket.socket] = []
        self.held = 0
        threading.Thread(target=self._take, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def _take(self) -> None:
        while True:
            try:
                self._lines.append(self._listener.accept()[0])
            except OSError:
                return
            self.held += 1

    def close(self) -> None:
        """Hang up."""
        for line in self._lines:
            line.close()


@contextmanager
def _silent() -> Iterator[_Silence]:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        found = _Silence(listener)
        yield found
        found.close()


@contextmanager
def _listening() -> Iterator[tuple[int, dict[int, float]]]:
    """A webhook's receiver: alert -> monotonic seconds when it first heard of it."""
    told: dict[int, float] = {}

    class Receiver(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            at = time.monotonic()
            document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if document["kind"] in ("fired", "worsened") and document["alert"]:
                told.setdefault(int(document["alert"]), at)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, told
    finally:
        server.shutdown()
        server.server_close()


def _outcome(work: Load, told: dict[int, float], database: Path, hung: int) -> Outcome:
    """Each station's crossings in turn belong to its alerts in turn."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT station, id FROM alert ORDER BY id").fetchall()
    alerts: dict[str, list[int]] = {}
    for station, number in rows:
        alerts.setdefault(station, []).append(number)
    waits, untold = [], 0
    for answer in sorted((a for a in work.answers if a.crossing), key=lambda a: a.due):
        numbers = alerts.get(str(answer.crossing))
        at = told.get(numbers.pop(0)) if numbers else None
        if at is None:
            untold += 1
        elif answer.due >= WARM_S:
            waits.append(at - (work.began_monotonic + answer.due))
    pushes = [answer.done - answer.due for answer in work.answers if answer.due >= WARM_S]
    return Outcome(waits, pushes, untold, hung, work.faults)


def _said(one: Outcome) -> str:
    wrong = f", first of {len(one.faults)} faults: {one.faults[0]}" if one.faults else ""
    return (
        f"{len(one.pushes):,} readings, {len(one.waits)} alerts told, {one.untold} not; "
        f"{one.hung} dialogues hung at the mail server{wrong}."
    )


def _cells(runs: list[list[float]]) -> list[str]:
    cells = []
    for share in SHARES:
        values = sorted(percentile(run, share) for run in runs)
        middle = values[len(values) // 2]
        cells.append(f"{middle:.0f} ms [{values[0]:.0f}–{values[-1]:.0f}]")
    return cells
