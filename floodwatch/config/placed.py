"""Thresholds put in their places: templates by kind spread over stations, units converted."""

from collections.abc import Iterator
from typing import NamedTuple

from floodwatch.config.dates import end_ms, start_ms
from floodwatch.config.draft import Draft
from floodwatch.config.labels import label_of
from floodwatch.config.station_file import StationTable
from floodwatch.config.threshold_file import ThresholdTable
from floodwatch.config.toml_file import Entry
from floodwatch.config.zones import zone_of
from floodwatch.model.threshold import Threshold
from floodwatch.model.unit import conversion
from floodwatch.rules.defaults import clear_value

RAIN = ("rainfall", "rainfall_total", "rainfall_day")  # each can give the rain of a window


class Placed(NamedTuple):
    """One threshold of one station, and the table it comes from."""

    threshold: Threshold
    entry: Entry[ThresholdTable]
    station: StationTable
    whole: bool  # the station has all its keys


def place(draft: Draft, sound: list[Entry[ThresholdTable]]) -> list[Placed]:
    """Every threshold of every station. A station's own outweighs a template of that name."""
    own: dict[str, list[Entry[ThresholdTable]]] = {}
    templates: dict[str, list[Entry[ThresholdTable]]] = {}
    for entry in sound:
        table = entry.table
        if table.station is not None:
            own.setdefault(table.station, []).append(entry)
        elif table.kind is not None:
            templates.setdefault(table.kind.value, []).append(entry)
    placed = []
    broken = {entry.table.code for entry in draft.stations if entry.partial}
    for code, station in draft.by_code.items():
        mine = own.get(code, [])
        for entry in [*mine, *_fitting(station, mine, templates.get(station.kind.value, []))]:
            threshold = _threshold(draft, station, entry.table)
            placed.append(Placed(threshold, entry, station, code not in broken))
    return placed


def has_gauge(station: StationTable, variable: str, gauge: str) -> bool:
    """Whether the station has such a gauge, or for rain one from which it can be computed."""
    wanted = RAIN if variable == "rainfall" else (variable,)
    return any(g.variable in wanted and g.gauge == gauge for g in station.gauges)


def _fitting(
    station: StationTable,
    mine: list[Entry[ThresholdTable]],
    templates: list[Entry[ThresholdTable]],
) -> Iterator[Entry[ThresholdTable]]:
    taken = {_slot(entry.table) for entry in mine if not entry.table.order}
    matching = [
        entry
        for entry in templates
        if entry.table.point_type in ("", station.point_type)
        and has_gauge(station, entry.table.variable, entry.table.gauge)
    ]
    narrow = {
        _slot(entry.table) for entry in matching if entry.table.point_type and not entry.table.order
    }
    for entry in matching:
        slot = _slot(entry.table)
        if slot not in taken and (entry.table.point_type or slot not in narrow):
            yield entry


def _slot(table: ThresholdTable) -> tuple[str, str, str]:
    return table.variable, table.gauge, table.name


def _threshold(draft: Draft, station: StationTable, table: ThresholdTable) -> Threshold:
    scale, offset = conversion(table.variable, table.unit) if table.unit else (1.0, 0.0)
    if table.comparator.direction in ("rise", "fall"):
        offset = 0.0
    value = round(table.value * scale + offset, 9)
    clear = clear_value(
        kind=station.kind,
        outlet=station.outlet,
        variable=table.variable,
        comparator=table.comparator,
        value=value,
        severity=table.severity,
    )
    if table.clear is not None:
        clear = round(table.clear * scale + offset, 9)
    zone = zone_of(draft, station)
    return Threshold(
        station=station.code,
        gauge=table.gauge,
        variable=table.variable,
        name=table.name,
        severity=table.severity,
        comparator=table.comparator,
        value=value,
        clear=clear,
        window=table.window or 0,
        season=table.season,
        valid_from=start_ms(table.valid_from, zone),
        valid_to=end_ms(table.valid_to, zone),
        source=table.source,
        order=table.order,
        label=table.label or label_of(table.name, table.comparator),
    )
