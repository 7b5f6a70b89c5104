"""Messages that came in, and what they were taken for."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select

from floodwatch.store.database import Transaction
from floodwatch.store.tables import incoming as _incoming

ANSWERED = "answered"
NOTHING_OPEN = "nothing_open"
UNKNOWN_NUMBER = "unknown_number"
NOT_UNDERSTOOD = "not_understood"
LONGEST = 2_000


class Taken(NamedTuple):
    """A message and its outcome. `at` service ms."""

    channel: str
    provider_id: str
    address: str
    at: int
    text: str
    person: str | None
    outcome: str
    alerts: Sequence[int]


def known(connection: Connection, channel: str, provider_ids: Collection[str]) -> set[str]:
    """Those of these messages that were taken before."""
    query = select(_incoming.c.provider_id).where(
        _incoming.c.channel == channel, _incoming.c.provider_id.in_(list(provider_ids))
    )
    return set(connection.execute(query).scalars())


def keep(tx: Transaction, taken: Taken) -> None:
    """Write one down."""
    text = taken.text.replace("\x00", "").encode("utf-8", "replace").decode()[:LONGEST]
    row = taken._asdict() | {"alerts": list(taken.alerts), "text": text, "rev": tx.rev}
    tx.connection.execute(insert(_incoming), row | {"address": taken.address[:320]})


def newest(connection: Connection, *, limit: int = 200) -> list[dict[str, Any]]:
    """The newest messages, newest first."""
    query = select(_incoming).order_by(_incoming.c.id.desc()).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def unclear(connection: Connection, *, since: int) -> int:
    """How many messages since then nobody could make an answer of."""
    query = (
        select(func.count())
        .select_from(_incoming)
        .where(_incoming.c.at >= since, _incoming.c.outcome.in_([UNKNOWN_NUMBER, NOT_UNDERSTOOD]))
    )
    return int(connection.execute(query).scalar_one())
