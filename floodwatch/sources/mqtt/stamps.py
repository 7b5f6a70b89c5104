"""When messages without a time of their own came in: the same again after a kill is no new reading.

A message that was stored but not yet acknowledged is sent again. Its time of arrival is then the
first one, which is kept in the transaction that stored it.
"""

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

MOST = 1_000  # of a batch and what is before it
FLYING = 100  # before it, however small the batches: brokers have fewer unacknowledged ones


class Stamp(NamedTuple):
    """The broker's number of a message, what it was, and the time it was given (ms)."""

    number: int
    digest: str
    time: int


def digest(topic: str, payload: bytes) -> str:
    """What tells a message from another that later has the same number."""
    return hashlib.blake2b(topic.encode() + b"\0" + payload, digest_size=9).hexdigest()


class Stamps:
    """Gives each message its time; of one topic no two are the same. Not shared by threads."""

    def __init__(self, kept: Any = None) -> None:
        found = kept.get("stamps", []) if isinstance(kept, dict) else []
        self._before = [Stamp(*each) for each in found if len(each) == len(Stamp._fields)]
        self._fresh: list[Stamp] = []
        self._last: dict[str, int] = {}

    def time_of(self, topic: str, payload: bytes, *, number: int, again: bool, arrived: int) -> int:
        """The time of a message without one; `number` 0: it will never be sent again."""
        mark = digest(topic, payload) if number else ""
        if again:
            for stamp in (*reversed(self._fresh), *reversed(self._before)):
                if (stamp.number, stamp.digest) == (number, mark):
                    return stamp.time
        if len(self._last) > 100_000:  # topics come from outside: bound what they may occupy
            self._last.clear()
        time = self._last[topic] = max(arrived, self._last.get(topic, arrived - 1) + 1)
        if number:
            self._fresh.append(Stamp(number, mark, time))
        return time

    def to_keep(self) -> dict[str, Any] | None:
        """What to keep with the readings of this batch; None: it holds nothing to keep."""
        if not self._fresh:
            return None
        return {"stamps": [list(stamp) for stamp in _newest([*self._before, *self._fresh])]}

    def stored(self) -> None:
        """The batch is committed. Acknowledgements of a few before it may never have arrived."""
        if self._fresh:
            most = min(MOST, max(FLYING, len(self._fresh)))
            self._before, self._fresh = [*self._before, *self._fresh][-most:], []


def _newest(stamps: Iterable[Stamp]) -> list[Stamp]:
    return list(stamps)[-MOST:]
