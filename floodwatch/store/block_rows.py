"""The rows of the block table: finding, loading and writing blocks of one series."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select

from floodwatch.hydrology.series import Series
from floodwatch.store import block_codec
from floodwatch.store.blocks import Head, joined
from floodwatch.store.tables import block

_SERIES = block.c.series_id == bindparam("series_id")
_OWNER = (
    select(func.max(block.c.start))
    .where(_SERIES, block.c.start <= bindparam("first"))
    .scalar_subquery()
)
_NEXT = (
    select(func.min(block.c.start))
    .where(_SERIES, block.c.start > bindparam("last"))
    .scalar_subquery()
)
_FROM_OWNER = block.c.start >= func.coalesce(_OWNER, bindparam("first"))
_HEADS = (
    select(block.c.start, block.c.end, block.c.n, block.c.version)
    .where(_SERIES, _FROM_OWNER, block.c.start <= func.coalesce(_NEXT, bindparam("last")))
    .order_by(block.c.start)
)
_DATA = select(block.c.start, block.c.data).where(
    _SERIES, block.c.start.in_(bindparam("starts", expanding=True))
)
_READ = (
    select(block.c.data)
    .where(_SERIES, _FROM_OWNER, block.c.start <= bindparam("last"))
    .order_by(block.c.start)
)
_DROP = block.delete().where(_SERIES, block.c.start == bindparam("at"))
_SPAN = select(func.min(block.c.start), func.max(block.c.end)).where(_SERIES)
_PUT = insert(block)


class Encoded(NamedTuple):
    """A block ready to be written."""

    start: int
    end: int
    n: int
    data: bytes


def encoded(series: Series) -> Encoded:
    """The block of a series with at least one reading."""
    return Encoded(
        int(series.times[0]), int(series.times[-1]), series.size, block_codec.encode(series)
    )


def heads(connection: Connection, series_id: int, first: int, last: int) -> tuple[Head, ...]:
    """From the block that owns `first` to the one after that which owns `last`."""
    found = connection.execute(_HEADS, {"series_id": series_id, "first": first, "last": last})
    return tuple(Head(*row) for row in found)


def load(connection: Connection, series_id: int, starts: Sequence[int]) -> dict[int, Series]:
    """The readings of the blocks that begin at `starts`."""
    if not starts:
        return {}
    found = connection.execute(_DATA, {"series_id": series_id, "starts": starts})
    return {start: block_codec.decode(data) for start, data in found}


def read(connection: Connection, series_id: int, start: int, end: int) -> Series:
    """The readings in blocks with start <= time <= end."""
    found = connection.execute(_READ, {"series_id": series_id, "first": start, "last": end})
    return joined([block_codec.decode(data) for (data,) in found]).between(start - 1, end)


def span(connection: Connection, series_id: int) -> tuple[int, int] | None:
    """Time of the first and the last reading in blocks."""
    first, last = connection.execute(_SPAN, {"series_id": series_id}).one()
    return None if first is None else (int(first), int(last))


def write(
    connection: Connection,
    series_id: int,
    dropped: Sequence[int],
    put: Iterable[Encoded],
    *,
    version: int,
) -> None:
    """Take out the blocks that begin at `dropped`, then write those of `put`."""
    write_all(connection, [(series_id, dropped, put)], version=version)


def write_all(
    connection: Connection,
    changes: Sequence[tuple[int, Sequence[int], Iterable[Encoded]]],
    *,
    version: int,
) -> None:
    """The same for several series: (series, dropped, put) of each."""
    gone = [{"series_id": number, "at": at} for number, dropped, _ in changes for at in dropped]
    if gone:
        connection.execute(_DROP, gone)
    rows = [
        {
            "series_id": series_id,
            "start": new.start,
            "end": new.end,
            "n": new.n,
            "version": version,
            "format": block_codec.FORMAT,
            "data": new.data,
        }
        for series_id, _, put in changes
        for new in put
    ]
    if rows:
        connection.execute(_PUT, rows)
