"""Which alert goes to whom, and by which way out; nobody is never the answer. Pure."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from floodwatch.model.alert import RuleKey
from floodwatch.model.district import District
from floodwatch.model.people import Duty, Person, Route, Way
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station
from floodwatch.notify import roster

_log = logging.getLogger(__name__)

LOG = "log"
INBOX = "inbox"
MAIL = "smtp"
VOICE = "voice"
NAMED = ("apprise", "webhook", "siren")  # they find the receiver by the name, or have but one
SMS = "sms_"  # begins the name of every channel that sends text messages
SYSTEM = "system"
PATROL = "patrol"  # the role that goes and looks
CATCH_ALL_WITHIN = 300_000


class Recipient(NamedTuple):
    """One person on one channel. `owes`: an answer is expected, within so many ms.

    `after` ms: only when nobody has answered by then. `at`: of a list, ms after local midnight.
    `on_duty`: sits in the room, and hears its tone before the telephone rings.
    """

    person: Person
    channel: str
    address: str
    owes: bool = False
    way: Way = Way.TEXT
    within: int = 0
    after: int = 0
    at: int = 0
    on_duty: bool = False


class Routing(NamedTuple):
    """The route taken and everybody it reaches."""

    route: Route
    recipients: tuple[Recipient, ...]


def route(
    district: District,
    rule: RuleKey,
    severity: Severity,
    *,
    band: str = "",
    now: int | None = None,
) -> Routing:
    """The first route that matches and reaches somebody, or is for the screen only.

    When none does, or a fault of the routes leaves it open: every person, and the log. `now` says
    who is on shift and who on leave.
    """
    try:
        return _chosen(district, rule, severity, band, now) or _everybody(district)
    except Exception:  # noqa: BLE001 - whatever it is, somebody is told
        _log.exception("no route can be found for %s; everybody is told", rule)
        return _everybody(district)


def _chosen(
    district: District, rule: RuleKey, severity: Severity, band: str, now: int | None
) -> Routing | None:
    station = district.stations.get(rule.station)
    for candidate in district.routes:
        if _matches(candidate, rule, station, severity, band):
            if candidate.screen_only:
                return Routing(candidate, ())
            found = _reached(district, candidate, station, now)
            if found or _on_screen(candidate, severity):
                return Routing(candidate, at_once(found, severity))
    return None


def at_once(found: Iterable[Recipient], severity: Severity) -> tuple[Recipient, ...]:
    """Those by which a person is told at the beginning: grade I by every medium, II by two, the
    others by one; the rest is there to fall back on, as is the second provider of a medium.

    Log, inbox and calls do not count.
    """
    most = {Severity.I: 99, Severity.II: 2}.get(severity, 1)
    media: dict[tuple[str, int], set[str]] = {}
    kept = []
    for one in found:
        medium = SMS if one.channel.startswith(SMS) else one.channel
        taken = media.setdefault((one.person.name, one.after), set())
        if medium in (LOG, INBOX, VOICE):
            kept.append(one)
        elif medium not in taken and len(taken) < most:
            taken.add(medium)
            kept.append(one)
    return tuple(kept)


def _on_screen(candidate: Route, severity: Severity) -> bool:
    """Whether somebody sees it on the pages, so that it needs no message to reach a person.

    Not if something grave was meant for others too, whom the station does not name.
    """
    seen = [duty.way is Way.SCREEN for duty in candidate.all_duties]
    return any(seen) if severity <= Severity.III else bool(seen) and all(seen)


def to_the_officer(found: Routing) -> Routing:
    """Whoever is on duty, or the first of the route's people, alone: who looks at a suspect
    reading before all are woken.

    A route that names only roles or informs only keeps its recipients.
    """
    kept = tuple(r for r in found.recipients if r.on_duty)
    if not kept:
        named = [name for duty in found.route.all_duties if duty.owes for name in duty.people]
        officers = found.route.people[:1] or tuple(named[:1])
        kept = tuple(r for r in found.recipients if r.person.name in officers)
    return found._replace(recipients=kept or found.recipients)


def to_the_patrol(
    district: District, found: Routing, station: Station | None, *, now: int | None = None
) -> Routing:
    """The station's patrol alone, called: it is asked to look while a suspect reading waits for a
    verdict. Nobody where the route asks nobody for an answer.
    """
    asking = not found.route.screen_only and any(r.owes for r in found.recipients)
    duty = Duty((), (PATROL,), Way.CALL, found.route.within)
    called = (
        recipient
        for named in _named(district, duty, station if asking else None, now)
        for recipient in _recipients(district, found.route, duty, named)
    )
    return found._replace(recipients=tuple(called))


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
    if channel in (LOG, INBOX, *NAMED):
        return person.phone or person.email or person.name
    return person.phone


def ways(
    district: District, person: Person, wanted: Sequence[str], *, call: bool = False
) -> tuple[tuple[str, str], ...]:
    """(channel, address) for each wanted channel; one without address falls to the next, to log.

    A call also goes by voice where there is a voice channel; what only calls carries no text, so
    that a text for it goes by what else there is.
    """
    known = known_channels(district)
    silent = () if call else (VOICE,)
    every = [name for name in known if name not in (LOG, *silent)] or [known[-1]]
    names = [name for name in wanted if name not in silent] or every
    if call and VOICE in known and VOICE not in names:
        names.insert(0, VOICE)
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
    """The channel to try when `failed` will never take it and those in `used` were tried.

    Nobody is rung because a text was refused.
    """
    known = known_channels(district)
    tried = {failed, *used}
    place = known.index(failed) + 1 if failed in known else 0
    for channel in (*known[place:], *known[:place]):
        if channel not in (*tried, VOICE) and (where := address(person, channel)):
            return channel, where
    return None


def _matches(
    candidate: Route, rule: RuleKey, station: Station | None, severity: Severity, band: str
) -> bool:
    kind = station.kind.value if station else ""
    if not station and SYSTEM in (rule.station, rule.type):
        kind = SYSTEM
    pairs: tuple[tuple[Sequence[object], object], ...] = (
        (candidate.severity, severity),
        (candidate.kind, kind),
        (candidate.station, rule.station),
        (candidate.variable, rule.variable),
        (candidate.type, rule.type),
        (candidate.band, band),
        (candidate.direction, rule.direction),
        (candidate.point_type, station.point_type if station else ""),
    )
    return all(not wanted or value in wanted for wanted, value in pairs)


def _reached(
    district: District, chosen: Route, station: Station | None, now: int | None
) -> tuple[Recipient, ...]:
    """Everybody by the strictest of the duties that name him; a delayed one stands beside it."""
    at_once: dict[str, list[Recipient]] = {}
    later: dict[str, list[Recipient]] = {}
    for duty in chosen.all_duties:
        for named in _named(district, duty, station, now):
            mine = list(_recipients(district, chosen, duty, named))
            place = later if duty.after else at_once
            known = place.get(named.person.name)
            if known is None or _RANK[mine[0].way] > _RANK[known[0].way]:
                place[named.person.name] = mine
    for name, mine in later.items():
        known = at_once.get(name)
        if known is None or _RANK[mine[0].way] > _RANK[known[0].way]:
            at_once[f"{name}/later"] = mine
    return tuple(recipient for mine in at_once.values() for recipient in mine)


_RANK = {Way.SCREEN: 0, Way.LIST: 1, Way.TEXT: 2, Way.CALL: 3}


def _named(
    district: District, duty: Duty, station: Station | None, now: int | None
) -> Iterator[roster.Named]:
    persons = station.persons if station else {}
    names = [*duty.people, *(name for role in duty.roles for name in persons.get(role, ()))]
    if duty.way is not Way.SCREEN:
        yield from roster.resolved(district, names, station=station, now=now)


def _recipients(
    district: District, chosen: Route, duty: Duty, named: roster.Named
) -> Iterator[Recipient]:
    wanted = duty.channels or chosen.channels
    call = duty.way is Way.CALL
    for channel, where in ways(district, named.person, wanted, call=call):
        yield Recipient(
            named.person,
            channel,
            where,
            duty.owes,
            duty.way,
            duty.within if duty.owes else 0,
            duty.after,
            duty.at,
            named.on_duty,
        )


def _everybody(district: District) -> Routing:
    people = list(district.people.values()) or [Person("值班室", phone="值班室")]
    last = known_channels(district)[-1]
    found = []
    for person in people:
        for channel, where in dict(
            [*ways(district, person, ()), (last, address(person, last))]
        ).items():
            found.append(
                Recipient(person, channel, where, owes=True, way=Way.CALL, within=CATCH_ALL_WITHIN)
            )
    names = tuple(person.name for person in people)
    catch_all = Route(people=names, must_answer=True, within=CATCH_ALL_WITHIN)
    return Routing(catch_all, tuple(found))
