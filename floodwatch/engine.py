"""The engine: one at a time, a loop that lives, and around it listeners, timetable and senders."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from floodwatch.loops import Turn
from floodwatch.model.clock import Clock
from floodwatch.model.errors import Fenced, StorageError
from floodwatch.store.clockwork import Lease, this_process
from floodwatch.store.database import Database

log = logging.getLogger(__name__)

TICK = 0.2  # seconds
LOOK = 2.0  # seconds between looks at configuration folder and timetable


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

    def broken(self) -> str | None:
        """Why this process must end and begin anew; None while it can go on."""
        ...

    def stop(self) -> None:
        """Finish what is in hand and end the threads."""
        ...


@dataclass
class Engine:
    """Waits for the lease, then works until told to stop or another engine takes over.

    `work` makes the engine's work for the epoch it was given. `turn` is told of each
    round, and whether it did its work.
    """

    database: Database
    clock: Clock
    work: Callable[[int], Work]
    stop: threading.Event = field(default_factory=threading.Event)
    turn: Turn = lambda worked: None

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
        """Ask for the lease until it is ours; a dead holder of this machine is not waited for."""
        lease = Lease()
        told = False
        while not self.stop.is_set():
            epoch = lease.claim(self.database, holder=this_process(), clock=self.clock)
            if epoch is not None:
                return epoch
            if not told:
                log.warning("another engine holds the lease; waiting for it to end")
                told = True
            self.turn(True)  # waiting is its work
            self.stop.wait(0.2)
        return None

    def _loop(self, work: Work) -> None:
        """The loop nobody may miss: a fault in one round is logged, the next round comes."""
        looked = float("-inf")
        try:
            while not self.stop.is_set():
                worked = _guarded(work.step)
                if self.clock.monotonic() - looked > LOOK:
                    looked = self.clock.monotonic()
                    worked &= _guarded(work.look)
                self.turn(worked)
                if (why := work.broken()) is not None:
                    raise StorageError(f"{why}: the engine ends, and begins anew to be sure")
                self.stop.wait(TICK)
        except Fenced:
            log.exception("another engine has taken over; this one ends")


def _guarded(work: Callable[[], None]) -> bool:
    """Whether it succeeded. Nothing but a newer engine ends the loop."""
    try:
        work()
    except Fenced:
        raise
    except Exception:
        log.exception("a round of the engine failed; the next one follows")
        return False
    return True
