"""The first pass: every file parsed and each of its tables held against its schema."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from floodwatch.config.curves import Curve, read_curve
from floodwatch.config.folder import REQUIRED
from floodwatch.config.plan_file import PlanTable
from floodwatch.config.recipient_file import PersonTable, RouteTable
from floodwatch.config.roster_file import GroupTable, HolidayTable, ShiftTable
from floodwatch.config.service_file import ServiceFile
from floodwatch.config.station_file import StationTable
from floodwatch.config.threshold_file import RuleTable, ThresholdTable
from floodwatch.config.toml_file import Entry, TomlFile
from floodwatch.model.errors import Problem

SECTIONS = {
    "stations.toml": ("station",),
    "thresholds.toml": ("threshold", "rule"),
    "recipients.toml": ("person", "route", "group", "shift", "holiday"),
    "plans.toml": ("plan",),
}


@dataclass
class Draft:
    """What is valid by itself, and the problems so far."""

    service: ServiceFile = field(default_factory=ServiceFile)
    service_file: TomlFile = field(default_factory=lambda: TomlFile("floodwatch.toml", ""))
    stations: list[Entry[StationTable]] = field(default_factory=list)
    thresholds: list[Entry[ThresholdTable]] = field(default_factory=list)
    rules: list[Entry[RuleTable]] = field(default_factory=list)
    people: list[Entry[PersonTable]] = field(default_factory=list)
    routes: list[Entry[RouteTable]] = field(default_factory=list)
    groups: list[Entry[GroupTable]] = field(default_factory=list)
    shifts: list[Entry[ShiftTable]] = field(default_factory=list)
    holidays: list[Entry[HolidayTable]] = field(default_factory=list)
    plans: list[Entry[PlanTable]] = field(default_factory=list)
    curves: dict[str, Curve] = field(default_factory=dict)
    layers: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)  # of every station, also of those with errors
    names: set[str] = field(default_factory=set)  # of every person, also of those with errors
    routes_whole: bool = True  # no route was left out for an error of its own
    problems: list[Problem] = field(default_factory=list)

    @property
    def stations_whole(self) -> bool:
        """Whether every station is there with all its keys, so that absence means absence."""
        missing = self.codes - {entry.table.code for entry in self.stations}
        return not missing and not any(entry.partial for entry in self.stations)

    @property
    def zone(self) -> ZoneInfo:
        """The service's zone."""
        return ZoneInfo(self.service.service.timezone)

    @cached_property
    def by_code(self) -> dict[str, StationTable]:
        """Valid stations by code; the first of duplicates."""
        return {entry.table.code: entry.table for entry in reversed(self.stations)}


def first_pass(texts: Mapping[str, str]) -> Draft:
    """Read every document; nothing is raised, all problems are in the draft."""
    draft = Draft()
    for name in REQUIRED:
        if name not in texts:
            remedy = "write it; floodwatch init DIR shows a commented example"
            draft.problems.append(Problem(name, None, "file", "this file is missing", remedy))
    _service(draft, texts.get("floodwatch.toml", ""))
    files = {name: TomlFile(name, texts.get(name, "")) for name in SECTIONS}
    for name, file in files.items():
        file.only(SECTIONS[name])
    draft.stations = files["stations.toml"].entries("station", StationTable)
    draft.thresholds = files["thresholds.toml"].entries("threshold", ThresholdTable)
    draft.rules = files["thresholds.toml"].entries("rule", RuleTable)
    draft.people = files["recipients.toml"].entries("person", PersonTable)
    draft.routes = files["recipients.toml"].entries("route", RouteTable)
    draft.groups = files["recipients.toml"].entries("group", GroupTable)
    draft.shifts = files["recipients.toml"].entries("shift", ShiftTable)
    draft.holidays = files["recipients.toml"].entries("holiday", HolidayTable)
    draft.plans = files["plans.toml"].entries("plan", PlanTable)
    draft.codes = _words(files["stations.toml"], "station", "code")
    draft.names = _words(files["recipients.toml"], "person", "name")
    broken = files["recipients.toml"].problems
    draft.routes_whole = not any(p.field.split("[")[0] in ("route", "syntax") for p in broken)
    for file in files.values():
        draft.problems += file.problems
    for name, text in texts.items():
        if name.startswith("curves/"):
            _curve(draft, name, text)
        elif name.startswith("map/"):
            _layer(draft, name, text)
    return draft


def _service(draft: Draft, text: str) -> None:
    file = TomlFile("floodwatch.toml", text)
    if not file.problems:
        draft.service = file.validate(ServiceFile, file.data, ()) or ServiceFile()
    draft.service_file = file
    draft.problems += file.problems


def _words(file: TomlFile, section: str, key: str) -> set[str]:
    tables = file.data.get(section, [])
    if not isinstance(tables, list):
        return set()
    return {t[key] for t in tables if isinstance(t, dict) and isinstance(t.get(key), str)}


def _stem(name: str) -> str:
    return name.partition("/")[2].rpartition(".")[0]


def _curve(draft: Draft, name: str, text: str) -> None:
    code = _stem(name)
    if code not in draft.codes:
        what = f"no station has the code {code!r}"
        remedy = "name the file by the code of its reservoir"
        draft.problems.append(Problem(name, None, "curve", what, remedy))
    curve, problems = read_curve(name, text)
    draft.problems += problems
    draft.curves[code] = curve


def _layer(draft: Draft, name: str, text: str) -> None:
    try:
        layer = json.loads(text)
    except json.JSONDecodeError as error:
        what = f"not valid JSON: {error.msg}"
        draft.problems.append(Problem(name, error.lineno, "map", what, "export the layer again"))
        return
    if not isinstance(layer, dict) or layer.get("type") not in ("FeatureCollection", "Feature"):
        what = "not a GeoJSON FeatureCollection"
        draft.problems.append(Problem(name, 1, "map", what, "export the layer as GeoJSON"))
        return
    draft.layers[_stem(name)] = layer
