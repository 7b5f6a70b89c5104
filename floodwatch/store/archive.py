"""The archive: readings in compressed blocks, those before each series' `sealed_until`.

Blocks of a series do not overlap. Putting readings in rewrites only the blocks that own them; the
last write wins. Whoever calls marks the days dirty and recomputes the latest reading.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, select, text

from floodwatch.hydrology.series import Series, empty
from floodwatch.store import block_rows, blocks, changes
from floodwatch.store.block_rows import Encoded, encoded, read, span
from floodwatch.store.blocks import (
    Head,
    Overwritten,
    cut,
    joined,
    nothing,
    owners,
    places,
    same,
    tidy,
    together,
    union,
    without,
)
from floodwatch.store.database import Transaction
from floodwatch.store.tables import reading
from floodwatch.store.tables import series as series_table

__all__ = [
    "Overwritten",
    "Prepared",
    "commit",
    "commit_all",
    "first_portion",
    "merge",
    "portions",
    "prepare",
    "read",
    "remove",
    "replace",
    "restore",
    "span",
]

Ints = NDArray[np.int64]
_NONE = np.empty(0, np.int64)
_VERSIONS = 2**31  # the column holds 31 bits
_SEALED = select(series_table.c.sealed_until).where(series_table.c.id == bindparam("series_id"))


class Prepared(NamedTuple):
    """A change of one series' blocks, worked out and encoded, to be committed if nothing moved."""

    series_id: int
    first: int
    last: int
    seen: tuple[Head, ...]
    dropped: tuple[int, ...]  # starts of the blocks that go
    put: tuple[Encoded, ...]
    overwritten: Overwritten

    @property
    def blocks(self) -> int:
        """How many blocks the commit writes: at most 20 of them belong in one transaction."""
        return max(len(self.put), len(self.dropped))


def merge(tx: Transaction, series_id: int, series: Series) -> Overwritten:
    """Put readings into the blocks of a series within a transaction; the last write wins.

    Several readings of one time: the last one counts. Returns what stood there before.
    """
    prepared = _prepare(tx.connection, series_id, tidy(series))
    _write(tx, prepared)
    return prepared.overwritten


def remove(tx: Transaction, series_id: int, times: Ints) -> None:
    """Take the readings at `times` out of the blocks; those not there are no error."""
    replace(tx, series_id, empty(), gone=times)


def replace(tx: Transaction, series_id: int, series: Series, *, gone: Ints) -> None:
    """Put `series` in and take the readings at `gone` out, in one rewriting."""
    prepared = _prepare(tx.connection, series_id, tidy(series), gone=np.unique(gone))
    _write(tx, prepared, gone=gone.size > 0)


def portions(
    connection: Connection, series_id: int, series: Series, *, most: int = 20
) -> list[Series]:
    """`series` in portions that each touch at most about `most` blocks.

    So that the transaction that commits one of them is short. Prepare each after the one before it
    is committed.
    """
    series = tidy(series)
    if series.size == 0:
        return []
    heads = block_rows.heads(connection, series_id, int(series.times[0]), int(series.times[-1]))
    if len(heads) + series.size // blocks.TARGET < most:
        return [series]
    return _cut(series, heads, most)


def first_portion(
    connection: Connection, series_id: int, series: Series, *, most: int
) -> tuple[Series, tuple[Head, ...] | None]:
    """The beginning of `series` (rising times) that touches at most about `most` blocks.

    With the blocks it touches, for `prepare`, where they are known by then.
    """
    some = series.take(slice(most * blocks.TARGET))
    if not some.size:
        return some, None
    heads = block_rows.heads(connection, series_id, int(some.times[0]), int(some.times[-1]))
    if len(heads) + some.size // blocks.TARGET <= most:
        return some, heads
    return _cut(some, heads, most)[0], None


def _cut(series: Series, heads: Sequence[Head], most: int) -> list[Series]:
    place = places(heads, series.times)
    # Every reading weighs its share of a block, and the first of each block that block as a whole.
    weight = np.full(series.size, 1 / blocks.TARGET)
    weight[np.diff(place, prepend=-2) != 0] += 1
    portion = (np.cumsum(weight) / most).astype(np.int64)
    bounds = np.flatnonzero(np.diff(portion, prepend=-1, append=-1))
    return [series.take(slice(low, high)) for low, high in pairwise(bounds.tolist())]


def prepare(
    connection: Connection,
    series_id: int,
    series: Series,
    *,
    heads: tuple[Head, ...] | None = None,
) -> Prepared:
    """Work out and encode, outside any write transaction, what putting `series` in changes.

    For imports: a reading with the value that stands there already has no effect, its old quality
    stays. `heads`: the blocks it touches, if they have been asked for already.
    """
    return _prepare(connection, series_id, tidy(series), keep_same=True, heads=heads)


def commit(tx: Transaction, prepared: Prepared, *, moved: bool = False) -> Overwritten | None:
    """Write what was prepared; None (and nothing written) when its blocks have changed since.

    `moved`: the readings were stored before and only change their place.
    """
    if not prepared.overwritten.times.size:
        return prepared.overwritten
    now = block_rows.heads(tx.connection, prepared.series_id, prepared.first, prepared.last)
    if now != prepared.seen:
        return None
    _write(tx, prepared, moved=moved)
    return prepared.overwritten


def commit_all(
    tx: Transaction, some: Sequence[Prepared], *, unmoved: bool = False
) -> list[Prepared]:
    """Write what was prepared for several series; returns those whose blocks have changed since.

    `unmoved`: it is known that nobody has written anything since.
    """
    good: list[Prepared] = []
    moved: list[Prepared] = []
    for prepared in some:
        span = prepared.first, prepared.last
        now = None if unmoved else block_rows.heads(tx.connection, prepared.series_id, *span)
        (good if unmoved or now == prepared.seen else moved).append(prepared)
    for one in good:
        if one.blocks:
            changes.note(tx, one.series_id, one.first, one.last)
    block_rows.write_all(
        tx.connection,
        [(one.series_id, one.dropped, one.put) for one in good],
        version=tx.rev % _VERSIONS,
    )
    return moved


def restore(
    tx: Transaction,
    series_id: int,
    *,
    times: Ints,
    values: NDArray[np.float64],
    absent: NDArray[np.bool_],
    quality: NDArray[np.int16],
) -> None:
    """Put back what stood at `times` before: where `absent` nothing, else the old value.

    Works wherever the readings live now, in journal rows or in blocks.
    """
    sealed = tx.connection.execute(_SEALED, {"series_id": series_id}).scalar_one()
    rows = times >= sealed
    old = Series(times, values, quality)
    _restore_rows(tx, series_id, old.take(rows & ~absent), gone=times[rows & absent])
    replace(tx, series_id, old.take(~rows & ~absent), gone=times[~rows & absent])


def _restore_rows(tx: Transaction, series_id: int, series: Series, *, gone: Ints) -> None:
    if gone.size:
        changes.note(tx, series_id, int(gone.min()), int(gone.max()), gone=True)
        times = tx.dialect.integers("gone")
        tx.connection.execute(
            text(f"DELETE FROM reading WHERE series_id = :series_id AND time IN {times}"),
            {"series_id": series_id, "gone": tx.dialect.array(gone.tolist())},
        )
    columns = zip(*(column.tolist() for column in series), strict=True)
    # A row that has gone meanwhile comes back as received at its own time: no better is known.
    rows = [(series_id, time, value, flag, time, tx.rev) for time, value, flag in columns]
    tx.dialect.upsert(tx.connection, reading, rows, update=("value", "quality", "rev"))


def _write(tx: Transaction, prepared: Prepared, *, moved: bool = False, gone: bool = False) -> None:
    if not moved and prepared.blocks:
        changes.note(tx, prepared.series_id, prepared.first, prepared.last, gone=gone)
    # The revision as version: a block that went and came back is not taken for the one before.
    block_rows.write(
        tx.connection,
        prepared.series_id,
        prepared.dropped,
        prepared.put,
        version=tx.rev % _VERSIONS,
    )


def _prepare(
    connection: Connection,
    series_id: int,
    series: Series,
    *,
    gone: Ints = _NONE,
    keep_same: bool = False,
    heads: tuple[Head, ...] | None = None,
) -> Prepared:
    ends = [*series.times[:1].tolist(), *series.times[-1:].tolist(), *gone.tolist()]
    if not ends:
        return Prepared(series_id, 0, 0, (), (), (), nothing())
    first, last = min(ends), max(ends)
    if heads is None:
        heads = block_rows.heads(connection, series_id, first, last)
    plan = _Plan(connection, series_id, heads)
    before = plan.put(series, gone, keep_same=keep_same)
    plan.join_small()
    put = tuple(encoded(piece) for part in plan.parts.values() for piece in cut(part))
    dropped = tuple(heads[i].start for i in plan.dropped)
    return Prepared(series_id, first, last, heads, dropped, put, before)


def _distinct(rising: Ints) -> list[int]:
    found: list[int] = rising[np.diff(rising, prepend=-2) != 0].tolist()
    return found


class _Plan:
    """Which of some neighbouring blocks become what. `parts` maps places to new contents."""

    def __init__(self, connection: Connection, series_id: int, heads: Sequence[Head]) -> None:
        self._connection, self._series_id, self._heads = connection, series_id, heads
        self.parts: dict[int, Series] = {}
        self.dropped: list[int] = []

    def put(self, series: Series, gone: Ints, *, keep_same: bool) -> Overwritten:
        """Work each reading into its part; parts that stay the same are left alone."""
        place, leaving = places(self._heads, series.times), owners(self._heads, gone)
        touched = sorted({*_distinct(place), *_distinct(leaving[leaving >= 0])})
        stored = self._load([i for i in touched if 0 <= i < len(self._heads)])
        overwritten = []
        for i in touched:
            old = stored.get(i, empty())
            low, high = np.searchsorted(place, [i, i + 1])
            part, before = union(old, series.take(slice(low, high)), keep_same=keep_same)
            overwritten.append(before)
            low, high = np.searchsorted(leaving, [i, i + 1])
            if high > low:
                part = without(part, gone[low:high])
            if not same(part, old):
                self._change(i, part)
        return together(overwritten)

    def join_small(self) -> None:
        """Join a rewritten part that has become small with the block after it, if that has room."""
        for i in [i for i, part in self.parts.items() if 0 < part.size < blocks.SMALL]:
            follows = i + 1
            if follows >= len(self._heads) or i < 0:
                continue
            part = self.parts[i]
            known = self.parts.get(follows)
            n = self._heads[follows].n if known is None else known.size
            if part.size + n > blocks.TARGET:
                continue
            other = self._load([follows])[follows] if known is None else known
            del self.parts[i]
            self._change(follows, joined([part, other]))

    def _change(self, i: int, part: Series) -> None:
        if 0 <= i < len(self._heads) and i not in self.dropped:
            self.dropped.append(i)
        self.parts[i] = part

    def _load(self, indices: Sequence[int]) -> dict[int, Series]:
        starts = [self._heads[i].start for i in indices]
        found = block_rows.load(self._connection, self._series_id, starts)
        return {i: found[self._heads[i].start] for i in indices}
