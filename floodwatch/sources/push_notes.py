"""What each pushing token brought and was refused: gathered, written down every few seconds."""

import logging
import threading
from collections.abc import Callable, Sequence

from floodwatch.model.batch import Batch, Receipt, Rejection
from floodwatch.model.clock import Clock
from floodwatch.model.district import District
from floodwatch.model.errors import FloodWatchError
from floodwatch.model.people import TokenGrant
from floodwatch.model.source import REFUSALS
from floodwatch.sources.push_bodies import Parsed
from floodwatch.sources.way import Way

log = logging.getLogger(__name__)

WRITTEN_S = 3.0  # between two writes
EXTENSION = "floodwatch.push_notes"  # of the application that has the routes
MOST = 1_000  # tokens


class PushNotes:
    """A Way for each token: "push:NAME". `write` puts the notes of some of them into the store."""

    def __init__(
        self,
        submit: Callable[[Batch], Receipt],
        district: Callable[[], District],
        *,
        clock: Clock,
        write: Callable[[Sequence[Way]], object] | None = None,
    ) -> None:
        self._submit, self._district, self._write = submit, district, write
        self._clock = clock
        self._ways: dict[str, Way] = {}
        self._lock = threading.Lock()
        self._waits = False  # something is noted and not yet written down
        self._written = float("-inf")

    def submit(self, grant: TokenGrant, parsed: Parsed) -> Receipt:
        """Hand in what a body holds; noted is also what of it was refused before that."""
        way = self._way(grant)
        try:
            batch = Batch(way.name, parsed.readings, stations=grant.stations)
            receipt = self._submit(batch)
        except FloodWatchError as error:
            way.failed(f"not stored: {error}")
            raise
        else:
            way.took(parsed.readings, receipt)
            _refused(way, parsed.refused)
        finally:
            self._waits = True
        return receipt

    def refused(self, grant: TokenGrant, why: str) -> None:
        """A request that was not looked into, or whose body cannot be read."""
        self._way(grant).refused("request", why)
        self._waits = True

    def beat(self) -> None:
        """Told by the server's loop, again and again: a thread writes when it is time."""
        if not self._waits or self._clock.monotonic() - self._written < WRITTEN_S:
            return
        with self._lock:
            if not self._waits:
                return
            self._waits = False
            self._written = self._clock.monotonic()
        threading.Thread(target=self.flush, name="push notes", daemon=True).start()

    def flush(self) -> None:
        """Write down what is known now; what cannot be written waits for the next time."""
        with self._lock:
            self._waits = False
            self._written = self._clock.monotonic()
            ways = list(self._ways.values())
        if self._write is None:
            return
        try:
            self._write(ways)
        except FloodWatchError as error:
            self._waits = True
            log.warning("what was pushed is stored, but not yet noted: %s", error)

    def _way(self, grant: TokenGrant) -> Way:
        with self._lock:
            way = self._ways.get(grant.name)
            if way is None:
                if len(self._ways) >= MOST:  # what is lost is no more than a few seconds' counts
                    self._ways.pop(next(iter(self._ways)))
                way = Way(f"push:{grant.name}", "push", self._submit, self._district)
                self._ways[grant.name] = way
        return way


def _refused(way: Way, refused: Sequence[Rejection]) -> None:
    for each in refused[:REFUSALS]:
        way.refused(f"row {each.index + 1}", each.reason, count=1)
    if (more := len(refused) - REFUSALS) > 0:
        way.refused(f"{more} rows", "refused in the same request", count=more)
