"""Raw telemetry frames: kept for a while, so that everybody can see what a station really sent."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from floodwatch.model.telemetry import Fate, Trace
from floodwatch.store.database import Database, Transaction
from floodwatch.store.source_tables import frame

AT_ONCE = 2000  # rows a transaction of the retention deletes
LONGEST = 65_536  # bytes of one frame, or of the packets that are one


class Frame(NamedTuple):
    """One row: a raw frame, and how many values of it were stored."""

    id: int
    address: str
    station: str | None
    peer: str
    received: int
    function: int
    serial: int
    sent: str
    outcome: str
    readings: int
    problems: list[str]
    raw: bytes


def keep(
    tx: Transaction, traces: Iterable[Trace], *, readings: int = 0, refused: Sequence[str] = ()
) -> None:
    """Keep these; `readings` values were stored, and `refused` is why others were not."""
    rows = [_row(trace, readings, refused) for trace in traces]
    if rows:
        tx.connection.execute(insert(frame), rows)


def _row(trace: Trace, readings: int, refused: Sequence[str]) -> dict[str, Any]:
    return {
        "address": trace.address[:16],
        "station": trace.station,
        "peer": trace.peer[:64],
        "received": trace.received,
        "function": trace.function,
        "serial": trace.serial,
        "sent": trace.sent[:12],
        "outcome": trace.fate.value,
        "readings": readings,
        "problems": [*trace.problems, *refused],
        "raw": trace.raw[:LONGEST],
    }


def listed(
    connection: Connection,
    *,
    station: str = "",
    address: str = "",
    outcome: str = "",
    before: int | None = None,
    limit: int = 100,
) -> list[Frame]:
    """The last ones, newest first; `before` is the id to go on from."""
    query = select(frame).order_by(frame.c.id.desc()).limit(limit)
    for column, wanted in (("station", station), ("address", address), ("outcome", outcome)):
        if wanted:
            query = query.where(frame.c[column] == wanted)
    if before is not None:
        query = query.where(frame.c.id < before)
    return [Frame(*row) for row in connection.execute(query)]


def newest(connection: Connection, station: str) -> Frame | None:
    """The last one of a station."""
    found = listed(connection, station=station, limit=1)
    return found[0] if found else None


def one(connection: Connection, frame_id: int) -> Frame | None:
    """One of them."""
    row = connection.execute(select(frame).where(frame.c.id == frame_id)).one_or_none()
    return None if row is None else Frame(*row)


def since(connection: Connection, received: int, *, limit: int) -> list[Frame]:
    """Those answered since then, oldest first: what a station may send again after a restart."""
    answered = (Fate.TAKEN.value, Fate.TEST.value)
    query = (
        select(frame)
        .where(frame.c.received >= received, frame.c.outcome.in_(answered))
        .order_by(frame.c.received.desc())
        .limit(limit)
    )
    return [Frame(*row) for row in connection.execute(query)][::-1]


def count(connection: Connection) -> int:
    """How many there are."""
    return int(connection.execute(select(func.count()).select_from(frame)).scalar_one())


def forget(database: Database, *, before: int, epoch: int | None = None) -> int:
    """Delete what came before then, a few rows a transaction; how many."""
    oldest = select(frame.c.id).where(frame.c.received < before).order_by(frame.c.received)
    gone = 0
    while True:
        with database.write(epoch=epoch, yielding=True) as tx:
            done = tx.connection.execute(
                delete(frame).where(frame.c.id.in_(oldest.limit(AT_ONCE)))
            ).rowcount
        gone += done
        if done < AT_ONCE:
            return gone
