"""Carries muting out: who is not told now, and who is told anew when a mute is over."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from floodwatch.alerts import muting
from floodwatch.model.alert import Origin, Transition, TransitionKind
from floodwatch.model.district import District
from floodwatch.model.finding import Finding
from floodwatch.model.mute import Matter, Mute, MuteKind
from floodwatch.model.severity import Severity
from floodwatch.store import duty_log, mutes, outbox, timeline
from floodwatch.store.alert_log import Told
from floodwatch.store.database import Transaction
from floodwatch.store.rule_states import rule_key

SPOKEN = (TransitionKind.FIRED, TransitionKind.WORSENED)
SILENT = "muted"  # the reason of messages that a mute keeps from leaving
RESOLVED_MUTED = "resolved while muted: only those who had been told hear of it"
AGAIN = {  # why something is told anew
    "shelve": "told again: the shelving is over",
    "maintenance": "told again: the maintenance is over",
    "alert": "told again: the alert that stood for it is over",
}


class _Change(NamedTuple):
    """An alert whose muting is other than it is written."""

    matter: Matter
    wanted: str | None


class _Due(NamedTuple):
    """What must be done about mutes now."""

    changes: list[_Change]
    over: list[Mute]  # whose time is up
    idle: list[Mute]  # shelves of alerts that have ended

    def __bool__(self) -> bool:
        return bool(self.changes or self.over or self.idle)


def due(connection: Connection, *, district: District, now: int) -> bool:
    """Whether a mute begins, ends or no longer fits."""
    return bool(_due(connection, district, now)) or mutes.is_paused_due(connection, now=now)


def step(tx: Transaction, *, district: District, now: int) -> list[Told]:
    """Bring all mutes up to date; what must be told anew because its mute is over."""
    found = _due(tx.connection, district, now)
    again = _carry_out(tx, found, district, now)
    if mutes.is_paused_due(tx.connection, now=now):
        mutes.pause(tx)
    return again


def admitted(
    tx: Transaction, told: Sequence[Told], *, district: District, now: int
) -> tuple[Sequence[Told], Sequence[Told]]:
    """Of what a transaction has to say, that which is said; and what is told anew beside it.

    An alert that is muted speaks to nobody until its mute is over or it grows worse than the mute
    allows. Its end goes on: the all-clear asks who was told.
    """
    if not told:
        return told, []
    over = [e.alert_id for e in told if e.transition.kind is TransitionKind.RESOLVED]
    if over:
        _note_resolved(tx, over, now)
    again = _carry_out(tx, _due(tx.connection, district, now), district, now)
    spoken = {e.alert_id for e in told if e.transition.kind in SPOKEN}
    if not spoken:
        return told, again
    silent = mutes.muted_among(tx.connection, spoken)
    kept = [e for e in told if e.alert_id not in silent or e.transition.kind not in SPOKEN]
    return kept, [entry for entry in again if entry.alert_id not in spoken]


def hold_back(tx: Transaction, told: Iterable[Told], *, district: District, now: int) -> None:
    """The silence of a station behind a gateway waits a little for the gateway's own alert."""
    waiting = [
        e.alert_id
        for e in told
        if e.transition.kind in SPOKEN
        and muting.waits_for_feed(
            e.rule.type, e.transition.severity, district.stations.get(e.rule.station)
        )
    ]
    if waiting:
        mutes.hold(tx, waiting, since=now, until=now + muting.HELD)


def _due(connection: Connection, district: District, now: int) -> _Due:
    known = mutes.muting(connection)
    changes = []
    for matter in known.matters:
        wanted = muting.muted_by(
            matter, known.mutes, known.others, stations=district.stations, now=now
        )
        if wanted != matter.muted_by:
            changes.append(_Change(matter, wanted))
    over = [one for one in known.mutes if muting.over(one) <= now]
    open_ = {matter.id for matter in known.matters}
    shelves = [one for one in known.mutes if one.kind is MuteKind.SHELVE and one not in over]
    idle = [one for one in shelves if one.alert_id not in open_]
    return _Due(changes, over, idle)


def _carry_out(tx: Transaction, found: _Due, district: District, now: int) -> list[Told]:
    if not found:
        return []
    mutes.set_muted(tx, {change.matter.id: change.wanted for change in found.changes})
    hushed = [change for change in found.changes if change.wanted and not change.matter.muted_by]
    woken = [change for change in found.changes if not change.wanted]
    hush(tx, {c.matter.id: c.wanted or "" for c in hushed}, now=now)
    _end(tx, found, district, now)
    _end_broken(tx, woken, now)
    return _wake(tx, woken, now)


def hush(
    tx: Transaction,
    why: dict[int, str],
    *,
    now: int,
    who: str | None = None,
    text: str = "",
    until: int | None = None,
) -> None:
    """Keep in what has not left yet, pause the reminders, and write it into the timelines."""
    ids = list(why)
    if not ids:
        return
    outbox.supersede_unsent(tx, ids, reason=SILENT)
    mutes.pause(tx, ids)
    entries = [
        timeline.Entry(number, now, "muted", text, who, facts={"by": by, "until": until})
        for number, by in why.items()
    ]
    timeline.append(tx, entries)


def _end(tx: Transaction, found: _Due, district: District, now: int) -> None:
    """The end of a mute is announced: in the timelines by what follows, and in the duty log."""
    mutes.end(tx, [one.id for one in found.over], who="", now=now)
    mutes.end(tx, [one.id for one in found.idle], who="resolved", now=now)
    for one in found.over:
        station = district.stations.get(one.station)
        name = station.name if station else one.station
        work = one.kind is MuteKind.MAINTENANCE
        text = f"{name} 维护时段到期，恢复通知" if work else f"{name} 告警搁置到期"
        duty_log.write(tx, text, who="", kind="mute", now=now, alert_id=one.alert_id)


def _end_broken(tx: Transaction, woken: Sequence[_Change], now: int) -> None:
    """A shelve that something worse broke through is over, also when that eases again."""
    by = [change.matter.muted_by or "" for change in woken]
    prefix = f"{MuteKind.SHELVE}:"
    broken = [int(why.removeprefix(prefix)) for why in by if why.startswith(prefix)]
    mutes.end(tx, broken, who="worse", now=now)


def _wake(tx: Transaction, woken: Sequence[_Change], now: int) -> list[Told]:
    """What still stands after its mute is told anew, and the room is asked again."""
    if not woken:
        return []
    by = {change.matter.id: change.matter.muted_by or "" for change in woken}
    mutes.resume(tx, list(by), now=now)
    people = [number for number, why in by.items() if not why.startswith("alert:")]
    mutes.wake_room(tx, people, now=now)
    timeline.append(
        tx,
        [timeline.Entry(number, now, "unmuted", facts={"by": why}) for number, why in by.items()],
    )
    seqs = timeline.last_seq(tx.connection, by)
    rows = mutes.alert_rows(tx.connection, by)
    return [_told(row, seqs[row["id"]], by[row["id"]], now) for row in rows]


def _told(row: dict[str, Any], seq: int, by: str, now: int) -> Told:
    """The alert as it stands, as if it had fired now; its values are those of its row."""
    finding = Finding(Severity(row["severity"]), Severity(row["severity"]), suspect=row["suspect"])
    why = AGAIN[by.partition(":")[0]]
    transition = Transition(
        TransitionKind.FIRED, Severity(row["severity"]), None, now, finding, why
    )
    return Told(row["id"], seq, rule_key(row["rule"]), transition, row, False, Origin.LIVE)


def _note_resolved(tx: Transaction, ids: Sequence[int], now: int) -> None:
    muted = mutes.muted_among(tx.connection, ids)
    mutes.set_muted(tx, dict.fromkeys(muted))
    timeline.append(
        tx,
        [
            timeline.Entry(number, now, "note", RESOLVED_MUTED, facts={"by": by})
            for number, by in muted.items()
        ],
    )
