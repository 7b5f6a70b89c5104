"""The timeline of an alert: every transition, answer, call and note, in order."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select

from floodwatch.store.among import among
from floodwatch.store.database import Transaction
from floodwatch.store.tables import alert_event


class Entry(NamedTuple):
    """One entry to be appended. `kind`: acked | answered | call | note | corrected | escalated."""

    alert_id: int
    at: int  # service ms
    kind: str
    text: str = ""
    who: str | None = None
    severity: int | None = None
    facts: Mapping[str, Any] = {}


def last_seq(connection: Connection, alert_ids: Iterable[int]) -> dict[int, int]:
    """The number of the newest entry of each of these alerts; one without entries is absent."""
    ids = list(alert_ids)
    if not ids:
        return {}
    query = (
        select(alert_event.c.alert_id, func.max(alert_event.c.seq))
        .where(among(connection, alert_event.c.alert_id, ids))
        .group_by(alert_event.c.alert_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def append(tx: Transaction, entries: Sequence[Entry]) -> None:
    """Write entries after those that are there."""
    seqs = last_seq(tx.connection, {entry.alert_id for entry in entries})
    rows = []
    for entry in entries:
        seqs[entry.alert_id] = seqs.get(entry.alert_id, 0) + 1
        facts = dict(entry.facts)
        rows.append(entry._asdict() | {"facts": facts, "seq": seqs[entry.alert_id], "rev": tx.rev})
    if rows:
        tx.connection.execute(insert(alert_event), rows)


def events(connection: Connection, alert_id: int) -> list[dict[str, Any]]:
    """The timeline of one alert, oldest first."""
    query = select(alert_event).where(alert_event.c.alert_id == alert_id)
    return [dict(row) for row in connection.execute(query.order_by(alert_event.c.seq)).mappings()]
