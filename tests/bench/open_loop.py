"""Posts at fixed moments whether or not the earlier ones are answered, over kept connections."""

import http.client
import json
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.live_district import EACH, LIMIT_M, LIMIT_MM, rain_gauge, reservoir

CONNECTIONS = 32
RATE = 200  # posts a second
CROSSING = 0.02


class Answer(NamedTuple):
    """One post: seconds since the load began when it was due and when its 200 was there."""

    due: float
    done: float
    crossing: str | None  # station whose alert it opens
    committed: bool  # the alert was in the database when the 200 came


@dataclass
class Plan:
    """What is posted: half stages, half rain, a few of them over their limit."""

    chance: random.Random = field(default_factory=lambda: random.Random(7))
    _high: set[int] = field(default_factory=set)
    _wet: int = 0
    _turn: Iterator[int] = field(default_factory=count)

    def next(self) -> tuple[dict[str, Any], bool]:
        """The next reading without its time, and whether it crosses."""
        turn = next(self._turn)
        number, crossing = turn // 2 % EACH, self.chance.random() < CROSSING
        if turn % 2:
            return self._rain(number, crossing)
        value = 95.0 + self.chance.random()
        if number in self._high:
            self._high.discard(number)
            crossing = False
        elif crossing:
            self._high.add(number)
            value = LIMIT_M + 0.2
        reading = {"station": reservoir(number), "variable": "stage", "value": round(value, 2)}
        return reading, crossing

    def _rain(self, number: int, crossing: bool) -> tuple[dict[str, Any], bool]:
        value = 0.2 if self.chance.random() < 0.3 else 0.0
        crossing = crossing and self._wet < EACH
        if crossing:  # a gauge crosses once: a day's rain does not go away
            number, self._wet, value = self._wet, self._wet + 1, LIMIT_MM
        return {"station": rain_gauge(number), "variable": "rainfall", "value": value}, crossing


@dataclass
class Load:
    """One load on one address."""

    port: int
    token: str
    database: Path | None = None  # where the alert must be when the 200 comes
    path: str = "/api/v1/readings"
    rate: int = RATE
    batch: int = 1  # readings a post
    answers: list[Answer] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    began: float = 0.0  # perf_counter at its beginning
    began_monotonic: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, seconds: float) -> None:
        """Post for so many seconds."""
        plan, due = Plan(), iter(range(int(seconds * self.rate)))
        self.began_monotonic = time.monotonic() + 0.2
        self.began = time.perf_counter() + 0.2
        threads = [
            threading.Thread(target=self._connection, args=(plan, due)) for _ in range(CONNECTIONS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _connection(self, plan: Plan, due: Iterator[int]) -> None:
        alerts = (
            sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) if self.database else None
        )
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=35)) as connection:
            while True:
                with self._lock:
                    turn = next(due, None)
                    if turn is None:
                        break
                    readings = [plan.next() for _ in range(self.batch)]
                at = turn / self.rate
                time.sleep(max(0.0, self.began + at - time.perf_counter()))
                self._post(connection, alerts, readings, due=at)
        if alerts:
            alerts.close()

    def _post(
        self,
        connection: http.client.HTTPConnection,
        alerts: sqlite3.Connection | None,
        readings: Sequence[tuple[dict[str, Any], bool]],
        *,
        due: float,
    ) -> None:
        stamp = _stamp()
        body = json.dumps([reading | {"time": stamp} for reading, _ in readings])
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request("POST", self.path, body, headers)
        response = connection.getresponse()
        said = response.read()
        done = time.perf_counter() - self.began
        if response.status != 200 or f'"accepted":{len(readings)}'.encode() not in said:
            self.faults.append(f"{response.status} {said[:200].decode()} for {body}")
        for reading, crossing in readings:
            station = str(reading["station"])
            committed = not crossing or alerts is None or _fired(alerts, station)
            self.answers.append(Answer(due, done, station if crossing else None, committed))


def _stamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _fired(alerts: sqlite3.Connection, station: str) -> bool:
    found = alerts.execute(
        "SELECT count(*) FROM alert WHERE station = ? AND resolved_at IS NULL", (station,)
    )
    return bool(found.fetchone()[0])


class Listener:
    """One page's event stream, read and counted."""

    def __init__(self, port: int, token: str) -> None:
        self.events = 0
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Authorization": f"Bearer {token}"}
        self._connection.request("GET", "/api/v1/events", headers=headers)
        self._response = self._connection.getresponse()
        assert self._response.status == 200, self._response.read()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with suppress(OSError, ValueError, http.client.HTTPException, AttributeError):
            for line in self._response:
                self.events += line.startswith(b"event:")

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._connection.close()


def during(stop: threading.Event, work: Callable[[], None], every: float) -> threading.Thread:
    """Do some work every so many seconds until `stop` is set."""

    def loop() -> None:
        while not stop.wait(every):
            work()

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    return thread
