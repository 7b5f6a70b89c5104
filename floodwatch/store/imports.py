"""The ledger of imports, and what each of them overwrote, so that one can be taken back whole.

Every import is a layer of writes: the value of a time is that of the last write not taken back. A
delta keeps, for the times an import changed in one transaction, what stood there before.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, TextClause, delete, func, insert, select, text, update

from floodwatch.hydrology.series import Series
from floodwatch.store import block_codec
from floodwatch.store.database import Transaction
from floodwatch.store.dialect import Dialect
from floodwatch.store.tables import audit, import_delta, imported, quarantine

RUNNING, DONE, CANCELLED, FAILED = "running", "done", "cancelled", "failed"
UNDOING, UNDONE = "undoing", "undone"

_ABSENT = -1  # as an old quality: there was no reading


class ImportRow(NamedTuple):
    """One import: who, when, which files, how it stands, and its accounting."""

    id: int
    who: str
    at: int
    state: str
    names: list[str]
    report: dict[str, Any]
    undone_by: str | None
    undone_at: int | None


class Delta(NamedTuple):
    """What stood at the times an import changed in one transaction; `absent`: nothing."""

    id: int
    import_id: int
    series_id: int
    rev: int
    times: NDArray[np.int64]
    old_values: NDArray[np.float64]
    absent: NDArray[np.bool_]
    old_quality: NDArray[np.int16]


_COLUMNS = [imported.c[name] for name in ImportRow._fields]


def begin(tx: Transaction, *, names: list[str], holder: str, who: str, now: int) -> int:
    """Enter a new import that `holder` (a process) is running; returns its number."""
    row = {"who": who, "at": now, "state": RUNNING, "names": names, "rev": tx.rev}
    statement = insert(imported).values(**row, report={"holder": holder})
    number: int = tx.connection.execute(statement.returning(imported.c.id)).scalar_one()
    _audit(tx, "import", f"import {number}: {', '.join(names)}"[:1000], who=who, now=now)
    return number


def finish(tx: Transaction, import_id: int, *, state: str, report: Mapping[str, Any]) -> None:
    """Say how an import ended."""
    tx.connection.execute(
        update(imported)
        .where(imported.c.id == import_id)
        .values(state=state, report=dict(report), rev=tx.rev)
    )


def get(connection: Connection, import_id: int) -> ImportRow | None:
    """One import."""
    found = connection.execute(select(*_COLUMNS).where(imported.c.id == import_id)).first()
    return _row(found) if found else None


def all_imports(connection: Connection, *, limit: int = 1000) -> list[ImportRow]:
    """The imports, the newest first."""
    statement = select(*_COLUMNS).order_by(imported.c.id.desc()).limit(limit)
    return [_row(found) for found in connection.execute(statement)]


def _row(found: Row[Any]) -> ImportRow:
    return ImportRow._make(found)


class NewDelta(NamedTuple):
    """A delta to be written: the times an import changes in one series, encoded."""

    series_id: int
    span: tuple[int, int]
    data: bytes

    @classmethod
    def of(
        cls,
        series_id: int,
        times: NDArray[np.int64],
        *,
        old_values: NDArray[np.float64],
        absent: NDArray[np.bool_],
        old_quality: NDArray[np.int16],
    ) -> "NewDelta":
        """Encode what stood at `times` (rising, at least one), outside any transaction."""
        data = _encoded(times, old_values, absent, old_quality)
        return cls(series_id, (int(times[0]), int(times[-1])), data)


def record_deltas(tx: Transaction, import_id: int, deltas: Iterable[NewDelta]) -> None:
    """Keep what stood there before an import, in the transaction in which it writes."""
    rows = [
        {
            "import_id": import_id,
            "series_id": delta.series_id,
            "start": delta.span[0],
            "end": delta.span[1],
            "rev": tx.rev,
            "data": delta.data,
        }
        for delta in deltas
    ]
    if rows:
        tx.connection.execute(insert(import_delta), rows)


def record_delta(
    tx: Transaction,
    import_id: int,
    series_id: int,
    *,
    times: NDArray[np.int64],
    old_values: NDArray[np.float64],
    absent: NDArray[np.bool_],
    old_quality: NDArray[np.int16],
) -> None:
    """Keep what stood at `times` (rising) before the import wrote there."""
    if times.size:
        delta = NewDelta.of(
            series_id, times, old_values=old_values, absent=absent, old_quality=old_quality
        )
        record_deltas(tx, import_id, [delta])


Overwritten = tuple[int, int, int, tuple[float, int] | None]


def record_overwritten(tx: Transaction, rows: Iterable[Overwritten]) -> None:
    """Keep (import, series, time, old value and quality or None) of single readings.

    Of several for one time only the first counts: what stood there before the transaction.
    """
    books: dict[tuple[int, int], dict[int, tuple[float, int] | None]] = {}
    for import_id, series_id, time, old in rows:
        books.setdefault((import_id, series_id), {}).setdefault(time, old)
    for (import_id, series_id), book in books.items():
        ordered = sorted(book.items())
        record_delta(
            tx,
            import_id,
            series_id,
            times=np.array([time for time, _ in ordered], np.int64),
            old_values=np.array([old[0] if old else 0.0 for _, old in ordered], np.float64),
            absent=np.array([old is None for _, old in ordered], np.bool_),
            old_quality=np.array([old[1] if old else 0 for _, old in ordered], np.int16),
        )


def last_deltas(connection: Connection, import_id: int, *, most: int) -> list[Delta]:
    """The newest deltas of an import, the newest first: in this order they are taken back."""
    statement = (
        select(import_delta)
        .where(import_delta.c.import_id == import_id)
        .order_by(import_delta.c.rev.desc(), import_delta.c.id.desc())
        .limit(most)
    )
    return [_decoded(found) for found in connection.execute(statement).mappings()]


def deltas_above(connection: Connection, below: Delta) -> list[Delta]:
    """Later deltas of the same series over the same stretch of time, the earliest first."""
    column = import_delta.c
    later = (column.rev > below.rev) | ((column.rev == below.rev) & (column.id > below.id))
    statement = (
        select(import_delta)
        .where(column.series_id == below.series_id, later)
        .where(column.start <= int(below.times[-1]), column.end >= int(below.times[0]))
        .order_by(column.rev, column.id)
    )
    return [_decoded(found) for found in connection.execute(statement).mappings()]


def replace_delta(tx: Transaction, delta: Delta) -> None:
    """Write a delta anew whose old values have changed."""
    data = _encoded(delta.times, delta.old_values, delta.absent, delta.old_quality)
    tx.connection.execute(
        update(import_delta).where(import_delta.c.id == delta.id).values(data=data)
    )


def drop_delta(tx: Transaction, delta_id: int) -> None:
    """A delta whose layer has been taken back."""
    tx.connection.execute(delete(import_delta).where(import_delta.c.id == delta_id))


def count_deltas(connection: Connection, import_id: int) -> int:
    """How many deltas are still to be taken back."""
    statement = select(func.count()).where(import_delta.c.import_id == import_id)
    return connection.execute(statement.select_from(import_delta)).scalar_one()


def mark_undoing(tx: Transaction, import_id: int) -> None:
    """From now on the import is being taken back; what was cut off is taken up again."""
    tx.connection.execute(
        update(imported).where(imported.c.id == import_id).values(state=UNDOING, rev=tx.rev)
    )


def mark_undone(tx: Transaction, import_id: int, *, who: str, now: int) -> None:
    """Nothing of the import is left: its quarantined readings are discarded too."""
    tx.connection.execute(
        update(quarantine)
        .where(quarantine.c.import_id == import_id, quarantine.c.state == "held")
        .values(state="discarded", decided_by=who, decided_at=now, rev=tx.rev)
    )
    tx.connection.execute(
        update(imported)
        .where(imported.c.id == import_id)
        .values(state=UNDONE, undone_by=who, undone_at=now, rev=tx.rev)
    )
    _audit(tx, "undo", f"import {import_id} taken back", who=who, now=now)


def hold_again(tx: Transaction, import_id: int, pairs: Iterable[tuple[int, int]]) -> None:
    """Readings quarantined once and discarded since are held again, for this import."""
    wanted = tx.dialect.rows("pairs", {"series_id": "integer", "time": "integer"})
    tx.connection.execute(
        text(
            "UPDATE quarantine SET state = 'held', decided_by = NULL, decided_at = NULL,"
            f" import_id = :number, rev = :rev FROM {wanted} AS p WHERE quarantine.state ="
            " 'discarded' AND quarantine.series_id = p.series_id AND quarantine.time = p.time"
        ),
        {"pairs": tx.dialect.records(pairs), "number": import_id, "rev": tx.rev},
    )


def corrections_above(connection: Connection, below: Delta) -> list[tuple[int, int, int]]:
    """Later live corrections over the same stretch: (rev, id, time), the earliest first."""
    rows = connection.execute(
        text(
            "SELECT rev, id, time FROM correction WHERE series_id = :series AND import_id IS NULL"
            " AND time >= :first AND time <= :last AND rev > :rev ORDER BY rev, id"
        ),
        {
            "series": below.series_id,
            "first": int(below.times[0]),
            "last": int(below.times[-1]),
            "rev": below.rev,
        },
    )
    return [(row[0], row[1], row[2]) for row in rows]


def claimed(tx: Transaction, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Which of these (series, time) an import may have brought, with no live value since."""
    if not pairs:
        return []
    rows = tx.dialect.ask(tx.connection, _claimed(tx.dialect), {"pairs": tx.dialect.records(pairs)})
    return sorted({(row[0], row[1]) for row in rows})


@cache
def _claimed(dialect: Dialect) -> TextClause:
    wanted = dialect.rows("pairs", {"series_id": "integer", "time": "integer"})
    return text(
        f"SELECT p.series_id, p.time FROM {wanted} AS p JOIN import_delta AS d"
        ' ON d.series_id = p.series_id AND d.start <= p.time AND d."end" >= p.time'
        " WHERE NOT EXISTS (SELECT 1 FROM correction AS c WHERE c.series_id = p.series_id"
        " AND c.time = p.time AND c.import_id IS NULL AND c.rev > d.rev)"
    )


def set_corrected(
    tx: Transaction, correction_id: int, value: float | None, quality: int | None
) -> None:
    """What a live correction overwrote, once the import beneath it is gone; None: nothing."""
    tx.connection.execute(
        text("UPDATE correction SET old_value = :value, old_quality = :quality WHERE id = :id"),
        {"id": correction_id, "value": value, "quality": quality},
    )


def remove_rows(tx: Transaction, series_id: int, times: list[int]) -> None:
    """Take readings out of the journal's rows."""
    tx.connection.execute(
        text(
            f"DELETE FROM reading WHERE series_id = :id AND time IN {tx.dialect.integers('times')}"
        ),
        {"id": series_id, "times": tx.dialect.array(times)},
    )


def _audit(tx: Transaction, action: str, what: str, *, who: str, now: int) -> None:
    tx.connection.execute(insert(audit), {"at": now, "who": who, "action": action, "what": what})


def _encoded(
    times: NDArray[np.int64],
    old_values: NDArray[np.float64],
    absent: NDArray[np.bool_],
    old_quality: NDArray[np.int16],
) -> bytes:
    values = np.where(absent, 0.0, old_values)
    quality = np.where(absent, _ABSENT, old_quality).astype(np.int16)
    return block_codec.encode(Series(times, values, quality))


def _decoded(found: Mapping[Any, Any]) -> Delta:
    old = block_codec.decode(found["data"])
    return Delta(
        found["id"],
        found["import_id"],
        found["series_id"],
        found["rev"],
        old.times,
        old.values,
        old.quality == _ABSENT,
        old.quality,
    )
