"""Looking after the blocks: whether each is what its row says, how much room they take, renewing.

Damage is named with the series and the span it has; nothing is repaired by guessing.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, or_, select

from floodwatch.hydrology.series import Series
from floodwatch.model.errors import StorageError
from floodwatch.store import block_codec, block_rows, blocks
from floodwatch.store.blocks import Head, cut, joined
from floodwatch.store.database import Database
from floodwatch.store.tables import block, series

MOST_BLOCKS = 20  # read at once; a transaction writes one group of them
REMEDY = "restore a backup from before, or import this span again"
_VERSIONS = 2**31  # the column holds 31 bits
_KEY = (series.c.station, series.c.gauge, series.c.variable, series.c.period)


class Owner(NamedTuple):
    """A series that has blocks."""

    id: int
    station: str
    gauge: str
    variable: str
    period: int
    sealed_until: int


class Fault(NamedTuple):
    """A block that is not what it should be."""

    owner: Owner
    start: int
    end: int
    n: int
    what: str


class Room(NamedTuple):
    """What the blocks of one variable take."""

    variable: str
    series: int
    blocks: int
    readings: int
    bytes: int

    @property
    def per_reading(self) -> float:
        """Bytes a reading."""
        return self.bytes / self.readings if self.readings else 0.0


class Renewed(NamedTuple):
    """What compaction of the blocks has done. `postponed`: series that changed meanwhile."""

    before: int
    after: int
    bytes_before: int
    bytes_after: int
    postponed: int
    damaged: tuple[Fault, ...]


class _Row(NamedTuple):
    start: int
    end: int
    n: int
    version: int
    format: int
    data: bytes


def owners(database: Database) -> list[Owner]:
    """All series that have blocks, by name."""
    with database.read() as connection:
        query = select(series.c.id, *_KEY, series.c.sealed_until).order_by(*_KEY)
        has = select(block.c.series_id).where(block.c.series_id == series.c.id).exists()
        return [Owner(*row) for row in connection.execute(query.where(has))]


def stats(database: Database) -> list[Room]:
    """What the blocks take, by variable, the largest first."""
    size = func.sum(func.length(block.c.data))
    query = (
        select(
            series.c.variable,
            func.count(block.c.series_id.distinct()),
            func.count(),
            func.sum(block.c.n),
            size,
        )
        .join_from(block, series, block.c.series_id == series.c.id)
        .group_by(series.c.variable)
        .order_by(size.desc())
    )
    with database.read() as connection:
        return [Room(row[0], *map(int, row[1:])) for row in connection.execute(query)]


# -- verifying --------------------------------------------------------------------------------


def verify(database: Database, owner: Owner) -> tuple[int, list[Fault]]:
    """(blocks looked at, faults) of one series."""
    faults: list[Fault] = []
    looked, after, before = 0, None, None
    while True:
        # Each portion in a read of its own, with the seal of its moment: imports go on meanwhile.
        with database.read() as connection:
            sealed = connection.execute(
                select(series.c.sealed_until).where(series.c.id == owner.id)
            ).scalar_one()
            rows = _rows(connection, owner.id, after)
        for row in rows:
            for what in _faults(row, before, sealed):
                faults.append(Fault(owner, row.start, row.end, row.n, what))
            before = row.end if before is None else max(before, row.end)
        looked += len(rows)
        if len(rows) < MOST_BLOCKS:
            return looked, faults
        after = rows[-1].start


def _rows(connection: Connection, number: int, after: int | None) -> list[_Row]:
    columns = (block.c.start, block.c.end, block.c.n, block.c.version, block.c.format, block.c.data)
    query = select(*columns).where(block.c.series_id == number)
    if after is not None:
        query = query.where(block.c.start > after)
    found = connection.execute(query.order_by(block.c.start).limit(MOST_BLOCKS))
    return [_Row(*row) for row in found]


def _faults(row: _Row, before: int | None, sealed: int) -> Iterator[str]:
    """What is wrong with a block; `before` is where those before it end."""
    if before is not None and row.start <= before:
        yield "it overlaps the block before it"
    if row.end >= sealed:
        yield "it reaches beyond where the journal begins"
    if row.format not in block_codec.FORMATS:
        yield f"its format {row.format} is not known here; upgrade FloodWatch"
        return
    if row.data[:1] != bytes([row.format]):
        yield "its bytes are of another format than its row says"
    try:
        found = block_codec.decode(row.data)
    except StorageError as error:
        yield str(error)
        return
    yield from _differences(row, found)


def _differences(row: _Row, found: Series) -> Iterator[str]:
    if found.size != row.n:
        yield f"it holds {found.size} readings, its row says {row.n}"
    if not found.size:
        return
    if (int(found.times[0]), int(found.times[-1])) != (row.start, row.end):
        yield "its times are not those of its row"
    if (found.times[1:] <= found.times[:-1]).any():
        yield "its times do not rise"


# -- renewing ---------------------------------------------------------------------------------


def unrenewed(database: Database) -> list[Owner]:
    """The series with blocks of an older format, or with small ones."""
    old = or_(block.c.format != block_codec.FORMAT, block.c.n < blocks.SMALL)
    query = select(block.c.series_id).where(and_(block.c.series_id == series.c.id, old))
    with database.read() as connection:
        found = select(series.c.id).where(query.exists())
        numbers = {row[0] for row in connection.execute(found)}
    return [owner for owner in owners(database) if owner.id in numbers]


def renew(
    database: Database,
    owner: Owner,
    *,
    most: int = MOST_BLOCKS,
    wrote: Callable[[], object] = lambda: None,
) -> Renewed:
    """Write blocks of an older format anew and join small neighbours, a few at a time.

    The readings stay as they are, so that nothing has to be told to anyone. A block that is damaged
    is left as it is.
    """
    total = Renewed(0, 0, 0, 0, 0, ())
    after: int | None = None
    while True:
        with database.read() as connection:
            rows = _rows(connection, owner.id, after)[:most]
        if not rows:
            return total
        damaged: list[Fault] = []
        for group in _groups(rows):
            total, faults = _renewed(database, owner, group, total)
            damaged += faults
            wrote()
        total = total._replace(damaged=(*total.damaged, *damaged))
        after = rows[-1].start


def _groups(rows: list[_Row]) -> list[list[_Row]]:
    """Neighbours that become one block; those that stay as they are are left out."""
    groups: list[list[_Row]] = []
    for row in rows:
        size = sum(one.n for one in groups[-1]) if groups else 0
        small = groups and (row.n < blocks.SMALL or groups[-1][-1].n < blocks.SMALL)
        if small and size + row.n <= blocks.TARGET:
            groups[-1].append(row)
        else:
            groups.append([row])
    return [g for g in groups if len(g) > 1 or g[0].format != block_codec.FORMAT]


def _renewed(
    database: Database, owner: Owner, group: list[_Row], total: Renewed
) -> tuple[Renewed, list[Fault]]:
    faults = [
        Fault(owner, row.start, row.end, row.n, what)
        for row in group
        for what in _faults(row, None, 2**62)
    ]
    if faults:
        return total, faults
    whole = joined([block_codec.decode(row.data) for row in group])
    put = [block_rows.encoded(piece) for piece in cut(whole)]
    seen = [Head(row.start, row.end, row.n, row.version) for row in group]
    with database.write(yielding=True) as tx:
        now = block_rows.heads(tx.connection, owner.id, seen[0].start, seen[-1].start)
        if list(now[: len(seen)]) != seen:
            return total._replace(postponed=total.postponed + 1), []
        starts = [head.start for head in seen]
        block_rows.write(tx.connection, owner.id, starts, put, version=tx.rev % _VERSIONS)
    return Renewed(
        total.before + len(group),
        total.after + len(put),
        total.bytes_before + sum(len(row.data) for row in group),
        total.bytes_after + sum(len(one.data) for one in put),
        total.postponed,
        total.damaged,
    ), []
