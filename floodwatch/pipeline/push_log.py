"""Writes down what each pushing token came to, in the process that took it in."""

from collections.abc import Callable, Sequence

from floodwatch.sources.way import Way
from floodwatch.store import source_log
from floodwatch.store.database import Database


def write(database: Database, ways: Sequence[Way], *, now: Callable[[], int]) -> None:
    """The notes of these tokens in one transaction; none: nothing is written."""
    notes = [(way, note) for way in ways if (note := way.note()) is not None]
    if not notes:
        return
    try:
        at = now()
        with database.write() as tx:
            for way, note in notes:
                source_log.noted(tx, way.name, way.kind, note=note, now=at)
    except BaseException:
        for way, note in notes:
            way.give_back(note)
        raise
