"""Starts engine and web, starts again what dies or hangs, and ends both when told to."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from floodwatch import loops, systemd
from floodwatch.loops import Stamps
from floodwatch.model.clock import Clock

log = logging.getLogger(__name__)

LIFELINE = "FLOODWATCH_LIFELINE"  # a child ends when the pipe of this number is closed
PATIENCE = 12.0  # seconds a child may take to end after SIGTERM
MERCY = 5.0  # the same for a child that hangs
REST = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)  # before the next start of one that keeps dying
SETTLED = 60.0  # seconds after which a child counts as running well
STARTING = 60.0  # seconds a child may take until its first stamp
LENIENT = 8  # at most so many times the patience, for a child that hung again and again
STALLED = 3.0  # seconds between two looks of our own after which the stamps say nothing yet
WATCHDOG_S = 5.0  # between two messages to systemd


@dataclass(slots=True)
class Child:
    """One process to keep running."""

    name: str
    command: Sequence[str]
    stamps: Path | None = None  # where it stamps its loops
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    falls: int = 0
    hangs: int = 0
    kill_at: float | None = None  # it hangs and was told to end
    next_start: float = field(default=float("-inf"))


class Supervisor:
    """`floodwatch run`: a loop that looks after its children until it is told to stop.

    `stamps` names, by child, the file in which it stamps its loops. A child whose loop stands is
    ended (SIGTERM, then SIGKILL) and started again. One that hangs again soon after gets more time
    at each turn: where the machine itself is slow, starting again would only cost more.
    """

    def __init__(
        self,
        commands: Mapping[str, Sequence[str]],
        *,
        clock: Clock,
        stamps: Mapping[str, Path] | None = None,
    ) -> None:
        files = stamps or {}
        self._children = [Child(n, command, files.get(n)) for n, command in commands.items()]
        self._clock = clock
        self._stop = threading.Event()
        self._lifeline, self._held = os.pipe()
        self._looked = clock.monotonic()
        self._awake_since = self._looked
        self._told_systemd = float("-inf")

    def run(self) -> None:
        """Until SIGINT or SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stop.set())
        try:
            while not self._stop.is_set():
                self._round()
                self._stop.wait(0.1)
        finally:
            systemd.notify("STOPPING=1")
            self._end()

    def _round(self) -> None:
        now = self._clock.monotonic()
        if now - self._looked > STALLED:  # we were stopped ourselves, and so perhaps were they
            self._awake_since = now
        self._looked = now
        for child in self._children:
            self._look_after(child, now)
        if now - self._told_systemd >= WATCHDOG_S and all(map(self._well, self._children)):
            systemd.notify("READY=1\nWATCHDOG=1")
            self._told_systemd = now

    def _look_after(self, child: Child, now: float) -> None:
        if child.process is not None:
            code = child.process.poll()
            if code is None:
                self._watch(child, now)
                return
            if now - child.started > SETTLED:
                child.falls = 0
            rest = REST[min(child.falls, len(REST) - 1)]
            log.error("%s ended with %s; starting it again in %.1f s", child.name, code, rest)
            child.falls += 1
            child.process, child.kill_at, child.next_start = None, None, now + rest
        if now >= child.next_start:
            self._start(child, now)

    def _watch(self, child: Child, now: float) -> None:
        """End a child of which a loop stands."""
        if child.process is None or child.stamps is None:
            return
        if child.kill_at is not None:
            if now >= child.kill_at:
                log.error("%s does not end; killing it", child.name)
                child.process.kill()
                child.kill_at = now + MERCY
            return
        standing = self._standing(child, now)
        if standing:
            log.error("%s hangs (%s); ending it", child.name, standing)
            child.hangs += 1
            child.kill_at = now + MERCY
            child.process.terminate()
        elif now - child.started > SETTLED * LENIENT:
            child.hangs = 0

    def _standing(self, child: Child, now: float) -> str:
        """Which loop of a child stands, with its age; nothing while all go round."""
        lenient = min(2**child.hangs, LENIENT)
        since = now - max(child.started, self._awake_since)
        stamps = self._stamps(child)
        if stamps is None:
            return "no stamp" if since > STARTING * lenient else ""
        for loop in stamps.loops:
            if min(loop.turned, since) > loop.patience * lenient:
                return f"{loop.name}: {loop.turned:.0f} s"
            if min(loop.worked, since) > max(loops.FAILING_S, loop.patience) * lenient:
                return f"{loop.name} fails: {loop.worked:.0f} s"
        return ""

    def _stamps(self, child: Child) -> Stamps | None:
        """The stamps of the child that runs now; those of an earlier one say nothing."""
        found = loops.read(child.stamps, self._clock) if child.stamps else None
        return found if found and child.process and found.process == child.process.pid else None

    def _well(self, child: Child) -> bool:
        if child.process is None or child.process.poll() is not None:
            return False
        stamps = self._stamps(child)
        return child.stamps is None or (stamps is not None and stamps.fresh)

    def _start(self, child: Child, now: float) -> None:
        child.started = now
        try:
            self._spawn(child)
        except OSError:  # no memory or no process number just now
            rest = REST[min(child.falls, len(REST) - 1)]
            log.exception("%s cannot be started; again in %.1f s", child.name, rest)
            child.falls, child.next_start = child.falls + 1, now + rest

    def _spawn(self, child: Child) -> None:
        child.process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            child.command,
            env={**os.environ, LIFELINE: str(self._lifeline)},
            pass_fds=(self._lifeline,),
            start_new_session=True,  # Ctrl-C reaches us alone; we end them in order
        )

    def _end(self) -> None:
        running = [c.process for c in self._children if c.process and c.process.poll() is None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def command(name: str, *arguments: str) -> list[str]:
    """The command line of one of our own processes."""
    return [sys.executable, "-m", "floodwatch", name, *arguments]


def watch_lifeline(stop: Callable[[], object]) -> None:
    """In a child: call `stop` when the supervisor is gone, however it went."""
    number = os.environ.pop(LIFELINE, None)
    if number is None:
        return

    def wait() -> None:
        with os.fdopen(int(number), "rb") as pipe:
            pipe.read()  # nobody writes: this returns when the other end is closed
        stop()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
