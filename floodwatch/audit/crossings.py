"""Recounts from the stored readings what must have been an alert."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from floodwatch.audit.documents import Limit, Place, Rules, in_force
from floodwatch.store import tables

FAILED = 4  # of a quality's last digit, from here on the value is none
OLDEST = 86_400_000  # ms; what comes older than that is history and wakes nobody


class Demand(NamedTuple):
    """A reading for which an alert must have stood. `time` its own, `received` service ms."""

    rule: str
    name: str
    severity: int
    limit: float
    value: float
    time: int
    received: int


class Told(NamedTuple):
    """The readings of one series that were the newest knowledge when they came, by rising time."""

    times: NDArray[np.int64]
    values: NDArray[np.float64]
    received: NDArray[np.int64]
    woke: NDArray[np.bool_]  # whether it had to be judged by itself


def demands(connection: Connection, rules: Rules, *, start: int, end: int) -> Iterator[Demand]:
    """The demands of one version of the configuration on what came between."""
    series = _series(connection)
    by_rule: dict[str, list[Limit]] = {}
    for limit in rules.limits:
        if limit.rule not in rules.off:
            by_rule.setdefault(limit.rule, []).append(limit)
    for rule, limits in by_rule.items():
        place, first = rules.places[limits[0].station], limits[0]
        if first.window:
            yield from _rain(connection, series, limits, place, start=start, end=end)
            continue
        number = series.get((first.station, first.gauge, first.variable, 0))
        if number is None:
            continue
        told = _told(connection, number, place, start=start, end=end)
        yield from _levels(told, limits, place, hold=rules.holds.get(rule, 0), start=start)


def _series(connection: Connection) -> dict[tuple[str, str, str, int], int]:
    table = tables.series.c
    rows = connection.execute(
        select(table.station, table.gauge, table.variable, table.period, table.id)
    )
    return {(row[0], row[1], row[2], row[3]): row[4] for row in rows}


def _told(
    connection: Connection, number: int, place: Place, *, start: int, end: int, lead: int = 0
) -> Told:
    """The journal's readings that came between, without failed, overtaken and imported ones."""
    table = tables.reading.c
    rows = connection.execute(
        select(table.time, table.value, table.quality, table.received)
        .where(table.series_id == number, table.time >= start - lead - OLDEST)
        .where(table.received >= start - lead, table.received < end)
        .order_by(table.received, table.time)
    ).all()
    kept, newest, spans = [], -(1 << 62), _imports(connection, number)
    for time, value, quality, received in rows:
        if quality % 10 >= FAILED or any(first <= time <= last for first, last in spans):
            continue
        if time > newest:
            newest = time
            kept.append((time, value, received))
    found = np.array(kept, dtype=[("t", np.int64), ("v", np.float64), ("r", np.int64)])
    times, received = found["t"], found["r"]
    late = received - times > place.silent_after
    # Of a burst that was late only the newest reading was the newest knowledge.
    last = np.ones(times.size, bool)
    last[:-1] = received[1:] != received[:-1]
    bursts = set(received[late].tolist())
    of_burst = np.array([r in bursts for r in received.tolist()], bool)
    woke = (last | ~of_burst) & (received - times <= OLDEST)
    return Told(times, found["v"], received, woke)


def _imports(connection: Connection, number: int) -> list[tuple[int, int]]:
    table = tables.import_delta.c
    rows = connection.execute(select(table.start, table.end).where(table.series_id == number))
    return [(row[0], row[1]) for row in rows]


def _levels(
    told: Told, limits: Sequence[Limit], place: Place, *, hold: int, start: int
) -> Iterator[Demand]:
    for limit in limits:
        over = _over(limit, told.values)
        since: int | None = None  # when the present run over the limit came
        for i in range(told.times.size) if hold else np.flatnonzero(over).tolist():
            time, received = int(told.times[i]), int(told.received[i])
            counts = bool(over[i]) and _counts(limit, limits, min(time, received), place)
            if not counts:
                since = None
                continue
            since = received if since is None else since
            if told.woke[i] and received >= start and received - since >= hold:
                yield _demand(limit, float(told.values[i]), time, received)


def _counts(limit: Limit, limits: Sequence[Limit], at: int, place: Place) -> bool:
    """Whether the limit is in force; a valid order stands in place of the others of its name."""
    if not in_force(limit, at, place.zone):
        return False
    return limit.order or not any(
        other.order and other.name == limit.name and in_force(other, at, place.zone)
        for other in limits
    )


def _over(limit: Limit, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    rounded, bar = np.round(values, 9), round(limit.value, 9)
    match limit.comparator:
        case "above":
            return rounded > bar
        case "at_or_above":
            return rounded >= bar
        case "below":
            return rounded < bar
        case _:
            return rounded <= bar


def _rain(
    connection: Connection,
    series: Mapping[tuple[str, str, str, int], int],
    limits: Sequence[Limit],
    place: Place,
    *,
    start: int,
    end: int,
) -> Iterator[Demand]:
    """Sums of one series of the gauge alone, the finest: each is a lower bound of what fell."""
    first, longest = limits[0], max(limit.window for limit in limits)
    wanted = [("rainfall", period) for period in place.periods.get(first.gauge, ())]
    if first.gauge in place.since_eight:
        wanted = [("rainfall_day", 0)]
    for variable, period in wanted:
        number = series.get((first.station, first.gauge, variable, period))
        if number is None:
            continue
        told = _told(connection, number, place, start=start, end=end, lead=longest)
        if not told.times.size:
            continue
        amounts = np.maximum(told.values, 0.0) if period else _since_eight(told, place)
        total = np.concatenate([[0.0], np.cumsum(amounts)])
        for limit in limits:
            before = np.searchsorted(told.times, told.times - limit.window, side="right")
            sums = np.round(total[1:] - total[before], 6)
            for i in np.flatnonzero(_over(limit, sums) & told.woke).tolist():
                time, received = int(told.times[i]), int(told.received[i])
                if received >= start and _counts(limit, limits, min(time, received), place):
                    yield _demand(limit, float(sums[i]), time, received)
        return


def _since_eight(told: Told, place: Place) -> NDArray[np.float64]:
    """At least so much fell before each report: what no report of that day had counted yet.

    A report that is less than the one of the day before is all new. After a long silence, and where
    a new day begins with more than the old one ended with, nothing is claimed.
    """
    amounts = np.zeros(told.times.size)
    day, most = None, 0.0
    for i, (time, value) in enumerate(zip(told.times.tolist(), told.values.tolist(), strict=True)):
        local = datetime.fromtimestamp((time - 1) / 1000, place.zone)
        today = (local - timedelta(hours=8)).date()
        near = i > 0 and time - int(told.times[i - 1]) <= place.silent_after
        if today != day:
            begun = i > 0 and value < told.values[i - 1]
            day, most, gain = today, value, value if begun else 0.0
        else:
            gain, most = max(0.0, value - most), max(most, value)
        amounts[i] = gain if near else 0.0
    return amounts


def _demand(limit: Limit, value: float, time: int, received: int) -> Demand:
    return Demand(limit.rule, limit.name, limit.severity, limit.value, value, time, received)
