"""Whole-folder checks of thresholds, one by one and in their places."""

from collections.abc import Iterator

from floodwatch.config.dates import end_ms, start_ms
from floodwatch.config.draft import Draft
from floodwatch.config.fields import nearest
from floodwatch.config.placed import RAIN, Placed, has_gauge
from floodwatch.config.threshold_file import RuleTable, ThresholdTable
from floodwatch.config.toml_file import Entry
from floodwatch.model.clock import HOUR
from floodwatch.model.errors import Problem, Refused
from floodwatch.model.threshold import Comparator
from floodwatch.model.unit import conversion
from floodwatch.model.variable import VARIABLES
from floodwatch.rules.registry import PARAMETERS
from floodwatch.rules.settings import STATIONS, refusal

LONGEST_WINDOW = 72 * HOUR  # as far as rules look back in readings
RESTS = {"ponding_depth": 0.0, "gate_opening": 0.0}  # of a dry street, of a shut gate
COMPARATORS = ", ".join(comparator.value for comparator in Comparator)


def check_alone(draft: Draft, entry: Entry[ThresholdTable]) -> Iterator[Problem]:
    """What can be said of a threshold without its station."""
    table = entry.table
    yield from _whose(draft, entry)
    if len(table.comparators) != 1:
        if entry.partial and not table.comparators:
            return  # a comparator may be among the keys that were wrong
        given = ", ".join(c.value for c in table.comparators) or "none"
        what = f"exactly one comparator is wanted, here: {given}"
        yield entry.problem((), what, f"keep one of: {COMPARATORS}")
        return
    yield from _unit(entry)
    yield from _window(entry)
    if table.clear is not None and _wrong_side(table, table.clear):
        side = "above" if table.comparator.direction == "down" else "below"
        what = f"clear {table.clear:g} is on the dangerous side of {table.value:g}"
        yield entry.problem("clear", what, f"it must be {side} the value, or equal to it")
    if table.order and table.valid_from is None and not entry.partial:
        what = f"the order {table.order} has no beginning"
        yield entry.problem("order", what, "give valid_from, and valid_to if it has an end")
    start = start_ms(table.valid_from, draft.zone)
    end = end_ms(table.valid_to, draft.zone)
    if start is not None and end is not None and start >= end:
        yield entry.problem("valid_to", "it ends before it begins", "correct one of the dates")


def _whose(draft: Draft, entry: Entry[ThresholdTable]) -> Iterator[Problem]:
    table = entry.table
    if entry.partial and table.station is None and table.kind is None:
        return
    if (table.station is None) == (table.kind is None):
        what = "exactly one of station and kind is wanted"
        yield entry.problem((), what, "a station's code, or a kind as a template for all of it")
    elif table.station is not None and table.station not in draft.codes:
        what = f"unknown station {table.station!r}"
        yield entry.problem("station", what, nearest(table.station, draft.codes))
    if table.point_type and table.kind is None:
        what = "point_type narrows a template"
        yield entry.problem("point_type", what, 'use it with kind = "waterlogging"')


def _unit(entry: Entry[ThresholdTable]) -> Iterator[Problem]:
    table = entry.table
    if table.unit:
        try:
            conversion(table.variable, table.unit)
        except Refused as error:
            what, _, remedy = str(error).partition("; ")
            yield entry.problem("unit", what, remedy)


def _window(entry: Entry[ThresholdTable]) -> Iterator[Problem]:
    table = entry.table
    if table.window is not None and not 0 < table.window <= LONGEST_WINDOW:
        what = "a window of no time" if not table.window else "a window of more than 72 hours"
        yield entry.problem("window", what, "rules look back 72 h at most")
    if table.variable == "rainfall_total":
        what = "a running total has no limits"
        yield entry.problem("variable", what, 'use variable = "rainfall" with a window')
    elif table.comparator.direction in ("rise", "fall"):
        return  # a window is the time over which the change is taken
    elif table.variable == "rainfall" and table.window is None and not entry.partial:
        what = "rain without a window"
        yield entry.problem("window", what, 'say in which time it falls: window = "1h"')
    elif table.variable != "rainfall" and table.window is not None:
        what = f"{table.variable} has no window"
        yield entry.problem("window", what, "remove it: windows are for rain, rise and fall")


def _wrong_side(table: ThresholdTable, clear: float) -> bool:
    return clear < table.value if table.comparator.direction == "down" else clear > table.value


def check_templates(draft: Draft, entry: Entry[ThresholdTable]) -> Iterator[Problem]:
    """A template must find a gauge somewhere."""
    table = entry.table
    if table.kind is None or not draft.stations_whole:
        return
    stations = [s.table for s in draft.stations if s.table.kind is table.kind]
    if table.point_type:
        stations = [s for s in stations if s.point_type == table.point_type]
    if not any(has_gauge(s, table.variable, table.gauge) for s in stations):
        kind = f"{table.kind.value} {table.point_type}".strip()
        what = f"no {kind} station has a gauge {table.gauge!r} of {table.variable}"
        yield entry.problem("kind", what, "remove the template or add the gauge to a station")


def check_placed(placed: Placed) -> Iterator[Problem]:
    """A threshold against its station: gauge, crest, and what the gauge can show at all."""
    threshold, entry, station, whole = placed
    key = threshold.comparator.value
    name, value = f"{station.name} ({station.code})", threshold.value
    if whole and not has_gauge(station, threshold.variable, threshold.gauge):
        known = sorted({f"{g.variable} {g.gauge}" for g in station.gauges})
        what = f"{name} has no gauge {threshold.gauge!r} of {threshold.variable}"
        remedy = f"it has: {', '.join(known) or 'none'}"
        yield entry.problem("gauge" if entry.table.gauge != "1" else "variable", what, remedy)
        return
    if threshold.comparator.direction in ("rise", "fall"):
        if value <= 0:
            yield entry.problem(key, f"a {key} of {value:g} is none", "write a positive rate")
        return
    if threshold.variable == "stage" and station.crest is not None and value > station.crest:
        what = f"{value:g} m is above the crest of {name}, {station.crest:g} m"
        yield entry.problem(key, what, "correct the value, or crest in stations.toml")
    yield from _shown(placed)


def _shown(placed: Placed) -> Iterator[Problem]:
    threshold, entry, station, _ = placed
    known, value, key = VARIABLES[threshold.variable], threshold.value, threshold.comparator.value
    if not known.minimum <= value <= known.maximum:
        what = f"{value:g} {known.unit} cannot be a value of {threshold.variable}"
        yield entry.problem(key, what, f"it is written in {known.unit}, or give a unit")
        return
    if threshold.variable in RAIN:
        return
    yield from _left(placed)
    for gauge in station.gauges:
        if (gauge.variable, gauge.gauge) != (threshold.variable, threshold.gauge):
            continue
        up = threshold.comparator.direction == "up"
        if up and gauge.maximum is not None and value >= gauge.maximum:
            what = f"{value:g} {known.unit} is not below the gauge's maximum {gauge.maximum:g}"
            yield entry.problem(key, what, "raise maximum in stations.toml")
        if not up and gauge.minimum is not None and value <= gauge.minimum:
            what = f"{value:g} {known.unit} is not above the gauge's minimum {gauge.minimum:g}"
            yield entry.problem(key, what, "lower minimum in stations.toml")


def _left(placed: Placed) -> Iterator[Problem]:
    """An alert must be able to end: some value the gauge can show lies beyond `clear`."""
    threshold, entry, _, _ = placed
    known, clear = VARIABLES[threshold.variable], threshold.clear
    low = RESTS.get(threshold.variable, known.minimum)
    stuck = {
        Comparator.ABOVE: clear < low,
        Comparator.AT_OR_ABOVE: clear <= low,
        Comparator.BELOW: clear > known.maximum,
        Comparator.AT_OR_BELOW: clear >= known.maximum,
    }
    if stuck.get(threshold.comparator, False):
        what = f"clear {clear:g} {known.unit} is never left: {threshold.variable} goes no further"
        yield entry.problem("clear", what, "let it lie between the value and the end of the range")


def check_rule(draft: Draft, entry: Entry[RuleTable]) -> Iterator[Problem]:
    """Settings of a rule: known type, parameters and station."""
    table = entry.table
    if table.type not in PARAMETERS:
        what = f"unknown type of rule {table.type!r}"
        yield entry.problem("type", what, nearest(table.type, PARAMETERS))
    else:
        for name, value in table.parameters.items():
            if name not in PARAMETERS[table.type]:
                what = f"the {table.type} rule has no parameter {name!r}"
                remedy = nearest(name, PARAMETERS[table.type]) or "remove it"
                yield entry.problem(("parameters", name), what, remedy)
            elif what := refusal(name, value):
                yield entry.problem(("parameters", name), what, "correct the value")
            elif name in STATIONS and value not in draft.codes:
                what = f"unknown station {value!r}"
                yield entry.problem(("parameters", name), what, nearest(value, draft.codes))
    if table.station and table.station not in draft.codes:
        what = f"unknown station {table.station!r}"
        yield entry.problem("station", what, nearest(table.station, draft.codes))
    if table.station and table.kind:
        yield entry.problem("kind", "station or kind, not both", "remove one of them")
