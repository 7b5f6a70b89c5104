"""From what a station's message says to readings of its gauges."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from zoneinfo import ZoneInfo

from floodwatch.model.clock import DAY, MINUTE
from floodwatch.model.district import District
from floodwatch.model.moment import iso
from floodwatch.model.reading import RawReading
from floodwatch.model.station import Gauge, Station
from floodwatch.model.unit import UNITS
from floodwatch.sources.sl651.message import Dialect, Element, HourLabels, Message
from floodwatch.sources.sl651.settings import RELATIVE, target_of

OLDEST = 366 * DAY  # a live station does not speak of what lies longer ago: its clock is wrong
GRACE = MINUTE  # a slot may end this long after the send time
MOST_PROBLEMS = 12


class Yield(NamedTuple):
    """What a message gives: readings, what was wrong, and the elements no gauge is there for."""

    readings: tuple[RawReading, ...]
    problems: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()


class Known(NamedTuple):
    """A station by its address, and how it is to be understood."""

    station: Station
    dialect: Dialect


@dataclass(frozen=True, slots=True)
class Book:
    """The stations that may speak, by address."""

    version: int = -1
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    by_address: Mapping[str, Known] = field(default_factory=dict)

    def get(self, address: str) -> Known | None:
        """The station of an address; None: it is not on the list."""
        return self.by_address.get(address)


def book_of(district: District) -> Book:
    """The addresses of a district: as configured, else 00 and the eight characters of a code."""
    found: dict[str, Known] = {}
    for word, code in district.codes.items():
        if len(word) in (8, 10) and word.isalnum():
            found[f"00{word}"[-10:].upper()] = _known(code, district)
    for code, station in district.stations.items():
        if station.sl651.address:
            own = f"00{code}"[-10:].upper()
            if own in found and found[own].station.code == code:
                del found[own]  # it has an address of its own: this one it does not have
            found[station.sl651.address] = _known(code, district)
    return Book(district.version, district.tz, found)


def _known(code: str, district: District) -> Known:
    station = district.stations[code]
    manner = station.sl651
    dialect = Dialect(
        zone=district.zone_of(code),
        hour_labels=HourLabels(manner.hours or "auto"),
        bases={RELATIVE[name]: base for name, base in manner.base.items()},
        zero_is_missing=manner.zero_missing,
        hunan=manner.hunan,
        targets={name: target_of(text) for name, text in manner.elements.items()},
    )
    return Known(station, dialect)


def readings_of(message: Message, book: Book, *, now: int) -> Yield:
    """The readings of a message that came at `now`, each for a gauge that is there."""
    instant: list[RawReading] = []
    grouped: list[RawReading] = []
    problems = [f"{p.fault.value}: {p.text}" for p in message.problems]
    unkept: list[str] = []
    for element in message.elements:
        known = book.get(element.station)
        if element.variable is None:
            continue
        if known is None:
            problems.append(f"unknown station address {element.station} within the message")
            continue
        gauge = gauge_for(element, known.station)
        if gauge is None or element.unit not in ("", *UNITS):
            unkept.append(f"{element.id} ({element.variable}@{element.gauge})")
            continue
        into = grouped if isinstance(element.value, tuple) else instant
        into += _values(element, known.station, gauge, sent=message.sent)
    spoken = {_place(reading) for reading in instant}  # finer than the slot of the same moment
    every = instant + [reading for reading in grouped if _place(reading) not in spoken]
    kept = [reading for reading in every if reading.time >= now - OLDEST]
    if len(kept) < len(every):
        oldest = min(reading.time for reading in every)
        problems.append(f"clock: observation time {iso(oldest)} is more than a year ago")
    return Yield(tuple(kept), tuple(problems[:MOST_PROBLEMS]), tuple(dict.fromkeys(unkept)))


def gauge_for(element: Element, station: Station) -> Gauge | None:
    """The gauge an element is for; a water level is the depth where the station has only that."""
    wanted = element.variable
    found = _named(station.gauges, wanted, element.gauge)
    if found is None and wanted == "stage":
        return _named((g for g in station.gauges if not g.source), "ponding_depth", element.gauge)
    return found


def _named(gauges: Iterable[Gauge], variable: str | None, name: str) -> Gauge | None:
    return next(
        (g for g in gauges if variable in (g.variable, g.source or None) and g.gauge == name), None
    )


def _values(
    element: Element, station: Station, gauge: Gauge, *, sent: int | None
) -> Iterable[RawReading]:
    variable = gauge.variable if gauge.variable == "ponding_depth" else str(element.variable)
    if element.variable == "distance":
        variable = "distance"
    for time, value in element.slots():
        if isinstance(element.value, tuple) and sent is not None and time > sent + GRACE:
            continue  # that slot has not been yet; some stations fill it with zeros
        yield RawReading(
            station.code,
            variable,
            time,
            value,
            gauge=gauge.gauge,
            unit=element.unit or None,
            period=element.period or None,
        )


def _place(reading: RawReading) -> tuple[object, ...]:
    return reading.station, reading.variable, reading.gauge, reading.period, reading.time
