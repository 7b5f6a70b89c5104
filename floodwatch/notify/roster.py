"""Who a name in a route is now: groups, whoever is on shift, and who stands in for the absent."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from floodwatch.model.clock import HOUR, MINUTE, SECOND
from floodwatch.model.district import District
from floodwatch.model.people import ON_DUTY, Person, Shift
from floodwatch.model.station import Station

LEADERS = frozenset({"leader", "带班领导"})
_WEEK = 7


class Named(NamedTuple):
    """A name of a route, resolved. `on_duty`: named as whoever sits in the room now."""

    person: Person
    on_duty: bool


def away(person: Person, now: int) -> bool:
    """Whether the person is on leave (now: ms UTC)."""
    return any(begins <= now < ends for begins, ends in person.away)


def on_shift(district: District, *, now: int, name: str = "") -> list[str]:
    """The people of the shifts that are on now, or of the one of this name if it is on."""
    local = datetime.fromtimestamp(now / SECOND, district.tz)
    found: list[str] = []
    for shift in district.shifts:
        if (not name or shift.name == name) and _is_on(shift, local, district.holidays):
            found += shift.people
    return list(dict.fromkeys(found))


def _is_on(shift: Shift, local: datetime, holidays: frozenset[date]) -> bool:
    clock = (local.hour * 60 + local.minute) * MINUTE + local.second * SECOND
    overnight = shift.end <= shift.start
    if overnight:
        if clock >= shift.start:
            return shift.begins_on(local.date(), holidays)
        return clock < shift.end and shift.begins_on(local.date() - timedelta(days=1), holidays)
    return shift.start <= clock < shift.end and shift.begins_on(local.date(), holidays)


def resolved(
    district: District, names: Iterable[str], *, station: Station | None, now: int | None
) -> Iterator[Named]:
    """The people of these names, those on leave replaced by who stands in; without `now` all.

    Nobody on shift is the leader's matter.
    """
    for name in names:
        called = [name]
        if name.startswith("@"):
            called = _called(district, name, now)
            if not called and now is not None and name not in _groups(district):
                called = leaders(district, station, now=now)[:1]
        for each in called:
            person = district.people.get(each)
            if person is not None:
                if now is not None and away(person, now):
                    person = stand_in(district, each, station=station, now=now) or person
                yield Named(person, name.startswith("@") and name not in _groups(district))


def _groups(district: District) -> set[str]:
    return {f"@{name}" for name in district.groups}


def _called(district: District, name: str, now: int | None) -> list[str]:
    if name in _groups(district):
        return list(district.groups[name[1:]])
    wanted = "" if name == ON_DUTY else name[1:]
    if now is None:
        return [
            person
            for shift in district.shifts
            if not wanted or shift.name == wanted
            for person in shift.people
        ]
    return on_shift(district, now=now, name=wanted)


def leaders(district: District, station: Station | None, *, now: int) -> list[str]:
    """The leaders of the station, then the district's, those on leave last."""
    persons = station.persons if station else {}
    own = [name for role in sorted(LEADERS) for name in persons.get(role, ())]
    general = [person.name for person in district.people.values() if person.role in LEADERS]
    known = [name for name in dict.fromkeys([*own, *general]) if name in district.people]
    return sorted(known, key=lambda name: away(district.people[name], now))


def stand_in(
    district: District,
    name: str,
    *,
    station: Station | None,
    now: int,
    not_these: Iterable[str] = (),
) -> Person | None:
    """Who is asked in a person's place: the deputy, the deputy's deputy; of somebody whose shift is
    over whoever sits in the room now; else a leader.
    """
    out = {name, *not_these}
    person = district.people.get(name)
    seen = set()
    while person is not None and person.deputy and person.deputy not in seen:
        seen.add(person.deputy)
        person = district.people.get(person.deputy)
        if person is not None and person.name not in out and not away(person, now):
            return person
    here = on_shift(district, now=now)
    relieved = name not in here and any(name in shift.people for shift in district.shifts)
    for other in here if relieved else ():
        person = district.people.get(other)
        if person is not None and other not in out and not away(person, now):
            return person
    for leader in leaders(district, station, now=now):
        if leader not in out and not away(district.people[leader], now):
            return district.people[leader]
    return None


def next_at(district: District, at: int, *, now: int) -> int:
    """The next moment (ms UTC) at which the local clock shows `at`, ms after midnight."""
    local = datetime.fromtimestamp(now / SECOND, district.tz)
    for days in range(_WEEK):
        day = local.date() + timedelta(days=days)
        moment = datetime(
            day.year, day.month, day.day, at // HOUR, at % HOUR // MINUTE, tzinfo=district.tz
        )
        if (found := round(moment.timestamp() * SECOND)) > now:
            return found
    return now
