"""Puts a past into an empty database at once: the demonstration's year before its storm."""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from floodwatch.hydrology.series import Series
from floodwatch.model.reading import SeriesKey
from floodwatch.store import archive, journal
from floodwatch.store.database import Database
from floodwatch.store.journal import JOURNAL_SPAN, Row, SeriesMap

TOGETHER = 8  # series a transaction


def put_past(
    database: Database, past: Iterable[tuple[SeriesKey, Series]], *, now: int
) -> Iterator[int]:
    """Store whole series, each reading as received at its own time; yields how many are stored."""
    series = SeriesMap()
    waiting, stored = iter(past), 0
    while chunk := list(islice(waiting, TOGETHER)):
        with database.write() as tx:
            ids = series.ids(tx, [key for key, _ in chunk], now=now)
            for key, readings in chunk:
                border = int(np.searchsorted(readings.times, now - JOURNAL_SPAN))
                archive.merge(tx, ids[key], readings.take(slice(None, border)))
                young = readings.take(slice(border, None))
                rows = zip(*(column.tolist() for column in young), strict=True)
                journal.put(tx, [Row(ids[key], t, v, q, t) for t, v, q in rows])
                stored += readings.size
            journal.mark_dirty(
                tx, {ids[k]: (int(r.times[0]), int(r.times[-1])) for k, r in chunk if r.size}
            )
            journal.recompute_latest(tx, list(ids.values()), now=now)
        yield stored
