"""[sources.push]: how fast and how much one token may push."""

import re
from collections.abc import Callable
from threading import Lock
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from floodwatch.model.clock import Clock
from floodwatch.model.district import District
from floodwatch.model.fields import Table, refuse
from floodwatch.sources.missing_words import NO_WORDS, words_of

FRESH_S = 3.0  # the settings are looked up anew after so long
_SIZE = re.compile(r"(\d+)\s*(kB|KB|MB)")
MOST_BYTES = 16 * 1024 * 1024


def size_bytes(given: object) -> int:
    """Bytes of a size written as "8MB" or "512kB"."""
    match = _SIZE.fullmatch(given.strip()) if isinstance(given, str) else None
    if match is None:
        refuse(f"{given!r} is not a size", 'write a number and kB or MB, such as "8MB"')
    found = int(match[1]) * (1024 * 1024 if match[2] == "MB" else 1024)
    if not 1024 <= found <= MOST_BYTES:
        refuse(f"{given!r} cannot be the largest body", 'write a size from "1kB" to "16MB"')
    return found


class PushTable(Table):
    """[sources.push]"""

    rate: int = Field(2000, ge=1, le=100_000)  # requests a second and token, on average
    burst: int = Field(4000, ge=1, le=1_000_000)  # requests at once
    largest: Annotated[int, BeforeValidator(size_bytes)] = 8 * 1024 * 1024  # bytes, unpacked
    most: int = Field(10_000, ge=1, le=100_000)  # readings in one request

    @model_validator(mode="after")
    def _fits(self) -> "PushTable":
        if self.burst < self.rate:
            refuse("burst is smaller than rate", "allow at least one second's requests at once")
        return self


DEFAULT = PushTable()


class Limits:
    """The settings in force, looked up every few seconds and not at each request."""

    def __init__(self, district: Callable[[], District], clock: Clock) -> None:
        self._district, self._clock = district, clock
        self._known = DEFAULT
        self.words = NO_WORDS  # by which devices say that they have no value
        self._until = float("-inf")

    def __call__(self) -> PushTable:
        """Those in force now, or a few seconds ago."""
        now = self._clock.monotonic()
        if now >= self._until:
            district = self._district()
            found = district.sources.get("push")
            self.words = words_of(district)
            self._known = found if isinstance(found, PushTable) else DEFAULT
            self._until = now + FRESH_S
        return self._known


class Pace:
    """A bucket a token: how many requests it may still make now."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._left: dict[int, tuple[float, float]] = {}  # token id -> (requests left, seconds)

    def admits(self, token: int, limits: PushTable) -> bool:
        """Take one request out of the token's bucket; False when it is empty."""
        now = self._clock.monotonic()
        with self._lock:
            left, since = self._left.get(token, (float(limits.burst), now))
            left = min(limits.burst, left + max(0.0, now - since) * limits.rate)
            self._left[token] = (max(0.0, left - 1), now)
        return left >= 1
