"""A message centre that speaks SMPP 3.4 on loopback, written from the protocol alone."""

import asyncio
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

BIND, SUBMIT, DELIVER, ENQUIRE, UNBIND = 0x09, 0x04, 0x05, 0x15, 0x06
RESPONSE = 0x80000000


@dataclass
class Part:
    """One submit_sm."""

    to: str
    raw: bytes
    coding: int
    esm_class: int
    receipt: int
    options: dict[int, bytes]

    @property
    def text(self) -> str:
        raw = self.raw[self.raw[0] + 1 :] if self.esm_class & 0x40 else self.raw
        return raw.decode("utf-16-be")


@dataclass
class Centre:
    """What it answers, and what it has got."""

    password: str
    port: int = 0
    statuses: list[int] = field(default_factory=list)  # of the next parts, then 0
    mute: bool = False  # takes parts and says nothing
    deaf: bool = False  # does not answer a bind
    cut: bool = False  # ends the connection after a part
    parts: list[Part] = field(default_factory=list)
    binds: int = 0
    acknowledged: list[int] = field(default_factory=list)
    told: threading.Condition = field(default_factory=threading.Condition)
    loop: asyncio.AbstractEventLoop | None = None
    line: asyncio.StreamWriter | None = None
    _sequence: int = 1000

    def deliver(self, source: str, text: str, *, receipt: bool = False) -> int:
        """Bring a text, or a receipt; returns its sequence number."""
        self._sequence += 1
        coding = 0 if receipt else 8
        raw = text.encode("ascii") if receipt else text.encode("utf-16-be")
        head = b"\0\1\1" + source.encode() + b"\0" + b"\0\0" + b"1069\0"
        flags = bytes([0x04 if receipt else 0, 0, 0]) + b"\0\0"
        body = head + flags + bytes([0, 0, coding, 0, len(raw)]) + raw
        assert self.loop is not None
        self.loop.call_soon_threadsafe(self._say, DELIVER, 0, self._sequence, body)
        return self._sequence

    def _say(self, command: int, status: int, sequence: int, body: bytes = b"") -> None:
        if self.line is not None:
            self.line.write(struct.pack(">IIII", 16 + len(body), command, status, sequence) + body)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.line = writer
        try:
            while True:
                length, command, _, sequence = struct.unpack(">IIII", await reader.readexactly(16))
                body = await reader.readexactly(length - 16)
                if self._take(command, sequence, body):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    def _take(self, command: int, sequence: int, body: bytes) -> bool:
        """Whether to hang up."""
        with self.told:
            if command == BIND:
                self.binds += 1
                right = body.split(b"\0")[1].decode() == self.password
                if not self.deaf:
                    self._say(BIND | RESPONSE, 0 if right else 0x0E, sequence, b"centre\0")
            elif command == SUBMIT:
                self.parts.append(_part(body))
                status = self.statuses.pop(0) if self.statuses else 0
                if self.cut:
                    return True
                if not self.mute:
                    name = f"m{len(self.parts)}".encode() + b"\0" if not status else b""
                    self._say(SUBMIT | RESPONSE, status, sequence, name)
            elif command == DELIVER | RESPONSE:
                self.acknowledged.append(sequence)
            elif command in (ENQUIRE, UNBIND):
                self._say(command | RESPONSE, 0, sequence)
            self.told.notify_all()
            return command == UNBIND

    def until(self, what: object) -> None:
        """Wait until `what()` holds."""
        with self.told:
            assert self.told.wait_for(what, timeout=20)  # type: ignore[arg-type]


def _part(body: bytes) -> Part:
    fields, at = [], 0

    def text() -> str:
        nonlocal at
        end = body.index(b"\0", at)
        found, at = body[at:end].decode(), end + 1
        return found

    def octet() -> int:
        nonlocal at
        at += 1
        return body[at - 1]

    text(), octet(), octet(), text(), octet(), octet()
    to = text()
    esm_class, _, _ = octet(), octet(), octet()
    text(), text()
    fields = [octet() for _ in range(5)]  # receipt, replace, coding, default, length
    raw = body[at : at + fields[4]]
    at += fields[4]
    options = {}
    while at + 4 <= len(body):
        tag, length = struct.unpack(">HH", body[at : at + 4])
        options[tag] = body[at + 4 : at + 4 + length]
        at += 4 + length
    return Part(to, raw, fields[2], esm_class, fields[0], options)


@contextmanager
def centre(password: str = "geheim") -> Iterator[Centre]:
    """A centre that listens."""
    found = Centre(password)
    ready = threading.Event()

    async def run() -> None:
        found.loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        found.stop = stop  # type: ignore[attr-defined]
        server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
        found.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()
        if found.line is not None:
            found.line.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield found
    finally:
        assert found.loop is not None
        found.loop.call_soon_threadsafe(found.stop.set)  # type: ignore[attr-defined]
        thread.join(10)
