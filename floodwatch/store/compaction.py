"""Compaction: journal rows that have grown old move into blocks.

Encoded before the transaction and re-checked inside it: what changed meanwhile waits for the next
round. In one transaction the blocks are written, the rows deleted and `sealed_until` moved forward,
so that no reading is ever in two places.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, text, update

from floodwatch.hydrology.series import Series
from floodwatch.store import archive, changes
from floodwatch.store.archive import Prepared
from floodwatch.store.blocks import same
from floodwatch.store.database import Database, Transaction
from floodwatch.store.series_map import JOURNAL_SPAN
from floodwatch.store.stretch import rows
from floodwatch.store.tables import reading
from floodwatch.store.tables import series as series_table

MOST_ROWS = 40_000  # of one series moved at once
MOST_BLOCKS = 20  # written in one transaction
PACE_MS = 24 * 3_600_000  # a series' last block is written again at most once a day
_BEGINNING = -(2**62)

_DUE = text(
    "SELECT id, sealed_until FROM series WHERE sealed_until < :until AND EXISTS"
    " (SELECT 1 FROM reading WHERE series_id = series.id AND time < :ripe) ORDER BY id"
)
_IDLE = text(
    "UPDATE series SET sealed_until = :until WHERE sealed_until < :ripe AND NOT EXISTS"
    " (SELECT 1 FROM reading WHERE series_id = series.id AND time < :until)"
)
_IDLE_THERE = text(
    "SELECT 1 FROM series WHERE sealed_until < :ripe AND NOT EXISTS"
    " (SELECT 1 FROM reading WHERE series_id = series.id AND time < :until) LIMIT 1"
)
_DELETE = reading.delete().where(
    reading.c.series_id == bindparam("number"), reading.c.time < bindparam("border")
)
_SEAL = (
    update(series_table)
    .where(series_table.c.id == bindparam("number"))
    .values(sealed_until=bindparam("border"))
)
_SEALED = text("SELECT sealed_until FROM series WHERE id = :number")


class Compacted(NamedTuple):
    """What one round has moved. `postponed`: series that changed meanwhile, for the next round."""

    series: int
    readings: int
    postponed: int


class _Move(NamedTuple):
    """The rows of one series before `border`, and the blocks they become."""

    series_id: int
    sealed: int
    border: int
    moved: Series
    prepared: Prepared


def compact(
    database: Database,
    *,
    now: int,
    epoch: int | None = None,
    keep: int = JOURNAL_SPAN,
    pace: int = PACE_MS,
) -> Compacted:
    """Move rows older than `keep` (ms) before `now` into blocks, in short yielding transactions.

    A series waits until it has rows `pace` (ms) older still. With `epoch` it is refused (Fenced)
    once another engine has the lease.
    """
    until, ripe = now - keep, now - keep - pace
    with database.read() as connection:
        due = [row[0] for row in connection.execute(_DUE, {"until": until, "ripe": ripe + 1})]
        idle = connection.execute(_IDLE_THERE, {"until": until, "ripe": ripe}).first()
    series = readings = postponed = 0
    while due:
        moves = _prepare(database, due, until)
        with database.write(epoch=epoch, yielding=True) as tx:
            done = [move for move in moves if _apply(tx, move)]
        series += len(done)
        readings += sum(move.moved.size for move in done)
        postponed += len(moves) - len(done)
        again = {move.series_id for move in done if move.border < until}
        taken = {move.series_id for move in moves} - again
        due = [number for number in due if number not in taken]
    if idle:
        with database.write(epoch=epoch, yielding=True) as tx:
            tx.connection.execute(_IDLE, {"until": until, "ripe": ripe})
    return Compacted(series, readings, postponed)


def _prepare(database: Database, due: Sequence[int], until: int) -> list[_Move]:
    """As many series as fit in one transaction, read in one snapshot."""
    moves: list[_Move] = []
    with database.read() as connection:
        for number in due:
            move = _move(connection, number, until)
            moves.append(move)
            if sum(move.prepared.blocks for move in moves) + 2 > MOST_BLOCKS:
                break
    return moves


def _move(connection: Connection, number: int, until: int) -> _Move:
    sealed = connection.execute(_SEALED, {"number": number}).scalar_one()
    moved = rows(connection, number, _BEGINNING, until - 1, most=MOST_ROWS)
    border = until if moved.size < MOST_ROWS else int(moved.times[-1]) + 1
    prepared = archive.prepare(connection, number, moved)
    return _Move(number, sealed, max(border, sealed), moved, prepared)


def _apply(tx: Transaction, move: _Move) -> bool:
    """Write one series' move, or nothing when its rows or blocks are no longer the same."""
    connection, number = tx.connection, move.series_id
    sealed = connection.execute(_SEALED, {"number": number}).scalar_one()
    if sealed != move.sealed:
        return False
    if not same(rows(connection, number, _BEGINNING, move.border - 1), move.moved):
        return False
    if archive.commit(tx, move.prepared, moved=True) is None:
        return False
    changes.note_unsent(tx, number, move.border)
    connection.execute(_DELETE, {"number": number, "border": move.border})
    connection.execute(_SEAL, {"number": number, "border": move.border})
    return True
