"""The morning list: what can wait for the morning, one message a person, written line by line."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select, update

from floodwatch.model.notification import OutboxState
from floodwatch.store import outbox as _outbox_store
from floodwatch.store.database import Transaction
from floodwatch.store.outbox import Entry
from floodwatch.store.tables import outbox

KIND = "list"
MOST = 30  # lines; more are counted


class Item(NamedTuple):
    """One line for one person's list that leaves at `at` (service ms)."""

    person: str
    channel: str
    address: str
    at: int
    line: str
    severity: int
    head: str  # the first line of the list


def add(tx: Transaction, items: Iterable[Item], *, now: int) -> None:
    """Write lines into the lists that are still to leave, beginning those that are not there."""
    lists: dict[str, list[Item]] = {}
    for item in items:
        lists.setdefault(_key(item), []).append(item)
    for key, lines in lists.items():
        row = tx.connection.execute(
            select(outbox.c.id, outbox.c.body, outbox.c.severity, outbox.c.state).where(
                outbox.c.key == key
            )
        ).first()
        if row is None:
            _begin(tx, key, lines, now)
        elif row.state in (OutboxState.PENDING.value, OutboxState.RETRY.value):
            body = _with(row.body, lines)
            worst = max(row.severity, *(item.severity for item in lines))
            tx.connection.execute(
                update(outbox)
                .where(outbox.c.id == row.id)
                .values(body=body, subject=body.splitlines()[0], severity=worst, rev=tx.rev)
            )


def _key(item: Item) -> str:
    return _entry(item).key


def _entry(item: Item, body: str = "") -> Entry:
    """`seq` and `step` of a list are the morning it belongs to."""
    return Entry(
        alert_id=None,
        seq=0,
        step=f"l{item.at}",
        kind=KIND,
        person=item.person,
        channel=item.channel,
        address=item.address,
        severity=item.severity,
        subject=body.partition("\n")[0],
        body=body,
    )


def _begin(tx: Transaction, key: str, lines: list[Item], now: int) -> None:
    first = lines[0]
    worst = max(item.severity for item in lines)
    entry = _entry(first, _with(first.head, lines))._replace(severity=worst)
    _outbox_store.insert(tx, [entry], now=now)
    tx.connection.execute(
        update(outbox).where(outbox.c.key == key).values(next_at=first.at, rev=tx.rev)
    )


def _with(body: str, lines: list[Item]) -> str:
    """The list with these lines at its end; one that says the same stays as it is."""
    said = body.splitlines()
    for item in lines:
        if item.line not in said:
            said.append(item.line)
    if len(said) > MOST + 1:
        said = [*said[: MOST + 1], "……另有更多，见平台 / more on the pages"]
    return "\n".join(said)
