"""The outside sources of the configuration: started, polled, followed when settings change."""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from floodwatch.bootstrap import telemetry
from floodwatch.bootstrap.services import Services
from floodwatch.loops import Turn
from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.errors import Fenced, Refused, StorageError
from floodwatch.model.fields import Table
from floodwatch.model.source import configured
from floodwatch.outside.bounded import Overrun, within
from floodwatch.pipeline import dropped
from floodwatch.scheduler import POLLERS, Job, Timetable
from floodwatch.sources.http_poll import HttpPoll
from floodwatch.sources.mqtt.runner import MqttSource
from floodwatch.sources.sql_poll import SqlPoll
from floodwatch.sources.way import Way
from floodwatch.store import source_log
from floodwatch.store.database import Transaction

log = logging.getLogger(__name__)

ROUND_S = 1.0  # between two looks at the configuration
WRITTEN_S = 3.0  # at most so often the listeners' notes are written down
SUBMIT_S = 30.0  # until a batch must be committed
PATIENCE_S = 15.0  # for a source to start, and to end: a hung one must not hold up the others
AGAIN_S = 30.0  # what could not be started is tried again


class Runner(Protocol):
    """A source that listens, in threads of its own."""

    def start(self) -> None:
        """Open what it needs; raises when that is impossible now."""
        ...

    def stop(self) -> None:
        """Take nothing more, finish what is in hand, end."""
        ...


class Poller(Protocol):
    """A source that asks; made anew when its settings change."""

    every: int  # ms

    def poll(self) -> bool:
        """Ask once; False: it is not time yet, nothing was asked. Raises when it failed.

        May end early when `way.stopping` is set.
        """
        ...


# key of [sources] -> how it is made from its table in floodwatch.toml
LISTENED: dict[str, Callable[[Any, Way], Runner]] = {"mqtt": MqttSource}
POLLED: dict[str, Callable[[Any, Way], Poller]] = {"http": HttpPoll, "sql": SqlPoll}


@dataclass
class _Kept:
    """One configured source and what was made of it; neither: it could not be started."""

    table: Table
    way: Way
    runner: Runner | None = None
    job: Job | None = None
    tried: float = field(default=float("-inf"))


class Sources:
    """A thread that keeps the sources as the newest configuration has them."""

    def __init__(
        self,
        services: Services,
        timetable: Timetable,
        *,
        epoch: int,
        turn: Turn = lambda worked: None,
        listened: Mapping[str, Callable[[Any, Way], Runner]] = LISTENED,
        polled: Mapping[str, Callable[[Any, Way], Poller]] = POLLED,
    ) -> None:
        self._services, self._timetable, self._epoch, self._turn = services, timetable, epoch, turn
        stations: dict[str, Callable[[Any, Way], Runner]] = {
            telemetry.NAME: partial(telemetry.telemetry_server, services)
        }
        folders = dropped.poller(services.database, services.data)
        self._listened = {**stations, **listened}
        self._polled: dict[str, Callable[[Any, Way], Poller]] = {"drop": folders, **polled}
        self._kept: dict[str, _Kept] = {}
        self._version = -1
        self._written = float("-inf")
        self._wished: dict[str, int] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sources", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End every source, then write down what they noted."""
        self._stopping.set()
        for kept in self._kept.copy().values():
            kept.way.stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=20)

    def look(self) -> None:
        """One round: follow the configuration, start what waits, write down what was noted."""
        self._follow()
        self._start_what_waits()
        self._hurry()
        now = self._services.clock.monotonic()
        if now - self._written >= WRITTEN_S:
            self._written = now
            self._write_down([kept.way for kept in self._kept.values()])

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look()
                self._turn(True)
            except Fenced:
                log.warning("another engine has taken over; the sources end")
                break
            except Exception:  # the boundary of the loop: the next round comes
                log.exception("a round of the sources failed; the next one follows")
                self._turn(False)
            self._stopping.wait(ROUND_S)
        self._end()

    def _end(self) -> None:
        for kept in self._kept.values():
            _stopped(kept)
        try:
            self._write_down([kept.way for kept in self._kept.values()])
        except StorageError:
            log.exception("the last notes of the sources are lost; their readings are not")

    def _follow(self) -> None:
        district = self._services.configuration.current()
        if district.version == self._version:
            return
        wanted = {name: (kind, table) for name, kind, table in configured(district)}
        for name, kept in list(self._kept.items()):
            if name not in wanted or wanted[name][1] != kept.table:
                _stopped(kept)
                self._turn(True)
                self._write_down([kept.way])
                del self._kept[name]
        for name, (kind, table) in wanted.items():
            if name not in self._kept and (kind in self._listened or kind in self._polled):
                self._kept[name] = _Kept(table, self._way(name, kind))
        self._version = district.version
        self._start_what_waits()
        self._timetable.put([kept.job for kept in self._kept.values() if kept.job])

    def _hurry(self) -> None:
        """Ask what a person wants to be asked now; what was wished before this engine is over."""
        with self._services.database.read() as connection:
            wished = source_log.asked_now(connection)
        for name, at in wished.items():
            if self._wished is not None and at > self._wished.get(name, 0):
                self._timetable.hurry(name)
        self._wished = wished

    def _way(self, name: str, kind: str) -> Way:
        services = self._services
        with services.database.read() as connection:
            cursor = source_log.cursor(connection, name)
        return Way(
            name,
            kind,
            services.submit,
            services.configuration.current,
            now=services.now,
            clock=services.clock,
            polls=kind in self._polled,
            cursor=cursor,
            write_down=lambda way: self._write_down([way]),
            submit_placed=partial(self._submit_placed, name, kind),
        )

    def _submit_placed(self, name: str, kind: str, batch: Batch, cursor: Any) -> Receipt:
        """Readings, and where their source goes on, in one transaction."""

        def beside(tx: Transaction, receipt: Receipt) -> None:
            source_log.place(tx, name, kind, cursor=cursor)

        waiting = self._services.writer.enqueue(batch, beside)
        try:
            return waiting.result(SUBMIT_S)
        except FutureTimeout:
            known = "not stored" if waiting.cancel() else "not known to be stored"
            raise StorageError(f"{known} after {SUBMIT_S:.0f} s; hand it in again") from None

    def _start_what_waits(self) -> None:
        waiting = [kept for kept in self._kept.values() if not kept.runner and not kept.job]
        if not waiting:
            return
        now = self._services.clock.monotonic()
        due = [kept for kept in waiting if now - kept.tried >= AGAIN_S]
        for kept in due:
            kept.tried = now
            self._begin(kept)
            self._turn(True)
        if any(kept.job for kept in due):
            self._timetable.put([kept.job for kept in self._kept.values() if kept.job])

    def _begin(self, kept: _Kept) -> None:
        """A source that cannot be started notes why; the others go on."""
        way = kept.way
        try:
            if way.kind in self._polled:
                poller = self._polled[way.kind](kept.table, way)
                kept.job = Job(way.name, poller.every, _polling(poller, way), executor=POLLERS)
                return
            kept.runner = self._listened[way.kind](kept.table, way)
            within(PATIENCE_S, kept.runner.start, name=f"start-{way.name}")
        except Overrun as error:  # it may still come up: it is not started a second time
            way.failed(error)
        except Fenced:
            raise
        except Exception as error:
            log.exception("%s cannot be started; it is tried again", way.name)
            kept.runner = None
            way.failed(error)

    def _write_down(self, ways: list[Way]) -> None:
        """The notes of these sources in one transaction; none: nothing is written."""
        notes = [(way, note) for way in ways if (note := way.note()) is not None]
        if not notes:
            return
        try:
            now = self._services.now()
            with self._services.database.write(epoch=self._epoch) as tx:
                for way, note in notes:
                    source_log.noted(tx, way.name, way.kind, note=note, now=now)
        except BaseException:
            for way, note in notes:
                way.give_back(note)
            raise


def _polling(poller: Poller, way: Way) -> Callable[[], None]:
    """The job of a poller: what fails is the source's own alert, not the timetable's."""
    busy = threading.Lock()

    def work() -> None:
        if way.stopping.is_set():
            return
        if not busy.acquire(blocking=False):
            way.failed("the poll before has not ended yet")
            return
        try:
            if not poller.poll():
                return
            way.worked()
        except Fenced:
            raise
        except Refused as error:
            way.failed(str(error))
        except Exception as error:
            log.exception("%s failed; it is asked again", way.name)
            way.failed(error)
        finally:
            busy.release()
            way.write_down(way)

    return work


def _stopped(kept: _Kept) -> None:
    kept.way.stopping.set()
    if kept.runner is None:
        return
    try:
        within(PATIENCE_S, kept.runner.stop, name=f"stop-{kept.way.name}")
    except Exception:  # the boundary of a source: the others must still be stopped
        log.exception("%s did not end as it should", kept.way.name)
