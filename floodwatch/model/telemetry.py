"""Telemetry stations: how each one speaks, a raw frame and what became of it, a picture."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Fate(StrEnum):
    """What became of a frame."""

    TAKEN = "taken"
    REPEATED = "repeated"  # the station had not heard our answer
    TEST = "test"  # a test frame: kept, never part of a series
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Manner:
    """How one SL 651 station departs from the standard.

    `hours`: whether the observation time of an hourly group is that of its first slot ("first"),
    the time of the report ("report"), or to be guessed (""). `base` is added to relative levels,
    by element ("F5"), m. `elements` names what an element fills, "stage@2:cm".
    """

    address: str = ""
    hours: str = ""
    base: Mapping[str, float] = field(default_factory=dict)
    zero_missing: bool = False
    hunan: bool = False
    reply: str = ""  # eot | esc | none; empty: as the service has it
    password: str = ""  # four hexadecimal digits its frames must carry
    elements: Mapping[str, str] = field(default_factory=dict)


AS_STANDARD = Manner()


@dataclass(frozen=True, slots=True)
class Trace:
    """A raw frame as it came, `received` in wall ms; `sent` as in the frame, YYMMDDHHmmSS."""

    address: str
    station: str | None
    peer: str
    received: int
    function: int
    serial: int
    sent: str
    fate: Fate
    raw: bytes
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """What a station photographed at `time`; not `whole` when packets are missing."""

    station: str
    time: int
    received: int
    mime: str
    whole: bool
    data: bytes
