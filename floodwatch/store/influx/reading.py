"""Readings back from the server: the old part of charts and exports, and the comparison."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from floodwatch.hydrology.series import Series
from floodwatch.model.clock import DAY
from floodwatch.model.reading import SeriesKey
from floodwatch.store import stretch
from floodwatch.store.blocks import joined
from floodwatch.store.database import Database
from floodwatch.store.influx.server import Server

WINDOW = 30 * DAY  # asked for at once


class Difference(NamedTuple):
    """What does not agree in one window of one series (ms, both included)."""

    key: SeriesKey
    start: int
    end: int
    missing: int  # here and not there
    foreign: int  # there and not here
    different: int  # another value or flag


def read(server: Server, key: SeriesKey, start: int, end: int) -> Series:
    """The readings with start <= time <= end (ms), asked for in windows."""
    return joined([server.read(key, *window) for window in windows(start, end)])


def windows(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The whole span in pieces, each (first, last) ms."""
    for at in range(start, end + 1, WINDOW):
        yield at, min(at + WINDOW - 1, end)


def verify(
    database: Database,
    server: Server,
    number: int,
    key: SeriesKey,
    *,
    start: int,
    end: int,
    looked: Callable[[int], object] = lambda readings: None,
) -> Iterator[Difference]:
    """Compare one series reading by reading, to the last bit; yields the windows that differ.

    `looked` is told how many readings were compared, window by window.
    """
    with database.read() as connection:
        there = stretch.span(connection, number)
    if there is None:
        return
    for window in windows(max(start, there.first), min(end, there.last)):
        with database.read() as connection:
            ours = stretch.stretch(connection, number, *window)
        theirs = server.read(key, *window)
        looked(ours.size)
        found = compare(ours, theirs)
        if any(found):
            yield Difference(key, *window, *found)


def compare(ours: Series, theirs: Series) -> tuple[int, int, int]:
    """(missing there, only there, different) of two series by rising time."""
    both, mine, other = np.intersect1d(
        ours.times, theirs.times, assume_unique=True, return_indices=True
    )
    same = (ours.values[mine].view(np.int64) == theirs.values[other].view(np.int64)) & (
        ours.quality[mine] == theirs.quality[other]
    )
    return (
        ours.size - both.size,
        theirs.size - both.size,
        int(both.size - np.count_nonzero(same)),
    )
