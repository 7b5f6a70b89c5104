"""What changed since a revision, as server-sent events; one thread a process asks for all."""

import json
import logging
from collections import deque
from collections.abc import Callable, Iterator
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from typing import Any

from sqlalchemy import Connection

from floodwatch.model.errors import StorageError
from floodwatch.store import board
from floodwatch.web.boards import Boards
from floodwatch.web.here import Here, look
from floodwatch.web.services import Services, now

EVERY = 0.3  # seconds between two looks
HEARTBEAT = 10.0
KEPT = 3000  # messages a client may have missed and still resume
WAITING = 2000  # messages a slow client may lag behind
TOPICS = (
    *("alert", "alert_event", "obligation", "call", "outbox", "inbox", "setting", "import"),
    *("sound", "mute", "plan_tick", "response", "log_entry"),
)
log = logging.getLogger(__name__)


def message(event: str, data: Any, *, rev: int | None = None) -> str:
    """One server-sent event."""
    head = f"id: {rev}\n" if rev is not None else ""
    return f"{head}event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


class Stream:
    """One client's queue; `None` in it ends the stream."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._queue: Queue[str | None] = Queue(WAITING)
        self.lost = False

    def put(self, text: str | None) -> None:
        """Hand a message over; a client too slow to take it is told to start afresh."""
        try:
            self._queue.put_nowait(text)
        except Full:
            self.lost = True

    def messages(self, valid: Callable[[], bool]) -> Iterator[str]:
        """What to send, with a heartbeat while nothing happens; ends when no longer `valid`."""
        yield ": floodwatch\nretry: 2000\n\n"
        beats = 0
        while True:
            if self.lost:
                yield message("reset", {"reason": "too slow"})
                return
            try:
                text = self._queue.get(timeout=HEARTBEAT)
            except Empty:
                beats += 1
                if beats % 6 == 0 and not valid():
                    return
                yield ": heartbeat\n\n"
                yield self._hub.clock_message()
                continue
            if text is None:
                return
            yield text

    def close(self) -> None:
        """Leave the hub."""
        self._hub.leave(self)


class Hub:
    """Fans the changes of the database out to every open stream of this process."""

    def __init__(self, services: Services, boards: Boards, *, most: int = 100) -> None:
        self.most = most
        self._services = services
        self._boards = boards
        self._lock = Lock()
        self._starting = Lock()
        self._streams: set[Stream] = set()
        self._past: deque[tuple[int, str]] = deque(maxlen=KEPT)
        self._seen = -1
        self._oldest = 0  # every message with a later revision than this is in _past
        self._here: Here | None = None
        self._coverage: Any = None
        self._closing = Event()
        self._thread: Thread | None = None

    def join(self, last: int | None) -> Stream | None:
        """A new stream, with what it missed since revision `last`; None above the cap."""
        with self._starting:
            if self._thread is None and not self._closing.is_set():
                self.step(whole=True)  # from here on nothing is missed
                self._thread = Thread(target=self._run, name="changes", daemon=True)
                self._thread.start()
        with self._lock:
            if self._closing.is_set() or len(self._streams) >= self.most:
                return None
            stream = Stream(self)
            if last is not None:
                self._catch_up(stream, last)
            self._streams.add(stream)
        stream.put(self.clock_message())
        return stream

    def _catch_up(self, stream: Stream, last: int) -> None:
        if not self._oldest <= last <= self._seen:
            stream.put(message("reset", {"reason": "too far behind"}))
            return
        for rev, text in self._past:
            if rev > last:
                stream.put(text)

    def leave(self, stream: Stream) -> None:
        """Forget a stream."""
        with self._lock:
            self._streams.discard(stream)

    def close(self) -> None:
        """End every stream and the thread."""
        self._closing.set()
        with self._lock:
            streams, self._streams = self._streams, set()
        for stream in streams:
            stream.lost = False
            stream.put(None)
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        looks = 0
        while not self._closing.wait(EVERY):
            try:
                self.step(whole=looks % 10 == 0)
            except StorageError as error:
                log.warning("cannot look for changes: %s", error)
            except Exception:  # the loop boundary: pages must go on
                log.exception("looking for changes failed")
            looks += 1

    def step(self, *, whole: bool = False) -> None:
        """Look once; `whole` also when no revision is new (silence comes by time alone)."""
        with self._services.database.read() as connection:
            rev = board.revision(connection)
            if rev == self._seen and not whole:
                return
            here = look(self._services, connection)
            found = self._changed(connection, rev) if self._seen >= 0 else []
            if whole or found:
                cover = self._boards.at(connection, here).coverage
                if self._coverage is not None and cover != self._coverage:
                    found.append(message("coverage", coverage_json(cover)))
                    found.append(message("change", {"rev": rev, "topics": ["coverage"]}, rev=rev))
                self._coverage = cover
        self._tell(here, rev, found)

    def _changed(self, connection: Connection, rev: int) -> list[str]:
        topics: list[str] = []
        found: list[str] = []
        stations: set[str] = set()
        for key, newest in board.latest(connection, after=self._seen).items():
            stations.add(key.station)
            found.append(message("reading", reading_json(key, newest)))
        if found:
            topics.append("reading")
        for topic in TOPICS:
            changed = board.rows_after(connection, topic, self._seen)
            if not changed:
                continue
            topics.append(topic)
            if topic == "alert":
                stations.update(row["station"] for row in changed)
                found += [message("alert", alert_json(row)) for row in changed]
            elif topic == "sound":
                found += [message("sound", sound_json(row)) for row in changed]
        if topics:
            about = {"rev": rev, "topics": topics, "stations": sorted(stations)}
            found.append(message("change", about, rev=rev))
        return found

    def _tell(self, here: Here, rev: int, found: list[str]) -> None:
        jumped = self._here is None or (
            (here.speed, here.agrees, here.district.version)
            != (self._here.speed, self._here.agrees, self._here.district.version)
            or not 0 <= here.now - self._here.now < 60_000 * max(1.0, here.speed)
        )
        with self._lock:
            if self._seen < 0 or rev < self._seen:  # the first look, or an older database
                if rev < self._seen:
                    found = [message("reset", {"reason": "the database is another one"})]
                self._past.clear()
                self._oldest = rev
            self._seen, self._here = rev, here
            if jumped:
                found.append(self.clock_message())
            for text in found:
                if len(self._past) == self._past.maxlen:
                    self._oldest = self._past[0][0]
                self._past.append((rev, text))
                for stream in self._streams:
                    stream.put(text)

    def clock_message(self) -> str:
        """Service time and how fast it runs, for the clock of the page."""
        here = self._here
        if here is None:
            return ": no clock yet\n\n"
        with self._services.database.read() as connection:
            at = now(self._services, connection)
        return message("clock", {"now": at, "speed": here.speed, "agrees": here.agrees})


def coverage_json(cover: Any) -> dict[str, Any]:
    """Coverage for programs."""
    return {
        "live": cover.live,
        "total": cover.total,
        "silent": [{"station": code, "name": name} for code, name in cover.silent],
    }


def reading_json(key: Any, newest: Any) -> dict[str, Any]:
    """A newest reading for programs; times in ms UTC."""
    reading = newest.reading
    return {
        "station": key.station,
        "gauge": key.gauge,
        "variable": key.variable,
        "period": key.period,
        "time": reading.time,
        "value": reading.value,
        "quality": reading.quality,
        "heard": newest.heard,
        "late": newest.late,
    }


def sound_json(row: Any) -> dict[str, Any]:
    """A tone of the duty room for the pages that make it heard; its time in ms UTC."""
    return {name: row[name] for name in ("id", "at", "alert_id", "severity", "kind")}


def alert_json(row: Any) -> dict[str, Any]:
    """An alert for programs; times in ms UTC."""
    return {name: value for name, value in row.items() if name not in ("rev", "config_version")}
