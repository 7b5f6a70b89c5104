"""Taking an import back: its layer is removed from beneath later ones, or the value restored."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from floodwatch.hydrology.series import Series
from floodwatch.model.errors import Refused
from floodwatch.store import archive, imports, journal
from floodwatch.store.clockwork import process_gone, this_process
from floodwatch.store.database import Database, Transaction
from floodwatch.store.imports import Delta, ImportRow
from floodwatch.store.journal import Row

Mask = NDArray[np.bool_]
_DELTAS = 20  # a transaction, and
_READINGS = 80_000
_FORESEEN = 300  # deltas: about two million readings


def undo(database: Database, import_id: int, *, who: str, now: int) -> ImportRow:
    """Take an import back whole; what was cut off half-way is taken up again. `now`: service ms.

    Raises Refused for an import that is not there, taken back already, or still running.
    """
    with database.write() as tx:
        _check(imports.get(tx.connection, import_id), import_id)
        imports.mark_undoing(tx, import_id)
    while True:
        with database.write(yielding=True) as tx:
            deltas = imports.last_deltas(tx.connection, import_id, most=_DELTAS)
            if not deltas:
                imports.mark_undone(tx, import_id, who=who, now=now)
                break
            _take_back(tx, deltas, now=now)
    with database.read() as connection:
        row = imports.get(connection, import_id)
    assert row is not None  # noqa: S101 - it was there a moment ago
    return row


class Foreseen(NamedTuple):
    """What taking an import back would do to single values. `whole`: everything was looked at."""

    removed: int = 0  # there was nothing before it
    restored: int = 0  # an earlier value stands again
    covered: int = 0  # overwritten since; what stands there stays
    whole: bool = True


def foresee(connection: Connection, import_id: int) -> Foreseen:
    """What `undo` would do, counted; of a very large import its newest part."""
    removed = restored = covered = 0
    deltas = imports.last_deltas(connection, import_id, most=_FORESEEN)
    for delta in deltas:
        free = np.ones(delta.times.size, np.bool_)
        mine = free.copy()  # times of which no later piece of this import speaks
        for layer in imports.deltas_above(connection, delta):
            among = mine if layer.import_id == import_id else free
            among &= ~np.isin(delta.times, layer.times)
        corrected = [time for _, _, time in imports.corrections_above(connection, delta)]
        free &= ~np.isin(delta.times, np.array(corrected, np.int64))
        covered += int((mine & ~free).sum())
        removed += int((mine & free & delta.absent).sum())
        restored += int((mine & free & ~delta.absent).sum())
    return Foreseen(removed, restored, covered, len(deltas) < _FORESEEN)


def _check(row: ImportRow | None, import_id: int) -> None:
    if row is None:
        raise Refused(f"there is no import {import_id}; `floodwatch imports` lists them")
    if row.state == imports.UNDONE:
        raise Refused(f"import {import_id} has been taken back already, by {row.undone_by}")
    holder = row.report.get("holder", "")
    if row.state == imports.RUNNING and not (holder == this_process() or process_gone(holder)):
        raise Refused(f"import {import_id} is still running; stop it first")


def _take_back(tx: Transaction, deltas: Sequence[Delta], *, now: int) -> None:
    """Take some deltas back, but no more readings than a short transaction bears."""
    spans: dict[int, tuple[int, int]] = {}
    readings = 0
    for delta in deltas:
        _take_one_back(tx, delta, now=now)
        start, end = int(delta.times[0]), int(delta.times[-1])
        known = spans.get(delta.series_id, (start, end))
        spans[delta.series_id] = (min(start, known[0]), max(end, known[1]))
        readings += delta.times.size
        if readings >= _READINGS:
            break
    journal.mark_dirty(tx, spans)
    journal.recompute_latest(tx, spans, now=now)


def _take_one_back(tx: Transaction, delta: Delta, *, now: int) -> None:
    free = _slip_beneath(tx, delta)
    back = delta._replace(
        times=delta.times[free],
        old_values=delta.old_values[free],
        absent=delta.absent[free],
        old_quality=delta.old_quality[free],
    )
    imports.drop_delta(tx, delta.id)
    if back.times.size == 0:
        return
    sealed = journal.sealed_until(tx.connection, [delta.series_id])[delta.series_id]
    border = int(np.searchsorted(back.times, sealed))
    _restore_blocks(tx, back, border)
    _restore_rows(tx, back, border, now=now)


def _slip_beneath(tx: Transaction, delta: Delta) -> Mask:
    """Hand the old values to the next layer above each time; returns the times without one."""
    free = np.ones(delta.times.size, np.bool_)
    above = imports.deltas_above(tx.connection, delta)
    corrections = imports.corrections_above(tx.connection, delta)
    at = 0
    for layer in above:
        while at < len(corrections) and corrections[at][0] < layer.rev:
            _beneath_correction(tx, delta, corrections[at], free)
            at += 1
        _beneath_import(tx, delta, layer, free)
    for correction in corrections[at:]:
        _beneath_correction(tx, delta, correction, free)
    return free


def _beneath_import(tx: Transaction, delta: Delta, layer: Delta, free: Mask) -> None:
    place = np.searchsorted(layer.times, delta.times)
    inside = place < layer.times.size
    hit = free & inside
    hit[inside] &= layer.times[place[inside]] == delta.times[inside]
    if not hit.any():
        return
    values, absent = layer.old_values.copy(), layer.absent.copy()
    quality = layer.old_quality.copy()
    target = place[hit]
    values[target], absent[target] = delta.old_values[hit], delta.absent[hit]
    quality[target] = delta.old_quality[hit]
    imports.replace_delta(tx, layer._replace(old_values=values, absent=absent, old_quality=quality))
    free &= ~hit


def _beneath_correction(
    tx: Transaction, delta: Delta, correction: tuple[int, int, int], free: Mask
) -> None:
    _, number, time = correction
    place = int(np.searchsorted(delta.times, time))
    if place >= delta.times.size or delta.times[place] != time or not free[place]:
        return
    if delta.absent[place]:
        imports.set_corrected(tx, number, None, None)
    else:
        old, quality = float(delta.old_values[place]), int(delta.old_quality[place])
        imports.set_corrected(tx, number, old, quality)
    free[place] = False


def _restore_blocks(tx: Transaction, back: Delta, border: int) -> None:
    if border == 0:
        return
    absent = back.absent[:border]
    old = Series(
        back.times[:border][~absent],
        back.old_values[:border][~absent],
        back.old_quality[:border][~absent],
    )
    archive.replace(tx, back.series_id, old, gone=back.times[:border][absent])


def _restore_rows(tx: Transaction, back: Delta, border: int, *, now: int) -> None:
    absent = back.absent[border:]
    times, values = back.times[border:], back.old_values[border:]
    quality = back.old_quality[border:]
    rows = [
        Row(back.series_id, time, value, flag, now)
        for time, value, flag in zip(
            times[~absent].tolist(),
            values[~absent].tolist(),
            quality[~absent].tolist(),
            strict=True,
        )
    ]
    if rows:
        journal.put(tx, rows)
    if absent.any():
        imports.remove_rows(tx, back.series_id, times[absent].tolist())
