"""Clocks. Times are integers, milliseconds since 1970 UTC; only this module reads the machine's."""

import time
from typing import Protocol

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock(Protocol):
    """A wall clock, which people and NTP move, beside a monotonic one, which nobody moves."""

    def wall(self) -> int:
        """Milliseconds UTC by the wall clock."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment; never goes back. Shared by all processes of a boot."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def wall(self) -> int:
        """Milliseconds UTC by the machine's wall clock."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds of CLOCK_MONOTONIC."""
        return time.monotonic()


class SetClock:
    """A clock that stands until it is set: for tests, rehearsal and the demonstration."""

    def __init__(self, wall: int) -> None:
        self._wall = wall
        self._monotonic_ms = wall

    def wall(self) -> int:
        """The wall time last set."""
        return self._wall

    def monotonic(self) -> float:
        """Seconds; moves only by `advance`."""
        return self._monotonic_ms / 1_000

    def advance(self, milliseconds: int) -> None:
        """Let time pass on both clocks."""
        self._wall += milliseconds
        self._monotonic_ms += milliseconds

    def step_wall(self, milliseconds: int) -> None:
        """Move the wall clock alone, as a person or a bad NTP server would."""
        self._wall += milliseconds
