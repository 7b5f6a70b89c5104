"""How a maker's file will be read: what its dialect says, and what people say beside it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.errors import ImportRefused
from floodwatch.model.unit import UNITS
from floodwatch.model.variable import VARIABLES, Nature
from floodwatch.pipeline.import_columns import FilePlan, ValueColumn, positive
from floodwatch.pipeline.import_report import FileAccount
from floodwatch.sources.csv import headers, timestamps, zones
from floodwatch.sources.csv.columns import of_texts
from floodwatch.sources.csv.options import CANONICAL, ImportOptions
from floodwatch.sources.csv.table import Columns, rows
from floodwatch.sources.csv.time_format import UNDECIDED, TimeFormat
from floodwatch.sources.csv.timestamps import OK
from floodwatch.sources.dialects.layout import Layout, Measured
from floodwatch.sources.rain_interval import RainIntervals

_STEADY = 0.7  # so many of the steps between rows must be alike
_FEW = 2


def choose_values(plan: FilePlan, layout: Layout, options: ImportOptions) -> None:
    """The columns the dialect knows, or those of them that were asked for."""
    plan.dialect = plan.shape.dialect
    plan.notes += layout.notes
    values = [_value(plan, measured, options) for measured in layout.values]
    if options.variable:
        asked = [value for value in values if value.variable == options.variable]
        unnamed = [replace(v, variable=options.variable) for v in values if not v.variable]
        values = asked or unnamed
    values = _with_unit(values, options.unit)
    if options.gauge and len(values) == 1:
        values = [replace(values[0], gauge=options.gauge)]
    plan.values = tuple(values)
    plan.columns = Columns((), dict(layout.names), tuple(v.index for v in values), ms=layout.ms)
    if not values:
        what = f" of {options.variable}" if options.variable else " that FloodWatch keeps"
        plan.questions.append(
            f"which columns hold values{what}? say --map COLUMN=VARIABLE:UNIT for each; columns: "
            f"{', '.join(plan.shape.columns)}"
        )
    elif any(not value.variable for value in values):
        plan.questions.append("which variable does the file hold? say --variable")


def _value(plan: FilePlan, measured: Measured, options: ImportOptions) -> ValueColumn:
    column = plan.shape.columns[measured.index]
    unit = headers.unit_of(measured.unit) if measured.unit else ""
    period = options.period or measured.period
    return ValueColumn(
        measured.index, column, measured.variable, measured.gauge, unit, period, measured.flags
    )


def _with_unit(values: list[ValueColumn], word: str) -> list[ValueColumn]:
    """The unit said beside the file: for columns without one, else for those it fits."""
    if not word:
        return values
    unit = word if word == CANONICAL else headers.unit_of(word)
    if not unit:
        raise ImportRefused(f"unknown unit {word!r}; known units: {', '.join(UNITS)}")
    missing = [v for v in values if not v.unit]
    return [
        replace(v, unit=unit) if (v in missing or not missing) and _fits(v, unit) else v
        for v in values
    ]


def _fits(value: ValueColumn, unit: str) -> bool:
    if unit == CANONICAL or value.variable not in VARIABLES:
        return True
    return UNITS[unit].dimension == UNITS[VARIABLES[value.variable].unit].dimension


def choose_period(plan: FilePlan, layout: Layout, options: ImportOptions) -> None:
    """Over which time sums are: a column says it, or the step between the rows."""
    if layout.intervals:
        _choose_intervals(plan, options)
        return
    sums = [v for v in plan.values if _is_sum(v) and v.period is None]
    if not sums or not layout.summed or options.period or not plan.columns.time:
        return
    step = step_of(plan) or layout.step
    if step:
        plan.period = step
        names = ", ".join(value.column for value in sums)
        plan.notes += (f"{names}: sums over the {step // 1000} s between the rows",)


def _is_sum(value: ValueColumn) -> bool:
    known = VARIABLES.get(value.variable)
    return known is not None and known.nature is Nature.INCREMENT


def _choose_intervals(plan: FilePlan, options: ImportOptions) -> None:
    """What the numbers of INTV mean, station by station: they are looked at in the whole file."""
    if options.period:
        names = {role: i for role, i in plan.columns.names.items() if role != "period"}
        plan.columns = replace(plan.columns, names=names)
        return
    found = _intervals(plan)
    plan.intervals = RainIntervals()
    plan.intervals.learn((station, 0, word) for station, word in sorted(found))
    plan.intervals.learn(_sampled(plan))
    unclear = [(s, w) for s, w in sorted(found) if plan.intervals.period(s, w) is None]
    if unclear:
        some = ", ".join(f"{word} ({station})" for station, word in unclear[:3])
        plan.questions.append(
            f"INTV has {some}, which may be hours and minutes (HH.NN) or hours; say --period"
        )
        return
    kinds = sorted({kind for kind in plan.intervals.known().values() if kind})
    if kinds:
        plan.notes += (f"periods of rain (INTV) are read as {' and '.join(kinds)}",)


def _intervals(plan: FilePlan) -> set[tuple[str, str]]:
    """Every station with every number that stands in its period column."""
    roles = ("station", "period")
    names = {role: plan.columns.names[role] for role in roles if role in plan.columns.names}
    found: set[tuple[str, str]] = set()
    for piece in rows(plan.source, plan.shape, Columns((), names, ()), plan.times):
        periods = piece.names["period"]
        stations = piece.names.get("station")
        codes = periods.codes.astype(np.int64)
        if stations is not None:
            codes = stations.codes.astype(np.int64) * len(periods.words) + codes
        for code in np.unique(codes).tolist():
            station, period = divmod(code, len(periods.words))
            word = periods.words[period]
            name = plan.station if stations is None else stations.words[station]
            if positive(word):
                found.add((name, word))
    return found


def _sampled(plan: FilePlan) -> list[tuple[str, int, str]]:
    """Station, time and period of the first rows: how far apart they are tells as well."""
    names = plan.columns.names
    times = _sample_times(plan)
    return [
        (row[names["station"]] if "station" in names else plan.station, int(ms), row[place])
        for place in (names["period"],)
        for row, ms, state in zip(plan.shape.rows, times.ms, times.state, strict=True)
        if state == OK and positive(row[place])
    ]


def _sample_times(plan: FilePlan) -> timestamps.Times:
    texts = [" ".join(row[index].strip() for index in plan.columns.time) for row in plan.shape.rows]
    return timestamps.read(of_texts(texts), plan.times.patterns)


def step_of(plan: FilePlan) -> int | None:
    """The step between most of the first rows, in ms; None where there is none."""
    texts = [" ".join(row[index].strip() for index in plan.columns.time) for row in plan.shape.rows]
    times = timestamps.read(of_texts(texts), plan.times.patterns)
    steps = np.abs(np.diff(times.ms[times.state == OK]))
    steps = steps[steps > 0]
    if steps.size < _FEW:
        return None
    step, count = Counter(steps.tolist()).most_common(1)[0]
    return int(step) if count >= _STEADY * steps.size else None


def plainly_first(texts: Sequence[str], undecided: TimeFormat) -> TimeFormat:
    """Which number is the day, if the first rows tell: a logger writes all its dates alike."""
    some = of_texts(text for text in texts if text.strip())
    fitting = [
        kind
        for kind in UNDECIDED[undecided.name]
        if (timestamps.read(some, kind.patterns).state == OK).all()
    ]
    return fitting[0] if len(fitting) == 1 else undecided


def say_zone(plan: FilePlan, layout: Layout, options: ImportOptions, district: District) -> None:
    """Which zone the file states, and whether another was said."""
    if layout.offset is None:
        return
    code = district.codes.get(plan.station, "")
    own = district.stations[code].tz if code else ""
    said = options.tz or own
    if plan.shape.offset is None:
        plan.notes += (f"the file states {layout.zone}; {options.tz} is taken instead, as said",)
        return
    plan.tz = offset_text(layout.offset)
    if said and _differs(plan, said, layout.offset):
        plan.notes += (
            f"the file states {layout.zone}, which is not {said}: the file is believed; "
            f"--force-tz takes {said}",
        )


def _differs(plan: FilePlan, zone: str, offset: int) -> bool:
    """Whether the zone has another offset at the first time of the file."""
    times = _sample_times(plan)
    local = times.ms[times.naive & (times.state == OK)][:1]
    return bool((local - zones.to_utc(local, ZoneInfo(zone)).ms != offset).any())


def offset_text(offset: int) -> str:
    """An offset as +08:00."""
    hours, minutes = divmod(abs(offset) // MINUTE, HOUR // MINUTE)
    return f"{'-' if offset < 0 else '+'}{hours:02d}:{minutes:02d}"


def afterthoughts(layout: Layout, account: FileAccount) -> Iterator[str]:
    """What a maker's file turns out to be once all of it is read."""
    declared, lines = layout.declared, account.lines
    if declared is not None and declared != lines:
        yield f"the file says it has {declared:,} rows; it has {lines:,}"
    if any(_of_summer_time(reject.reason) for reject in account.rejects):
        yield (
            "rows were refused for the change to or from summer time, which loggers seldom follow: "
            "say --tz as a fixed offset, such as Etc/GMT-1 for UTC+1"
        )


def _of_summer_time(reason: str) -> bool:
    return "does not exist in" in reason or "exists twice" in reason
