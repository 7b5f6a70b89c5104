"""How many messages a provider still takes today; a fifth is kept for grade I. Pure."""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from floodwatch.model.severity import Severity

RESERVE = 0.2  # of each limit, for grade I alone
NEAR = 0.6  # from here on the milder grades go into digests
SAID = 0.9  # of what is open to all: the room is told before it is used up


class Room(IntEnum):
    """How much room there is for one more message."""

    FREE = 0
    NEAR = 1  # group what is mild
    FULL = 2  # another provider


class Limits(NamedTuple):
    """Messages a day, in all and to one address; None: without limit."""

    per_day: int | None = None
    per_address_day: int | None = None


def limits_of(settings: Mapping[str, Any]) -> Limits:
    """The limits of a channel from its table in floodwatch.toml."""
    return Limits(_whole(settings.get("per_day")), _whole(settings.get("per_address_day")))


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def room(used: int, to_address: int, limits: Limits, *, severity: int) -> Room:
    """Whether one more message of this severity may go to this address today."""
    pairs = ((used, limits.per_day), (to_address, limits.per_address_day))
    return max(
        (_one(n, limit, severity) for n, limit in pairs if limit is not None),
        default=Room.FREE,
    )


def _one(n: int, limit: int, severity: int) -> Room:
    if severity >= Severity.I:
        return Room.FULL if n >= limit else Room.FREE
    if n >= open_to_all(limit):
        return Room.FULL
    return Room.NEAR if n >= limit * NEAR else Room.FREE


def open_to_all(limit: int) -> int:
    """What is left of a limit when the reserve of grade I is taken off."""
    return int(limit * (1 - RESERVE))


def day_of(now: int, zone: ZoneInfo) -> int:
    """The local calendar day by which providers count: yyyymmdd."""
    local = datetime.fromtimestamp(now / 1_000, zone)
    return local.year * 10_000 + local.month * 100 + local.day
