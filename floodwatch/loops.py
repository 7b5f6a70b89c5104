"""The stamps of the loops: when each last went round and last did its work, shared by processes.

One small mapped file. A stamp is a store to memory: it costs nothing, waits for nobody, and works
while the disk is full or the database is locked.
"""

import contextlib
import mmap
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from floodwatch.model.clock import Clock

FOLDER = "run"
STANDING_S = 15.0  # a loop that has not gone round for so long hangs
FAILING_S = 120.0  # a loop that goes round and does not succeed for so long does not work

_MAGIC = b"FWLOOPS1"
_HEAD = struct.Struct("<8sqd16x")  # magic, process, begun
_SLOT = struct.Struct("<24sddd")  # name, patience, went round, worked
_SLOTS = 32
_SIZE = _HEAD.size + _SLOTS * _SLOT.size

Turn = Callable[[bool], object]  # called after a round, with whether it did its work


class Stamp(NamedTuple):
    """One loop: seconds since it last went round, and since it last did its work."""

    name: str
    patience: float
    turned: float
    worked: float

    @property
    def hangs(self) -> bool:
        """Whether it has not gone round for too long."""
        return self.turned > self.patience

    @property
    def fresh(self) -> bool:
        """Whether it goes round and succeeds."""
        return not self.hangs and self.worked <= max(FAILING_S, self.patience)


class Stamps(NamedTuple):
    """What a process's file says: whose it is, since when (seconds), and its loops."""

    process: int
    age: float
    loops: tuple[Stamp, ...]

    @property
    def fresh(self) -> bool:
        """Whether every loop is."""
        return bool(self.loops) and all(loop.fresh for loop in self.loops)


class Loops:
    """The stamps of one process; `loop` enters a loop, what it returns stamps it."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._places: dict[str, int] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        # Written out, not left sparse: a hole in a mapped file kills the process on a full disk.
        fresh.write_bytes(_HEAD.pack(_MAGIC, os.getpid(), clock.monotonic()).ljust(_SIZE, b"\0"))
        with fresh.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SIZE)
        fresh.replace(path)

    def loop(self, name: str, *, patience: float = STANDING_S) -> Turn:
        """Watch a loop from now on; the result is to be called after each of its rounds."""
        now = self._clock.monotonic()
        with self._lock:
            place = self._places.get(name)
            if place is None:
                if len(self._places) >= _SLOTS:
                    return lambda worked: None
                place = _HEAD.size + len(self._places) * _SLOT.size
                self._places[name] = place
            _SLOT.pack_into(self._map, place, name.encode()[:24], patience, now, now)
        at = place + 32  # of "went round"

        def turn(worked: bool) -> None:
            now = struct.pack("<d", self._clock.monotonic())
            self._map[at : at + 8] = now
            if worked:
                self._map[at + 8 : at + 16] = now

        return turn

    def leave(self, name: str) -> None:
        """Watch a loop no longer: it has ended as it should."""
        with self._lock:
            place = self._places.get(name)
            if place is not None:
                never = float("inf")
                _SLOT.pack_into(self._map, place, name.encode()[:24], never, 0.0, never)

    def stamps(self) -> Stamps:
        """The stamps of this process itself."""
        found = _read(bytes(self._map), self._clock.monotonic())
        assert found is not None  # noqa: S101 - written by the constructor
        return found


def path_of(data: Path, process: str) -> Path:
    """The file of a process (engine, web) below a data folder."""
    return data / FOLDER / f"{process}.loops"


def read(path: Path, clock: Clock) -> Stamps | None:
    """What a process's file says; None when there is none that makes sense."""
    with contextlib.suppress(OSError):
        return _read(path.read_bytes(), clock.monotonic())
    return None


def _read(data: bytes, now: float) -> Stamps | None:
    if len(data) != _SIZE or not data.startswith(_MAGIC):
        return None
    _, process, begun = _HEAD.unpack_from(data)
    found = []
    for place in range(_HEAD.size, _SIZE, _SLOT.size):
        name, patience, turned, worked = _SLOT.unpack_from(data, place)
        text = name.rstrip(b"\0").decode("utf-8", "replace")
        if text and patience != float("inf"):
            found.append(Stamp(text, patience, max(0.0, now - turned), max(0.0, now - worked)))
    # After a boot the file of the one before speaks of another clock.
    return Stamps(process, now - begun, tuple(found)) if begun <= now else None
