"""Readings: one value at one time, and the series they belong to."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from floodwatch.model.quality import NOT_EVALUATED


class SeriesKey(NamedTuple):
    """What identifies a series. `period` is the rain interval in ms that ends at `time`, else 0."""

    station: str
    gauge: str
    variable: str
    period: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a known series, in the canonical unit; times in ms UTC."""

    key: SeriesKey
    time: int
    value: float
    quality: int = NOT_EVALUATED
    received: int = 0


@dataclass(frozen=True, slots=True)
class RawReading:
    """What a source hands in, before it is resolved: names, units and time as given.

    `value` None means the device said "no value"; `unit` None means the gauge's configured unit.
    """

    station: str
    variable: str
    time: int
    value: float | None
    gauge: str | None = None
    unit: str | None = None
    period: int | None = None
    quality: int | None = None


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest believable reading of a series and what is known of its arrival.

    `heard` is service time when the gauge last said anything; `since` is the time of the first
    reading of the present run of equal values; `late`: it came long after its time (补报).
    """

    reading: Reading
    heard: int
    since: int
    late: bool = False


class Outcome(StrEnum):
    """What became of one value taken in. Every value ends as exactly one of these."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CORRECTED = "corrected"
    MISSING = "missing"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"
