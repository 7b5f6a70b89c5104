"""The engine: one at a time, a loop that lives, and around it listeners, timetable and senders."""

import fcntl
import logging
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from floodwatch.model.clock import Clock
from floodwatch.model.errors import Fenced
from floodwatch.store.clockwork import LeaseWatch
from floodwatch.store.database import Database

log = logging.getLogger(__name__)

TICK = 0.2  # seconds
LOOK = 2.0  # seconds between looks at configuration folder and timetable
LOCK = "engine.lock"


class Work(Protocol):
    """What an engine does once it holds the lease."""

    def start(self) -> None:
        """Open the listeners and start the threads."""
        ...

    def step(self) -> None:
        """One round of the loop."""
        ...

    def look(self) -> None:
        """What is looked at every few seconds."""
        ...

    def stop(self) -> None:
        """Finish what is in hand and end the threads."""
        ...


@dataclass
class Engine:
    """Waits for the lease, then works until told to stop or another engine takes over.

    `work` makes the engine's work for the epoch it was given.
    """

    database: Database
    data: Path
    clock: Clock
    work: Callable[[int], Work]
    stop: threading.Event = field(default_factory=threading.Event)
    _lock: IO[str] | None = None

    def run(self) -> None:
        """Until `stop` is set."""
        epoch = self._claim()
        if epoch is None:
            return
        log.info("engine works as epoch %d", epoch)
        work = self.work(epoch)
        try:
            work.start()
            self._loop(work)
        finally:
            work.stop()

    def _claim(self) -> int | None:
        alone = self.database.path is not None and self._wait_alone()
        holder = f"{socket.gethostname()}:{os.getpid()}"
        watch = LeaseWatch(self.database, holder=holder, clock=self.clock, alone=alone)
        told = False
        while not self.stop.is_set():
            epoch = watch.claim()
            if epoch is not None:
                return epoch
            if not told:
                log.warning("another engine holds the lease; waiting for it to end")
                told = True
            self.stop.wait(0.5)
        return None

    def _wait_alone(self) -> bool:
        """Wait for the lock of a living engine on this machine: the kernel frees a dead one's."""
        self._lock = (self.data / LOCK).open("w")
        told = False
        while not self.stop.is_set():
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not told:
                    log.warning("another engine works in %s; waiting for it to end", self.data)
                    told = True
                self.stop.wait(0.2)
            else:
                return True
        return False

    def _loop(self, work: Work) -> None:
        """The loop nobody may miss: a fault in one round is logged, the next round comes."""
        looked = float("-inf")
        while not self.stop.is_set():
            try:
                work.step()
                if self.clock.monotonic() - looked > LOOK:
                    looked = self.clock.monotonic()
                    work.look()
            except Fenced:
                log.exception("another engine has taken over; this one ends")
                return
            except Exception:  # noqa: BLE001 - the loop's boundary
                log.exception("a round of the engine failed; the next one follows")
            self.stop.wait(TICK)
