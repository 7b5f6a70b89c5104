"""Tells whom a transition concerns: obligations and messages, in the transition's transaction."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from floodwatch.alerts.obligations import Standing, opening, parties
from floodwatch.model.alert import SWITCHED, Origin, TransitionKind
from floodwatch.model.district import District
from floodwatch.model.severity import Severity
from floodwatch.notify import routing
from floodwatch.notify.message import compose
from floodwatch.notify.occasion import MISSED, RESOLVED, Occasion, Text
from floodwatch.notify.routing import MAIL, Recipient, Routing
from floodwatch.pipeline import muting
from floodwatch.store import obligation_log, outbox, timeline
from floodwatch.store.alert_log import Told
from floodwatch.store.database import Transaction
from floodwatch.store.obligation_log import Owing

SPOKEN = (TransitionKind.FIRED, TransitionKind.WORSENED)
FIRST = "0"  # the step of a transition's own message; reminders count on
HELD = "来自导入的历史资料，不发通知"
SWITCH = "因限值换季或按调度令变更而成立，只上屏，不发通知"


class _Worded(NamedTuple):
    """A transition that is told, with its route."""

    told: Told
    occasion: Occasion
    routing: Routing


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
        _Worded(
            entry,
            occasion_of(entry.alert, entry, now=now),
            _routed(district, entry),
        )
        for entry in told
    ]
    _open(tx, worded, now)
    outbox.insert(tx, _messages(worded, district), now=now)
    worse = [e.alert_id for e in told if e.transition.kind is TransitionKind.WORSENED]
    if worse:
        outbox.supersede_milder(tx, worse)


def _routed(district: District, entry: Told) -> Routing:
    """A suspect reading goes to the officer alone until a second one supports it."""
    found = routing.route(district, entry.rule, entry.transition.severity)
    return routing.to_the_officer(found) if entry.transition.finding.suspect else found


def _open(tx: Transaction, worded: Sequence[_Worded], now: int) -> None:
    """Obligations by alert, in the order of its transitions: a later one may supersede."""
    standing: dict[int, list[Standing]] = {}
    ids = {item.told.alert_id for item in worded}
    for one in obligation_log.standing(tx.connection, tx.dialect, ids):
        known = standing.setdefault(one.alert_id, [])
        known.append(Standing(one.id, one.party, one.severity, one.open))
    opened: dict[tuple[int, str], Owing] = {}
    ended: list[int] = []
    for item in worded:
        number, severity = item.told.alert_id, item.told.transition.severity
        answerers = [r.person.name for r in item.routing.recipients if r.owes]
        known = standing.setdefault(number, [])
        change = opening(parties(item.routing.route, answerers), severity, known)
        ended += [i for i in change.superseded if i > 0]
        for party in change.parties:
            within = item.routing.route.within
            opened[number, party] = Owing(number, party, int(severity), within)
            known.append(Standing(0, party, int(severity), open=True))
    obligation_log.open(tx, list(opened.values()), now=now)
    obligation_log.supersede(tx, ended, now=now)


def _messages(worded: Iterable[_Worded], district: District) -> Iterator[outbox.Entry]:
    for item in worded:
        texts: dict[tuple[str, bool], Text] = {}
        for to in item.routing.recipients:
            wanted = (to.person.language, to.owes)
            if wanted not in texts:
                texts[wanted] = compose(item.occasion, district, language=wanted[0], owes=wanted[1])
            yield entry_of(item.occasion, item.told.seq, FIRST, to, texts[wanted])


def entry_of(occasion: Occasion, seq: int, step: str, to: Recipient, text: Text) -> outbox.Entry:
    """The outbox row of a text; mail has a body of its own, everything else is short."""
    mail = to.channel == MAIL
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
    )


def _all_clear(tx: Transaction, told: Sequence[Told], district: District, now: int) -> None:
    ids = [entry.alert_id for entry in told]
    by_alert = {entry.alert_id: entry for entry in told}
    obligation_log.end(tx, ids, now=now)
    reached = outbox.told(tx, ids)
    outbox.supersede_unsent(tx, ids, reason="the alert resolved before it could be sent")
    entries = []
    for one in reached:
        entry = by_alert[one.alert_id]
        person = district.people.get(one.person) or routing.stranger(one.person)
        occasion = occasion_of(
            entry.alert, entry, now=now, kind=RESOLVED if one.reached else MISSED
        )
        text = compose(occasion, district, language=person.language, owes=False)
        to = Recipient(person, one.channel, one.address)
        entries.append(entry_of(occasion, entry.seq, FIRST, to, text))
    outbox.insert(tx, entries, now=now)


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
