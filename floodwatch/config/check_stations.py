"""Whole-folder checks of stations: unique words, known references, believable ranges."""

from collections.abc import Iterator

from floodwatch.config.draft import Draft
from floodwatch.config.fields import nearest
from floodwatch.config.station_file import GaugeTable, StationTable, gauge_of
from floodwatch.config.toml_file import Entry
from floodwatch.model.errors import Problem, Refused
from floodwatch.model.reading import SeriesKey
from floodwatch.model.station import StationKind
from floodwatch.model.unit import conversion
from floodwatch.model.variable import VARIABLES, Nature
from floodwatch.sources.sl651.settings import target_of

FREEBOARD_M = 2.0  # overtopping must be measured, not called impossible
DISTANCES = ("ponding_depth", "stage", "tail_stage")


def check_stations(draft: Draft) -> Iterator[Problem]:
    """Every problem of the stations that are valid by themselves."""
    yield from _unique(draft)
    yield from _telemetry(draft)
    for entry in draft.stations:
        if not entry.partial:
            yield from _place(entry)
        yield from _references(draft, entry)
        yield from _curve(draft, entry)
        yield from _gauges(entry)


def _unique(draft: Draft) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for entry in draft.stations:
        station = entry.table
        words = [("code", station.code), ("name", station.name)]
        words += [("aliases", alias) for alias in station.aliases]
        for key, word in words:
            owner = owners.setdefault(word, station.code)
            if owner != station.code or (key == "code" and draft.by_code[word] is not station):
                what = f"{word!r} already means station {owner}"
                yield entry.problem(key, what, "give every station words of its own")


def _telemetry(draft: Draft) -> Iterator[Problem]:
    """Addresses of telemetry mean one station each; what elements fill is there."""
    owners: dict[str, str] = {}
    for entry in draft.stations:
        station, given = entry.table, entry.table.sl651
        if given is None:
            continue
        owner = owners.setdefault(given.address, station.code) if given.address else station.code
        if owner != station.code:
            what = f"address {given.address} already means station {owner}"
            yield entry.problem(("sl651", "address"), what, "every station has its own")
        for element, text in given.elements.items():
            where, target = ("sl651", "elements", element), target_of(text)
            fitting = [
                g for g in station.gauges if target.variable in (g.variable, g.source or None)
            ]
            if not entry.partial and not any(g.gauge == target.gauge for g in fitting):
                what = f"the station has no gauge {target.gauge} of {target.variable}"
                yield entry.problem(where, what, "add it to its gauges")
            elif target.unit and target.variable in VARIABLES:
                try:
                    conversion(target.variable, target.unit)
                except Refused as error:
                    what, _, remedy = str(error).partition("; ")
                    yield entry.problem(where, what, remedy)


def _place(entry: Entry[StationTable]) -> Iterator[Problem]:
    station = entry.table
    if (station.lon is None) != (station.lat is None):
        given, missing = ("lon", "lat") if station.lat is None else ("lat", "lon")
        yield entry.problem(given, f"{given} without {missing}", f"add {missing}")
    if station.point_type and station.kind is not StationKind.WATERLOGGING:
        what = f"point_type belongs to kind waterlogging, not {station.kind.value}"
        yield entry.problem("point_type", what, "remove it")


def _references(draft: Draft, entry: Entry[StationTable]) -> Iterator[Problem]:
    station = entry.table
    if station.rain_from and station.rain_from not in draft.codes:
        what = f"unknown station {station.rain_from!r}"
        yield entry.problem("rain_from", what, nearest(station.rain_from, draft.codes))
    for key, named in (("supply_from", [station.supply_from]), ("backups", station.backups)):
        for code in named:
            if code and code not in draft.codes:
                yield entry.problem(key, f"unknown station {code!r}", nearest(code, draft.codes))
    if station.supply_from and (station.intake is None or station.demand is None):
        what = "a source without an intake and a demand tells nothing"
        yield entry.problem("supply_from", what, "add intake = (m) and demand = (m³ a day)")
    for role, people in station.persons.items():
        for index, person in enumerate(people):
            if person not in draft.names:
                what = f"nobody in recipients.toml is called {person!r}"
                yield entry.problem(("persons", role, index), what, nearest(person, draft.names))


def _curve(draft: Draft, entry: Entry[StationTable]) -> Iterator[Problem]:
    station = entry.table
    curve = draft.curves.get(station.code)
    if curve and station.crest is not None and curve[-1][0] < station.crest:
        name = f"curves/{station.code}.csv"
        what = f"the curve ends at {curve[-1][0]:g} m, below the crest of {station.crest:g} m"
        last = f"continue it to {station.crest:g} m at least"
        yield Problem(name, None, "curve", what, last)


def _gauges(entry: Entry[StationTable]) -> Iterator[Problem]:
    seen: set[SeriesKey] = set()
    for index, gauge in enumerate(entry.table.gauges):
        where = ("gauges", index)
        key = gauge_of(entry.table, gauge).key
        if key in seen:
            what = f"a second gauge {gauge.gauge!r} of {gauge.variable}"
            remedy = 'give it a name of its own, such as gauge = "2"'
            yield entry.problem(where, what, remedy)
        seen.add(key)
        yield from _unit(entry, gauge, where)
        yield from _range(entry, gauge, where)


def _unit(
    entry: Entry[StationTable], gauge: GaugeTable, where: tuple[str, int]
) -> Iterator[Problem]:
    if gauge.unit:
        try:
            conversion(gauge.variable, gauge.unit)
        except Refused as error:
            what, _, remedy = str(error).partition("; ")
            yield entry.problem((*where, "unit"), what, remedy)
    if gauge.source == "distance" and gauge.variable not in DISTANCES:
        what = f"{gauge.variable} cannot be had from a distance"
        yield entry.problem((*where, "from"), what, f"only: {', '.join(DISTANCES)}")
    if (gauge.source == "distance") != (gauge.zero is not None):
        yield entry.problem(
            (*where, "zero" if gauge.zero is not None else "from"),
            'from = "distance" and zero belong together',
            "give both or neither: value = zero - distance, in the unit of the device",
        )
    if gauge.period is not None and VARIABLES[gauge.variable].nature is not Nature.INCREMENT:
        what = f"{gauge.variable} is not an amount of a period"
        yield entry.problem((*where, "period"), what, "remove period")
    if gauge.period == 0:
        yield entry.problem((*where, "period"), "an amount of no time", 'such as "5min" or "1h"')


def _range(
    entry: Entry[StationTable], gauge: GaugeTable, where: tuple[str, int]
) -> Iterator[Problem]:
    low, high, crest = gauge.minimum, gauge.maximum, entry.table.crest
    if low is not None and high is not None and low >= high:
        what = f"minimum {low:g} is not below maximum {high:g}"
        yield entry.problem((*where, "minimum"), what, "exchange or correct them")
    if gauge.variable != "stage" or crest is None:
        return
    if high is not None and high < crest + FREEBOARD_M:
        what = f"maximum {high:g} m is below crest + 2 m = {crest + FREEBOARD_M:g} m"
        remedy = f"raise it to {crest + FREEBOARD_M:g} at least: overtopping must be measured"
        yield entry.problem((*where, "maximum"), what, remedy)
    if low is not None and low >= crest:
        what = f"minimum {low:g} m is not below the crest of {crest:g} m"
        yield entry.problem((*where, "minimum"), what, "correct it")
