"""One live load on a fresh service, and what came of it."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench import live_district
from tests.bench.importing import import_command
from tests.bench.measured import ROOT
from tests.bench.open_loop import Answer, Listener, Load, during
from tests.service.running import Mail, Running, free_port, number_of, post

WARM_S = 4.0  # of the load are not counted: first requests compile statements


@dataclass
class Outcome:
    """What one load met."""

    answers: list[Answer]
    faults: list[str]
    crossings: int
    uncommitted: int
    mail_waits: list[float]  # seconds from the post that crossed until the mail server had the mail
    unmailed: int
    events: int
    fdatasync_ms: list[float]
    import_s: tuple[float, float] | None = None  # when another process imported, of the load

    def waits_ms(self) -> list[float]:
        """Of the posts that count: milliseconds from when each was due until its 200."""
        start, end = self.import_s or (WARM_S, float("inf"))
        return [1_000 * (a.done - a.due) for a in self.answers if max(start, WARM_S) <= a.due < end]


def load_service(scratch: Path, seconds: float, *, importing: Path | None = None) -> Outcome:
    """`floodwatch run` in a fresh folder under the load; `importing`: a file imported meanwhile."""
    place = scratch / "live"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    with post() as mail:
        live_district.configure(place / "config", smtp_port=mail.port)
        running = Running(place / "config", place / "data")
        running.command("check --apply")
        live_district.fill(place / "data")
        token = running.token()
        with closing(running), _raw_latency(place) as latency:
            running.start()
            load = Load(running.push_port, token, place / "data" / "floodwatch.db")
            with closing(_listen(running.port, token)) as stream:
                imported = _Import(place, load, importing) if importing else None
                load.run(seconds)
                span = imported.result() if imported else None
                _settle(mail.mails, load)
            return _outcome(load, mail.mails, place, stream.events, latency, span)


def load_plain(scratch: Path, seconds: float) -> Outcome:
    """The peer under the same load."""
    place = scratch / "plain"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.plain_push", str(place / "db"), str(port)]
    with subprocess.Popen(command, cwd=ROOT) as process, _raw_latency(place) as latency:
        time.sleep(2)
        load = Load(port, "none")
        try:
            load.run(seconds)
        finally:
            process.send_signal(signal.SIGTERM)
    return Outcome(load.answers, load.faults, 0, 0, [], 0, 0, latency)


def _listen(port: int, token: str) -> Listener:
    end = time.monotonic() + 30
    while True:
        try:
            return Listener(port, token)
        except OSError:  # the pages are not there yet
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def _settle(mails: list[Mail], load: Load) -> None:
    """Until there is a mail for every crossing, or 30 s."""
    crossings = sum(a.crossing is not None for a in load.answers)
    end = time.monotonic() + 30
    while len({number_of(mail) for mail in mails}) < crossings and time.monotonic() < end:
        time.sleep(0.2)


@contextmanager
def _raw_latency(place: Path) -> Iterator[list[float]]:
    """Ten times a second an append and fdatasync beside everything else; milliseconds."""
    took: list[float] = []
    stop = threading.Event()
    with (place / "raw").open("ab", buffering=0) as file:

        def append() -> None:
            start = time.perf_counter()
            file.write(bytes(100))
            os.fdatasync(file.fileno())
            took.append(1_000 * (time.perf_counter() - start))

        thread = during(stop, append, 0.1)
        try:
            yield took
        finally:
            stop.set()
            thread.join()


class _Import:
    """An import that begins when the load is warm; `result` waits for it."""

    def __init__(self, place: Path, load: Load, path: Path) -> None:
        self._span: tuple[float, float] | None = None
        self._thread = threading.Thread(target=self._run, args=(place, load, path))
        self._thread.start()

    def _run(self, place: Path, load: Load, path: Path) -> None:
        while not load.began:
            time.sleep(0.05)
        time.sleep(max(0.0, load.began + WARM_S - time.perf_counter()))
        start = time.perf_counter() - load.began
        subprocess.run(
            import_command(path, place / "config", place / "data"),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        self._span = (start, time.perf_counter() - load.began)

    def result(self) -> tuple[float, float]:
        """When it ran, in seconds of the load."""
        self._thread.join()
        assert self._span, "the import failed"
        return self._span


def _outcome(
    load: Load,
    mails: list[Mail],
    place: Path,
    events: int,
    latency: list[float],
    span: tuple[float, float] | None,
) -> Outcome:
    crossings = [answer for answer in load.answers if answer.crossing]
    first: dict[int, float] = {}
    for mail in mails:
        first.setdefault(number_of(mail), mail.at)
    waits, unmailed = _mail_waits(place / "data" / "floodwatch.db", first, crossings, load)
    return Outcome(
        load.answers,
        load.faults,
        len(crossings),
        sum(not answer.committed for answer in crossings),
        waits,
        unmailed,
        events,
        latency,
        span,
    )


def _mail_waits(
    database: Path, first: dict[int, float], crossings: list[Answer], load: Load
) -> tuple[list[float], int]:
    """Each station's crossings in turn belong to its alerts in turn."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT station, id FROM alert ORDER BY id").fetchall()
    alerts: dict[str, list[int]] = {}
    for station, number in rows:
        alerts.setdefault(station, []).append(number)
    waits, unmailed = [], 0
    for answer in sorted(crossings, key=lambda a: a.due):
        numbers = alerts.get(str(answer.crossing))
        at = first.get(numbers.pop(0)) if numbers else None
        if at is None:
            unmailed += 1
        else:
            waits.append(at - (load.began_monotonic + answer.due))
    return waits, unmailed
