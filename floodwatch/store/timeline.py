"""The timeline of an alert: every transition, answer, call and note, in order."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause, insert, select, text

from floodwatch.store.database import Transaction
from floodwatch.store.dialect import Dialect, dialect_of
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
    dialect = dialect_of(connection.dialect.name)
    rows = dialect.ask(connection, _last_seq(dialect), {"ids": dialect.array(ids)})
    return {row[0]: row[1] for row in rows}


@cache
def _last_seq(dialect: Dialect) -> TextClause:
    return text(
        f"SELECT alert_id, MAX(seq) FROM alert_event WHERE alert_id IN {dialect.integers('ids')}"
        " GROUP BY alert_id"
    )


def append(tx: Transaction, entries: Sequence[Entry]) -> None:
    """Write entries after those that are there."""
    if not entries:
        return
    seqs = last_seq(tx.connection, {entry.alert_id for entry in entries})
    rows = []
    for entry in entries:
        seqs[entry.alert_id] = seqs.get(entry.alert_id, 0) + 1
        facts = dict(entry.facts)
        rows.append(entry._asdict() | {"facts": facts, "seq": seqs[entry.alert_id], "rev": tx.rev})
    tx.connection.execute(insert(alert_event), rows)


def events(connection: Connection, alert_id: int) -> list[dict[str, Any]]:
    """The timeline of one alert, oldest first."""
    query = select(alert_event).where(alert_event.c.alert_id == alert_id)
    return [dict(row) for row in connection.execute(query.order_by(alert_event.c.seq)).mappings()]
