"""What the sender asks of the outbox beside what is due: crowds, repetitions, receipts, quotas."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    TextClause,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from floodwatch.model.notification import OutboxState
from floodwatch.store.among import among, listed
from floodwatch.store.database import Transaction
from floodwatch.store.dialect import Dialect, dialect_of
from floodwatch.store.outbox import Row
from floodwatch.store.tables import alert as _alert
from floodwatch.store.tables import attempt as _attempt
from floodwatch.store.tables import outbox as _outbox
from floodwatch.store.tables import quota_use as _quota

EVERY_ADDRESS = "*"  # the row of quota_use that counts a whole channel
VOICE = "voice"  # the channel that rings
GRAVEST = 4  # grade I: never collapsed with others
MANY = 2_000
# Kinds that are never put into a digest: they are one already, or are not about alerts.
SINGLE = ("digest", "alive", "exercise", "canary")
# Words beside an alert, which say something of their own: neither dropped for a message about it,
# nor the reason to drop one, nor hidden in a digest.
BESIDE = ("incoming", "notice")
_NOT_ABOUT = "('resolved', 'missed', 'incoming', 'notice')"
_OUTDATED = f"""
    outbox.state IN ('pending', 'retry') AND outbox.alert_id IS NOT NULL
    AND outbox.kind NOT IN {_NOT_ABOUT} AND EXISTS (
        SELECT 1 FROM outbox AS newer
        WHERE newer.alert_id = outbox.alert_id AND newer.person = outbox.person
          AND newer.channel = outbox.channel AND newer.way = outbox.way
          AND newer.kind NOT IN {_NOT_ABOUT}
          AND newer.id > outbox.id AND newer.severity >= outbox.severity
          AND newer.state IN ('pending', 'retry'))
"""
_UNSENT = (OutboxState.PENDING.value, OutboxState.RETRY.value)


class Text(NamedTuple):
    """A text that is due and was not tried yet."""

    id: int
    person: str
    channel: str
    address: str
    severity: int
    created_at: int


class Before(NamedTuple):
    """What left for a person by a channel lately: how many texts, when the last, any digest."""

    texts: int
    last: int
    digest: bool


_ROW = tuple(_outbox.c[field.name] for field in fields(Row))


class Matter(NamedTuple):
    """A message of a digest with its alert."""

    alert_id: int
    severity: int
    kind: str
    station: str
    type: str
    label: str


def due_texts(connection: Connection, *, now: int, besides: Collection[str]) -> list[Text]:
    """Texts up to grade II about alerts, due and never tried, but those of some channels."""
    dialect = dialect_of(connection.dialect.name)
    values = {"now": now, "besides": dialect.array(besides)}
    return [Text(*row) for row in dialect.ask(connection, _due_texts(dialect), values)]


@cache
def _due_texts(dialect: Dialect) -> Select[Any]:
    o = _outbox.c
    return (
        select(o.id, o.person, o.channel, o.address, o.severity, o.created_at)
        .where(o.state == OutboxState.PENDING.value, o.next_at <= bindparam("now"), o.tries == 0)
        .where(o.way == "text", o.severity < GRAVEST, o.alert_id.is_not(None))
        .where(o.kind.not_in((*SINGLE, *BESIDE)), ~listed(dialect, o.channel, "besides"))
        .order_by(o.id)
        .limit(MANY)
    )


def left(connection: Connection, *, since: int) -> dict[tuple[str, str], Before]:
    """(person, channel) -> the texts up to grade II that left since then, or are leaving."""
    rows = dialect_of(connection.dialect.name).ask(connection, _LEFT, {"since": since})
    return {
        (person, channel): Before(texts, last, bool(digest))
        for person, channel, texts, last, digest in rows
    }


_LEFT = text(
    f"""
    SELECT person, channel, COUNT(*) AS texts, COALESCE(MAX(accepted_at), 0) AS last,
        MAX(CASE WHEN kind = 'digest' THEN 1 ELSE 0 END) AS digest
    FROM outbox
    WHERE id IN (SELECT id FROM outbox WHERE accepted_at > :since
            UNION SELECT id FROM outbox WHERE state = 'leased')
      AND way = 'text' AND severity < {GRAVEST} AND (alert_id IS NOT NULL OR kind = 'digest')
    GROUP BY person, channel
    """
)


def repetitions(connection: Connection) -> bool:
    """Whether several unsent messages tell one person of one alert by one channel."""
    return bool(dialect_of(connection.dialect.name).ask(connection, _REPETITIONS, {}))


_REPETITIONS = text(f"SELECT 1 FROM outbox WHERE {_OUTDATED} LIMIT 1")


def drop_repetitions(tx: Transaction) -> set[int]:
    """Of several unsent messages about one alert to one person by one channel the newest stays.

    Returns the rows that are dropped.
    """
    statement = f"""
        UPDATE outbox SET state = 'superseded', next_at = NULL, rev = :rev,
            reason = 'a newer message of the same alert took its place'
        WHERE {_OUTDATED} RETURNING id
    """
    return set(tx.connection.execute(text(statement), {"rev": tx.rev}).scalars())


def rows(connection: Connection, ids: Collection[int]) -> list[Row]:
    """These rows, oldest first."""
    mine = select(*_ROW).where(among(connection, _outbox.c.id, ids))
    return _rows(connection, mine.order_by(_outbox.c.id))


def unsent(connection: Connection, *, channel: str, after: int, since: int, now: int) -> list[Row]:
    """Rows of a channel that should have left and have not: those behind the row `after`, and those
    before it that waited on purpose and have become due since `since`.

    What still waits for its time, such as the list of the morning, is not among them.
    """
    values = {"channel": channel, "after": after, "since": since, "now": now}
    return [Row(*row) for row in dialect_of(connection.dialect.name).ask(connection, _LATE, values)]


def _late() -> Select[Any]:
    o, now = _outbox.c, bindparam("now", type_=BigInteger)
    after, since = bindparam("after", type_=BigInteger), bindparam("since", type_=BigInteger)
    fresh = and_(o.id > after, or_(o.next_at <= now, o.tries > 0))
    awake = and_(o.id <= after, o.tries == 0, o.next_at > since, o.next_at <= now)
    query = select(*_ROW).where(o.channel == bindparam("channel"), o.state.in_(_UNSENT))
    return query.where(or_(fresh, awake)).order_by(o.id).limit(MANY)


_LATE = _late()


def _rows(connection: Connection, query: Select[Any]) -> list[Row]:
    return [Row(*row) for row in connection.execute(query)]


def known_keys(connection: Connection, keys: Collection[str]) -> set[str]:
    """Those of these keys that are in the outbox."""
    if not keys:
        return set()
    dialect = dialect_of(connection.dialect.name)
    rows = dialect.ask(connection, _known_keys(dialect), {"keys": dialect.array(keys)})
    return {key for (key,) in rows}


@cache
def _known_keys(dialect: Dialect) -> TextClause:
    return text(f"SELECT key FROM outbox WHERE key IN {dialect.texts('keys')}")


def matters(connection: Connection, ids: Collection[int]) -> list[Matter]:
    """What these rows tell of, oldest first."""
    query = (
        select(
            _outbox.c.alert_id,
            _outbox.c.severity,
            _outbox.c.kind,
            _alert.c.station,
            _alert.c.type,
            func.coalesce(_alert.c.label, _alert.c.band, _alert.c.type),
        )
        .join(_alert, _alert.c.id == _outbox.c.alert_id)
        .where(among(connection, _outbox.c.id, ids))
        .order_by(_outbox.c.id)
    )
    return [Matter(*row) for row in connection.execute(query)]


def owes(connection: Connection, person: str, alert_ids: Collection[int]) -> bool:
    """Whether the person has not answered to one of these alerts."""
    dialect = dialect_of(connection.dialect.name)
    values = {"person": person, "alerts": dialect.array(alert_ids)}
    return bool(dialect.ask(connection, _owes(dialect), values))


@cache
def _owes(dialect: Dialect) -> TextClause:
    return text(
        "SELECT 1 FROM obligation WHERE party = :person AND state = 'open'"
        f" AND alert_id IN {dialect.integers('alerts')} LIMIT 1"
    )


def into_digest(tx: Transaction, ids: Collection[int], *, key: str) -> None:
    """These rows go out as the digest of this key; they are kept, and shown with it."""
    digest = select(_outbox.c.id).where(_outbox.c.key == key).scalar_subquery()
    pending = _outbox.c.state == OutboxState.PENDING.value
    _set(tx, ids, pending, **_over(OutboxState.SUPERSEDED, f"in digest {key}"), digest_id=digest)


def postpone(tx: Transaction, ids: Collection[int], *, until: int, reason: str) -> None:
    """These rows are not due before then."""
    _set(tx, ids, _outbox.c.state.in_(_UNSENT), next_at=until, reason=reason)


def make_due(tx: Transaction, channel: str, *, now: int, before: int) -> None:
    """What waits on a channel until some time before `before` is due at once, the gravest first."""
    tx.connection.execute(
        update(_outbox)
        .where(_outbox.c.channel == channel, _outbox.c.state.in_(_UNSENT))
        .where(_outbox.c.next_at > now, _outbox.c.next_at < before, _outbox.c.tries > 0)
        .values(next_at=now, rev=tx.rev)
    )


def supersede(tx: Transaction, ids: Collection[int], *, reason: str) -> None:
    """These rows are no longer sent."""
    _set(tx, ids, _outbox.c.state.in_(_UNSENT), **_over(OutboxState.SUPERSEDED, reason))


def _over(state: OutboxState, reason: str) -> dict[str, object]:
    return {"state": state.value, "next_at": None, "reason": reason}


def _set(
    tx: Transaction, ids: Collection[int], still: ColumnElement[bool], **values: object
) -> None:
    """Write this into those of the rows that are still so."""
    mine = update(_outbox).where(among(tx.connection, _outbox.c.id, ids), still)
    tx.connection.execute(mine.values(**values, rev=tx.rev))


def stand_down(tx: Transaction, origins: Mapping[int, str]) -> None:
    """Rows whose message has arrived by another channel (row -> channel) are at their end.

    What was refused for good has failed, and keeps saying so. A call goes on: a text that arrived
    has rung nobody.
    """
    if not origins:
        return
    refused = select(_attempt.c.outbox_id).where(
        among(tx.connection, _attempt.c.outbox_id, origins), _attempt.c.sent == "permanent"
    )
    never = set(tx.connection.execute(refused).scalars())
    for number, channel in origins.items():
        state = OutboxState.FAILED if number in never else OutboxState.SUPERSEDED
        said = func.coalesce(_outbox.c.reason, "not sent") if number in never else "not needed"
        related = (_outbox.c.id == number) | (_outbox.c.instead_of == number)
        related = related & (_outbox.c.channel != VOICE)
        tx.connection.execute(
            update(_outbox)
            .where(related, _outbox.c.state.in_(_UNSENT))
            .values(
                state=state.value,
                next_at=None,
                reason=said + f"; reached by {channel}",
                rev=tx.rev,
            )
        )


# -- receipts ---------------------------------------------------------------------------------


def without_receipt(
    connection: Connection, *, channels: Collection[str], since: int, before: int
) -> list[Row]:
    """Rows accepted in that time by channels that promise receipts, and still without one."""
    o = _outbox.c
    query = select(*_ROW).where(
        o.accepted_at > since,
        o.accepted_at <= before,
        o.delivered_at.is_(None),
        o.state == OutboxState.ACCEPTED.value,
        o.channel.in_(list(channels)),
        o.kind.not_in(["resolved", *SINGLE[1:]]),
    )
    return _rows(connection, query.order_by(o.id).limit(MANY))


def by_provider_id(
    connection: Connection, channel: str, provider_ids: Iterable[str]
) -> dict[str, Row]:
    """The accepted rows that a provider knows by these ids."""
    o = _outbox.c
    query = select(o.provider_id, *_ROW).where(
        o.channel == channel, o.provider_id.in_(list(provider_ids))
    )
    return {row[0]: Row(*row[1:]) for row in connection.execute(query)}


def delivered(tx: Transaction, ids: Collection[int], *, at: int) -> None:
    """The provider says that these have arrived."""
    _set(tx, ids, _outbox.c.delivered_at.is_(None), delivered_at=at)


def undelivered(tx: Transaction, ids: Collection[int], *, reason: str) -> None:
    """The provider had accepted these and says now that they did not arrive."""
    _set(tx, ids, _outbox.c.delivered_at.is_(None), **_over(OutboxState.FAILED, reason))


# -- quotas -----------------------------------------------------------------------------------


def used(connection: Connection, day: int) -> dict[tuple[str, str], int]:
    """(channel, address) -> messages of that day; the address * counts the channel."""
    rows = dialect_of(connection.dialect.name).ask(connection, _USED, {"day": day})
    return {(channel, address): n for channel, address, n in rows}


_USED = text("SELECT channel, address, n FROM quota_use WHERE day = :day")


def count(tx: Transaction, sent: Mapping[tuple[str, str], int], *, day: int) -> None:
    """Add to what was sent on a day by (channel, address)."""
    known = used(tx.connection, day)
    fresh: list[dict[str, object]] = []
    for (channel, address), n in sent.items():
        if (channel, address) in known:
            tx.connection.execute(
                update(_quota)
                .where(_quota.c.channel == channel, _quota.c.address == address)
                .where(_quota.c.day == day)
                .values(n=_quota.c.n + n)
            )
        else:
            fresh.append({"channel": channel, "address": address, "day": day, "n": n})
    if fresh:
        tx.connection.execute(insert(_quota), fresh)


def refused_contacts(connection: Connection, *, since: int) -> list[Mapping[str, object]]:
    """Contacts that a channel has refused for good since then and not taken after that."""
    statement = """
        SELECT outbox.person, outbox.channel, outbox.address, MAX(attempt.at) AS at,
            MAX(attempt.detail) AS detail
        FROM attempt JOIN outbox ON outbox.id = attempt.outbox_id
        WHERE attempt.sent = 'permanent' AND attempt.at > :since
          AND NOT EXISTS (SELECT 1 FROM outbox AS later
            WHERE later.person = outbox.person AND later.channel = outbox.channel
              AND later.address = outbox.address AND later.accepted_at > attempt.at)
        GROUP BY outbox.person, outbox.channel, outbox.address ORDER BY at DESC
    """
    found = connection.execute(text(statement), {"since": since}).mappings()
    return [dict(row) for row in found]
