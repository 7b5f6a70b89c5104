"""From rows of SL 323 tables to readings: codes, times, rain periods, what is empty. Pure."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.reading import RawReading
from floodwatch.model.source import Refusal
from floodwatch.sources.rain_interval import RainIntervals
from floodwatch.sources.sql_database import Row, Shape
from floodwatch.sources.sql_settings import DAY_SUM
from floodwatch.sources.target import Target

EIGHT = 8 * HOUR


class Taken(NamedTuple):
    """What rows came to: readings, what was refused (with how many values), empty values.

    `undecided` are rows whose rain waits until it is known how INTV is meant.
    """

    readings: list[RawReading]
    refused: list[tuple[Refusal, int]]
    missing: int
    undecided: list[tuple[Row, int]]


@dataclass(slots=True)
class _Making:
    readings: list[RawReading] = field(default_factory=list)
    refused: list[tuple[Refusal, int]] = field(default_factory=list)
    missing: int = 0
    undecided: list[tuple[Row, int]] = field(default_factory=list)


def code_of(given: Any) -> str:
    """A station code as it is written: fixed-width columns pad it."""
    return "" if given is None else str(given).strip()


def instant(given: Any, zone: ZoneInfo) -> int:
    """ms UTC of a time as a driver gives it, local to `zone` unless it says otherwise.

    Of an hour that exists twice the first is meant. Raises Refused for what is no time.
    """
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given.strip())
        except ValueError:
            raise Refused(f"{given!r} is not a time") from None
    if not isinstance(given, datetime):
        raise Refused(f"{given!r} is not a time")
    aware = given if given.tzinfo else given.replace(tzinfo=zone)
    back = datetime.fromtimestamp(aware.timestamp(), zone).replace(tzinfo=None)
    if given.tzinfo is None and back != given.replace(fold=0):
        raise Refused(f"{given} does not exist in {zone.key}")
    return round(aware.timestamp() * 1000)


def taken(
    rows: Iterable[tuple[Row, int]], shape: Shape, district: District, *, intervals: RainIntervals
) -> Taken:
    """The readings of rows with their times (ms UTC).

    Only what the district measures becomes a reading; a station of which nothing is measured is
    refused, and so is one that nobody knows.
    """
    made = _Making()
    zones: dict[str, ZoneInfo] = {}
    for row, at in rows:
        given = code_of(row.station)
        full = [value for value in row.values if value is not None]
        code = district.codes.get(given)
        if code is None:
            why = "unknown station: add the code to a station's aliases"
            made.refused.append((Refusal(given, why), len(full)))
            continue
        station = district.stations[code]
        measured = {(g.source or g.variable, g.gauge) for g in station.gauges}
        wanted = {c: t for c, t in shape.asked.values.items() if (t.variable, t.gauge) in measured}
        if not wanted:
            if full:
                asked = ", ".join(sorted({t.variable for t in shape.asked.values.values()}))
                refusal = Refusal(given, f"station {code} has no gauge for {asked}")
                made.refused.append((refusal, len(full)))
            continue
        zone = zones.setdefault(code, district.zone_of(code))
        _row(made, row, given, shape=shape, wanted=wanted, at=at, zone=zone, intervals=intervals)
    return Taken(made.readings, made.refused, made.missing, made.undecided)


def _row(
    made: _Making,
    row: Row,
    given: str,
    *,
    shape: Shape,
    wanted: Mapping[str, Target],
    at: int,
    zone: ZoneInfo,
    intervals: RainIntervals,
) -> None:
    for column, value in zip(shape.values, row.values, strict=True):
        target = wanted.get(column)
        if target is None:
            continue
        if value is None:
            made.missing += column != DAY_SUM  # which only rows of 08:00 have
            continue
        number = _number(value)
        if number is None:
            made.refused.append((Refusal(f"{given} {column}", f"{value!r} is not a number"), 1))
            continue
        period = None
        if column == DAY_SUM:
            if _of_the_day(at, zone) != EIGHT:
                continue  # the day's sum is written at its end
            period = DAY
        elif target.variable == "rainfall" and (given_period := interval_of(row)):
            period = intervals.period(given, given_period)
            if period is None:
                made.undecided.append((row, at))
                continue
        made.readings.append(
            RawReading(
                given,
                target.variable,
                at,
                number,
                gauge=target.gauge,
                unit=target.unit or None,
                period=period,
            )
        )


def interval_of(row: Row) -> float | None:
    """INTV where it is a number above 0."""
    number = None if row.interval is None else _number(row.interval)
    return number if number is not None and number > 0 else None


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _of_the_day(at: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(at / 1000, zone)
    return (local.hour * 60 + local.minute) * MINUTE
