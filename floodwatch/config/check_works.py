"""Settings of rules against the gauges they would judge: a rule that finds nothing is a mistake."""

from collections.abc import Iterator

from floodwatch.config.draft import Draft
from floodwatch.config.fields import nearest
from floodwatch.config.station_file import StationTable
from floodwatch.config.threshold_file import RuleTable
from floodwatch.config.toml_file import Entry
from floodwatch.model.errors import Problem
from floodwatch.rules import gate, level, pump, seepage

# Rule type -> what its station must measure.
WANTED = {
    pump.TYPE: ("stage", "pumps_running"),
    gate.TYPE: gate.VARIABLES,
}
# Parameter that names a station -> what that one must measure.
NAMED = {"gate": "gate_opening", "lake": "stage", "asks": "pumps_running"}


def check_works(draft: Draft, entry: Entry[RuleTable]) -> Iterator[Problem]:
    """What a setting of one station asks for and the station does not have."""
    table = entry.table
    station = draft.by_code.get(table.station)
    if not draft.stations_whole:
        return
    for name, variable in NAMED.items():
        other = draft.by_code.get(str(table.parameters.get(name, "")))
        if other is not None and variable not in _measured(other):
            what = f"{other.name} ({other.code}) has no gauge of {variable}"
            yield entry.problem(
                ("parameters", name), what, "name another station, or add the gauge"
            )
    if station is None or not table.enabled:
        return
    missing = [v for v in WANTED.get(table.type, ()) if v not in _measured(station)]
    if missing:
        what = f"{station.name} ({station.code}) has no gauge of {', '.join(missing)}"
        yield entry.problem("station", what, f"the {table.type} rule needs them: add the gauges")
    if table.type == seepage.TYPE:
        yield from _lines(entry, station)
    if table.type == level.TYPE and "asks" in table.parameters:
        yield from _joint(draft, entry)


def _measured(station: StationTable) -> set[str]:
    return {gauge.variable for gauge in station.gauges}


def _lines(entry: Entry[RuleTable], station: StationTable) -> Iterator[Problem]:
    wanted = [entry.table.variable] if entry.table.variable else list(seepage.LABELS)
    known = {gauge.gauge for gauge in station.gauges if gauge.variable in wanted}
    points = entry.table.parameters.get("points")
    for name in points if isinstance(points, dict) else ():
        if name not in known:
            what = f"{station.name} ({station.code}) has no gauge {name!r} of {' or '.join(wanted)}"
            yield entry.problem(("parameters", "points"), what, nearest(name, sorted(known)))


def _joint(draft: Draft, entry: Entry[RuleTable]) -> Iterator[Problem]:
    names = [
        t.table.name for t in draft.thresholds if t.table.station in (entry.table.station, None)
    ]
    if "joint_dispatch" not in names:
        what = f"{entry.table.station} has no threshold joint_dispatch at which to ask"
        yield entry.problem(("parameters", "asks"), what, "add the threshold")
