"""Pictures that stations took; the newest one is what an officer looks at first."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from floodwatch.model import telemetry
from floodwatch.store.database import Database, Transaction
from floodwatch.store.source_tables import picture

AT_ONCE = 50
_ROW = (picture.c.id, picture.c.station, picture.c.time, picture.c.received, picture.c.mime)


class Picture(NamedTuple):
    """One picture without its data."""

    id: int
    station: str
    time: int
    received: int
    mime: str
    whole: bool


def keep(tx: Transaction, pictures: Iterable[telemetry.Picture]) -> None:
    """Keep these; one that is whole takes the place of its own remains."""
    for each in pictures:
        same = (picture.c.station == each.station, picture.c.time == each.time)
        known = tx.connection.execute(
            select(picture.c.id, picture.c.whole, picture.c.data).where(*same)
        ).all()
        if any(row.whole for row in known) and not each.whole:
            continue
        if any(row.data == each.data and row.whole == each.whole for row in known):
            continue
        values = {
            "received": each.received,
            "mime": each.mime,
            "whole": each.whole,
            "data": each.data,
            "rev": tx.rev,
        }
        if remains := [row.id for row in known if not row.whole]:
            tx.connection.execute(update(picture).where(picture.c.id == remains[0]).values(values))
        else:
            fresh = values | {"station": each.station, "time": each.time}
            tx.connection.execute(insert(picture), [fresh])


def newest(connection: Connection, station: str) -> Picture | None:
    """The newest of a station by its own time; of two the later one."""
    query = (
        select(*_ROW, picture.c.whole)
        .where(picture.c.station == station)
        .order_by(picture.c.time.desc(), picture.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Picture(*row)


def data(connection: Connection, picture_id: int) -> tuple[str, bytes] | None:
    """(mime type, bytes) of one."""
    query = select(picture.c.mime, picture.c.data).where(picture.c.id == picture_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else (str(row.mime), bytes(row.data))


def forget(database: Database, *, before: int, epoch: int | None = None) -> int:
    """Delete what came before then; how many. The newest of each station stays."""
    kept = picture.alias()
    newer = select(kept.c.id).where(
        kept.c.station == picture.c.station, kept.c.time > picture.c.time
    )
    old = select(picture.c.id).where(picture.c.received < before, newer.exists()).limit(AT_ONCE)
    gone = 0
    while True:
        with database.write(epoch=epoch, yielding=True) as tx:
            done = tx.connection.execute(delete(picture).where(picture.c.id.in_(old))).rowcount
        gone += done
        if done < AT_ONCE:
            return gone
