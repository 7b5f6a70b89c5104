"""Whose turn it is to write to the SQLite file: a turnstile of two locked files, next and write."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from floodwatch.model.clock import Clock, SystemClock
from floodwatch.model.errors import StorageError

_SHORTEST, _LONGEST = 0.000_2, 0.002  # seconds between two looks at a lock that is held


class Turnstile:
    """Lets writers in one by one, in every process and thread, so that nobody is starved.

    SQLite does not queue writers: whoever looks at the right moment gets the lock, so a tight loop
    keeps others out for seconds. Here the one who comes next holds `next` while it waits for
    `write`; a writer that has just finished must queue for `next` behind it. Each hold opens the
    files anew, since flock belongs to the open file: two threads exclude each other like two
    processes, and the kernel frees the turn of a process that dies.
    """

    def __init__(self, beside: Path, *, patience: float = 30.0, clock: Clock | None = None) -> None:
        self._next = beside.with_name(beside.name + ".next")
        self._write = beside.with_name(beside.name + ".write")
        self._patience = patience
        self._clock = clock or SystemClock()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Wait for the turn and keep it; StorageError when it does not come in time."""
        until = self._clock.monotonic() + self._patience
        following = self._lock(self._next, until)
        try:
            writing = self._lock(self._write, until)
        finally:
            _unlock(following)
        try:
            yield
        finally:
            _unlock(writing)

    def _lock(self, path: Path, until: float) -> int:
        descriptor = _open(path)
        pause = _SHORTEST
        try:
            while not _locked(descriptor):
                if self._clock.monotonic() >= until:
                    raise StorageError(
                        f"{path}: another process or thread has held the turn to write for "
                        f"{self._patience:.0f} s; see which FloodWatch process hangs and end it"
                    )
                time.sleep(pause)
                pause = min(pause * 1.5, _LONGEST)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be opened for writing ({error.strerror}); check the data folder, its "
            "owner and the limit of open files"
        ) from error


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unlock(descriptor: int) -> None:
    # Unlocking before closing: a child forked meanwhile shares the open file and would keep it.
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)
