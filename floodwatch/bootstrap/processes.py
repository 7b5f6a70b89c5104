"""The processes: what the engine does, the pages, the demonstration."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from waitress.server import create_server

from floodwatch import loops
from floodwatch.bootstrap import jobs
from floodwatch.bootstrap.mirroring import Mirroring
from floodwatch.bootstrap.services import Services
from floodwatch.bootstrap.sources import Sources
from floodwatch.config.change import Watch, apply_texts
from floodwatch.config.folder import documents
from floodwatch.engine import Engine
from floodwatch.loops import Loops, Turn
from floodwatch.model.clock import SystemClock
from floodwatch.model.errors import Fenced
from floodwatch.model.notification import Channel
from floodwatch.pipeline import canary, faults
from floodwatch.pipeline.canary import Canary, CanaryChannel
from floodwatch.pipeline.channels import Kept
from floodwatch.pipeline.deliver import Deliverer
from floodwatch.pipeline.demonstration import Demonstration, DemonstrationTime
from floodwatch.pipeline.heartbeat import Heartbeat
from floodwatch.pipeline.machine import Machine
from floodwatch.pipeline.past import put_past
from floodwatch.pipeline.replies import Replies
from floodwatch.pipeline.self_watch import SelfWatch
from floodwatch.pipeline.tick import Ticker
from floodwatch.scheduler import Timetable
from floodwatch.sources.push_notes import EXTENSION, PushNotes
from floodwatch.sources.simulator import demonstration as simulated
from floodwatch.sources.simulator import history
from floodwatch.sources.simulator.control import DROUGHT, SHOWS, DemoClock
from floodwatch.sources.simulator.drought_feed import ENTRIES, Drought, hourly
from floodwatch.store.checkpoint import Checkpointer
from floodwatch.web.app import create_app
from floodwatch.web.auth import first_run_link
from floodwatch.web.kept_connection import keep_connections
from floodwatch.web.push_app import create_push_app
from floodwatch.web.server import WebServer

log = logging.getLogger(__name__)

TIMETABLE_S = 60.0  # it is first replaced by itself
REPLIES_S = 180.0  # a modem is slow, and what it holds is not lost
SOURCES_S = 60.0  # a broker that is stopped may want its time
PAGES_GONE_S = 8.0  # in which they notice that the database's file is gone, and end
_PARTS = (  # of the engine, in the order in which they end
    "_push",
    "_sources",
    "_mirroring",
    "_timetable",
    "_replies",
    "_sender",
    "_checkpointer",
)
LISTENER, FOLDER, TIMETABLE = "push listener", "configuration folder", "timetable"


def first_link(services: Services, address: str) -> str | None:
    """The link by which the first person signs in; None when there are users already."""
    return first_run_link(
        services.database, address, clock=SystemClock(), demonstration=services.demonstration
    )


def engine_of(services: Services, *, host: str, push_port: int) -> Engine:
    """The engine over these services."""
    stamps = services.loops = Loops(loops.path_of(services.data, "engine"), SystemClock())
    beats = Heartbeat(
        SystemClock(),
        settings=lambda: services.configuration.current().watch,
        fresh=lambda: stamps.stamps().fresh,
    )
    tick = stamps.loop("tick")

    def turn(worked: bool) -> None:
        tick(worked)
        if worked:
            beats.round()

    return Engine(
        services.database,
        services.clock,
        lambda epoch: EngineWork(services, epoch, host, push_port, beats),
        turn=turn,
    )


def web_server(services: Services, *, host: str, port: int) -> WebServer:
    """The pages, listening."""
    stamps = Loops(loops.path_of(services.data, "web"), SystemClock())
    return WebServer(create_app(services), host=host, port=port, turn=stamps.loop("pages"))


@dataclass
class EngineWork:
    """What the engine does while it holds the lease of `epoch`."""

    services: Services
    epoch: int
    host: str
    push_port: int
    heartbeat: Heartbeat | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    _push: "Listener | None" = field(init=False, default=None)
    _failed: dict[str, str] = field(init=False, default_factory=dict)

    def start(self) -> None:
        """Listen, send, keep the timetable; the demonstration lives through its first hours."""
        services = self.services
        if services.demonstration:
            self._demo = DemoClock(SystemClock(), show=SHOWS[services.show])
            services.service = DemonstrationTime(self._demo, SystemClock())
        services.epoch = lambda: self.epoch
        self._verify_machine()
        self._make_ticker()
        self._make_senders()
        self._step: Callable[[], bool] = self._ticker.tick
        self._watch = Watch(services.database, services.folder, who="engine")
        self._begin_timetable()
        self._start_threads()
        if services.demonstration:
            show = self._demonstration()
            show.begin()
            self._step = show.step
        else:
            self._sources = Sources(
                services,
                self._timetable,
                epoch=self.epoch,
                turn=self._loop("sources", patience=SOURCES_S),
            )
            self._sources.start()
            self._mirroring = Mirroring(services, epoch=self.epoch)
            self._mirroring.start()
        self._apart(LISTENER, self._listen)

    def _verify_machine(self) -> None:
        services = self.services
        self._canaries = CanaryChannel(SystemClock())
        self._machine = Machine(services.data, services.database.path, SystemClock())
        services.database.on_fault = self._machine.fault
        self._machine.verify()
        with services.database.write(epoch=self.epoch) as tx:
            faults.over(tx, {LISTENER, FOLDER, TIMETABLE})  # of an engine before this one

    def _make_ticker(self) -> None:
        services = self.services
        self._ticker = Ticker(
            services.database,
            services.plans,
            services.service,
            services.series,
            services.ingest,
            self.epoch,
            watch=SelfWatch(Canary(SystemClock(), self._canaries), self._machine, self.heartbeat),
            monotonic=SystemClock().monotonic,
        )

    def _make_senders(self) -> None:
        services = self.services
        self._kept = Kept(
            services.database,
            services.configuration.current,
            demonstration=services.demonstration,
        )
        self._sender = Deliverer(
            services.database,
            self._channels,
            epoch=self.epoch,
            now=services.now,
            turn=self._loop("sender"),
        )
        self._replies = Replies(
            services.database,
            self._kept,
            epoch=self.epoch,
            now=services.now,
            district=services.configuration.current,
            wake=self._sender.wake,
            turn=self._loop("replies", patience=REPLIES_S),
        )

    def _begin_timetable(self) -> None:
        services = self.services
        self._timetable = Timetable(
            services.database,
            jobs.of(services, self.epoch),
            clock=SystemClock(),
            now=services.now,
            epoch=self.epoch,
            turn=self._loop("timetable", patience=TIMETABLE_S),
        )

    def _start_threads(self) -> None:
        services = self.services
        services.turn = self._loop("committer")
        _ = services.writer  # made now: its thread goes round with or without readings
        if services.database.path is not None:
            self._checkpointer = Checkpointer(services.database.path)
            self._checkpointer.start()
        self._sender.start()
        self._replies.start()

    def _loop(self, name: str, *, patience: float = loops.STANDING_S) -> Turn:
        """The stamp of a loop of this engine."""
        stamps = self.services.loops
        return stamps.loop(name, patience=patience) if stamps else lambda worked: None

    def step(self) -> None:
        """One round: tick, and wake the sender when there may be something to send."""
        if self._step():
            self._sender.wake()

    def broken(self) -> str | None:
        """After a fault of the disk nobody knows what it holds."""
        found = self._machine.broken
        return f"storage fault {found}" if found else None

    def look(self) -> None:
        """Follow the configuration folder; see that devices are heard and the timetable is kept."""
        self._apart(FOLDER, self._follow)
        self._apart(TIMETABLE, self._timetable.watch)
        self._apart(LISTENER, self._listen)

    def _follow(self) -> None:
        services = self.services
        if not services.demonstration and services.folder.is_dir():
            self._watch.look(now=services.now())

    def _listen(self) -> None:
        """Open the push port; one that is taken is asked for again, and stops no alert."""
        if self._push is None:
            bound = bind(self.host, self.push_port)
            app = create_push_app(self.services)
            self._push = Listener(app, bound, turn=self._loop("push listener"))
            self._push.start()

    def _apart(self, name: str, work: Callable[[], None]) -> None:
        """Do something beside the tick; while it fails, a system alert says so."""
        try:
            work()
        except Fenced:
            raise
        except Exception as error:
            failed = faults.said(error)
            if self._failed.get(name) == failed:
                return
            log.exception("%s failed; the engine goes on without", name)
            with self.services.database.write(epoch=self.epoch) as tx:
                faults.note(tx, {name: failed}, now=self.services.now())
            self._failed[name] = failed
        else:
            if name in self._failed:
                with self.services.database.write(epoch=self.epoch) as tx:
                    faults.over(tx, {name})
                del self._failed[name]

    def stop(self) -> None:
        """Take nothing in any more, finish what is being sent, end."""
        self.stopping.set()
        for part in _PARTS:
            if (found := self.__dict__.get(part)) is not None:
                found.stop()
        if "_machine" in self.__dict__ and self._machine.moved:
            self.services.writer.close()
            threading.Event().wait(PAGES_GONE_S)  # until the pages take nothing in either
            jobs.save_deleted(self.services)

    def _channels(self) -> Mapping[str, Channel]:
        return {**self._kept(), canary.NAME: self._canaries}

    def _demonstration(self) -> Demonstration:
        services = self.services
        dry = Drought() if services.show == DROUGHT.name else None
        return Demonstration(
            services.database,
            self._demo,
            dry.feed if dry else simulated.Demonstration().feed,
            self._ticker,
            services.submit,
            services.configuration.current,
            self.stopping,
            self._woken,
            ENTRIES if dry else (),
        )

    def _woken(self) -> None:
        """A moment of the demonstration is lived through: one step may be many of them."""
        self._sender.wake()
        self._loop("tick")(True)


def bind(host: str, port: int) -> socket.socket:
    """The address to listen on; OSError when it is taken (waitress would leak a socket then)."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(address, family=family)


class Listener:
    """Waitress around a small application, in a thread of its own."""

    def __init__(
        self, app: Flask, bound: socket.socket, *, turn: Turn = lambda worked: None
    ) -> None:
        self._notes: PushNotes | None = app.extensions.get(EXTENSION)
        self._server: Any = create_server(
            app,
            sockets=[bound],
            threads=48,
            connection_limit=2000,
            ident=None,
            asyncore_use_poll=True,  # select() sees no more than 1024 files
        )
        keep_connections(self._server)
        asked: Callable[[], bool] = (
            self._server.readable
        )  # in each round of its loop, once a second

        def readable() -> bool:
            turn(True)
            if self._notes is not None:
                self._notes.beat()
            return asked()

        self._server.readable = readable
        self.port: int = self._server.effective_port
        self._thread = threading.Thread(target=self._server.run, name="push", daemon=True)

    def start(self) -> None:
        """Serve."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more; answer what is in hand."""
        self._server.task_dispatcher.shutdown(timeout=5)
        if self._notes is not None:
            self._notes.flush()
        self._server.close()
        if self._thread.is_alive():
            self._thread.join(timeout=5)


def prepare_demonstration(services: Services) -> Iterator[tuple[int, int]]:
    """Put the demonstration's configuration and its year of history in place, once.

    Yields (readings stored, readings in all) while it works.
    """
    show = SHOWS[services.show]
    texts = dict(documents(services.folder))
    if show is DROUGHT:
        texts["stations.toml"] = hourly(texts["stations.toml"])
    apply_texts(services.database, texts, who="demonstration", now=show.begin)
    if services.readings.keys():
        return
    past = list(history.series())
    if show is DROUGHT:
        past += Drought().past
    total = sum(readings.size for _, readings in past)
    for stored in put_past(services.database, past, now=show.begin):
        yield stored, total
