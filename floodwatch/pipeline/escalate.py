"""What follows when nobody answers: reminders, then the deputy and the leader."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from floodwatch.alerts.obligations import ROOM, NextStep, unanswered
from floodwatch.model.clock import MINUTE
from floodwatch.model.district import District
from floodwatch.model.people import Person
from floodwatch.model.severity import Severity
from floodwatch.notify import routing
from floodwatch.notify.message import compose
from floodwatch.notify.occasion import ESCALATED, REMINDER, Occasion
from floodwatch.notify.routing import Recipient
from floodwatch.pipeline.tell import entry_of
from floodwatch.store import obligation_log, outbox, timeline
from floodwatch.store.alert_log import rule_key
from floodwatch.store.database import Transaction
from floodwatch.store.obligation_log import Move

MOST = 200  # obligations a step; the next tick takes the rest
ALONG = 2 * MINUTE  # so much too early a matter is taken along with another of the same person
OUTDATED = frozenset({"rate", "age", "next", "to_next", "late"})  # facts of an older reading
LEADERS = frozenset({"leader", "带班领导"})


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


def due(connection: Connection, *, now: int) -> bool:
    """Whether anybody's time to answer is up."""
    return obligation_log.is_due(connection, now=now)


def step(tx: Transaction, *, district: District, now: int) -> int:
    """Take the next step of every obligation that is due; how many there were.

    One message to a person covers all that this person owes, also what would be due in a moment;
    one to a deputy or leader covers all who have not answered.
    """
    rows = obligation_log.due(tx.connection, now=now, most=MOST)
    people = {row["party"] for row in rows} - {ROOM}
    owed = obligation_log.owed_by(tx.connection, people) if people else []
    taken = {row["obligation_id"] for row in rows}
    along = [row for row in owed if row["obligation_id"] not in taken and _soon(row, now)]
    overdue = [_Overdue(row, _next(row, district, now)) for row in (*rows, *along)]
    overdue.sort(key=lambda one: -one.severity)
    obligation_log.move_on(
        tx, [Move(one.row["obligation_id"], one.next.step, one.next.due) for one in overdue]
    )
    reminded = [one for one in overdue if one.next.remind]
    open_now = Counter(row["party"] for row in owed)
    entries = [*_reminders(reminded, open_now, district, now), *_above_all(reminded, district, now)]
    if entries:
        outbox.insert(tx, entries, now=now)
    timeline.append(tx, [_noted(one, now) for one in reminded])
    return len(overdue)


def _soon(row: dict[str, Any], now: int) -> bool:
    """Whether it is taken along with what is due of the same person, so as not to call twice."""
    early = min(ALONG, row["within"] // 2)
    return row["owed_due"] is not None and row["owed_due"] <= now + early


def _next(row: dict[str, Any], district: District, now: int) -> NextStep:
    return unanswered(
        row["party"],
        Severity(row["owed_for"]),
        step=row["step"],
        within=row["within"],
        now=now,
        tz=district.zone_of(row["station"]),
    )


def _reminders(
    overdue: Iterable[_Overdue], open_now: Mapping[str, int], district: District, now: int
) -> Iterator[outbox.Entry]:
    """One message a person, about the gravest matter; they come gravest first."""
    first: dict[str, _Overdue] = {}
    for one in overdue:
        first.setdefault(one.party, one)
    for name, one in first.items():
        person = district.people.get(name)
        if person is None:
            continue
        occasion = _occasion(one, now, kind=REMINDER, also=open_now[name] - 1)
        text = compose(occasion, district, language=person.language, owes=True)
        for channel, address in _ways(one, district, person):
            to = Recipient(person, channel, address, owes=True)
            yield entry_of(occasion, 0, _number("r", one), to, text)


def _above_all(overdue: Iterable[_Overdue], district: District, now: int) -> Iterator[outbox.Entry]:
    """One message to each deputy and leader, about the gravest matter and all who are silent."""
    told: dict[str, list[_Overdue]] = {}
    for one in overdue:
        if one.next.escalate or one.party not in district.people:
            for name in _above(one, district):
                told.setdefault(name, []).append(one)
    for name, owed in told.items():
        person, first = district.people[name], owed[0]
        silent = tuple(dict.fromkeys(one.party for one in owed))
        also = len({one.row["id"] for one in owed}) - 1
        occasion = _occasion(first, now, kind=ESCALATED, also=also, silent=silent)
        deputy = any(_deputy(district, who) == name for who in silent)
        text = compose(occasion, district, language=person.language, owes=deputy)
        for channel, address in _ways(first, district, person):
            to = Recipient(person, channel, address)
            yield entry_of(occasion, 0, _number("e", first), to, text)


def _number(letter: str, one: _Overdue) -> str:
    """The step of the message's key: the obligation's own number keeps severities apart."""
    return f"{letter}{one.row['obligation_id']}.{one.next.step}"


def _above(one: _Overdue, district: District) -> list[str]:
    """Who is told that this person could not be reached: the deputy, and the leaders."""
    station = district.stations.get(one.row["station"])
    persons = station.persons if station else {}
    own = [name for role in LEADERS for name in persons.get(role, ())]
    leaders = [person.name for person in district.people.values() if person.role in LEADERS]
    names = dict.fromkeys([_deputy(district, one.party), *own, *leaders])
    return [name for name in names if name in district.people and name != one.party]


def _deputy(district: District, name: str) -> str:
    person = district.people.get(name)
    return person.deputy if person else ""


def _ways(one: _Overdue, district: District, person: Person) -> tuple[tuple[str, str], ...]:
    rule = rule_key(one.row["rule"])
    chosen = routing.route(district, rule, one.severity).route
    return routing.ways(district, person, chosen.channels)


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


def _noted(one: _Overdue, now: int) -> timeline.Entry:
    kind = "escalated" if one.next.escalate else "reminded"
    text = f"{one.party} 第{one.next.step}次未应答"
    facts = {"party": one.party, "step": one.next.step}
    return timeline.Entry(one.row["id"], now, kind, text, None, int(one.severity), facts)
