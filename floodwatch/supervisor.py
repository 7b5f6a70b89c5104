"""Starts engine and web, starts again what dies, and ends both when told to or when it dies."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from floodwatch.model.clock import Clock

log = logging.getLogger(__name__)

LIFELINE = "FLOODWATCH_LIFELINE"  # a child ends when the pipe of this number is closed
PATIENCE = 12.0  # seconds a child may take to end after SIGTERM
REST = (0.2, 0.5, 1.0, 2.0, 5.0)  # before the next start of a child that keeps dying
SETTLED = 60.0  # seconds after which a child counts as running well


@dataclass(slots=True)
class Child:
    """One process to keep running."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    falls: int = 0
    next_start: float = field(default=float("-inf"))


class Supervisor:
    """`floodwatch run`: a loop that looks after its children until it is told to stop."""

    def __init__(self, commands: Mapping[str, Sequence[str]], *, clock: Clock) -> None:
        self._children = [Child(name, command) for name, command in commands.items()]
        self._clock = clock
        self._stop = threading.Event()
        self._lifeline, self._held = os.pipe()

    def run(self) -> None:
        """Until SIGINT or SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stop.set())
        try:
            while not self._stop.is_set():
                for child in self._children:
                    self._look_after(child)
                self._stop.wait(0.1)
        finally:
            self._end()

    def _look_after(self, child: Child) -> None:
        now = self._clock.monotonic()
        if child.process is not None:
            code = child.process.poll()
            if code is None:
                return
            if now - child.started > SETTLED:
                child.falls = 0
            rest = REST[min(child.falls, len(REST) - 1)]
            log.error("%s ended with %s; starting it again in %.1f s", child.name, code, rest)
            child.falls += 1
            child.process, child.next_start = None, now + rest
        if now >= child.next_start:
            self._start(child, now)

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
