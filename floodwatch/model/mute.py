"""Mutes: nobody is told of an alert for a while, and what must be known of it to decide that."""

from enum import StrEnum
from typing import NamedTuple

# Types of rules about silence.
STALE, OFFLINE, FEED, RISE_SILENT = "stale", "offline", "feed", "rise_silent"
LEVEL = "level"  # of a limit passed
SYSTEM = "system"  # of the service itself; one about a source has its name as gauge
SERVICE = "1"  # the gauge of the others


class MuteKind(StrEnum):
    """What mutes: a person's hand on one alert, or work at a station."""

    SHELVE = "shelve"
    MAINTENANCE = "maintenance"


class Mute(NamedTuple):
    """A mute by people. `severity`: up to this one; a worse one breaks through. Service ms."""

    id: int
    kind: MuteKind
    station: str
    alert_id: int | None
    severity: int
    begins: int
    ends: int
    second: str | None = None


class Matter(NamedTuple):
    """What muting must know of an alert. `resolved_at` only of one that muted another."""

    id: int
    station: str
    gauge: str
    type: str
    severity: int
    muted_by: str | None = None
    resolved_at: int | None = None
    variable: str = ""
