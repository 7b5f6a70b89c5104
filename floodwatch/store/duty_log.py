"""The duty log (值班日志): what people write down, and beside it what the service has noted."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select

from floodwatch.model.errors import Refused
from floodwatch.store.database import Transaction
from floodwatch.store.tables import alert, alert_event, log_entry

KINDS = ("note", "call", "order", "handover")  # what people write; the rest comes by itself
# Of the timeline; ticks and mutes of stations have lines of their own.
_SHOWN = (
    *("fired", "worsened", "eased", "resolved", "acked", "answered", "call", "escalated"),
    *("muted", "unmuted", "assigned", "comment"),
)
LONGEST = 4000


class Line(NamedTuple):
    """One line. Of the service's own, `alert` has the alert's row and `facts` the event's."""

    at: int  # service ms
    kind: str
    who: str
    text: str
    alert_id: int | None = None
    severity: int | None = None
    written: bool = True  # by a person, or on a person's act; else seen by the service
    facts: Mapping[str, Any] = {}
    alert: Mapping[str, Any] = {}


def write(
    tx: Transaction,
    text: str,
    *,
    who: str,
    now: int,
    kind: str = "note",
    alert_id: int | None = None,
) -> int:
    """Write an entry; its number. What stands in the log is never changed."""
    text = text.strip()
    if not text:
        raise Refused("an entry of the log needs words, 请填写内容")
    if len(text) > LONGEST:
        raise Refused(f"an entry of the log has at most {LONGEST} characters; write a second one")
    row = {"at": now, "who": who, "kind": kind, "text": text, "alert_id": alert_id, "rev": tx.rev}
    return int(
        tx.connection.execute(insert(log_entry).values(row).returning(log_entry.c.id)).scalar_one()
    )


def lines(connection: Connection, *, start: int, end: int, most: int = 2000) -> list[Line]:
    """Everything from `start` until before `end` (service ms), oldest first."""
    return sorted(
        [*_entries(connection, start, end, most), *_noted(connection, start, end, most)],
        key=lambda line: line.at,
    )


def _entries(connection: Connection, start: int, end: int, most: int) -> list[Line]:
    e = log_entry.c
    query = select(e.at, e.kind, e.who, e.text, e.alert_id).where(e.at >= start, e.at < end)
    return [Line(*row) for row in connection.execute(query.order_by(e.id).limit(most))]


def _noted(connection: Connection, start: int, end: int, most: int) -> list[Line]:
    e = alert_event.c
    query = (
        select(alert_event, *(alert.c[name].label(f"of_{name}") for name in _OF_ALERT))
        .join(alert, alert.c.id == e.alert_id)
        .where(e.at >= start, e.at < end, e.kind.in_(_SHOWN))
        .order_by(e.id)
        .limit(most)
    )
    return [
        Line(
            row["at"],
            row["kind"],
            row["who"] or "",
            row["text"],
            row["alert_id"],
            row["severity"],
            False,
            dict(row["facts"] or {}) | {"value": row["value"], "previous": row["previous"]},
            {name: row[f"of_{name}"] for name in _OF_ALERT},
        )
        for row in connection.execute(query).mappings()
    ]


_OF_ALERT = (
    *("station", "gauge", "variable", "type", "direction", "label", "band", "value"),
    *("limit_value", "facts", "origin"),
)
