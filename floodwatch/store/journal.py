"""The journal: recent readings as rows, and the books beside them. Each call is set-based."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, TextClause, text

from floodwatch.hydrology.series import Series, empty
from floodwatch.model.clock import DAY
from floodwatch.store import archive
from floodwatch.store.database import Transaction
from floodwatch.store.dialect import Dialect, dialect_of
from floodwatch.store.latest import LatestRow, heard, latest, recompute_latest, set_latest
from floodwatch.store.series_map import JOURNAL_SPAN, SeriesMap
from floodwatch.store.tables import correction, dirty, reading
from floodwatch.store.tables import quarantine as quarantine_table

__all__ = [
    "JOURNAL_SPAN",
    "Correction",
    "LatestRow",
    "Quarantined",
    "Row",
    "SeriesMap",
    "correct",
    "heard",
    "latest",
    "mark_dirty",
    "put",
    "quarantine",
    "recompute_latest",
    "set_latest",
    "stored",
    "windows",
]

_APART = 30 * DAY  # readings further apart than this are not looked up in one stretch of blocks


class Row(NamedTuple):
    """One reading of a series by its id; times ms UTC, the value in the canonical unit."""

    series_id: int
    time: int
    value: float
    quality: int
    received: int


class Quarantined(NamedTuple):
    """A reading kept apart until a person decides."""

    series_id: int
    time: int
    value: float
    received: int
    reason: str  # clock | misdated
    source: str
    import_id: int | None = None


class Correction(NamedTuple):
    """What a reading was before another value came for the same time."""

    series_id: int
    time: int
    old_value: float | None
    old_quality: int | None
    new_value: float
    at: int
    source: str
    import_id: int | None = None


def stored(
    source: Transaction | Connection, pairs: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], tuple[float, int]]:
    """(series id, time) -> (value, quality) of those that are stored, in rows or in blocks."""
    if not pairs:
        return {}
    connection = _connection(source)
    dialect = dialect_of(connection.dialect.name)
    rows = dialect.ask(connection, _stored(dialect), {"pairs": dialect.records(pairs)})
    found = {(row[0], row[1]): (row[2], row[3]) for row in rows}
    sealed = sealed_until(source, {series_id for series_id, _ in pairs})
    older: dict[int, list[int]] = {}
    for series_id, time in pairs:
        if time < sealed.get(series_id, time):
            older.setdefault(series_id, []).append(time)
    for series_id, times in older.items():
        found |= _stored_in_blocks(connection, series_id, times)
    return found


def put(tx: Transaction, rows: Sequence[Row]) -> None:
    """Store readings, the last write of a time wins; those before `sealed_until` into blocks."""
    sealed = sealed_until(tx, {row.series_id for row in rows})
    recent = [
        (row.series_id, row.time, row.value, row.quality, row.received, tx.rev)
        for row in rows
        if row.time >= sealed[row.series_id]
    ]
    tx.dialect.upsert(tx.connection, reading, recent)
    older: dict[int, dict[int, Row]] = {}
    for row in rows:
        if row.time < sealed[row.series_id]:
            older.setdefault(row.series_id, {})[row.time] = row
    for series_id, by_time in older.items():
        _merge(tx, series_id, [by_time[time] for time in sorted(by_time)])


def sealed_until(source: Transaction | Connection, ids: Iterable[int]) -> dict[int, int]:
    """From when on each series is journal rows (ms UTC); before it is in blocks.

    It moves in transactions of the compaction alone, so that another asks once a series.
    """
    known = source.sealed if isinstance(source, Transaction) else {}
    wanted = set(ids)
    if missing := wanted - known.keys():
        connection = _connection(source)
        dialect = dialect_of(connection.dialect.name)
        rows = dialect.ask(connection, _sealed(dialect), {"ids": dialect.array(missing)})
        known.update((row[0], row[1]) for row in rows)
    return {number: known[number] for number in wanted if number in known}


def windows(
    source: Transaction | Connection, spans: Mapping[int, tuple[int, int]]
) -> dict[int, Series]:
    """The readings with start < time <= end of each series (one span each), flagged ones too."""
    if not spans:
        return {}
    connection = _connection(source)
    found = dict.fromkeys(spans, empty()) | _from_rows(connection, spans)
    sealed = sealed_until(source, spans)
    for series_id, (start, end) in spans.items():
        border = sealed.get(series_id, start)
        if start < border:
            older = archive.read(connection, series_id, start + 1, min(end, border))
            found[series_id] = _joined(older, found[series_id])
    return found


def mark_dirty(tx: Transaction, spans: Mapping[int, tuple[int, int]]) -> None:
    """Note that days between these times (ms, both included) must be summed up again.

    A note that touches one already there widens it, so that live readings do not pile up notes.
    """
    if not spans:
        return
    values = {"spans": tx.dialect.records((key, *span) for key, span in spans.items()), "day": DAY}
    done = {row[0] for row in tx.dialect.ask(tx.connection, _widen(tx.dialect), values)}
    fresh = [
        {"series_id": key, "start": start, "end": end}
        for key, (start, end) in spans.items()
        if key not in done
    ]
    if fresh:
        tx.connection.execute(dirty.insert(), fresh)


def quarantine(tx: Transaction, rows: Sequence[Quarantined]) -> None:
    """Keep readings apart until a person decides; the same one again changes nothing."""
    columns = (*Quarantined._fields, "state", "rev")
    tx.dialect.upsert(
        tx.connection,
        quarantine_table,
        [(*row, "held", tx.rev) for row in rows],
        columns=columns,
        key=("series_id", "time", "value"),
        update=(),
    )


def correct(tx: Transaction, rows: Sequence[Correction]) -> None:
    """Record what stood where another value was put."""
    if rows:
        tx.connection.execute(
            correction.insert(), [{**row._asdict(), "rev": tx.rev} for row in rows]
        )


# -- statements: made once for each database -----------------------------------------------------

_SPAN = {"series_id": "integer", "start": "integer", "end": "integer"}


@cache
def _stored(dialect: Dialect) -> TextClause:
    pairs = dialect.rows("pairs", {"series_id": "integer", "time": "integer"})
    return _looked_up(dialect, pairs, "r.time = w.time")


@cache
def _windows(dialect: Dialect) -> TextClause:
    return _looked_up(
        dialect, dialect.rows("spans", _SPAN), 'r.time > w.start AND r.time <= w."end"'
    )


def _looked_up(dialect: Dialect, wanted: str, condition: str) -> TextClause:
    # By the primary key for each row wanted, whatever the planner thinks of a table that it may not
    # know yet: SQLite keeps to the order of a CROSS JOIN, and PostgreSQL cannot take a subselect
    # with an order apart.
    found = f"reading AS r WHERE r.series_id = w.series_id AND {condition}"
    if dialect.name == "postgresql":
        found = f"LATERAL (SELECT * FROM {found} ORDER BY r.time) AS r"
    return text(
        f"SELECT r.series_id, r.time, r.value, r.quality FROM {wanted} AS w CROSS JOIN {found}"
    )


@cache
def _sealed(dialect: Dialect) -> TextClause:
    return text(f"SELECT id, sealed_until FROM series WHERE id IN {dialect.integers('ids')}")


@cache
def _widen(dialect: Dialect) -> TextClause:
    return text(
        "UPDATE dirty SET"
        " start = CASE WHEN n.start < dirty.start THEN n.start ELSE dirty.start END,"
        ' "end" = CASE WHEN n."end" > dirty."end" THEN n."end" ELSE dirty."end" END'
        f" FROM {dialect.rows('spans', _SPAN)} AS n WHERE dirty.series_id = n.series_id"
        ' AND dirty.start <= n."end" + :day AND dirty."end" >= n.start - :day'
        " RETURNING dirty.series_id"
    )


# -- steps ---------------------------------------------------------------------------------------


def _connection(source: Transaction | Connection) -> Connection:
    return source.connection if isinstance(source, Transaction) else source


def _from_rows(connection: Connection, spans: Mapping[int, tuple[int, int]]) -> dict[int, Series]:
    dialect = dialect_of(connection.dialect.name)
    asked = {"spans": dialect.records((key, *spans[key]) for key in sorted(spans))}
    found = dialect.ask(connection, _windows(dialect), asked)
    if not found:
        return {}
    columns = zip(*found, strict=True)
    table = [np.array(column, kind) for column, kind in zip(columns, _KINDS, strict=True)]
    if not _in_order(*table[:2]):
        order = np.lexsort((table[1], table[0]))
        table = [column[order] for column in table]
    number = table[0]
    borders = [0, *(np.flatnonzero(number[1:] != number[:-1]) + 1).tolist(), number.size]
    return {
        int(number[low]): Series(*(column[low:high] for column in table[1:]))
        for low, high in pairwise(borders)
    }


_KINDS = (np.int64, np.int64, np.float64, np.int16)


def _in_order(number: NDArray[Any], time: NDArray[Any]) -> bool:
    """Whether the rows stand by rising series and time, as asked for and as the primary key is."""
    rises = (number[1:] == number[:-1]) & (time[1:] > time[:-1])
    return bool((rises | (number[1:] > number[:-1])).all())


def _stored_in_blocks(
    connection: Connection, series_id: int, times: list[int]
) -> dict[tuple[int, int], tuple[float, int]]:
    wanted = np.unique(np.array(times, np.int64))
    found: dict[tuple[int, int], tuple[float, int]] = {}
    for stretch in np.split(wanted, np.flatnonzero(np.diff(wanted) > _APART) + 1):
        there = archive.read(connection, series_id, int(stretch[0]), int(stretch[-1]))
        hits = np.isin(there.times, stretch)
        columns = (there.times[hits], there.values[hits], there.quality[hits])
        for time, value, flag in zip(*(column.tolist() for column in columns), strict=True):
            found[series_id, time] = (value, flag)
    return found


def _merge(tx: Transaction, series_id: int, rows: list[Row]) -> None:
    archive.merge(
        tx,
        series_id,
        Series(
            np.array([row.time for row in rows], np.int64),
            np.array([row.value for row in rows], np.float64),
            np.array([row.quality for row in rows], np.int16),
        ),
    )


def _joined(older: Series, newer: Series) -> Series:
    if not newer.size:
        return older
    return Series(
        np.concatenate((older.times, newer.times)),
        np.concatenate((older.values, newer.values)),
        np.concatenate((older.quality, newer.quality)),
    )
