"""What a mirror of the readings has yet to hear of, beside the journal's newest rows.

Rows of the journal are found by their revision. What is put into blocks, moved into them unsent, or
taken away is noted here, as a span of one series whose readings are to be sent as they then are.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, text

from floodwatch.store.clockwork import setting
from floodwatch.store.database import Transaction
from floodwatch.store.tables import archive_change

MIRROR = "influx"  # the setting in which a mirror keeps how far it is


DROPPED = "influx_only"  # the setting: which readings are no longer in blocks


class Dropped(NamedTuple):
    """Readings with first <= time < before (ms) are in the mirror's server alone."""

    before: int
    first: int


class Change(NamedTuple):
    """A span of one series (ms, both included); `gone`: readings were taken away in it."""

    id: int
    rev: int
    series_id: int
    start: int
    end: int
    gone: bool


_FIELDS = [archive_change.c[name] for name in Change._fields]
_UNSENT = text(
    "SELECT MIN(time), MAX(time) FROM reading"
    " WHERE series_id = :number AND time < :border AND rev > :sent"
)


def dropped(connection: Connection) -> Dropped | None:
    """What has been dropped here; None while everything is here."""
    kept = setting(connection, DROPPED)
    return Dropped(**kept) if isinstance(kept, dict) else None


def note(tx: Transaction, series_id: int, start: int, end: int, *, gone: bool = False) -> None:
    """Readings of this span have changed in blocks, or were taken away wherever they were."""
    values = {"rev": tx.rev, "series_id": series_id, "start": start, "end": end, "gone": gone}
    tx.connection.execute(insert(archive_change).values(**values))


def note_unsent(tx: Transaction, series_id: int, border: int) -> None:
    """Before rows older than `border` leave the journal: those a mirror has not had are noted."""
    kept = setting(tx.connection, MIRROR)
    if not isinstance(kept, dict):
        return
    asked = {"number": series_id, "border": border, "sent": kept["position"]}
    first, last = tx.connection.execute(_UNSENT, asked).one()
    if first is not None:
        note(tx, series_id, first, last)


def waiting(connection: Connection, *, most: int) -> list[Change]:
    """The oldest of them."""
    query = select(*_FIELDS).order_by(archive_change.c.id).limit(most)
    return [Change(*row) for row in connection.execute(query)]


def done(tx: Transaction, ids: Iterable[int]) -> None:
    """These have been sent."""
    numbers = list(ids)
    if numbers:
        tx.connection.execute(delete(archive_change).where(archive_change.c.id.in_(numbers)))


def forget(tx: Transaction) -> None:
    """Without a mirror nobody waits for them; one that begins sends everything anyway."""
    if setting(tx.connection, MIRROR) is None:
        tx.connection.execute(delete(archive_change))
