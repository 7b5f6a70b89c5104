"""Messages of several packets (mode M3) put together again, within bounds."""

from collections import deque
from dataclasses import dataclass, replace

from floodwatch.model.clock import MINUTE
from floodwatch.sources.sl651.frame import Direction, End, Frame, Packet


@dataclass(frozen=True, slots=True)
class Added:
    """What a packet led to: the whole message, or the first packet that is missing at the end."""

    whole: Frame | None = None
    missing: Packet | None = None


@dataclass(slots=True)
class _Parts:
    total: int
    frames: dict[int, Frame]
    size: int
    heard: int


class Assembly:
    """The unfinished messages of many stations; bounded in number, bytes and age.

    One message a station and function at a time. What is given up is counted in `dropped`.
    """

    def __init__(
        self, *, messages: int = 64, octets: int = 4_000_000, age: int = 30 * MINUTE
    ) -> None:
        self._parts: dict[tuple[str, int, Direction], _Parts] = {}
        self._messages, self._octets, self._age = messages, octets, age
        self._held = 0
        self._remains: deque[Frame] = deque(maxlen=16)
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._parts)

    def add(self, frame: Frame, now: int) -> Added:
        """Take one frame with a packet number at `now` (ms, only compared with itself).

        `whole` is the message as one frame without a packet number, its `raw` all packets in
        order. `missing` is told once the packet marked ETX has come and others have not. A frame
        without a packet number comes back as it is.
        """
        packet = frame.packet
        if packet is None:
            return Added(whole=frame)
        if not 1 <= packet.sequence <= packet.total:
            self.dropped += 1
            return Added()
        key = (frame.station, frame.function, frame.direction)
        parts = self._parts.get(key)
        if parts is None or parts.total != packet.total or self._begins_anew(parts, frame):
            self._drop(key)
            parts = self._parts[key] = _Parts(packet.total, {}, 0, now)
        self._put(parts, packet.sequence, frame)
        parts.heard = now
        self._parts[key] = self._parts.pop(key)  # the one heard last stands last
        added = self._judged(key, parts, frame)
        self._keep_bounds(now)
        return added

    def abandon(self, now: int) -> list[Frame]:
        """What was given up since the last time, and what is too old at `now`: the packets there.

        Each is a frame as if it were whole; one whose first packet is missing says nothing.
        """
        self._keep_bounds(now)
        found = list(self._remains)
        self._remains.clear()
        return found

    def _begins_anew(self, parts: _Parts, frame: Frame) -> bool:
        """Whether packet 1 of another message came: its serial and time differ."""
        first = parts.frames.get(1)
        if first is None or frame.packet is None or frame.packet.sequence != 1:
            return False
        return first.body[:16] != frame.body[:16]

    def _put(self, parts: _Parts, number: int, frame: Frame) -> None:
        before = parts.frames.get(number)
        grown = len(frame.raw) - (len(before.raw) if before else 0)
        parts.frames[number] = frame
        parts.size += grown
        self._held += grown

    def _judged(self, key: tuple[str, int, Direction], parts: _Parts, frame: Frame) -> Added:
        if len(parts.frames) == parts.total:
            ordered = [parts.frames[number] for number in range(1, parts.total + 1)]
            self._forget(key)
            return Added(whole=_joined(ordered))
        if frame.end is not End.ETX:
            return Added()
        lost = next(n for n in range(1, parts.total + 1) if n not in parts.frames)
        return Added(missing=Packet(parts.total, lost))

    def _keep_bounds(self, now: int) -> None:
        for key, parts in list(self._parts.items()):
            full = len(self._parts) > self._messages or self._held > self._octets
            if not full and now - parts.heard <= self._age:
                return
            self._drop(key)

    def _drop(self, key: tuple[str, int, Direction]) -> None:
        if key in self._parts:
            self.dropped += 1
            parts = self._parts[key].frames
            if 1 in parts:
                self._remains.append(_joined([parts[number] for number in sorted(parts)]))
            self._forget(key)

    def _forget(self, key: tuple[str, int, Direction]) -> None:
        self._held -= self._parts.pop(key).size


def _joined(frames: list[Frame]) -> Frame:
    return replace(
        frames[0],
        body=b"".join(frame.body for frame in frames),
        end=frames[-1].end,
        packet=None,
        raw=b"".join(frame.raw for frame in frames),
    )
