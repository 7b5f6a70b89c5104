"""Tells whom a transition concerns: obligations and messages, in the transition's transaction."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from floodwatch.alerts.calling import Verdict
from floodwatch.alerts.obligations import (
    ASKED,
    ROOM,
    WAITS,
    Standing,
    morning_of,
    opening,
    parties,
)
from floodwatch.model.alert import SWITCHED, Origin, TransitionKind
from floodwatch.model.clock import MINUTE
from floodwatch.model.district import District
from floodwatch.model.people import Room, Way
from floodwatch.model.severity import Severity
from floodwatch.notify import roster, routing
from floodwatch.notify.message import compose
from floodwatch.notify.occasion import MISSED, RESOLVED, Occasion, Text
from floodwatch.notify.routing import MAIL, Recipient, Routing
from floodwatch.pipeline import muting
from floodwatch.pipeline.room_sound import Bell, is_sounded
from floodwatch.pipeline.telephones import Telephones
from floodwatch.store import morning_list, obligation_log, outbox, timeline
from floodwatch.store.alert_log import Told
from floodwatch.store.database import Transaction
from floodwatch.store.obligation_log import Owing

SPOKEN = (TransitionKind.FIRED, TransitionKind.WORSENED)
FIRST = "0"  # the step of a transition's own message; reminders count on
HELD = "来自导入的历史资料，不发通知"
SWITCH = "因限值换季或按调度令变更而成立，只上屏，不发通知"


LIST_HEADS = {
    "zh": "【晨间清单】夜间事项：",
    "en": "[Morning list] matters of the night:",
}
CALL_MARK = "〔来电〕"
MARKS = ("【示范】", "[DEMO] ")  # what stands first in any case
VERDICT = 6 * MINUTE  # a doubtful reading is decided by then; before it nobody's superior is asked
# Why an alert calls nobody: an edit made it, not the water. It is written, not rung.
CALM = frozenset({"thresholds edited"})


class _Worded(NamedTuple):
    """A transition that is told, with its route.

    `calm`: it calls nobody. `waits`: until the morning, service ms.
    """

    told: Told
    occasion: Occasion
    routing: Routing
    calm: bool
    waits: int | None

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        return self.routing.recipients


def tell(tx: Transaction, told: Sequence[Told], *, district: District, now: int) -> None:
    """Open and end obligations, and put messages into the outbox.

    What comes by import is held, and what only a change of the limits by season or order has
    opened; easing is not told. The all-clear goes only to those who were told, or may have been.
    """
    told = muting.admitted(tx, told, district=district, now=now)
    spoken = [entry for entry in told if _is_spoken(entry)]
    over = [entry for entry in told if entry.transition.kind is TransitionKind.RESOLVED]
    _note_held(tx, told, now)
    if spoken:
        _alarm(tx, spoken, district, now)
    if over:
        _all_clear(tx, over, district, now)
    muting.hold_back(tx, spoken, district=district, now=now)


def _is_spoken(entry: Told) -> bool:
    return entry.transition.kind in SPOKEN and not _held(entry)


def _held(entry: Told) -> str:
    """Why nobody is told, in words for the timeline; empty when somebody is."""
    if entry.origin is Origin.IMPORT:
        return HELD
    return SWITCH if entry.transition.why in SWITCHED else ""


def _note_held(tx: Transaction, told: Iterable[Told], now: int) -> None:
    timeline.append(
        tx,
        [
            timeline.Entry(
                e.alert_id, now, "note", held, None, int(e.transition.severity), {"held": 1}
            )
            for e in told
            if e.transition.kind in SPOKEN and (held := _held(e))
        ],
    )


def _alarm(tx: Transaction, told: Sequence[Told], district: District, now: int) -> None:
    worded = [
        _Worded(entry, occasion_of(entry.alert, entry, now=now), *_routed(district, entry, now))
        for entry in told
    ]
    opened = _open(tx, worded, district, now)
    _send(tx, worded, opened, district, now)
    worse = [e.alert_id for e in told if e.transition.kind is TransitionKind.WORSENED]
    if worse:
        outbox.supersede_milder(tx, worse)


def _routed(district: District, entry: Told, now: int) -> tuple[Routing, bool, int | None]:
    """The route; whether it calls nobody; and until when it waits, if it does.

    A suspect reading goes to the officer alone until a second one supports it; without a verdict
    the patrol is asked to look. What comes of the calendar or of an edit calls nobody. A grade IV
    waits for the morning.
    """
    transition, severity = entry.transition, entry.transition.severity
    band = transition.finding.band or str(entry.alert["band"])
    found = routing.route(district, entry.rule, severity, band=band, now=now)
    if transition.finding.suspect and transition.finding.facts.get("asked"):
        station = district.stations.get(entry.rule.station)
        found = routing.to_the_patrol(district, found, station)
    elif transition.finding.suspect:
        found = routing.to_the_officer(found)
    waits = None
    if severity is Severity.IV and not found.route.night:
        waits = morning_of(now, district.zone_of(entry.rule.station))
    return found, transition.why in CALM, waits


def _open(
    tx: Transaction, worded: Sequence[_Worded], district: District, now: int
) -> dict[tuple[int, str, int], Owing]:
    """Obligations by alert, in the order of its transitions: a later one may supersede."""
    standing: dict[int, list[Standing]] = {}
    ids = {item.told.alert_id for item in worded}
    for one in obligation_log.standing(tx.connection, tx.dialect, ids):
        known = standing.setdefault(one.alert_id, [])
        known.append(Standing(one.id, one.party, one.severity, one.open))
    opened: dict[tuple[int, str, int], Owing] = {}
    ended: list[int] = []
    for item in worded:
        number, severity = item.told.alert_id, item.told.transition.severity
        wanted = {} if item.calm else {r.person.name: r for r in item.recipients if r.owes}
        known = standing.setdefault(number, [])
        change = opening(parties(item.routing.route, wanted), severity, known)
        ended += [i for i in change.superseded if i > 0]
        for party in change.parties:
            for key in [key for key in opened if key[:2] == (number, party)]:
                del opened[key]
            opened[number, party, int(severity)] = _owing(item, party, wanted.get(party), now)
            known.append(Standing(0, party, int(severity), open=True))
    obligation_log.supersede(tx, ended, now=now)
    return opened


def _owing(item: _Worded, party: str, asked: Recipient | None, now: int) -> Owing:
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


def _send(
    tx: Transaction,
    worded: Sequence[_Worded],
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
    said = [entry for item in worded for entry in _messages(item, ways[id(item)], district)]
    outbox.insert(tx, said, now=now)
    lists = [line for item in worded for line in _lines(item, ways[id(item)], district, now)]
    morning_list.add(tx, lists, now=now)


def _rung(room: Owing, item: _Worded, bell: Bell, now: int) -> Owing:
    worse = item.told.transition.kind is TransitionKind.WORSENED
    due = bell.ring(
        item.told.alert_id, item.told.transition.severity, kind="worse" if worse else "new"
    )
    return room._replace(told_at=now) if due <= now else room._replace(due=due)


def _ways(
    item: _Worded,
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


def _messages(item: _Worded, ways: dict[str, Way], district: District) -> Iterator[outbox.Entry]:
    texts: dict[tuple[str, bool], Text] = {}
    for to in item.recipients:
        way = ways.get(to.person.name, Way.TEXT)
        if to.after or way in (Way.LIST, Way.SCREEN):
            continue
        if way is Way.TEXT and to.channel == routing.VOICE:
            continue
        wanted = (to.person.language, to.owes and not item.calm)
        if wanted not in texts:
            texts[wanted] = compose(item.occasion, district, language=wanted[0], owes=wanted[1])
        yield entry_of(item.occasion, item.told.seq, FIRST, to, texts[wanted], way=way)


def _lines(
    item: _Worded, ways: dict[str, Way], district: District, now: int
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
        yield _line(to, text, item.told.transition.severity, at)


def _line(to: Recipient, text: Text, severity: Severity, at: int) -> morning_list.Item:
    """A line of the person's list; what stands first in any case stands before its head."""
    mark = next((m for m in MARKS if text.short.startswith(m)), "")
    head = mark + LIST_HEADS.get(to.person.language, LIST_HEADS["zh"])
    said = text.short[len(mark) :]
    return morning_list.Item(to.person.name, to.channel, to.address, at, said, int(severity), head)


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


def _all_clear(tx: Transaction, told: Sequence[Told], district: District, now: int) -> None:
    ids = [entry.alert_id for entry in told]
    by_alert = {entry.alert_id: entry for entry in told}
    obligation_log.end(tx, ids, now=now)
    reached = outbox.told(tx, ids)
    outbox.supersede_unsent(tx, ids, reason="the alert resolved before it could be sent")
    entries: list[outbox.Entry] = []
    lists: list[morning_list.Item] = []
    for one in _written(reached):
        entry = by_alert[one.alert_id]
        person = district.people.get(one.person) or routing.stranger(one.person)
        occasion = occasion_of(
            entry.alert, entry, now=now, kind=RESOLVED if one.reached else MISSED
        )
        text = compose(occasion, district, language=person.language, owes=False)
        to = Recipient(person, one.channel, one.address)
        at = morning_of(now, district.zone_of(entry.rule.station))
        if entry.alert["worst"] > Severity.IV or at is None:
            entries.append(entry_of(occasion, entry.seq, FIRST, to, text))
        else:
            lists.append(_line(to, text, Severity.IV, at))
    outbox.insert(tx, entries, now=now)
    morning_list.add(tx, lists, now=now)


def _written(reached: Sequence[outbox.Told]) -> Iterator[outbox.Told]:
    """Nobody is rung to hear that it is over, unless there is no other way."""
    otherwise = {(o.alert_id, o.person) for o in reached if o.channel != routing.VOICE}
    for one in reached:
        if one.channel != routing.VOICE or (one.alert_id, one.person) not in otherwise:
            yield one


def occasion_of(row: dict[str, Any], entry: Told, *, now: int, kind: str = "") -> Occasion:
    """A transition, with what its finding does not say taken from the alert's row.

    What was missed is told by its worst: that is what the person should have heard.
    """
    transition, finding = entry.transition, entry.transition.finding
    own = finding.limit is not None or bool(finding.band)
    missed, over = kind == MISSED, transition.kind is TransitionKind.RESOLVED
    value, time = finding.value, finding.time
    if missed:
        value, time = row["peak"], row["peak_at"]
    elif value is None:
        value, time = row["value"], row["value_time"] if time is None else time
    return Occasion(
        kind=kind or transition.kind.value,
        alert_id=entry.alert_id,
        rule=entry.rule,
        severity=Severity(row["worst"]) if missed else transition.severity,
        now=now,
        fired_at=row["fired_at"],
        previous=transition.previous,
        band=finding.band if own else row["band"],
        label=finding.label if own or finding.label else row["label"],
        limit=finding.limit if own else row["limit_value"],
        value=value,
        time=time,
        suspect=bool(row["suspect"]) if over else finding.suspect,
        peak=row["peak"],
        peak_at=row["peak_at"],
        why=transition.why,
        facts=dict(finding.facts) or dict(row["facts"] or {}),
    )
