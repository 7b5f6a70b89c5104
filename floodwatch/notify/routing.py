"""Which alert goes to whom, and by which way out; nobody is never the answer. Pure."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from floodwatch.model.alert import RuleKey
from floodwatch.model.district import District
from floodwatch.model.people import Person, Route
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station

_log = logging.getLogger(__name__)

LOG = "log"
INBOX = "inbox"
MAIL = "smtp"
SYSTEM = "system"
CATCH_ALL_WITHIN = 300_000


class Recipient(NamedTuple):
    """One person on one channel. `owes`: an answer is expected."""

    person: Person
    channel: str
    address: str
    owes: bool = False


class Routing(NamedTuple):
    """The route taken and everybody it reaches."""

    route: Route
    recipients: tuple[Recipient, ...]


def route(district: District, rule: RuleKey, severity: Severity) -> Routing:
    """The first route that matches and reaches somebody, or is for the screen only.

    When none does, or a fault of the routes leaves it open: every person, and the log.
    """
    try:
        return _chosen(district, rule, severity) or _everybody(district)
    except Exception:  # noqa: BLE001 - whatever it is, somebody is told
        _log.exception("no route can be found for %s; everybody is told", rule)
        return _everybody(district)


def _chosen(district: District, rule: RuleKey, severity: Severity) -> Routing | None:
    station = district.stations.get(rule.station)
    for candidate in district.routes:
        if _matches(candidate, rule, station, severity):
            if candidate.screen_only:
                return Routing(candidate, ())
            found = _reached(district, candidate, station)
            if found:
                return Routing(candidate, found)
    return None


def to_the_officer(found: Routing) -> Routing:
    """The first of the route's people alone: who looks at a suspect reading before all are woken.

    A route that names only roles or informs only keeps its recipients.
    """
    officers = found.route.people[:1]
    kept = tuple(r for r in found.recipients if r.person.name in officers)
    return found._replace(recipients=kept or found.recipients)


def known_channels(district: District) -> tuple[str, ...]:
    """The ways out in the order in which they are tried; the demonstration has its inbox alone."""
    if district.demonstration:
        return (INBOX,)
    named = [name for name in district.channels if name not in (LOG, INBOX)]
    return (*named, LOG)


def address(person: Person, channel: str) -> str:
    """The person's address on a channel; empty when there is none."""
    if channel == MAIL:
        return person.email
    if channel in (LOG, INBOX):
        return person.phone or person.email or person.name
    return person.phone


def ways(district: District, person: Person, wanted: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """(channel, address) for each wanted channel; one without address falls to the next, to log."""
    known = known_channels(district)
    names = wanted or [name for name in known if name != LOG] or known
    found: dict[str, str] = {}
    for name in names:
        place = known.index(name) if name in known else len(known) - 1
        for channel in (*known[place:], *known[-1:]):
            if where := address(person, channel):
                found.setdefault(channel, where)
                break
    return tuple(found.items())


def stranger(name: str) -> Person:
    """Somebody who is no longer among the people of the district."""
    return Person(name)


def next_way(
    district: District, person: Person, failed: str, used: Iterable[str]
) -> tuple[str, str] | None:
    """The channel to try when `failed` will never take it and those in `used` were tried."""
    known = known_channels(district)
    tried = {failed, *used}
    place = known.index(failed) + 1 if failed in known else 0
    for channel in (*known[place:], *known[:place]):
        if channel not in tried and (where := address(person, channel)):
            return channel, where
    return None


def people_of(district: District, chosen: Route, station: Station | None) -> Iterator[str]:
    """The names a route calls, those who must answer first; a name may come twice."""
    persons = station.persons if station else {}
    yield from chosen.people
    for role in chosen.roles:
        yield from persons.get(role, ())
    yield from chosen.inform
    for role in chosen.inform_roles:
        yield from persons.get(role, ())


def _matches(candidate: Route, rule: RuleKey, station: Station | None, severity: Severity) -> bool:
    kind = station.kind.value if station else ""
    if not station and SYSTEM in (rule.station, rule.type):
        kind = SYSTEM
    pairs: tuple[tuple[Sequence[object], object], ...] = (
        (candidate.severity, severity),
        (candidate.kind, kind),
        (candidate.station, rule.station),
        (candidate.variable, rule.variable),
        (candidate.type, rule.type),
    )
    return all(not wanted or value in wanted for wanted, value in pairs)


def _reached(district: District, chosen: Route, station: Station | None) -> tuple[Recipient, ...]:
    owing = set(chosen.people)
    for role in chosen.roles:
        owing |= set(station.persons.get(role, ()) if station else ())
    found = []
    for name in dict.fromkeys(people_of(district, chosen, station)):
        person = district.people.get(name)
        if person is not None:
            owes = chosen.must_answer and name in owing
            for channel, where in ways(district, person, chosen.channels):
                found.append(Recipient(person, channel, where, owes))
    return tuple(found)


def _everybody(district: District) -> Routing:
    people = list(district.people.values()) or [Person("值班室", phone="值班室")]
    last = known_channels(district)[-1]
    found = []
    for person in people:
        for channel, where in dict(
            [*ways(district, person, ()), (last, address(person, last))]
        ).items():
            found.append(Recipient(person, channel, where, owes=True))
    names = tuple(person.name for person in people)
    catch_all = Route(people=names, must_answer=True, within=CATCH_ALL_WITHIN)
    return Routing(catch_all, tuple(found))
