"""The conversation with stations: what a frame is, what becomes of it, how it is answered. Pure."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import NamedTuple
from zoneinfo import ZoneInfo

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.reading import RawReading
from floodwatch.model.telemetry import Fate, Picture, Trace
from floodwatch.sources.sl651.decode import decode
from floodwatch.sources.sl651.encode import encode_down, encode_reply, opening, serial_of
from floodwatch.sources.sl651.frame import Damage, Direction, Encoding, End, Frame, Packet
from floodwatch.sources.sl651.message import (
    CLOCK_READ,
    CLOCK_SET,
    HEARTBEAT,
    PICTURE,
    TEST,
    Message,
)
from floodwatch.sources.sl651.packets import Assembly
from floodwatch.sources.sl651.readings import Book, Known, Yield, readings_of
from floodwatch.sources.sl651.settings import Sl651Table

REMEMBERED = 50_000  # frames that would be recognised when they are sent again
CLOCK_OFF = 5 * MINUTE  # a station's clock is set beyond that
CLOCK_AGAIN = 6 * HOUR  # and not more often than this
ENDS = {"eot": End.EOT, "esc": End.ESC}
HEAD = 256  # bytes of a picture's frames that are kept with the frames: the picture has its place
JPEG = b"\xff\xd8"


class Key(NamedTuple):
    """By what a frame that is sent again is recognised; `digest` tells a station without a clock
    and without a counter from one that repeats itself."""

    station: str
    function: int
    serial: int
    sent: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply to be written once everything before it is committed."""

    frame: Frame
    end: End
    zone: ZoneInfo
    packet: Packet | None = None

    def encoded(self, now: int) -> bytes:
        """Its bytes at `now`, wall ms."""
        return encode_reply(self.frame, now=now, zone=self.zone, end=self.end, packet=self.packet)


@dataclass(frozen=True, slots=True)
class Step:
    """What a frame leads to. With `key` the readings and traces are to be committed first.

    `known`: a good frame of a station on the list. `refused`: why it was not taken.
    """

    address: str
    known: bool = False
    key: Key | None = None
    readings: tuple[RawReading, ...] = ()
    traces: tuple[Trace, ...] = ()
    pictures: tuple[Picture, ...] = ()
    answer: Answer | None = None
    command: bytes = b""
    refused: str = ""
    repeated: bool = False


@dataclass
class Desk:
    """What the centre remembers of all its stations; one for every way they come in.

    `book` is replaced when the configuration changes. Times are wall ms.
    """

    settings: Sl651Table
    book: Book = field(default_factory=Book)
    assembly: Assembly = field(default_factory=Assembly)
    heard: dict[str, int] = field(default_factory=dict)  # station -> its last good frame
    _recent: OrderedDict[Key, None] = field(default_factory=OrderedDict)
    _clocks: dict[str, tuple[int, int]] = field(default_factory=dict)  # (when, how often set)

    def hear(self, frame: Frame, peer: str, now: int) -> Step:
        """What a good frame leads to."""
        known = self.book.get(frame.station)
        if refused := self._refusal(frame, known):
            return self._refuse(frame, known, peer, now, why=refused)
        if known is None:  # answered, so that it does not repeat itself
            step = self._refuse(frame, known, peer, now, why="unknown station address")
            return replace(step, answer=self._answer(frame, known))
        self.heard[known.station.code] = now
        if frame.function == HEARTBEAT:
            return Step(frame.station, known=True)
        return self._collect(frame, known, peer, now)

    def remember(self, key: Key) -> None:
        """Its readings are committed: should it come again, it is only answered."""
        self._recent[key] = None
        if len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)

    def recall(self, raws: Iterable[Frame]) -> None:
        """Frames that were committed before this process began."""
        for frame in raws:
            self.remember(key_of(frame))

    def given_up(self, now: int) -> list[Picture]:
        """What came of pictures that will not become whole."""
        pictures: list[Picture] = []
        for frame in self.assembly.abandon(now):
            known = self.book.get(frame.station)
            if known is not None and frame.function == PICTURE:
                message = decode(frame, known.dialect)
                pictures += _pictures(message, self.book, now, whole=False)
        return pictures

    def _refusal(self, frame: Frame, known: Known | None) -> str:
        if frame.direction is Direction.DOWN:
            return "a frame of a centre"
        if known is None and not self.settings.allow_unknown:
            return "unknown station address"
        if self.settings.centre is not None and frame.centre != self.settings.centre:
            return f"for centre {frame.centre}"
        password = known.station.sl651.password if known else ""
        return "wrong frame password" if password and frame.password != password else ""

    def _refuse(self, frame: Frame, known: Known | None, peer: str, now: int, *, why: str) -> Step:
        station = known.station.code if known else None
        trace = _trace(frame, station, peer, now, fate=Fate.REFUSED, problems=(why,))
        return Step(frame.station, traces=(trace,), refused=why)

    def _collect(self, frame: Frame, known: Known, peer: str, now: int) -> Step:
        """Packets wait for the others of their message; what is whole is taken."""
        packet = frame.packet
        added = self.assembly.add(frame, now)
        if added.missing is not None:
            again = Answer(frame, End.NAK, _zone(known), packet=added.missing)
            return Step(frame.station, known=True, answer=again)
        if added.whole is None:
            return Step(frame.station, known=True)
        answer = self._answer(added.whole, known, total=packet.total if packet else 0)
        return self._take(added.whole, known, peer, now, answer=answer)

    def _take(
        self, frame: Frame, known: Known, peer: str, now: int, *, answer: Answer | None
    ) -> Step:
        key, code = key_of(frame), known.station.code
        if key in self._recent:
            trace = _trace(frame, code, peer, now, fate=Fate.REPEATED)
            return Step(
                frame.station, known=True, traces=(trace,), answer=answer, repeated=True, key=key
            )
        message = decode(frame, known.dialect)
        if frame.function == TEST:
            fate, found = Fate.TEST, Yield(())
        else:
            fate, found = Fate.TAKEN, readings_of(message, self.book, now=now)
        trace = _trace(frame, code, peer, now, fate=fate, problems=found.problems)
        if frame.function == PICTURE:
            trace = replace(trace, raw=trace.raw[:HEAD])
        return Step(
            frame.station,
            known=True,
            key=key,
            readings=found.readings,
            traces=(trace,),
            pictures=tuple(_pictures(message, self.book, now, whole=True)),
            answer=answer,
            command=self._clock(frame, known, message, now),
        )

    def _answer(self, frame: Frame, known: Known | None, *, total: int = 0) -> Answer | None:
        """ETB: go on; ETX: done. The one answer to several packets bears the last one's number."""
        own = known.station.sl651.reply if known else ""
        manner = own or self.settings.reply
        if manner == "none" or frame.function == HEARTBEAT:
            return None
        end = End.ACK if frame.end is End.ETB else ENDS[manner]
        zone = _zone(known) if known else self.book.zone
        return Answer(frame, end, zone, packet=Packet(total, total) if total else None)

    def _clock(self, frame: Frame, known: Known, message: Message, now: int) -> bytes:
        """The command that sets a clock which is off; a second time when it still is after that."""
        if not self.settings.set_clock or message.sent is None:
            return b""
        code = known.station.code
        since, times = self._clocks.get(code, (now - CLOCK_AGAIN, 0))
        answered = frame.function in (CLOCK_SET, CLOCK_READ)
        if abs(message.sent - now) <= CLOCK_OFF:
            return b""
        if answered and times == 1:
            self._clocks[code] = (since, 2)
        elif not answered and now - since >= CLOCK_AGAIN:
            self._clocks[code] = (now, 1)
        else:
            return b""
        return command(frame, CLOCK_SET, now=now, zone=_zone(known))


def command(frame: Frame, function: int, *, now: int, zone: ZoneInfo) -> bytes:
    """A command to the station a frame came from, with serial 0 and the centre's time."""
    return encode_down(
        station=frame.station,
        function=function,
        body=opening(0, now, zone=zone, encoding=frame.encoding),
        centre=frame.centre,
        password=frame.password,
        end=End.ENQ,
        encoding=frame.encoding,
    )


def key_of(frame: Frame) -> Key:
    """By what it is recognised."""
    digest = blake2b(frame.body, digest_size=12).digest()
    return Key(frame.station, frame.function, serial_of(frame) or 0, _sent(frame), digest)


def damage_trace(damage: Damage, peer: str, now: int) -> Trace:
    """What is kept of bytes that are no good frame; its header is only what it claims to be."""
    why = f"{damage.fault.value}: {damage.text}"
    if damage.frame is None:
        return Trace("", None, peer, now, 0, 0, "", Fate.REFUSED, damage.raw, (why,))
    return replace(
        _trace(damage.frame, None, peer, now, fate=Fate.REFUSED, problems=(why,)), raw=damage.raw
    )


def _trace(
    frame: Frame,
    station: str | None,
    peer: str,
    now: int,
    *,
    fate: Fate,
    problems: tuple[str, ...] = (),
) -> Trace:
    serial = serial_of(frame) or 0
    return Trace(
        frame.station, station, peer, now, frame.function, serial, _sent(frame), fate,
        frame.raw, problems,
    )  # fmt: skip


def _sent(frame: Frame) -> str:
    """The send time as the frame has it."""
    if frame.encoding is Encoding.ASCII:
        return frame.body[4:16].decode("latin-1")
    return frame.body[2:8].hex()


def _zone(known: Known) -> ZoneInfo:
    zone = known.dialect.zone
    return zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC")


def _pictures(message: Message, book: Book, now: int, *, whole: bool) -> Iterable[Picture]:
    for element in message.elements:
        known = book.get(element.station)
        if element.id != "F3" or not element.raw or known is None:
            continue
        mime = "image/jpeg" if element.raw.startswith(JPEG) else "application/octet-stream"
        at = element.time if element.time is not None else message.sent
        time = now if at is None else at
        yield Picture(known.station.code, time, now, mime, whole, element.raw)
