"""Whether messages can reach people at all: the log and a siren carry none to anybody. Pure."""

from floodwatch.model.district import District
from floodwatch.notify import routing

NOBODYS = (routing.LOG, routing.INBOX, "siren")  # taken by them is not told to a person


def real_channels(district: District) -> tuple[str, ...]:
    """The ways out that end at a person."""
    return tuple(name for name in routing.known_channels(district) if name not in NOBODYS)


def unreached(district: District) -> tuple[str, ...]:
    """The people whom no configured channel can reach; nobody in the demonstration."""
    if district.demonstration:
        return ()
    real = real_channels(district)
    return tuple(
        person.name
        for person in district.people.values()
        if not any(routing.address(person, channel) for channel in real)
    )


def reaches_nobody(district: District) -> bool:
    """Whether every message would end in the log."""
    return not district.demonstration and len(unreached(district)) == len(district.people)
