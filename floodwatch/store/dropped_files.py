"""What drop folders have taken, by name and digest: the same file twice is recognised."""

from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from floodwatch.store.database import Transaction
from floodwatch.store.source_tables import dropped_file as table

TAKING, DONE, REFUSED = "taking", "done", "refused"
LONGEST_REASON = 2000


class Taken(NamedTuple):
    """One file as it was taken."""

    id: int
    folder: str
    name: str
    size: int
    digest: str
    at: int  # service ms
    state: str
    import_id: int | None
    reason: str | None


_COLUMNS = [table.c[name] for name in Taken._fields]


def known(connection: Connection, folder: str, name: str, digest: str) -> Taken | None:
    """What became of these bytes: under this name, else done under another one."""
    c = table.c
    statement = select(*_COLUMNS).where(c.folder == folder, c.digest == digest)
    rows = [Taken._make(row) for row in connection.execute(statement.order_by(c.id.desc()))]
    mine = next((row for row in rows if row.name == name), None)
    if mine is not None and mine.state == DONE:
        return mine
    return next((row for row in rows if row.state == DONE), mine)


def begin(tx: Transaction, folder: str, name: str, *, size: int, digest: str, now: int) -> int:
    """A file is being taken; the same again when that was cut off. Returns its number."""
    c = table.c
    same = (c.folder == folder) & (c.name == name) & (c.digest == digest)
    number = tx.connection.execute(select(c.id).where(same)).scalar()
    state = {"state": TAKING, "at": now, "import_id": None, "reason": None, "rev": tx.rev}
    if number is not None:
        tx.connection.execute(update(table).where(c.id == number).values(**state))
        return int(number)
    row = {"folder": folder, "name": name, "size": size, "digest": digest, **state}
    return int(tx.connection.execute(insert(table).values(**row).returning(c.id)).scalar_one())


def end(
    tx: Transaction, number: int, *, state: str, import_id: int | None, reason: str = ""
) -> None:
    """What became of a file."""
    tx.connection.execute(
        update(table)
        .where(table.c.id == number)
        .values(
            state=state, import_id=import_id, reason=reason[:LONGEST_REASON] or None, rev=tx.rev
        )
    )


def newest(connection: Connection, *, limit: int = 100) -> list[Taken]:
    """The files taken last."""
    statement = select(*_COLUMNS).order_by(table.c.id.desc()).limit(limit)
    return [Taken._make(row) for row in connection.execute(statement)]
