"""Before messages leave: many to one person become a digest, what is outdated is dropped."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from floodwatch.model.district import District
from floodwatch.model.severity import Severity
from floodwatch.notify import digest, quota, routing
from floodwatch.notify.digest import Matter, Past, Plan
from floodwatch.notify.figures import clean, short_time
from floodwatch.notify.message import DEMONSTRATION, DEMONSTRATION_EN
from floodwatch.notify.quota import Room
from floodwatch.notify.type_words import type_word
from floodwatch.pipeline import another_way, faults
from floodwatch.store import dispatch, outbox
from floodwatch.store.database import Transaction
from floodwatch.store.dispatch import Before, Text
from floodwatch.store.outbox import Waiting

DIGEST = "digest"
CROWDED = 1  # texts a window that are left single when the day's quota is near its end
USED_UP = 10 * 60_000  # ms until a message without any other way looks for room again
REASON = "today's quota of {} is used up"


class Crowd(NamedTuple):
    """Texts to one person by one channel that do not go out one by one."""

    texts: tuple[Text, ...]
    plan: Plan
    until: int


class Quotas(NamedTuple):
    """What was sent today by channels that have a limit."""

    limits: Mapping[str, quota.Limits]  # of the channels that have any
    used: Mapping[tuple[str, str], int]

    def room(self, channel: str, address: str, *, severity: int) -> Room:
        """How much room is left for one more message."""
        limits = self.limits.get(channel)
        if limits is None:
            return Room.FREE
        every = self.used.get((channel, dispatch.EVERY_ADDRESS), 0)
        return quota.room(every, self.used.get((channel, address), 0), limits, severity=severity)


def quotas(connection: Connection, district: District, *, now: int) -> Quotas:
    """The quotas of this moment; nothing is read when no channel has any."""
    limits, day = limited(district), quota.day_of(now, district.tz)
    return Quotas(limits, dispatch.used(connection, day) if limits else {})


def limited(district: District) -> dict[str, quota.Limits]:
    """The channels that have a limit."""
    every = {name: quota.limits_of(table) for name, table in district.channels.items()}
    return {name: found for name, found in every.items() if found != quota.Limits()}


def crowds(connection: Connection, district: District, counted: Quotas, *, now: int) -> list[Crowd]:
    """Which texts go out as a digest, or wait for the next one. Grade I is never among them."""
    apart = [routing.LOG, *(n for n in district.channels if n.startswith(another_way.NO_TEXTS))]
    due = dispatch.due_texts(connection, now=now, besides=apart)
    groups: dict[tuple[str, str], list[Text]] = defaultdict(list)
    for text in due:
        groups[text.person, text.channel].append(text)
    past = dispatch.left(connection, since=now - digest.WINDOW) if groups else {}
    found = []
    for place, texts in groups.items():
        before = past.get(place, Before(0, 0, False))
        most = _most(texts, counted)
        waiting = [digest.Waiting(t.id, t.severity, t.created_at) for t in texts]
        made = digest.plan(waiting, Past(*before), now=now, most=most)
        if made.plan is not Plan.EACH:
            found.append(Crowd(tuple(texts), made.plan, made.until))
    return found


def _most(texts: Sequence[Text], counted: Quotas) -> int:
    """How many texts a person gets one by one: fewer when the provider's quota is near its end."""
    last = texts[-1]
    mild = all(text.severity <= Severity.III for text in texts)
    near = counted.room(last.channel, last.address, severity=Severity.IV) >= Room.NEAR
    return CROWDED if mild and near else digest.MOST


def tried(tx: Transaction, what: str, work: Callable[[], set[int]]) -> set[int]:
    """The rows that `work` has dealt with; none when it fails, and they go out as they are."""
    found: set[int] = set()
    error = faults.attempt(tx, what, lambda: found.update(work()))
    return found if error is None else set()


def arrange(tx: Transaction, found: Collection[Crowd], *, district: District, now: int) -> set[int]:
    """Put digests in the place of crowds; the rows that are not sent now."""
    gone: set[int] = set()
    for crowd in found:
        ids = [text.id for text in crowd.texts]
        gone.update(ids)
        if crowd.plan is Plan.WAIT:
            dispatch.postpone(tx, ids, until=crowd.until, reason="waits for the next digest")
        else:
            _collapse(tx, crowd, district=district, now=now)
    return gone


def _collapse(tx: Transaction, crowd: Crowd, *, district: District, now: int) -> None:
    ids = [text.id for text in crowd.texts]
    first = crowd.texts[0]
    person = district.people.get(first.person) or routing.stranger(first.person)
    rows = dispatch.matters(tx.connection, ids)
    told = [_matter(one, district, person.language) for one in rows]
    said = digest.compose(
        told,
        at=short_time(now, district.tz, person.language),
        url=_link(district),
        language=person.language,
        owes=dispatch.owes(tx.connection, first.person, [m.alert_id for m in told]),
    )
    said = _mark(district, person.language) + said
    entry = outbox.Entry(
        alert_id=None,
        seq=0,
        step=f"d{ids[-1]}",
        kind=DIGEST,
        person=first.person,
        channel=first.channel,
        address=first.address,
        severity=digest.worst(told),
        subject=said,
        body=said,
        slots=json.dumps(digest.slots(told, person.language), ensure_ascii=False),
    )
    outbox.insert(tx, [entry], now=now)
    dispatch.into_digest(tx, ids, key=entry.key)


def _matter(one: dispatch.Matter, district: District, language: str) -> Matter:
    station = district.stations.get(one.station)
    place = station.name if station else ("" if one.type == "system" else one.station)
    over = one.kind in ("resolved", "missed")
    label = one.label or type_word(one.type, language)
    return Matter(one.alert_id, one.severity, place, label, over)


def _link(district: District) -> str:
    url = clean(district.service.get("url") or "").rstrip("/")
    return f"{url}/alerts" if url else ""


def _mark(district: District, language: str) -> str:
    if not district.demonstration:
        return ""
    return DEMONSTRATION if language == "zh" else f"{DEMONSTRATION_EN} "


def without_room(rows: Sequence[Waiting], counted: Quotas) -> list[int]:
    """The rows for which the provider takes nothing more today."""
    return [
        row.id
        for row in rows
        if counted.room(row.channel, row.address, severity=row.severity) is Room.FULL
    ]


def divert(
    tx: Transaction,
    ids: Collection[int],
    *,
    district: District,
    now: int,
    shut: Collection[str],
) -> set[int]:
    """Messages whose provider has used up its quota go by another, or wait for room; these rows.

    A grade I without another way does not wait: the count is ours, and the provider may still take
    it.
    """
    rows = dispatch.rows(tx.connection, ids)
    full = {row.channel for row in rows}
    entries = another_way.take(tx, rows, district=district, now=now, shut={*shut, *full})
    dealt_with = set()
    for row in rows:
        reason = REASON.format(row.channel)
        entry = entries.get(row.id)
        if entry is not None:
            dispatch.supersede(tx, [row.id], reason=f"{reason}; sent by {entry.channel}")
        elif row.severity < Severity.I:
            dispatch.postpone(tx, [row.id], until=now + USED_UP, reason=reason)
        else:
            continue
        dealt_with.add(row.id)
    return dealt_with
