"""A stretch of one series, from wherever its readings live: blocks, then journal rows."""

from collections.abc import Iterable
from typing import Any, NamedTuple, cast

import numpy as np
from sqlalchemy import Connection, CursorResult, bindparam, func, select

from floodwatch.hydrology.series import Series, empty
from floodwatch.store import archive
from floodwatch.store.blocks import joined
from floodwatch.store.tables import reading, series

_SERIES = reading.c.series_id == bindparam("series_id")
_SEALED = select(series.c.sealed_until).where(series.c.id == bindparam("series_id"))
_ROWS = (
    select(reading.c.time, reading.c.value, reading.c.quality)
    .where(_SERIES, reading.c.time >= bindparam("first"), reading.c.time <= bindparam("last"))
    .order_by(reading.c.time)
)
_FIRST_ROWS = _ROWS.limit(bindparam("most"))
_ROW = np.dtype([("time", np.int64), ("value", np.float64), ("quality", np.int16)])
_SPAN = select(func.min(reading.c.time), func.max(reading.c.time)).where(_SERIES)


class Span(NamedTuple):
    """Time of the first and of the last reading, ms UTC."""

    first: int
    last: int


def stretch(connection: Connection, series_id: int, start: int, end: int) -> Series:
    """The readings with start <= time <= end; the connection must be one snapshot."""
    sealed = connection.execute(_SEALED, {"series_id": series_id}).scalar_one_or_none()
    if sealed is None or end < start:
        return empty()
    parts = []
    if start < sealed:
        parts.append(archive.read(connection, series_id, start, min(end, sealed - 1)))
    if end >= sealed:
        parts.append(rows(connection, series_id, max(start, sealed), end))
    return joined(parts)


def rows(
    connection: Connection, series_id: int, start: int, end: int, *, most: int | None = None
) -> Series:
    """The journal's rows with start <= time <= end, by rising time; the first `most` of them."""
    values = {"series_id": series_id, "first": start, "last": end}
    if most is None:
        return _series(connection.execute(_ROWS, values))
    return _series(connection.execute(_FIRST_ROWS, values | {"most": most}))


def received(connection: Connection, series_id: int, start: int, end: int) -> dict[int, int]:
    """When the journal's rows with start < time <= end were received, by their times."""
    query = select(reading.c.time, reading.c.received).where(
        reading.c.series_id == series_id, reading.c.time > start, reading.c.time <= end
    )
    return {row.time: row.received for row in connection.execute(query)}


def span(connection: Connection, series_id: int) -> Span | None:
    """The first and the last time of a series; None when it has no readings."""
    older = archive.span(connection, series_id)
    first, last = connection.execute(_SPAN, {"series_id": series_id}).one()
    if first is None:
        return Span(*older) if older else None
    return Span(older[0] if older else first, last)


def _series(found: CursorResult[Any]) -> Series:
    # The driver's own tuples, one at a time: thousands of them held at once cost as much as reading
    # a year of blocks, and now and then a garbage collection.
    if found.cursor is None:
        return empty()
    table = np.fromiter(cast(Iterable[Any], found.cursor), _ROW)
    found.close()
    return Series(
        np.ascontiguousarray(table["time"]),
        np.ascontiguousarray(table["value"]),
        np.ascontiguousarray(table["quality"]),
    )
