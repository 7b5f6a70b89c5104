"""The telemetry server: TCP and UDP for thousands of stations, in a thread with an event loop."""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any, cast

from floodwatch.sources.sl651.attend import Attendant, Pieces, Take, Write
from floodwatch.sources.sl651.connection import Connection
from floodwatch.sources.sl651.doors import Doorkeeper, lifted, listening, room_for
from floodwatch.sources.sl651.frame import Frame
from floodwatch.sources.sl651.readings import Book, book_of
from floodwatch.sources.sl651.scan import scan
from floodwatch.sources.sl651.session import Desk
from floodwatch.sources.sl651.settings import Sl651Table
from floodwatch.sources.way import Way

log = logging.getLogger(__name__)

SWEEP_S = 2.0
TOLD_S = 30.0  # between two notes of counts and of stations heard
WORKED_S = 60.0
PARTING_S = 5.0  # for commits under way when the server ends
AT_ONCE = 64  # connections accepted in one round of the loop
DATAGRAMS = 1000  # being attended to; more are not taken
RESTING_S = 1.0  # without accepting, when no more files may be open


class TelemetryServer:
    """Start it, stop it; `port` is known once it has started."""

    def __init__(
        self,
        settings: Sl651Table,
        way: Way,
        take: Take,
        *,
        recall: Callable[[], Iterable[Frame]] = lambda: (),
    ) -> None:
        self._settings, self._way = settings, way
        self.attendant = Attendant(Desk(settings), take, way)
        kept = way.cursor if isinstance(way.cursor, dict) else {}
        self.attendant.counts.update(kept.get("counts", {}))
        self.attendant.desk.heard.update(kept.get("heard", {}))
        self._recall = recall
        self.port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._told: tuple[float, int] = (0.0, -1)
        self._worked = 0.0

    def start(self) -> None:
        """Listen. OSError when the port is taken; StorageError when there is no configuration."""
        desk = self.attendant.desk
        desk.book = book_of(self._way.district())
        desk.recall(self._recall())
        settings = self._settings
        self._doors = Doorkeeper(
            most=room_for(settings.connections),
            per_address=settings.per_address,
            networks=settings.networks,
        )
        self._tcp, self._udp = listening(settings.host, settings.port, udp=settings.udp)
        self.port = self._tcp.getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(ready)), name="sl651", daemon=True
        )
        self._thread.start()
        ready.wait(PARTING_S)
        log.info("telemetry stations are heard on %s:%d", settings.host, self.port)

    def stop(self) -> None:
        """Take nothing more, answer what is being committed, hang up."""
        if self._loop is not None and self._ended is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ended.set)
        if self._thread is not None:
            self._thread.join(2 * PARTING_S)

    async def attend(
        self, pieces: Pieces, peer: str, *, write: Write, proven: Callable[[str], object]
    ) -> None:
        """Commit and answer."""
        await self.attendant.attend(pieces, peer, write=write, proven=proven)

    def joined(self, connection: Connection) -> None:
        """A connection is there."""
        self._doors.arrived(connection.peer)
        self._doors.joined(connection)

    def proven(self, connection: Connection) -> None:
        """It is a station's."""
        self._doors.proven(connection)

    def left(self, connection: Connection) -> None:
        """It is gone."""
        self._doors.forget(connection)

    async def _serve(self, ready: threading.Event) -> None:
        loop = self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        loop.add_reader(self._tcp, self._accept)
        datagrams = None
        if self._udp is not None:
            datagrams, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self), sock=self._udp
            )
        sweeping = loop.create_task(self._sweep())
        ready.set()
        await self._ended.wait()
        loop.remove_reader(self._tcp)
        self._tcp.close()
        for connection in list(self._doors.inside):
            connection.pause()
        sweeping.cancel()
        await self._part()
        if datagrams is not None:
            datagrams.close()
        for connection in list(self._doors.inside):
            connection.close()
        self._tell()
        await asyncio.sleep(0)

    async def _part(self) -> None:
        """Let commits that are under way be answered."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PARTING_S
        while loop.time() < until and (
            self._tasks or any(connection.busy for connection in self._doors.inside)
        ):
            await asyncio.sleep(0.02)

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, address = self._tcp.accept()
            except BlockingIOError:
                return
            except OSError as error:  # no more files: who is in keeps being served
                log.error("no more connections can be accepted for now: %s", error)
                self._rest()
                return
            self._let_in(accepted, str(address[0]))

    def _rest(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._tcp)

        def again() -> None:
            if self._tcp.fileno() >= 0:
                loop.add_reader(self._tcp, self._accept)

        loop.call_later(RESTING_S, again)

    def _let_in(self, accepted: socket.socket, peer: str) -> None:
        if not self._doors.welcome(peer):
            self.attendant.counts["turned away"] += 1
            accepted.close()
            return
        accepted.setblocking(False)
        self._do(self._connect(lifted(accepted), peer))

    async def _connect(self, accepted: socket.socket, peer: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(lambda: Connection(self, peer), accepted)
        except OSError:  # it has hung up already
            self._doors.arrived(peer)
            accepted.close()

    def datagram(self, data: bytes, peer: str, write: Write) -> None:
        """Frames of a datagram, answered to where it came from."""
        if len(self._tasks) >= DATAGRAMS or not self._doors.may_speak(peer):
            self.attendant.counts["turned away"] += 1
            return
        pieces = scan(data, final=True).pieces
        if pieces:
            self._do(self.attend(pieces, peer, write=write, proven=lambda address: None))

    def _do(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _sweep(self) -> None:
        """What is looked at every few seconds; a fault of one round does not end the next."""
        loop = asyncio.get_running_loop()
        settings = self._settings
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                now = loop.time()
                for connection in list(self._doors.inside):
                    connection.look(now, first=settings.first / 1000, idle=settings.idle / 1000)
                self.attendant.give_up()
                await self._follow(loop)
                self._note(now)
            except Exception as error:
                log.exception("a round of the telemetry server failed; the next one follows")
                self._way.failed(error)

    async def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        """The newest configuration; asked for beside the loop, which waits for no database."""
        known = self.attendant.desk.book.version

        def newest() -> Book | None:
            district = self._way.district()
            return None if district.version == known else book_of(district)

        if (book := await loop.run_in_executor(None, newest)) is not None:
            self.attendant.desk.book = book

    def _note(self, now: float) -> None:
        if now - self._worked >= WORKED_S:
            self._worked = now
            self._way.worked()
        if now - self._told[0] >= TOLD_S:
            self._told = (now, self._told[1])
            self._tell()

    def _tell(self) -> None:
        """Counts and stations heard, for the pages and for the next start."""
        attendant = self.attendant
        inside = len(self._doors.inside)
        stamp = attendant.counts.total() + inside
        if stamp != self._told[1]:
            self._told = (self._told[0], stamp)
            heard = dict(attendant.desk.heard)
            self._way.goes_on(
                {"counts": dict(attendant.counts), "heard": heard, "connections": inside}
            )


class _Datagrams(asyncio.DatagramProtocol):
    """UDP: each datagram holds whole frames."""

    def __init__(self, server: TelemetryServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """One datagram."""

        def write(reply: bytes) -> None:
            if not self._transport.is_closing():
                self._transport.sendto(reply, addr)

        self._server.datagram(data, str(addr[0]), write)

    def error_received(self, exc: Exception) -> None:
        """A reply could not be delivered: the station will ask again."""
