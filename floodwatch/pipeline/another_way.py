"""Another channel for a message that does not get out by the one it was meant for."""

from collections.abc import Collection, Sequence

from floodwatch.model.district import District
from floodwatch.notify import routing
from floodwatch.store import dispatch, outbox
from floodwatch.store.database import Transaction
from floodwatch.store.outbox import Row

NO_TEXTS = ("voice", "siren", "webhook")


def take(
    tx: Transaction,
    rows: Sequence[Row],
    *,
    district: District,
    now: int,
    shut: Collection[str] = (),
    log: bool = False,
) -> dict[int, outbox.Entry]:
    """Put each message in again by the person's next channel; row -> the new entry.

    A channel by which the same message goes or went to the person is not taken twice, nor one that
    is `shut`. The log reaches nobody: it is a way only if `log`.
    """
    ways = {row.id: _ways(row, district, shut, log=log) for row in rows}
    keys = {row.by(channel, "").key for row in rows for channel in routing.known_channels(district)}
    known = dispatch.known_keys(tx.connection, keys)
    found: dict[int, outbox.Entry] = {}
    for row in rows:
        entry = next((e for e in ways[row.id] if e.key not in known), None)
        if entry is not None:
            found[row.id] = entry
            known.add(entry.key)
    outbox.insert(tx, list(found.values()), now=now)
    return found


def _ways(row: Row, district: District, shut: Collection[str], *, log: bool) -> list[outbox.Entry]:
    """The same message by every other channel of the person, in the order of trying."""
    person = district.people.get(row.person) or routing.stranger(row.person)
    found = []
    used = {row.channel, *shut} if log else {row.channel, *shut, routing.LOG}
    if row.way != "call":  # a text rings nobody's telephone, and no machine reads it
        used |= {name for name in district.channels if name.startswith(NO_TEXTS)}
    while (way := routing.next_way(district, person, row.channel, used)) is not None:
        used.add(way[0])
        found.append(row.by(*way))
    return found
