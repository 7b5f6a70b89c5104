"""The morning list: what can wait for the morning, one message a person, written line by line."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, or_, select, update

from floodwatch.model.notification import OutboxState
from floodwatch.store import outbox as _outbox_store
from floodwatch.store.database import Transaction
from floodwatch.store.outbox import Entry
from floodwatch.store.tables import outbox

KIND = "list"
MOST = 30  # lines; more are counted
_UNSENT = (OutboxState.PENDING.value, OutboxState.RETRY.value)


class Item(NamedTuple):
    """One line for one person's list that leaves at `at` (service ms)."""

    person: str
    channel: str
    address: str
    at: int
    line: str
    severity: int
    head: str  # the first line of the list
    alert_id: int | None = None  # that the line is about
    place: str = ""  # for a provider's template


def add(tx: Transaction, items: Iterable[Item], *, now: int) -> None:
    """Write lines into the lists that are still to leave, beginning those that are not there."""
    lists: dict[str, list[Item]] = {}
    for item in items:
        lists.setdefault(_key(item), []).append(item)
    for key, lines in lists.items():
        columns = (outbox.c.id, outbox.c.key, outbox.c.body, outbox.c.severity, outbox.c.slots)
        mine = or_(outbox.c.key == key, outbox.c.key.startswith(f"{key}.", autoescape=True))
        written = select(outbox.c.id).where(mine, outbox.c.kind == KIND)
        number = len(tx.connection.execute(written).all())
        open_ = select(*columns).where(mine, outbox.c.kind == KIND, outbox.c.state.in_(_UNSENT))
        row = tx.connection.execute(open_.order_by(outbox.c.id.desc())).first()
        if row is None:
            _begin(tx, lines, now, number=number)
        else:
            body = _with(row.body, lines)
            worst = max(row.severity, *(item.severity for item in lines))
            tx.connection.execute(
                update(outbox)
                .where(outbox.c.id == row.id)
                .values(
                    body=body,
                    subject=body.splitlines()[0],
                    severity=worst,
                    slots=_slots(row.slots, lines),
                    rev=tx.rev,
                )
            )


class Carried(NamedTuple):
    """An alert of a list that is still to leave."""

    alert_id: int
    person: str
    channel: str
    address: str
    at: int


def carrying(connection: Connection, alert_ids: Collection[int]) -> list[Carried]:
    """The lists still to leave that have a line about these alerts."""
    o = outbox.c
    query = select(o.person, o.channel, o.address, o.next_at, o.slots)
    query = query.where(o.kind == KIND, o.state.in_(_UNSENT), o.slots.is_not(None))
    return [
        Carried(number, row.person, row.channel, row.address, row.next_at)
        for row in connection.execute(query.order_by(o.id))
        for number in _alerts(row.slots)
        if number in alert_ids
    ]


def _alerts(slots: str | None) -> list[int]:
    return [int(n) for n in str(json.loads(slots or "{}").get("alerts", "")).split(",") if n]


def _slots(known: str | None, lines: Sequence[Item]) -> str:
    """The pieces for a provider's template, and the alerts that the lines are about."""
    alerts = [*_alerts(known), *(i.alert_id for i in lines if i.alert_id is not None)]
    place = json.loads(known or "{}").get("place") or next((i.place for i in lines if i.place), "")
    zh = not lines[0].head.isascii()
    pieces = {
        "place": place or ("夜间事项" if zh else "matters of the night"),
        "value": "晨间清单" if zh else "morning list",
        "limit": f"{len(set(alerts))}项" if zh else f"{len(set(alerts))} matters",
        "action": "查看告警列表" if zh else "see the list of alerts",
        "code": "0",
        "alerts": ",".join(str(number) for number in dict.fromkeys(alerts)),
    }
    return json.dumps(pieces, ensure_ascii=False)


def _key(item: Item) -> str:
    return _entry(item).key


def _entry(item: Item, body: str = "", *, number: int = 0) -> Entry:
    """The step of a list is the morning it belongs to; what comes after it has left is another."""
    return Entry(
        alert_id=None,
        seq=0,
        step=f"l{item.at}" + (f".{number}" if number else ""),
        kind=KIND,
        person=item.person,
        channel=item.channel,
        address=item.address,
        severity=item.severity,
        subject=body.partition("\n")[0],
        body=body,
    )


def _begin(tx: Transaction, lines: list[Item], now: int, *, number: int) -> None:
    first = lines[0]
    worst = max(item.severity for item in lines)
    entry = _entry(first, _with(first.head, lines), number=number)
    entry = entry._replace(severity=worst, slots=_slots(None, lines))
    _outbox_store.insert(tx, [entry], now=now)
    tx.connection.execute(
        update(outbox).where(outbox.c.key == entry.key).values(next_at=first.at, rev=tx.rev)
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
