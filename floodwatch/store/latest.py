"""The newest believable reading of each series, and when its gauge was last heard."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, TextClause, text

from floodwatch.hydrology.series import Series
from floodwatch.model.quality import Flag
from floodwatch.store import archive, tables
from floodwatch.store.database import Transaction
from floodwatch.store.dialect import Dialect, dialect_of

NEVER = 0  # `heard` of a gauge that has only spoken through imports
_FAIL = int(Flag.FAIL)
_COLUMNS = "series_id, time, value, quality, received, heard, since, late, rev"
_ALL = text(f"SELECT {_COLUMNS} FROM latest")


@cache
def _of(dialect: Dialect) -> TextClause:
    return text(f"SELECT {_COLUMNS} FROM latest WHERE series_id IN {dialect.integers('ids')}")


class LatestRow(NamedTuple):
    """A row of the table: the reading, its arrival (wall ms), and `heard` (service ms)."""

    series_id: int
    time: int
    value: float
    quality: int
    received: int
    heard: int
    since: int
    late: bool
    rev: int = 0


class _Newest(NamedTuple):
    time: int
    value: float
    quality: int
    since: int
    received: int | None  # None: from a block, which does not keep it


def latest(connection: Connection, series_ids: Iterable[int] | None = None) -> dict[int, LatestRow]:
    """The newest reading of these series, or of all, by series id."""
    if series_ids is None:
        rows: Iterable[Sequence[Any]] = connection.execute(_ALL)
    else:
        wanted = list(series_ids)
        if not wanted:
            return {}
        dialect = dialect_of(connection.dialect.name)
        rows = dialect.ask(connection, _of(dialect), {"ids": dialect.array(wanted)})
    # SQLite says 0 or 1 for `late`.
    return {row[0]: LatestRow._make((*row[:7], bool(row[7]), row[8])) for row in rows}


def set_latest(tx: Transaction, rows: Sequence[LatestRow]) -> None:
    """Replace the newest reading of these series; the rows' own `rev` is ignored."""
    tx.dialect.upsert(
        tx.connection,
        tables.latest,
        [row._replace(rev=tx.rev) for row in rows],
        columns=LatestRow._fields,
    )


def heard(tx: Transaction, series_ids: Iterable[int], *, now: int) -> None:
    """Note that these gauges have said something at `now` (service ms), whatever it was."""
    ids = list(series_ids)
    if not ids:
        return
    tx.connection.execute(
        text(
            "UPDATE latest SET heard = :now, rev = :rev"
            f" WHERE heard < :now AND series_id IN {tx.dialect.integers('ids')}"
        ),
        {"now": now, "rev": tx.rev, "ids": tx.dialect.array(ids)},
    )


def recompute_latest(tx: Transaction, series_ids: Iterable[int], *, now: int) -> None:
    """Find the newest reading that is not failed again, after an undo, a correction, a release.

    What is known of the arrival is kept when the same reading stays the newest. A gauge of which
    only history is known was NEVER heard: an import is not a sign of life, and its silence no news.
    """
    ids = sorted(set(series_ids))
    before = latest(tx.connection, ids)
    newest = _newest_rows(tx, ids)
    rows, gone = [], []
    for series_id in ids:
        found = newest.get(series_id) or _newest_in_blocks(tx.connection, series_id)
        if found is None:
            gone.append(series_id)
            continue
        rows.append(_row(series_id, found, before.get(series_id), now))
    set_latest(tx, rows)
    if gone:
        tx.connection.execute(
            text(f"DELETE FROM latest WHERE series_id IN {tx.dialect.integers('ids')}"),
            {"ids": tx.dialect.array(gone)},
        )


def _row(series_id: int, found: _Newest, before: LatestRow | None, now: int) -> LatestRow:
    same = before is not None and (before.time, before.value) == (found.time, found.value)
    received = found.received if found.received is not None else min(found.time, now)
    return LatestRow(
        series_id,
        found.time,
        found.value,
        found.quality,
        before.received if before and same else received,
        before.heard if before else NEVER,
        found.since,
        before.late if before and same else False,
    )


def _newest_rows(tx: Transaction, ids: list[int]) -> dict[int, _Newest]:
    """The newest of the journal's rows and the start of its run of equal values, by primary key."""
    good = f"series_id = n.id AND quality % 10 <> {_FAIL}"
    last = f"SELECT time FROM reading WHERE {good}"
    numbers = tx.dialect.rows("ids", {"id": "integer"})
    rows = tx.connection.execute(
        text(
            "WITH newest AS ("
            f"SELECT r.*, n.id FROM {numbers} AS n CROSS JOIN reading AS r"
            f" WHERE r.series_id = n.id AND r.time = ({last} ORDER BY time DESC LIMIT 1)), "
            "run AS ("
            f"SELECT n.*, ({last} AND time < n.time AND value <> n.value"
            " ORDER BY time DESC LIMIT 1) AS other FROM newest AS n) "
            f"SELECT n.id, n.time, n.value, n.quality, ({last} AND time > COALESCE(n.other, :never)"
            " ORDER BY time LIMIT 1), n.received, n.other FROM run AS n"
        ),
        {"ids": tx.dialect.records((number,) for number in ids), "never": -(2**62)},
    )
    found = {}
    for number, time, value, quality, since, received, other in rows:
        newest = _Newest(time, value, quality, since, received)
        if other is None:  # the run may have begun before the journal does
            newest = newest._replace(since=_since(tx.connection, number, newest))
        found[number] = newest
    return found


def _since(connection: Connection, series_id: int, newest: _Newest) -> int:
    """Where the run began, looking one block back: enough for any rule on flat lines."""
    for block in _blocks_backwards(connection, series_id):
        return _run_start(block, newest.value, newest.since)
    return newest.since


def _newest_in_blocks(connection: Connection, series_id: int) -> _Newest | None:
    for block in _blocks_backwards(connection, series_id):
        if not block.size:
            continue
        time, value = int(block.times[-1]), float(block.values[-1])
        return _Newest(time, value, int(block.quality[-1]), _run_start(block, value, time), None)
    return None


def _blocks_backwards(connection: Connection, series_id: int) -> Iterator[Series]:
    """Each block's believable readings, the newest block first."""
    heads = connection.execute(
        text('SELECT start, "end" FROM block WHERE series_id = :id ORDER BY start DESC'),
        {"id": series_id},
    )
    for start, end in heads.all():
        block = archive.read(connection, series_id, start, end)
        good = block.quality % 10 != _FAIL
        yield Series(block.times[good], block.values[good], block.quality[good])


def _run_start(block: Series, value: float, otherwise: int) -> int:
    """The time of the first of the block's last readings that all equal `value`."""
    others = np.flatnonzero(block.values != value)
    first = int(others[-1]) + 1 if others.size else 0
    return int(block.times[first]) if first < block.size else otherwise
