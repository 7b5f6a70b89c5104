"""The audit as one function of a snapshot: `violations`."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, select

from floodwatch.audit.crossings import Demand, demands
from floodwatch.audit.deliveries import accounts
from floodwatch.audit.documents import Rules, read
from floodwatch.audit.ledger import Alert, alerts
from floodwatch.audit.violation import Violation
from floodwatch.store import tables

__all__ = ["Violation", "violations"]

SLACK = 2 * 60_000  # ms between a reading's arrival and its alert


class _Version(NamedTuple):
    """A version of the configuration and from when (service ms) it was in force."""

    at: int
    rules: Rules


def violations(
    connection: Connection, *, start: int, end: int, now: int, slack: int = SLACK
) -> list[Violation]:
    """Everything between `start` and `end` (ms) that is not explained, as it stands at `now`.

    `connection` is one consistent snapshot. Nothing is written and no clock is read: the same
    tables give the same answer. Held to account are

    - each believed reading in force over a limit of level or ponding, and each sum of rain over the
      limit of its window: when it came, an alert of that rule stood, of that severity or worse;
    - each time such an alert fired or worsened: somebody was written to, unless it was muted;
    - each person written to or called upon: a message was accepted, or one is still being tried;
    - each duty to answer: it ended for a reason, or its next step is due at a time;
    - each row of the outbox: unfinished exactly when it has a next time, finished with a reason.

    Not held to account: readings that were late or overtaken when they came, that failed their
    checks or came by import, and rules whose type is neither level nor rainfall.
    """
    known = alerts(connection, start=start, end=end)
    found = [
        _missing(demand)
        for demand in _demands(connection, start, end)
        if not _stood(demand, known.get(demand.rule, ()), slack)
    ]
    return [*_first_of_runs(found), *accounts(connection, start=start, end=end, now=now)]


def _demands(connection: Connection, start: int, end: int) -> Iterator[Demand]:
    versions = _versions(connection, start, end)
    for place, version in enumerate(versions):
        until = versions[place + 1].at if place + 1 < len(versions) else end
        yield from demands(
            connection, version.rules, start=max(start, version.at), end=min(until, end)
        )


def _versions(connection: Connection, start: int, end: int) -> list[_Version]:
    table = tables.config_version.c
    rows = connection.execute(
        select(table.id, table.at).where(table.at <= end).order_by(table.id.desc())
    ).all()
    wanted = []
    for row in rows:
        wanted.append(row)
        if row.at <= start:
            break
    found = []
    for row in reversed(wanted):
        documents = connection.execute(
            select(table.documents).where(table.id == row.id)
        ).scalar_one()
        found.append(_Version(row.at, read(documents)))
    return found


def _stood(demand: Demand, candidates: "tuple[Alert, ...] | list[Alert]", slack: int) -> bool:
    return any(
        alert.fired_at <= demand.received + slack
        and (alert.resolved_at is None or alert.resolved_at >= demand.received)
        and alert.worst_by(demand.received + slack) >= demand.severity
        for alert in candidates
    )


def _missing(demand: Demand) -> Violation:
    return Violation(
        "no alert",
        demand.rule,
        demand.time,
        f"{demand.value:g} met {demand.name} ({demand.limit:g}, severity {demand.severity}) and no "
        "alert of that severity stood",
    )


def _first_of_runs(found: list[Violation]) -> Iterator[Violation]:
    """The first of each rule and limit; the others say how many there are."""
    grouped: dict[tuple[str, str], list[Violation]] = {}
    for one in found:
        name = one.what.partition(" met ")[2]
        grouped.setdefault((one.where, name), []).append(one)
    for group in grouped.values():
        first = min(group, key=lambda one: one.at)
        more = f"; {len(group)} readings in all" if len(group) > 1 else ""
        yield first._replace(what=first.what + more)
