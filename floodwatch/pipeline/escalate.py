"""What follows when nobody answers: asked once more, then whoever stands in, then by hand."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection

from floodwatch.alerts.calling import Verdict
from floodwatch.alerts.obligations import PASSED_ON, ROOM, WAITS, NextStep, unanswered
from floodwatch.model.clock import MINUTE
from floodwatch.model.district import District
from floodwatch.model.people import Person, Way
from floodwatch.model.severity import Severity
from floodwatch.notify import roster, routing
from floodwatch.notify.message import compose
from floodwatch.notify.occasion import ESCALATED, REMINDER, Occasion
from floodwatch.notify.routing import Recipient
from floodwatch.pipeline import faults
from floodwatch.pipeline.asking import entry_of
from floodwatch.pipeline.room_sound import Bell
from floodwatch.pipeline.telephones import Telephones
from floodwatch.store import obligation_log, outbox, timeline
from floodwatch.store.database import Transaction
from floodwatch.store.obligation_log import Move, Owing
from floodwatch.store.rule_states import rule_key

MOST = 200  # obligations a step; the next tick takes the rest
ALONG = 2 * MINUTE  # so much too early a matter is taken along with another of the same person
STAND_IN = 5 * MINUTE  # the least time to answer in for whoever stands in
OUTDATED = frozenset(
    {"rate", "rate_span", "age", "next", "to_next", "late", "clock"}
)  # facts of an older reading
DUTY_ROOM = "值班室"


class _Overdue(NamedTuple):
    """An obligation whose time is up, on its alert's row, and what follows."""

    row: dict[str, Any]
    next: NextStep

    @property
    def party(self) -> str:
        return str(self.row["party"])

    @property
    def severity(self) -> Severity:
        return Severity(self.row["owed_for"])

    @property
    def waits(self) -> bool:
        """Whether it is asked only now, because nobody else has answered."""
        return bool(self.row["step"] == WAITS)


class _Work(NamedTuple):
    """What one step works with."""

    tx: Transaction
    district: District
    now: int
    telephones: Telephones
    open_now: Mapping[str, int]


def due(connection: Connection, *, now: int) -> bool:
    """Whether anybody's time to answer is up."""
    return obligation_log.is_due(connection, now=now)


def step(tx: Transaction, *, district: District, now: int) -> int:
    """Take the next step of every obligation that is due; how many there were.

    One message to a person covers all that this person owes, also what would be due in a moment;
    one to whoever stands in covers all who have not answered. Where one alert's cannot be taken,
    those of the others are, each alert's for itself.
    """
    rows = obligation_log.due(tx.connection, now=now, most=MOST)
    if not rows:
        return 0
    taken: list[int] = []

    def take(some: Sequence[dict[str, Any]], *, along: bool) -> None:
        taken.append(_step(tx, some, district, now, along=along))

    if faults.attempt(tx, "escalation", partial(take, rows, along=True)) is None:
        return sum(taken)
    by_alert: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_alert.setdefault(row["id"], []).append(row)
    for number, own in by_alert.items():
        what = f"escalation of alert {number}"
        error = faults.attempt(tx, what, partial(take, own, along=False))
        if error is not None:
            _put_off(tx, own, error, now)
    return len(rows)


def _put_off(tx: Transaction, rows: Sequence[dict[str, Any]], error: str, now: int) -> None:
    """What cannot be taken is tried again in a while, and says so in the alert's timeline."""
    moves = [Move(row["obligation_id"], row["step"], now + faults.RETRY) for row in rows]
    obligation_log.move_on(tx, moves)
    text = f"催办出错，请人工通知：{'、'.join(sorted({row['party'] for row in rows}))}"
    timeline.append(
        tx, [timeline.Entry(rows[0]["id"], now, "note", text, None, facts={"error": error})]
    )


def _step(
    tx: Transaction,
    rows: Sequence[dict[str, Any]],
    district: District,
    now: int,
    *,
    along: bool,
) -> int:
    people = {row["party"] for row in rows} - {ROOM}
    owed = obligation_log.owed_by(tx.connection, people) if people else []
    taken = {row["obligation_id"] for row in rows}
    others = (row for row in owed if row["obligation_id"] not in taken) if along else ()
    soon = [row for row in others if _soon(row, now)]
    overdue = [_Overdue(row, _next(row, district, now)) for row in (*rows, *soon)]
    overdue.sort(key=lambda one: -one.severity)
    possible = people | {p.name for p in district.people.values() if p.role in roster.LEADERS}
    possible |= {p.deputy for p in district.people.values() if p.name in people}
    open_now = Counter(row["party"] for row in owed if row["step"] > WAITS)
    work = _Work(tx, district, now, Telephones(tx.connection, possible, now=now), open_now)
    moves = [
        *_of_the_room(work, [one for one in overdue if one.party == ROOM]),
        *_of_those_who_wait(work, [one for one in overdue if one.waits]),
        *_of_people(work, [o for o in overdue if o.party != ROOM and not o.waits]),
    ]
    obligation_log.move_on(tx, moves)
    return len(overdue)


def _soon(row: dict[str, Any], now: int) -> bool:
    """Whether it is taken along with what is due of the same person, so as not to call twice."""
    early = min(ALONG, row["within"] // 2)
    ready = row["owed_due"] is not None and row["owed_due"] <= now + early
    return ready and row["step"] > WAITS


def _next(row: dict[str, Any], district: District, now: int) -> NextStep:
    return unanswered(
        row["party"],
        Severity(row["owed_for"]),
        step=row["step"],
        within=row["within"],
        now=now,
        tz=district.zone_of(row["station"]),
    )


def _of_the_room(work: _Work, overdue: Sequence[_Overdue]) -> Iterator[Move]:
    """Tones that waited for their distance, repeats of a grade I, and the leader."""
    if not overdue:
        return
    bell = Bell(work.tx, district=work.district, now=work.now)
    passed = []
    for one in overdue:
        row, number = one.row, one.row["obligation_id"]
        loud = row["way"] == Way.CALL
        if loud and row["told_at"] is None and one.next.again:
            due = bell.ring(row["id"], one.severity)
            if due > work.now:
                yield Move(number, row["step"], due)
            else:
                yield Move(number, row["step"], work.now + row["within"], told_at=work.now)
            continue
        if loud and one.next.again:
            bell.repeat(row["id"], one.severity)
        if one.next.pass_on:
            passed.append(one)
        yield Move(number, one.next.step, one.next.due)
    _pass_on(work, passed)


def _of_those_who_wait(work: _Work, overdue: Sequence[_Overdue]) -> Iterator[Move]:
    """Who is told only when nobody has answered is told now, or not at all."""
    if not overdue:
        return
    alerts = {one.row["id"] for one in overdue}
    silent = obligation_log.silent_parties(work.tx.connection, alerts)
    over = obligation_log.answered_among(work.tx.connection, alerts) - silent.keys()
    spared = [one for one in overdue if one.row["id"] in over]
    asked = [one for one in overdue if one.row["id"] not in over]
    only_told = [one for one in asked if not one.row["within"]]
    ids = [one.row["obligation_id"] for one in (*spared, *only_told)]
    obligation_log.not_needed(work.tx, ids, now=work.now)
    entries = []
    for one in asked:
        person = work.district.people.get(one.party)
        call = one.row["way"] == Way.CALL and person is not None
        call = call and work.telephones.ring(one.party, one.severity) is Verdict.CALL
        names = tuple(DUTY_ROOM if n == ROOM else n for n in silent.get(one.row["id"], ()))
        occasion = _occasion(one, work.now, kind=ESCALATED, silent=names)
        if person is not None:
            owes = bool(one.row["within"])
            entries += _entries(work, one, person, occasion, letter="a", call=call, owes=owes)
        if one not in only_told:
            yield Move(
                one.row["obligation_id"],
                0,
                work.now + one.row["within"],
                told_at=work.now if call else None,
                opened_at=work.now,
            )
    outbox.insert(work.tx, entries, now=work.now)


def _of_people(work: _Work, overdue: Sequence[_Overdue]) -> Iterator[Move]:
    """Once more to each, one message a person about the gravest matter; they come gravest first."""
    first: dict[str, _Overdue] = {}
    for one in overdue:
        if one.next.again and one.party in work.district.people:
            first.setdefault(one.party, one)
    entries: list[outbox.Entry] = []
    rung = set()
    for name, one in first.items():
        person = work.district.people[name]
        call = work.telephones.ring_again(name, one.severity, within=one.row["within"])
        if call:
            rung.add(name)
        occasion = _occasion(one, work.now, kind=REMINDER, also=work.open_now[name] - 1)
        entries += _entries(work, one, person, occasion, letter="r", call=call, owes=True)
    outbox.insert(work.tx, entries, now=work.now)
    _pass_on(work, [one for one in overdue if one.next.pass_on])
    gave_up = [_noted(one, work.now, ()) for one in overdue if one.next.due is None]
    timeline.append(work.tx, gave_up)
    for one in overdue:
        told = work.now if one.party in rung else None
        yield Move(one.row["obligation_id"], one.next.step, one.next.due, told_at=told)


def _pass_on(work: _Work, overdue: Sequence[_Overdue]) -> None:
    """Ask whoever stands in: an obligation of his own for each who has not answered.

    One message a person, about the gravest matter and all who are silent.
    """
    asked: dict[str, list[_Overdue]] = {}
    notes = []
    for one in overdue:
        station = work.district.stations.get(one.row["station"])
        silent = {str(one.row["stands_for"]), one.party}
        person = roster.stand_in(
            work.district, one.party, station=station, now=work.now, not_these=silent
        )
        if person is not None:
            asked.setdefault(person.name, []).append(one)
        notes.append(_noted(one, work.now, (person.name,) if person else ()))
    timeline.append(work.tx, notes)
    for name, owed in asked.items():
        _ask(work, work.district.people[name], owed)


def _ask(work: _Work, person: Person, owed: Sequence[_Overdue]) -> None:
    first = owed[0]
    fresh = [one for one in owed if one.next.step <= PASSED_ON or one.party == ROOM]
    call = bool(fresh) and work.telephones.ring(person.name, first.severity) is Verdict.CALL
    silent = tuple(dict.fromkeys(DUTY_ROOM if o.party == ROOM else o.party for o in owed))
    also = len({one.row["id"] for one in owed}) - 1
    occasion = _occasion(first, work.now, kind=ESCALATED, also=also, silent=silent)
    entries = _entries(work, first, person, occasion, letter="e", call=call, owes=True)
    outbox.insert(work.tx, entries, now=work.now)
    told = work.now if call else None
    obligation_log.open(
        work.tx,
        [
            Owing(
                one.row["id"],
                person.name,
                int(one.severity),
                max(one.row["within"], STAND_IN),
                stands_for=one.party,
                told_at=told,
            )
            for one in owed
        ],
        now=work.now,
    )


def _entries(
    work: _Work,
    one: _Overdue,
    person: Person,
    occasion: Occasion,
    *,
    letter: str,
    call: bool,
    owes: bool,
) -> list[outbox.Entry]:
    """The message on each of the person's ways; the obligation's number keeps severities apart, the
    time one that is owed anew from what was asked before.
    """
    text = compose(occasion, work.district, language=person.language, owes=owes)
    number = f"{letter}{one.row['obligation_id']}.{one.next.step}.{work.now}"
    way = Way.CALL if call else Way.TEXT
    return [
        entry_of(occasion, 0, number, Recipient(person, channel, address, owes), text, way=way)
        for channel, address in _ways(work, one, person, call=call)
    ]


def _ways(work: _Work, one: _Overdue, person: Person, *, call: bool) -> Iterable[tuple[str, str]]:
    rule, band = rule_key(one.row["rule"]), str(one.row["band"])
    chosen = routing.route(work.district, rule, one.severity, band=band, now=work.now).route
    wanted = chosen.channels or next((d.channels for d in chosen.duties if d.channels), ())
    return routing.ways(work.district, person, wanted, call=call)


def _occasion(
    one: _Overdue, now: int, *, kind: str, also: int = 0, silent: tuple[str, ...] = ()
) -> Occasion:
    """The matter as it stands now: with the gauge's newest reading where that is what counts."""
    row = one.row
    newer = row["newest_time"] is not None and row["newest_time"] > (row["value_time"] or 0)
    fresh = newer and row["type"] == "level"
    facts = dict(row["facts"] or {})
    if fresh:
        facts = {name: facts[name] for name in facts if name not in OUTDATED}
    return Occasion(
        kind=kind,
        alert_id=row["id"],
        rule=rule_key(row["rule"]),
        severity=Severity(row["severity"]),
        now=now,
        fired_at=row["fired_at"],
        band=row["band"],
        label=row["label"],
        limit=row["limit_value"],
        value=row["newest"] if fresh else row["value"],
        time=row["newest_time"] if fresh else row["value_time"],
        suspect=bool(row["suspect"]),
        peak=row["peak"],
        peak_at=row["peak_at"],
        facts=facts,
        also=also,
        silent=silent,
    )


def _noted(one: _Overdue, now: int, asked: Sequence[str]) -> timeline.Entry:
    """What became of it, in the alert's timeline."""
    kind = "reminded" if not one.next.pass_on else "escalated"
    who = DUTY_ROOM if one.party == ROOM else one.party
    text = f"{who} 第{one.next.step}次未应答"
    facts = {"party": one.party, "step": one.next.step, "asked": list(asked)}
    return timeline.Entry(one.row["id"], now, kind, text, None, int(one.severity), facts)
