"""Asks people: obligations, the room's bell, who is rung, who is written to, and the lists."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from floodwatch.alerts.calling import Verdict
from floodwatch.alerts.obligations import ASKED, ROOM, WAITS, Standing, opening, parties
from floodwatch.model.alert import TransitionKind
from floodwatch.model.clock import MINUTE
from floodwatch.model.district import District
from floodwatch.model.people import Room, Way
from floodwatch.model.severity import Severity
from floodwatch.notify import roster, routing
from floodwatch.notify.message import compose
from floodwatch.notify.occasion import Occasion, Text
from floodwatch.notify.routing import MAIL, Recipient, Routing
from floodwatch.pipeline import muting
from floodwatch.pipeline.room_sound import Bell, is_sounded
from floodwatch.pipeline.telephones import Telephones
from floodwatch.store import answers, morning_list, obligation_log, outbox
from floodwatch.store.alert_log import Told
from floodwatch.store.database import Transaction
from floodwatch.store.obligation_log import Owing

FIRST = "0"  # the step of a transition's own message; reminders count on
LIST_HEADS = {
    "zh": "【晨间清单】夜间事项：",
    "en": "[Morning list] matters of the night:",
}
CALL_MARK = "〔来电〕"
MARKS = ("【示范】", "[DEMO] ")  # what stands first in any case
VERDICT = 6 * MINUTE  # a doubtful reading is decided by then; before it nobody's superior is asked
# Why an alert calls nobody: an edit made it, not the water. It is written, not rung.
CALM = frozenset({"thresholds edited"})


class Worded(NamedTuple):
    """A transition that is told, with its route.

    `calm`: it calls nobody. `waits`: until the morning, service ms. `heard`: who hears of it by
    another message.
    """

    told: Told
    occasion: Occasion
    routing: Routing
    calm: bool
    waits: int | None
    heard: frozenset[str] = frozenset()

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        return self.routing.recipients


def opened_by(
    tx: Transaction, worded: Sequence[Worded], now: int
) -> dict[tuple[int, str, int], Owing]:
    """Obligations by alert, in the order of its transitions: a later one may supersede."""
    standing: dict[int, list[Standing]] = {}
    ids = {item.told.alert_id for item in worded}
    for one in obligation_log.standing(tx.connection, tx.dialect, ids):
        known = standing.setdefault(one.alert_id, [])
        known.append(Standing(one.id, one.party, one.severity, one.open))
    opened: dict[tuple[int, str, int], Owing] = {}
    ended: list[int] = []
    looked_at: list[tuple[int, int]] = []
    for item in worded:
        number, severity = item.told.alert_id, item.told.transition.severity
        asked = [r for r in reversed(item.recipients) if r.owes and not item.calm]
        wanted = {r.person.name: r for r in asked}  # whoever is asked at once, is; not only later
        known = standing.setdefault(number, [])
        worsened = item.told.transition.kind is TransitionKind.WORSENED
        owing = parties(item.routing.route, reversed(wanted))
        change = opening(owing, severity, known, worsened=worsened)
        if worsened and ROOM in change.parties:
            looked_at.append((number, int(severity)))
        ended += [i for i in change.superseded if i > 0]
        for party in change.parties:
            for key in [key for key in opened if key[:2] == (number, party)]:
                del opened[key]
            opened[number, party, int(severity)] = _owing(item, party, wanted.get(party), now)
            known.append(Standing(0, party, int(severity), open=True))
    obligation_log.supersede(tx, ended, now=now)
    answers.look_again(tx, looked_at)
    return opened


def _owing(item: Worded, party: str, asked: Recipient | None, now: int) -> Owing:
    """What a party owes; when the room is asked is decided by its bell."""
    number, severity = item.told.alert_id, item.told.transition.severity
    doubt = VERDICT if item.told.transition.finding.suspect else 0
    if asked is None:
        route = item.routing.route
        within = max(route.within, doubt)
        loud = not item.calm and item.waits is None and is_sounded(route, severity)
        due = None if item.waits is None else item.waits + within
        way = Way.CALL if loud else Way.SCREEN
        return Owing(number, party, int(severity), within, way=way, due=due)
    later = asked.after > 0
    begins = (now if item.waits is None else item.waits) + asked.after
    within = max(asked.within, doubt)
    return Owing(
        number,
        party,
        int(severity),
        within,
        way=asked.way,
        step=WAITS if later else ASKED,
        due=begins if later else begins + within,
        opened_at=None if later else item.waits,
    )


def send(
    tx: Transaction,
    worded: Sequence[Worded],
    opened: dict[tuple[int, str, int], Owing],
    district: District,
    now: int,
) -> None:
    """Ring the bell and write the messages, the gravest matter first: it rings for the others."""
    bell = Bell(tx, district=district, now=now)
    names = {r.person.name for item in worded for r in item.recipients if r.way is Way.CALL}
    telephones = Telephones(tx.connection, names, now=now)
    ways: dict[int, dict[str, Way]] = {}
    for item in sorted(worded, key=lambda item: -item.told.transition.severity):
        key = (item.told.alert_id, ROOM, int(item.told.transition.severity))
        if (room := opened.get(key)) is not None and room.way == Way.CALL:
            opened[key] = _rung(room, item, bell, now)
        ways[id(item)] = _ways(item, opened, telephones, now)
    obligation_log.open(tx, list(opened.values()), now=now)
    done = _answered(tx, worded)
    said = [entry for item in worded for entry in _messages(item, ways[id(item)], district, done)]
    outbox.insert(tx, said, now=now)
    lists = [line for item in worded for line in _lines(item, ways[id(item)], district, now)]
    morning_list.add(tx, lists, now=now)


def _answered(tx: Transaction, worded: Sequence[Worded]) -> set[tuple[int, str]]:
    """(alert, person) of what is told again to somebody who owes nothing more."""
    again = {w.told.alert_id for w in worded if w.told.transition.why in muting.AGAIN.values()}
    known = obligation_log.standing(tx.connection, tx.dialect, again) if again else []
    owing = {(one.alert_id, one.party) for one in known if one.open}
    return {(one.alert_id, one.party) for one in known} - owing


def _rung(room: Owing, item: Worded, bell: Bell, now: int) -> Owing:
    worse = item.told.transition.kind is TransitionKind.WORSENED
    due = bell.ring(
        item.told.alert_id, item.told.transition.severity, kind="worse" if worse else "new"
    )
    return room._replace(told_at=now) if due <= now else room._replace(due=due)


def _ways(
    item: Worded,
    opened: dict[tuple[int, str, int], Owing],
    telephones: Telephones,
    now: int,
) -> dict[str, Way]:
    """How each person is told now. Only what a person newly owes rings.

    Who sits in the room hears its tone, and is rung when that is not answered. Who cannot be
    reached is not rung again: somebody else is asked at the next tick.
    """
    severity = item.told.transition.severity
    found: dict[str, Way] = {}
    for to in item.recipients:
        name = to.person.name
        if name in found or to.after:
            continue
        if name in item.heard:
            found[name] = Way.SCREEN
            continue
        found[name] = way = Way.LIST if item.waits is not None else to.way
        if way is not Way.CALL:
            continue
        key = (item.told.alert_id, name, int(severity))
        room = item.routing.route.room is not Room.SCREEN
        if key not in opened or (to.on_duty and room):
            found[name] = Way.TEXT
            continue
        verdict = telephones.ring(name, severity)
        if verdict is Verdict.CALL:
            opened[key] = opened[key]._replace(told_at=now)
            continue
        found[name] = Way.TEXT
        if verdict is Verdict.UNREACHED:
            opened[key] = opened[key]._replace(due=now)
    return found


def _messages(
    item: Worded, ways: dict[str, Way], district: District, done: set[tuple[int, str]]
) -> Iterator[outbox.Entry]:
    texts: dict[tuple[str, bool], Text] = {}
    for to in item.recipients:
        way = ways.get(to.person.name, Way.TEXT)
        if to.after or way in (Way.LIST, Way.SCREEN):
            continue
        if way is Way.TEXT and to.channel == routing.VOICE:
            continue
        owes = to.owes and (item.told.alert_id, to.person.name) not in done
        wanted = (to.person.language, owes and not item.calm)
        if wanted not in texts:
            texts[wanted] = compose(item.occasion, district, language=wanted[0], owes=wanted[1])
        yield entry_of(item.occasion, item.told.seq, FIRST, to, texts[wanted], way=way)


def _lines(
    item: Worded, ways: dict[str, Way], district: District, now: int
) -> Iterator[morning_list.Item]:
    """What waits for the morning, a line each."""
    for to in item.recipients:
        if ways.get(to.person.name) is not Way.LIST or to.channel == routing.VOICE:
            continue
        language = to.person.language
        owes = to.owes and not item.calm
        text = compose(item.occasion, district, language=language, owes=owes)
        at = item.waits
        if at is None or to.way is Way.LIST:
            at = roster.next_at(district, to.at, now=now)
        yield list_line(to, text, item.told.transition.severity, at, alert_id=item.told.alert_id)


def list_line(
    to: Recipient, text: Text, severity: Severity, at: int, *, alert_id: int | None = None
) -> morning_list.Item:
    """A line of the person's list; what stands first in any case stands before its head."""
    mark = next((m for m in MARKS if text.short.startswith(m)), "")
    head = mark + LIST_HEADS.get(to.person.language, LIST_HEADS["zh"])
    said = text.short[len(mark) :]
    place = str(text.slots.get("place", ""))
    return morning_list.Item(
        to.person.name, to.channel, to.address, at, said, int(severity), head, alert_id, place
    )


def entry_of(
    occasion: Occasion, seq: int, step: str, to: Recipient, text: Text, *, way: Way = Way.TEXT
) -> outbox.Entry:
    """The outbox row of a text; mail has a body of its own, everything else is short."""
    mail = to.channel == MAIL
    if way is Way.CALL and to.channel in (routing.INBOX, routing.LOG):  # no telephone there
        mark = next((m for m in MARKS if text.short.startswith(m)), "")
        text = replace(text, short=f"{mark}{CALL_MARK}{text.short[len(mark) :]}")
    return outbox.Entry(
        alert_id=occasion.alert_id,
        seq=seq,
        step=step,
        kind=occasion.kind,
        person=to.person.name,
        channel=to.channel,
        address=to.address,
        severity=int(occasion.severity),
        subject=text.subject if mail else text.short,
        body=text.body if mail else text.short,
        way=way.value,
        slots=json.dumps(dict(text.slots), ensure_ascii=False) if text.slots else "",
    )
