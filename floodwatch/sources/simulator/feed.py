"""The feed: what the devices of the district send during the storm, in the order it arrives."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import groupby

from floodwatch.model.batch import Batch
from floodwatch.sources.simulator.faults import Sent

SOURCE = "demo"


class Feed:
    """Batches by moment of arrival: one for all that arrives at the same moment."""

    def __init__(self, sent: Iterable[Sent]) -> None:
        # Sorting is stable: what arrives together keeps the order in which it was sent.
        ordered = sorted(sent, key=lambda one: (one.arrival, one.reading.time))
        self._batches: list[tuple[int, Batch]] = [
            (arrival, Batch(SOURCE, tuple(one.reading for one in together)))
            for arrival, together in groupby(ordered, key=lambda one: one.arrival)
        ]
        self.arrivals: tuple[int, ...] = tuple(arrival for arrival, _ in self._batches)

    def batches(self, after: int, until: int) -> list[tuple[int, Batch]]:
        """(arrival, batch) of all that arrives with after < arrival <= until, in order."""
        return self._batches[
            bisect_right(self.arrivals, after) : bisect_right(self.arrivals, until)
        ]
