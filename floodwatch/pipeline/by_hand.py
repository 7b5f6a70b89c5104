"""Readings that people take by eye: what is plausible of one, and how it is handed in.

Nothing is refused because it looks wrong: a doubtful value asks whether it is meant, with the
number that was likely meant beside it. What a person confirms is stored and judged.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from floodwatch.model.clock import DAY, MINUTE
from floodwatch.model.district import District
from floodwatch.model.reading import Latest, RawReading, SeriesKey
from floodwatch.model.station import MANUAL, Gauge, Station
from floodwatch.model.variable import HOUSEKEEPING, VARIABLES, Nature
from floodwatch.quality.limits import Limits, limits_of

SOURCE = "manual"
AHEAD = 15 * MINUTE
OLD = 2 * DAY
CLOSE_TO_EACH_OTHER = 10 * MINUTE  # two readings of one moment, for most purposes
# Between two readings by eye a value seldom moves further (canonical unit).
USUAL_MOVE = {"stage": 1.0, "tail_stage": 1.0, "piezometric_stage": 1.0, "ponding_depth": 0.3}
USUAL_SHARE = 0.5  # of the last value, for all others
_SLIPS = (0.01, 100.0, 0.1, 10.0, 0.001, 1000.0)


class Doubt(StrEnum):
    """Why a value is asked about."""

    OUTSIDE = "outside"  # of the gauge's range
    IMPOSSIBLE = "impossible"  # for the variable at all
    JUMP = "jump"  # far from the last value
    SLIP = "slip"  # a decimal point or leading figures are likely wrong
    OLD = "old"
    AHEAD = "ahead"
    OTHER = "other"  # there is another value for this time: say why it was wrong


class Line(NamedTuple):
    """One thing a person may read at a station."""

    station: Station
    variable: str
    period: int = 0  # of rain: a whole day
    configured: bool = False  # a gauge without telemetry: it is read every day

    @property
    def key(self) -> SeriesKey:
        """The series of its readings by hand."""
        return SeriesKey(self.station.code, MANUAL, self.variable, self.period)


@dataclass(frozen=True, slots=True)
class Entered:
    """What a person has typed for one line; `value` in the canonical unit, `time` ms UTC."""

    line: Line
    value: float
    time: int

    @property
    def raw(self) -> RawReading:
        """As it is handed in."""
        line = self.line
        return RawReading(
            line.station.code,
            line.variable,
            self.time,
            self.value,
            gauge=MANUAL,
            unit=VARIABLES[line.variable].unit,
            period=line.period or None,
        )


class Question(NamedTuple):
    """One doubt; `meant`: the value that was likely meant, `beside`: what it was compared with."""

    doubt: Doubt
    meant: float | None = None
    beside: float | None = None


class Before(NamedTuple):
    """What is known of a place: the newest value of any gauge, and what stands at the same time."""

    value: float | None = None
    time: int | None = None
    gauge: str = ""
    same_time: float | None = None


def lines_of(station: Station) -> list[Line]:
    """What may be read by eye at a station: gauges without telemetry first."""
    found: dict[tuple[str, int], Line] = {}
    for gauge in sorted(station.gauges, key=lambda gauge: gauge.gauge != MANUAL):
        if gauge.variable in HOUSEKEEPING or gauge.gauge not in (MANUAL, "1"):
            continue
        rain = VARIABLES[gauge.variable].nature is Nature.INCREMENT
        period = (gauge.period if gauge.gauge == MANUAL else DAY) if rain else 0
        line = Line(station, gauge.variable, period, gauge.gauge == MANUAL)
        found.setdefault((gauge.variable, period), line)
    return list(found.values())


def before(line: Line, latest: Mapping[SeriesKey, Latest]) -> Before:
    """The newest reading of what the line reads, by whatever gauge."""
    newest = Before()
    for gauge in (MANUAL, "1"):
        known = latest.get(line.key._replace(gauge=gauge))
        if known is not None and (newest.time is None or known.reading.time > newest.time):
            newest = Before(known.reading.value, known.reading.time, gauge)
    return newest


def limits(line: Line) -> Limits:
    """What is believable of the line."""
    gauges = [g for g in line.station.gauges if g.variable == line.variable]
    like = gauges[0] if gauges else Gauge(line.station.code, line.variable)
    return limits_of(replace(like, gauge=MANUAL, period=line.period), line.station)


def expected(line: Line, known: Before) -> tuple[float, float] | None:
    """Between which values the next reading usually is; None where nothing can be said."""
    if VARIABLES[line.variable].nature is not Nature.INSTANT or known.value is None:
        return None
    move = _usual_move(line, known.value)
    bounds = limits(line)
    low, high = max(known.value - move, bounds.soft_low), min(known.value + move, bounds.soft_high)
    return (low, high) if low <= high else None


def _usual_move(line: Line, value: float) -> float:
    return USUAL_MOVE.get(line.variable, max(abs(value) * USUAL_SHARE, 0.1))


def questions(entered: Entered, known: Before, *, now: int) -> list[Question]:
    """What must be confirmed about a value before it is stored; empty: it is plausible."""
    found: list[Question] = []
    value, bounds = entered.value, limits(entered.line)
    if known.same_time is not None and known.same_time != value:
        found.append(Question(Doubt.OTHER, beside=known.same_time))
    if entered.time > now + AHEAD:
        found.append(Question(Doubt.AHEAD))
    elif entered.time < now - OLD:
        found.append(Question(Doubt.OLD))
    if not bounds.hard_low <= value <= bounds.hard_high:
        found.append(Question(Doubt.IMPOSSIBLE))
    elif not bounds.soft_low <= value <= bounds.soft_high:
        found.append(Question(Doubt.OUTSIDE))
    far = _far(entered.line, value, known)
    if far and known.value is not None:
        meant = _meant(entered.line, value, known.value)
        doubt = Doubt.JUMP if meant is None else Doubt.SLIP
        found.append(Question(doubt, meant, known.value))
    return found


def _far(line: Line, value: float, known: Before) -> bool:
    if VARIABLES[line.variable].nature is Nature.INCREMENT or known.value is None:
        return False
    if VARIABLES[line.variable].nature is Nature.COUNTER:
        return value < known.value or value > known.value * 2 + 100
    return abs(value - known.value) > _usual_move(line, known.value)


def _meant(line: Line, value: float, last: float) -> float | None:
    """The value that a slip of the decimal point, or figures left out, would have made of it."""
    move = _usual_move(line, last)
    for factor in _SLIPS:
        guess = round(value * factor, VARIABLES[line.variable].decimals)
        if abs(guess - last) <= move and not math.isclose(guess, value):
            return guess
    missing = round((last - value) / 10) * 10
    if 0 <= value < 10 <= missing and abs(value + missing - last) <= move:
        return round(value + missing, VARIABLES[line.variable].decimals)
    return None


def lines_by_key(district: District, now: int) -> dict[SeriesKey, Line]:
    """Every line of the stations in service."""
    return {
        line.key: line
        for station in district.stations.values()
        if station.in_service(now)
        for line in lines_of(station)
    }
