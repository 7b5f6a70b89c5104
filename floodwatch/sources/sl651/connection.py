"""One connection of a station: bytes in, frames to the attendant, replies out; within bounds."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from floodwatch.sources.sl651.attend import Pieces, Write
from floodwatch.sources.sl651.frame import Damage, Frame
from floodwatch.sources.sl651.scan import scan

UNREAD = 16_384  # bytes of replies a station may leave unread before it is hung up on
JUNK = 65_536  # bytes that are no good frame before a connection is given up
HALF_S = 90.0  # how long the beginning of a frame is waited on


class Room(Protocol):
    """What a connection needs of its server."""

    def attend(
        self, pieces: Pieces, peer: str, *, write: Write, proven: Callable[[str], object]
    ) -> Awaitable[None]:
        """Commit and answer."""
        ...

    def joined(self, connection: "Connection") -> None:
        """It is there."""
        ...

    def proven(self, connection: "Connection") -> None:
        """It showed a good frame of a station on the list."""
        ...

    def left(self, connection: "Connection") -> None:
        """It is gone."""
        ...


class Connection(asyncio.Protocol):
    """`station` is empty until a good frame of a station on the list has come. Times: loop s."""

    def __init__(self, room: Room, peer: str) -> None:
        self._room, self.peer = room, peer
        self._loop = asyncio.get_running_loop()
        self.began = self.last = self._loop.time()
        self.station = ""
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._rest_since = self.began
        self._junk = 0
        self._task: asyncio.Task[None] | None = None
        self._ended = False

    @property
    def busy(self) -> bool:
        """Whether frames of it are being attended to."""
        return self._task is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio gives no other
        self._transport = transport
        transport.set_write_buffer_limits(high=UNREAD)
        self._room.joined(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone; what was being committed is committed all the same."""
        self._transport = None
        self._room.left(self)

    def data_received(self, data: bytes) -> None:
        """Cut it into frames; nothing more is read until they are answered."""
        if not self._rest:
            self._rest_since = self._loop.time()
        found = scan(self._rest + data)
        self._rest = found.rest
        self._go_on(found.pieces)

    def eof_received(self) -> bool:
        """The station says no more; it still gets its answers."""
        self._ended = True
        self._flush()
        return self.busy

    def pause_writing(self) -> None:
        """It does not read its answers."""
        if self._transport is not None:
            self._transport.abort()

    def look(self, now: float, *, first: float, idle: float) -> None:
        """Hang up on who shows nothing; called every few seconds."""
        silent = now - (self.last if self.station else self.began)
        if not self.busy and silent > (idle if self.station else first):
            self.close()
        elif self._rest and now - self._rest_since > HALF_S:
            self._flush()

    def close(self) -> None:
        """Hang up, after the answers that are written already."""
        if self._transport is not None:
            self._transport.close()

    def pause(self) -> None:
        """Take nothing more."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def _flush(self) -> None:
        """What waits for more will not get it."""
        found = scan(self._rest, final=True)
        self._rest = b""
        self._go_on(found.pieces)

    def _go_on(self, pieces: tuple[Frame | Damage, ...]) -> None:
        if not pieces or self._transport is None:
            return
        self._junk += sum(len(each.raw) for each in pieces if isinstance(each, Damage))
        if self._task is not None:  # at the end only: reading was paused
            return
        self.pause()
        self._task = self._loop.create_task(self._attend(pieces))

    async def _attend(self, pieces: tuple[Frame | Damage, ...]) -> None:
        try:
            await self._room.attend(pieces, self.peer, write=self._write, proven=self._proven)
        finally:
            self._task = None
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._ended or self._junk > JUNK:
            transport.close()
        else:
            transport.resume_reading()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _proven(self, address: str) -> None:
        self.last, self._junk = self._loop.time(), 0
        if not self.station:
            self._room.proven(self)
        self.station = address
