"""Tells whom a transition concerns: obligations and messages, in the transition's transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from floodwatch.alerts.obligations import morning_of
from floodwatch.model.alert import SWITCHED, Origin, TransitionKind
from floodwatch.model.district import District
from floodwatch.model.severity import Severity
from floodwatch.notify import routing
from floodwatch.notify.message import compose
from floodwatch.notify.occasion import MISSED, RESOLVED, Occasion
from floodwatch.notify.routing import Recipient, Routing
from floodwatch.pipeline import denial, faults, muting
from floodwatch.pipeline.asking import CALM, FIRST, Worded, entry_of, list_line, opened_by, send
from floodwatch.store import morning_list, obligation_log, outbox, timeline
from floodwatch.store.alert_log import Told
from floodwatch.store.database import Transaction

SPOKEN = (TransitionKind.FIRED, TransitionKind.WORSENED)
HELD = "来自导入的历史资料，不发通知"
SWITCH = "因限值换季或按调度令变更而成立，只上屏，不发通知"


def tell(tx: Transaction, told: Sequence[Told], *, district: District, now: int) -> None:
    """Open and end obligations, and put messages into the outbox.

    What comes by import is held, and what only a change of the limits by season or order has
    opened; easing is not told. The all-clear goes only to those who were told, or may have been.
    """
    said, again = muting.admitted(tx, told, district=district, now=now)
    _say(tx, said, district, now)
    tell_anew(tx, again, district=district, now=now)


def tell_anew(tx: Transaction, told: Sequence[Told], *, district: District, now: int) -> None:
    """What a mute hid, as it stands. One that cannot be told keeps back no other: its room and its
    people are asked when their time to answer is up.
    """
    if not told:
        return
    together = partial(_say, tx, told, district, now)
    if faults.attempt(tx, f"telling {len(told)} alerts anew", together) is not None:
        for one in told if len(told) > 1 else ():
            faults.attempt(
                tx, f"telling alert {one.alert_id} anew", partial(_say, tx, [one], district, now)
            )


def _say(tx: Transaction, told: Sequence[Told], district: District, now: int) -> None:
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
        Worded(entry, occasion_of(entry.alert, entry, now=now), *_routed(district, entry, now))
        for entry in told
    ]
    worded = denial.withdrawn(tx, worded, district=district, now=now)
    opened = opened_by(tx, worded, now)
    send(tx, worded, opened, district, now)
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
        found = routing.to_the_patrol(district, found, station, now=now)
    elif transition.finding.suspect:
        found = routing.to_the_officer(found)
    waits = None
    if severity is Severity.IV and not found.route.night:
        waits = morning_of(now, district.zone_of(entry.rule.station))
    return found, transition.why in CALM, waits


def _all_clear(tx: Transaction, told: Sequence[Told], district: District, now: int) -> None:
    ids = [entry.alert_id for entry in told]
    by_alert = {entry.alert_id: entry for entry in told}
    obligation_log.end(tx, ids, now=now)
    reached = outbox.told(tx, ids)
    outbox.supersede_unsent(tx, ids, reason="the alert resolved before it could be sent")
    entries: list[outbox.Entry] = []
    lists: list[morning_list.Item] = []
    for one in outbox.written(reached):
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
            lists.append(list_line(to, text, Severity.IV, at))
    lists += _over_in_lists(tx, by_alert, district, now)
    outbox.insert(tx, entries, now=now)
    morning_list.add(tx, lists, now=now)


def _over_in_lists(
    tx: Transaction, ended: Mapping[int, Told], district: District, now: int
) -> Iterator[morning_list.Item]:
    """What a list tells of and is over before it leaves, the list says to be over."""
    for one in morning_list.carrying(tx.connection, ended):
        entry = ended[one.alert_id]
        person = district.people.get(one.person) or routing.stranger(one.person)
        occasion = occasion_of(entry.alert, entry, now=now, kind=RESOLVED)
        text = compose(occasion, district, language=person.language, owes=False)
        to = Recipient(person, one.channel, one.address)
        yield list_line(to, text, Severity.IV, one.at)


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
