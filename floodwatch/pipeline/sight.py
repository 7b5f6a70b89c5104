"""What rules are given to judge by: readings, days, the lives of other rules, the registers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from floodwatch.hydrology.hydrological_day import bounds, day_of, summary
from floodwatch.hydrology.series import Series, empty
from floodwatch.model.alert import DISTRICT, RuleKey, RuleState
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.pipeline.newest import AHEAD, latest_of
from floodwatch.pipeline.plan import Plan, Remembered
from floodwatch.rules.context import Context, DailyNeed, Day, Ended, Rule
from floodwatch.store import daily, journal, registers
from floodwatch.store.database import Transaction
from floodwatch.store.journal import SeriesMap
from floodwatch.store.stretch import received, stretch

# How the latest reading of a series went on during one transaction, oldest first.
History = Mapping[SeriesKey, Sequence[Latest]]

YOUNG = 7  # days that are summed up anew each time: live readings do not mark them dirty
FRESH = 5 * MINUTE  # how old days may be just after a day has ended
SETTLED = 2 * HOUR  # after its end a day is summed up for good; later readings mark it dirty


@dataclass(frozen=True, slots=True)
class Task:
    """One rule to be judged at these moments (data time, rising)."""

    rule: Rule
    moments: tuple[int, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """What a transaction judges with."""

    tx: Transaction
    plan: Plan
    history: History
    series: SeriesMap
    now: int


@dataclass(frozen=True, slots=True)
class Given:
    """What the rules judged together are given; each sees only what it asked for."""

    known: History
    windows: Mapping[SeriesKey, Series]
    now: int
    plan: Plan
    states: Mapping[RuleKey, RuleState] = field(default_factory=dict)
    ended: Mapping[RuleKey, Ended] = field(default_factory=dict)
    daily: Mapping[SeriesKey, Sequence[Day]] = field(default_factory=dict)
    registers: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)


def gather(
    work: Work,
    tasks: Collection[Task],
    *,
    states: Mapping[RuleKey, RuleState],
    ended: Mapping[RuleKey, Ended],
) -> Given:
    """Look up what these rules ask for; `states` and `ended` are those of the watched rules."""
    order = work.plan.order
    known = _known(work, tasks)
    days = [task for task in tasks if task.rule.key in order.days] if order.days else []
    asking = [task for task in tasks if task.rule.key in order.registers] if order.registers else []
    return Given(
        known,
        _windows(work, tasks, known),
        work.now,
        work.plan,
        states,
        ended,
        _daily(work, days) if days else {},
        _registers(work, asking) if asking else {},
    )


def context(rule: Rule, at: int, given: Given) -> Context:
    """What `rule` sees at the moment `at`."""
    latest = {
        need.key: found
        for need in rule.needs
        if (found := _at(given.known.get(need.key, ()), at)) is not None
    }
    order, key = given.plan.order, rule.key
    if key not in order.watching and key not in order.days and key not in order.registers:
        return Context(at, given.now, latest, given.windows)
    watched = order.watching.get(key, ())
    return Context(
        at,
        given.now,
        latest,
        given.windows,
        {other: given.states[other] for other in watched if other in given.states},
        {need.key: _last(given, need) for need in order.days.get(key, ())},
        {name: _concerning(given, name, key.station) for name in order.registers.get(key, ())},
        {other: given.ended[other] for other in watched if other in given.ended},
    )


def _last(given: Given, need: DailyNeed) -> Sequence[Day]:
    """The rows of the last `need.days` days; another rule may have asked for more."""
    rows = given.daily.get(need.key, ())
    tz = given.plan.district.zone_of(need.key.station)
    first = _number(day_of(given.now + 1, tz) - timedelta(days=need.days))
    return [row for row in rows if row.day >= first]


def _concerning(given: Given, name: str, station: str) -> Sequence[Mapping[str, Any]]:
    """The rows of a register that concern a rule: its station's, or those of the district."""
    rows = given.registers.get(name, ())
    if station == DISTRICT or name not in registers.OF_STATION:
        return rows
    return [row for row in rows if row["station"] == station]


def _at(known: Sequence[Latest], at: int) -> Latest | None:
    """The newest of `known` that was true at `at`."""
    return next((latest for latest in reversed(known) if latest.reading.time <= at), None)


def _known(work: Work, tasks: Iterable[Task]) -> dict[SeriesKey, Sequence[Latest]]:
    needs = (need.key for task in tasks for need in task.rule.needs)
    wanted = {key for key in needs if key not in work.history}
    ids = work.series.ids(work.tx, wanted, now=work.now, create=False)
    rows = journal.latest(work.tx.connection, list(ids.values()))
    stored = {key: (latest_of(key, rows[i]),) for key, i in ids.items() if i in rows}
    return {**stored, **work.history}


def _windows(work: Work, tasks: Iterable[Task], known: History) -> dict[SeriesKey, Series]:
    """The windows; of a clock that runs ahead, with the times that its newest reading has too."""
    spans: dict[SeriesKey, tuple[int, int]] = {}
    for task in tasks:
        for need in task.rule.needs:
            if need.span:
                start, end = spans.get(need.key, (work.now, 0))
                low, high = task.moments[0] - need.span, task.moments[-1]
                spans[need.key] = (min(start, low), max(end, high))
    ids = work.series.ids(work.tx, spans, now=work.now, create=False)
    wished = {ids[key]: (low, high + AHEAD) for key, (low, high) in spans.items() if key in ids}
    found = journal.windows(work.tx, wished)
    windows = {}
    for key, (low, high) in spans.items():
        series = found.get(ids[key], empty()) if key in ids else empty()
        newest = known.get(key)
        if series.size and newest and int(series.times[-1]) > newest[-1].reading.time:
            came = received(work.tx.connection, ids[key], low, high + AHEAD)
            series = as_received(series, came, amounts=key.variable == "rainfall")
        if series.size and int(series.times[-1]) > high:
            series = series.between(low, high)
        windows[key] = series
    return windows


def as_received(series: Series, came: Mapping[int, int], *, amounts: bool = False) -> Series:
    """The readings no later than they were received; of several at one time the last counts, but
    of amounts each.
    """
    capped = [min(time, came.get(time, time)) for time in series.times.tolist()]
    times = np.maximum.accumulate(np.asarray(capped, np.int64))
    last = np.append((times[1:] != times[:-1]) | amounts, [True])
    return Series(times[last], series.values[last], series.quality[last])


def _daily(work: Work, tasks: Iterable[Task]) -> dict[SeriesKey, Sequence[Day]]:
    """The days each series is asked for, once a series; the longest wish counts."""
    wished: dict[SeriesKey, int] = {}
    for task in tasks:
        for need in work.plan.order.days[task.rule.key]:
            wished[need.key] = max(need.days, wished.get(need.key, 0))
    ids = work.series.ids(work.tx, wished, now=work.now, create=False)
    return {
        key: _remembered(work, key, ids[key], count=count) if key in ids else ()
        for key, count in wished.items()
    }


def _remembered(work: Work, key: SeriesKey, number: int, *, count: int) -> Sequence[Day]:
    """The days as looked up within the hour; in the first hour after 08:00 within five minutes.

    A rule that a reading wakes must not pay for them each time.
    """
    tz = work.plan.district.zone_of(key.station)
    day = day_of(work.now + 1, tz)
    past = work.now - bounds(day, tz).start
    stamp = (_number(day), past // FRESH if past < HOUR else -(past // HOUR))
    known = work.plan.days.get(key)
    if known is None or known.stamp != stamp or known.wanted < count:
        rows = _days(work, key, number, count=count)
        work.plan.days[key] = known = Remembered(stamp, count, rows)
    return known.rows


def _days(work: Work, key: SeriesKey, number: int, *, count: int) -> list[Day]:
    """The last `count` days that are over, some perhaps without readings.

    The table has what was summed up; the days of the journal, and those it does not have, are
    summed up here, and put there once nothing more is expected of them.
    """
    tz = work.plan.district.zone_of(key.station)
    last = day_of(work.now + 1, tz) - timedelta(days=1)  # 08:00 sharp ends its day
    wished = [last - timedelta(days=n) for n in range(count - 1, -1, -1)]
    rows = daily.read(work.tx.connection, number, _number(wished[0]), _number(last))
    known = {row.day: row for row in rows}
    young = _number(last - timedelta(days=YOUNG))
    spans = [bounds(day, tz) for day in wished if _number(day) not in known or _number(day) > young]
    whole = stretch(work.tx.connection, number, spans[0].start + 1, spans[-1].end)
    timed = _timed(work.plan, key.station)
    summed = {span: summary(span, whole, timed=timed) for span in spans}
    fresh = {span.day: day for span, day in summed.items() if day is not None}
    settled = {span.day for span in spans if span.end <= work.now - SETTLED}
    changed = [day for at, day in fresh.items() if at in settled and known.get(at) != day]
    daily.put(work.tx, number, changed)
    found = known | fresh
    return [
        Day(d.day, d.n, d.coverage, d.minimum, d.maximum, d.mean, d.sum, d.first, d.last)
        for d in (found[day] for day in sorted(found))
    ]


def _timed(plan: Plan, station: str) -> int:
    known = plan.district.stations.get(station)
    return known.reporting.timed if known else HOUR


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def _registers(work: Work, tasks: Iterable[Task]) -> dict[str, Sequence[Mapping[str, Any]]]:
    """What people have entered, of the stations concerned (of all for rules of the district)."""
    wanted: dict[str, set[str]] = {}
    for task in tasks:
        for name in work.plan.order.registers[task.rule.key]:
            wanted.setdefault(name, set()).add(task.rule.key.station)
    connection, now = work.tx.connection, work.now
    return {
        name: registers.CURRENT[name](
            connection, None if DISTRICT in stations else stations, now=now
        )
        for name, stations in wanted.items()
    }
