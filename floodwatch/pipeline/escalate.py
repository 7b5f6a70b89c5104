"""What follows when nobody answers: reminders, then the deputy and the leader."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from floodwatch.alerts.obligations import NextStep, unanswered
from floodwatch.model.alert import RuleKey
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

    One message to a person covers all that is due of that person; one to a deputy or leader covers
    all who have not answered to the same alert.
    """
    rows = obligation_log.due(tx.connection, now=now, most=MOST)
    overdue = [_Overdue(row, _next(row, district, now)) for row in rows]
    obligation_log.move_on(
        tx, [Move(one.row["obligation_id"], one.next.step, one.next.due) for one in overdue]
    )
    reminded = [one for one in overdue if one.next.remind]
    entries = [*_reminders(reminded, district, now), *_escalations(reminded, district, now)]
    if entries:
        outbox.insert(tx, entries, now=now)
    timeline.append(tx, [_noted(one, now) for one in reminded])
    return len(overdue)


def _next(row: dict[str, Any], district: District, now: int) -> NextStep:
    return unanswered(
        row["party"],
        Severity(row["owed_for"]),
        step=row["step"],
        within=row["within"],
        now=now,
        tz=district.zone_of(row["station"]),
    )


def _reminders(overdue: Iterable[_Overdue], district: District, now: int) -> Iterator[outbox.Entry]:
    """One message a person, about the gravest matter; they come gravest first."""
    by_person: dict[str, list[_Overdue]] = {}
    for one in overdue:
        by_person.setdefault(one.party, []).append(one)
    for name, owed in by_person.items():
        person, first = district.people.get(name), owed[0]
        if person is None:
            continue
        occasion = _occasion(first, now, kind=REMINDER, also=len(owed) - 1)
        text = compose(occasion, district, language=person.language, owes=True)
        # The obligation's own number keeps reminders of different severities apart.
        number = f"r{first.row['obligation_id']}.{first.next.step}"
        for channel, address in _ways(first, district, person):
            to = Recipient(person, channel, address, owes=True)
            yield entry_of(occasion, 0, number, to, text)


def _escalations(
    overdue: Iterable[_Overdue], district: District, now: int
) -> Iterator[outbox.Entry]:
    by_alert: dict[int, list[_Overdue]] = {}
    for one in overdue:
        if one.next.escalate or one.party not in district.people:
            by_alert.setdefault(one.row["id"], []).append(one)
    for owed in by_alert.values():
        for person, silent in _above(owed, district).items():
            first = next(one for one in owed if one.party in silent)
            occasion = _occasion(first, now, kind=ESCALATED, silent=tuple(silent))
            deputy = any(_deputy(district, name) == person for name in silent)
            who = district.people[person]
            text = compose(occasion, district, language=who.language, owes=deputy)
            number = f"e{first.row['obligation_id']}.{first.next.step}"
            for channel, address in _ways(first, district, who):
                yield entry_of(occasion, 0, number, Recipient(who, channel, address), text)


def _above(owed: Sequence[_Overdue], district: District) -> dict[str, list[str]]:
    """Who is told that whom could not be reached."""
    found: dict[str, list[str]] = {}
    for one in owed:
        station = district.stations.get(one.row["station"])
        own = [
            name for role in LEADERS for name in (station.persons.get(role, ()) if station else ())
        ]
        leaders = [p.name for p in district.people.values() if p.role in LEADERS]
        for name in dict.fromkeys([_deputy(district, one.party), *own, *leaders]):
            if name in district.people and name != one.party:
                found.setdefault(name, []).append(one.party)
    return found


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
    row = one.row
    return Occasion(
        kind=kind,
        alert_id=row["id"],
        rule=_rule(row),
        severity=Severity(row["severity"]),
        now=now,
        fired_at=row["fired_at"],
        band=row["band"],
        label=row["label"],
        limit=row["limit_value"],
        value=row["value"],
        time=row["value_time"],
        suspect=bool(row["suspect"]),
        peak=row["peak"],
        peak_at=row["peak_at"],
        facts=dict(row["facts"] or {}),
        also=also,
        silent=silent,
    )


def _rule(row: dict[str, Any]) -> RuleKey:
    return rule_key(row["rule"])


def _noted(one: _Overdue, now: int) -> timeline.Entry:
    kind = "escalated" if one.next.escalate else "reminded"
    text = f"{one.party} 第{one.next.step}次未应答"
    facts = {"party": one.party, "step": one.next.step}
    return timeline.Entry(one.row["id"], now, kind, text, None, int(one.severity), facts)
