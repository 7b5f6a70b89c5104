"""Who sits in the duty room, and how the room is written to."""

from collections.abc import Iterator

from floodwatch.model.district import District
from floodwatch.model.people import Person
from floodwatch.notify import roster, routing


def officers(district: District, *, now: int) -> list[Person]:
    """Whoever is on shift; without shifts the people whom the last route names."""
    names = roster.on_shift(district, now=now)
    if not names and district.routes:
        last = district.routes[-1]
        wanted = [*last.people, *(n for duty in last.duties for n in duty.people), *last.inform]
        names = [
            one.person.name for one in roster.resolved(district, wanted, station=None, now=now)
        ]
    found = [district.people[name] for name in dict.fromkeys(names) if name in district.people]
    return found or list(district.people.values())[:1]


def ways(district: District, *, now: int) -> Iterator[tuple[Person, str, str]]:
    """(person, channel, address): the first real channel of each, the log where there is none."""
    for person in officers(district, now=now):
        for channel, address in routing.ways(district, person, ())[:1]:
            yield person, channel, address
