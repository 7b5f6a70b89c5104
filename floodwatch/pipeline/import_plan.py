"""How a file will be read: which columns hold what, in which units; and what must be asked."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import available_timezones

from floodwatch.model.district import District
from floodwatch.model.errors import ImportRefused, Refused
from floodwatch.model.unit import UNITS, conversion
from floodwatch.model.variable import VARIABLES
from floodwatch.pipeline import import_layout
from floodwatch.pipeline.import_columns import DISTANCE, FilePlan, ValueColumn
from floodwatch.pipeline.import_gauges import fit_gauges
from floodwatch.pipeline.import_marks import choose_marks
from floodwatch.sources.csv import headers, time_format
from floodwatch.sources.csv.day_month import which_first
from floodwatch.sources.csv.options import AUTO, CANONICAL, ImportOptions, Mapping
from floodwatch.sources.csv.shape import Shape, shape_of
from floodwatch.sources.csv.stream import Source
from floodwatch.sources.csv.table import Columns
from floodwatch.sources.csv.time_format import (
    ANY_ORDER,
    EITHER,
    ISO,
    MONTH_NAME,
    UNDECIDED,
)

_SURELY_TIMES = (ISO, EITHER, ANY_ORDER, MONTH_NAME)  # whatever the column is called
__all__ = ["DISTANCE", "FilePlan", "ValueColumn", "plan_file"]


def plan_file(source: Source, options: ImportOptions, district: District) -> FilePlan:
    """Look at a file and decide how to read it. Raises ImportRefused for impossible choices."""
    shape = shape_of(source, options)
    if options.tz and options.tz not in available_timezones():
        raise ImportRefused(f"--tz: unknown zone {options.tz[:40]!r}; write it as Asia/Shanghai")
    plan = FilePlan(source, shape, tz=options.tz or district.timezone, period=options.period)
    layout = shape.layout
    roles = dict(layout.names) if layout else _roles(shape)
    if layout and not options.map:
        import_layout.choose_values(plan, layout, options)
        _refuse_twice(plan)
    else:
        _choose_values(plan, options, roles)
    _choose_station(plan, options, roles, district)
    fit_gauges(plan, district, chosen=bool(options.map or options.variable))
    _choose_time(plan, options)
    if layout and plan.columns.time:
        import_layout.choose_period(plan, layout, options)
        import_layout.say_zone(plan, layout, options, district)
    _choose_units(plan, options, district)
    choose_marks(plan, options)
    return plan


def _roles(shape: Shape) -> dict[str, int]:
    """The first column of each role, by name."""
    found: dict[str, int] = {}
    for index, name in enumerate(shape.columns):
        role = headers.role_of(name)
        if role:
            found.setdefault(role, index)
    return found


# -- values -----------------------------------------------------------------------------------


def _choose_values(plan: FilePlan, options: ImportOptions, roles: dict[str, int]) -> None:
    shape = plan.shape
    long = options.dialect == "long" or (options.dialect == AUTO and not options.map)
    if options.map:
        plan.dialect = shape.dialect or "wide"
        plan.values = tuple(_mapped(shape, entry, options) for entry in options.map)
    elif long and "value" in roles:
        plan.dialect = "long"
        plan.values = (_value(shape, roles["value"], options.variable, options),)
        if not options.variable and "variable" not in roles:
            plan.questions.append("which variable does the file hold? say --variable")
    elif options.dialect == "long":
        raise ImportRefused(f"{plan.source.name}: a long table needs a column named value")
    else:
        plan.dialect = "wide"
        plan.values = _guessed(shape, options)
        if not plan.values:
            plan.questions.append(_which_columns(shape, options))
    _refuse_twice(plan)
    names: dict[str, int] = {}
    if plan.dialect == "long":
        names = {r: roles[r] for r in ("variable", "gauge", "unit", "period") if r in roles}
        if options.variable:
            names.pop("variable", None)
    layout = shape.layout
    names |= dict(layout.names) if layout else {}
    places = tuple(value.index for value in plan.values)
    plan.columns = Columns((), names, places, ms=layout.ms if layout else None)


def _mapped(shape: Shape, entry: Mapping, options: ImportOptions) -> ValueColumn:
    index = shape.column(entry.column)
    value = _value(shape, index, entry.variable, options)
    unit = _known_unit(entry.unit) if entry.unit else value.unit
    return replace(value, gauge=entry.gauge or value.gauge, unit=unit)


def _value(shape: Shape, index: int, variable: str, options: ImportOptions) -> ValueColumn:
    if variable and variable not in VARIABLES and variable != DISTANCE:
        raise ImportRefused(f"unknown variable {variable!r}; known: {', '.join(VARIABLES)}")
    name = shape.columns[index]
    stated = headers.header(name).unit
    if not stated and shape.layout:
        stated = headers.unit_of(shape.layout.units.get(index, ""))
    stated = stated or shape.units.get(index, "")
    unit = _known_unit(options.unit) if options.unit else stated
    if options.map and stated:
        unit = stated
    return ValueColumn(index, name, variable, options.gauge, unit)


def _known_unit(unit: str) -> str:
    known = unit if unit == CANONICAL else headers.unit_of(unit)
    if not known:
        raise ImportRefused(f"unknown unit {unit!r}; known units: {', '.join(UNITS)}")
    return known


def _guessed(shape: Shape, options: ImportOptions) -> tuple[ValueColumn, ...]:
    """Columns called as a variable is called; with --variable the one column that can be meant."""
    named = [
        (index, headers.variable_of(headers.header(name).name))
        for index, name in enumerate(shape.columns)
    ]
    if options.variable:
        fitting = [index for index, variable in named if variable == options.variable]
        fitting = fitting or _numeric(shape)
        if len(fitting) != 1:
            return ()
        return (_value(shape, fitting[0], options.variable, options),)
    return tuple(_value(shape, index, variable, options) for index, variable in named if variable)


def _numeric(shape: Shape) -> list[int]:
    """Columns of numbers that are not called by another role."""
    found = []
    for index, name in enumerate(shape.columns):
        texts = [text.strip() for text in shape.values(index) if text.strip()][:200]
        plain = bool(texts) and all(_is_number(text) for text in texts)
        if plain and not headers.role_of(name):
            found.append(index)
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _which_columns(shape: Shape, options: ImportOptions) -> str:
    what = f" of {options.variable}" if options.variable else ""
    return (
        f"which columns hold the values{what}? say --map COLUMN=VARIABLE:UNIT for each; "
        f"columns: {', '.join(shape.columns)}"
    )


def _refuse_twice(plan: FilePlan) -> None:
    seen: set[tuple[str, str, int | None]] = set()
    for value in plan.values:
        series = (value.variable, value.gauge, value.period)
        if series in seen:
            raise ImportRefused(
                f"{plan.source.name}: two columns hold {value.variable} of one gauge; say which, "
                f"or give one of them another gauge: --map COLUMN={value.variable}@2:UNIT"
            )
        seen.add(series)


# -- station and time ---------------------------------------------------------------------------


def _choose_station(
    plan: FilePlan, options: ImportOptions, roles: dict[str, int], district: District
) -> None:
    shape = plan.shape
    if options.station:
        plan.station = options.station
        names = {role: i for role, i in plan.columns.names.items() if role != "station"}
        plan.columns = replace(plan.columns, names=names)
        if options.station not in district.codes and not options.create_stations:
            raise ImportRefused(
                f"unknown station {options.station!r}: configure it, or say --create-stations"
            )
        return
    index = shape.column(options.station_column) if options.station_column else None
    if index is None:
        index = roles.get("station", _column_of_names(shape, district))
    if index is None:
        _stated_station(plan, options, district)
        return
    names = {role: i for role, i in plan.columns.names.items() if role != "station"}
    plan.columns = replace(plan.columns, names={"station": index, **names})


def _stated_station(plan: FilePlan, options: ImportOptions, district: District) -> None:
    """The station as the file calls it, if that is known or to be created; else it is asked for."""
    called = plan.shape.layout.station if plan.shape.layout else ""
    if called and (called in district.codes or options.create_stations):
        plan.station = called
        return
    hint = (
        f"the file calls it {called!r}: say --station CODE, add that name to a station's aliases, "
        "or say --create-stations"
        if called
        else "say --station or --station-column"
    )
    plan.questions.append(f"which station is it? {hint}")


def _column_of_names(shape: Shape, district: District) -> int | None:
    """A column most of whose texts are names or codes of known stations."""
    for index in range(len(shape.columns)):
        texts = [text.strip() for text in shape.values(index)[:200]]
        if texts and sum(text in district.codes for text in texts) * 2 > len(texts):
            return index
    return None


def _choose_time(plan: FilePlan, options: ImportOptions) -> None:
    shape = plan.shape
    places = _time_places(plan, options)
    if not places:
        plan.questions.append(
            f"which column is the time? say --time-column; columns: {', '.join(shape.columns)}"
        )
        return
    plan.columns = replace(plan.columns, time=places)
    layout = shape.layout
    if layout and layout.times and not (options.time_format or options.time_column):
        plan.times = layout.times
        return
    if options.time_format:
        plan.times = time_format.given(options.time_format)
        return
    texts = _joined(shape, places)
    found = time_format.detect(texts, sure=True)
    if found is None:
        plan.questions.append(f"how are the times in {plan.time_column} written? --time-format")
        return
    if found.name in UNDECIDED and layout and all("." in text for text in texts if text):
        found = UNDECIDED[found.name][0]  # with points between them days come first
    if found.name in UNDECIDED and layout:
        found = import_layout.plainly_first(texts, found)
    if found.name in UNDECIDED:
        found = which_first(plan.source, shape, places, found, alike=layout is not None)
    plan.times = found


def _joined(shape: Shape, places: Sequence[int]) -> list[str]:
    return [" ".join(row[index].strip() for index in places) for row in shape.rows]


def _time_places(plan: FilePlan, options: ImportOptions) -> tuple[int, ...]:
    shape = plan.shape
    if options.time_column:
        if options.time_column in shape.columns:
            return (shape.column(options.time_column),)
        return tuple(shape.column(name) for name in options.time_column.split("+"))
    if shape.layout:
        return shape.layout.time
    taken = plan.columns.used
    ranked = []
    for index, name in enumerate(shape.columns):
        named = headers.role_of(name) == "time"
        if index in taken:
            continue
        kind = time_format.detect(shape.values(index), sure=named)
        if kind is None or (kind not in _SURELY_TIMES and not named):
            continue
        clock = time_format.has_clock(shape.values(index), kind)
        ranked.append((2 * clock + named, -index))
    if not ranked:
        return ()
    best = max(ranked)
    place = -best[1]
    if best[0] >= 2:
        return (place,)
    others = [i for i in range(len(shape.columns)) if i not in taken and i != place]
    of_day = next((i for i in others if time_format.is_clock_only(shape.values(i))), None)
    return (place,) if of_day is None else (place, of_day)


# -- units --------------------------------------------------------------------------------------


def _choose_units(plan: FilePlan, options: ImportOptions, district: District) -> None:
    if "unit" in plan.columns.names:
        return
    values = []
    for value in plan.values:
        if value.variable == DISTANCE:
            values.append(value)
            continue
        canonical = VARIABLES[value.variable].unit if value.variable else ""
        unit = canonical if value.unit == CANONICAL and canonical else value.unit
        if unit and value.variable:
            _check_unit(value, unit)
        values.append(replace(value, unit=unit))
    plan.values = tuple(values)
    for value in plan.values:
        if value.needs_unit and not _gauges_say(plan, value, district):
            plan.questions.append(_ask_unit(plan, value))


def _check_unit(value: ValueColumn, unit: str) -> None:
    try:
        conversion(value.variable, unit)
    except Refused as error:
        raise ImportRefused(f"column {value.column}: {error}") from error


def _ask_unit(plan: FilePlan, value: ValueColumn) -> str:
    known = VARIABLES.get(value.variable)
    dimension = UNITS[known.unit].dimension if known else "length"
    fitting = ", ".join(name for name, unit in UNITS.items() if unit.dimension == dimension)
    unknown = headers.header(value.column).unknown
    hint = f" ({plan.shape.layout.hint})" if plan.shape.layout and plan.shape.layout.hint else ""
    said = f" ({unknown!r} is not known)" if unknown else ""
    return (
        f"in which unit is column {value.column} ({value.variable}){said}? say --unit{hint}, or "
        f"--map {value.column}={value.variable}:UNIT with one of: {fitting}"
    )


def _gauges_say(plan: FilePlan, value: ValueColumn, district: District) -> bool:
    """Whether the gauges of all stations in sight say in their settings what they send.

    A gauge whose unit is FloodWatch's own has not said anything: that is the default.
    """
    if plan.station:
        names = {plan.station}
    elif "station" in plan.columns.names:
        names = {text.strip() for text in plan.shape.values(plan.columns.names["station"])}
    else:
        return False
    known = [district.stations[district.codes[name]] for name in names if name in district.codes]
    gauges = [
        gauge
        for station in known
        for gauge in station.gauges
        if value.variable in (gauge.variable, gauge.source)
    ]
    return bool(gauges) and all(g.source or g.unit != VARIABLES[g.variable].unit for g in gauges)
