"""What was sent to whom, with every attempt; and what the demonstration's phones received."""

from typing import Any

from sqlalchemy import Connection, func, or_, select

from floodwatch.model.notification import OutboxState
from floodwatch.store import tables as t
from floodwatch.store.among import among

CANARY = "canary"  # the kind of what goes to nobody: the service tries its own ways


def messages(connection: Connection, alert_id: int) -> list[dict[str, Any]]:
    """The outbox rows of one alert, newest first, each with its attempts under "attempts"."""
    rows = connection.execute(
        select(t.outbox).where(t.outbox.c.alert_id == alert_id).order_by(t.outbox.c.id.desc())
    )
    found = [dict(row._mapping) | {"attempts": []} for row in rows]
    by_id = {row["id"]: row for row in found}
    of_these = among(connection, t.attempt.c.outbox_id, by_id)
    tries = connection.execute(select(t.attempt).where(of_these).order_by(t.attempt.c.id))
    for each in tries:
        by_id[each.outbox_id]["attempts"].append(dict(each._mapping))
    return found


def on_the_way(connection: Connection, *, now: int) -> bool:
    """Whether anything is being sent, or should be by `now` (service ms)."""
    query = select(t.outbox.c.id).where(
        or_(t.outbox.c.state == OutboxState.LEASED, t.outbox.c.next_at <= now)
    )
    return connection.execute(query.limit(1)).first() is not None


def waiting(connection: Connection) -> dict[str, int]:
    """How many messages stand in each state that is not final."""
    rows = connection.execute(
        select(t.outbox.c.state)
        .where(t.outbox.c.next_at.is_not(None), t.outbox.c.kind != CANARY)
        .limit(10_000)
    ).scalars()
    counts: dict[str, int] = {}
    for state in rows:
        counts[state] = counts.get(state, 0) + 1
    return counts


def last_accepted(connection: Connection, *, among: int = 5_000) -> dict[str, int]:
    """When each channel last accepted a message (service ms), among the newest messages."""
    newest = (
        select(t.outbox.c.channel, t.outbox.c.accepted_at)
        .order_by(t.outbox.c.id.desc())
        .limit(among)
        .subquery()
    )
    rows = connection.execute(
        select(newest.c.channel, func.max(newest.c.accepted_at))
        .where(newest.c.accepted_at.is_not(None))
        .group_by(newest.c.channel)
        .order_by(newest.c.channel)
    )
    return {row[0]: int(row[1]) for row in rows}


def inbox(connection: Connection, *, limit: int = 300) -> dict[str, list[dict[str, Any]]]:
    """The newest messages of the local inbox by person, the person last written to first."""
    rows = connection.execute(select(t.inbox).order_by(t.inbox.c.id.desc()).limit(limit))
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.person, []).append(dict(row._mapping))
    return found


def calls(connection: Connection, *, limit: int = 100) -> list[dict[str, Any]]:
    """The newest lines of the call ledger."""
    rows = connection.execute(select(t.call).order_by(t.call.c.id.desc()).limit(limit))
    return [dict(row._mapping) for row in rows]
