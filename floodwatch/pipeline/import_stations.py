"""Stations that a file names and nobody has configured, as --create-stations adds them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from floodwatch.config.edit import NewGauge, NewStation
from floodwatch.model.district import District
from floodwatch.model.errors import ImportRefused
from floodwatch.model.station import Gauge, Station, StationKind
from floodwatch.model.variable import VARIABLES, Nature
from floodwatch.pipeline.import_plan import DISTANCE, FilePlan
from floodwatch.sources.csv import headers
from floodwatch.sources.csv.table import Columns, rows

_LONGEST = 64
Found = dict[str, dict[tuple[str, str, int], None]]  # station -> (variable, gauge, period)


def unknown_stations(plan: FilePlan, district: District, *, tz: str) -> list[NewStation]:
    """The stations a file names that are not configured, with the gauges it has values for."""
    found: Found = {}
    if plan.station:
        if plan.station in district.codes:
            return []
        found[plan.station] = {}
    names = plan.columns.names
    columns = Columns((), names, ())
    told = bool(names.keys() & {"station", "variable", "period"})
    for piece in () if not told else rows(plan.source, plan.shape, columns, plan.times):
        if "station" in names:
            for word in piece.names["station"].words:
                if _fit(word) and word not in district.codes:
                    found.setdefault(word, {})
        if "variable" in names or "period" in names:
            _gauges_of_rows(piece.names, plan, found)
    own = "" if tz == district.timezone else tz
    return [
        _station(name, list(gauges) or _gauges(plan), tz=own, timed=plan.period)
        for name, gauges in found.items()
    ]


def _fit(word: str) -> bool:
    return 0 < len(word) <= _LONGEST and word.isprintable()


def _gauges(plan: FilePlan) -> list[tuple[str, str, int]]:
    """The gauges a wide table has values for."""
    return [
        (
            value.variable,
            value.gauge or "1",
            _period(value.variable, value.period or plan.period, plan),
        )
        for value in plan.values
    ]


def _gauges_of_rows(names: object, plan: FilePlan, found: Found) -> None:
    """The combinations of station, variable, gauge and period that occur in a long table."""
    assert isinstance(names, dict)  # noqa: S101 - for the type checker
    roles = ("station", "variable", "gauge", "period")
    columns = [names[role] for role in roles if role in names]
    given = [role for role in roles if role in names]
    together = np.stack([column.codes for column in columns])
    for codes in np.unique(together, axis=1).T.tolist():
        words = {
            role: column.words[code]
            for role, column, code in zip(given, columns, codes, strict=True)
        }
        station = words.get("station", plan.station)
        if station not in found:
            continue
        said = plan.length(words.get("period", ""), station)
        for variable, gauge, own in _measured(words, plan):
            period = own or said or plan.period
            if period is None and plan.intervals:
                continue  # a row without INTV has no rain of a period
            found[station][variable, gauge, _period(variable, period, plan)] = None


def _measured(words: Mapping[str, str], plan: FilePlan) -> Iterator[tuple[str, str, int | None]]:
    """Variable, gauge and fixed period of what a row with these names has values for."""
    if "variable" not in words:
        for value in plan.values:
            yield value.variable, value.gauge or "1", value.period
        return
    variable = words["variable"]
    variable = variable if variable in VARIABLES else headers.variable_of(variable)
    if variable:
        yield variable, words.get("gauge") or "1", None


def _period(variable: str, period: int | None, plan: FilePlan) -> int:
    known = VARIABLES.get(variable)
    if known is None or known.nature is not Nature.INCREMENT:
        return 0
    if period is None:
        raise ImportRefused(
            f"{plan.source.name}: over which period is {variable} summed? say --period, e.g. 1d"
        )
    return period


def _station(
    name: str, gauges: Sequence[tuple[str, str, int]], *, tz: str, timed: int | None
) -> NewStation:
    variables = {variable for variable, _, _ in gauges}
    if DISTANCE in variables:
        raise ImportRefused(
            f"station {name}: a distance needs the gauge's zero; configure the station first"
        )
    return NewStation(
        code=name,
        name=name,
        kind=kind_of(variables),
        gauges=tuple(NewGauge(*gauge) for gauge in gauges),
        tz=tz,
        timed=timed,
    )


def kind_of(variables: Collection[str]) -> StationKind:
    """What a station is likely to be by what is measured there; people may correct it."""
    if "ponding_depth" in variables:
        return StationKind.WATERLOGGING
    if "storage" in variables:
        return StationKind.RESERVOIR
    if set(variables) == {"rainfall"}:
        return StationKind.RAIN
    return StationKind.RIVER


def with_stations(district: District, new: Sequence[NewStation]) -> District:
    """The district as it would be with them, for a dry run."""
    added = {
        station.code: Station(
            code=station.code,
            name=station.name,
            kind=station.kind,
            tz=station.tz,
            gauges=tuple(
                Gauge(
                    station.code,
                    gauge.variable,
                    gauge.gauge,
                    gauge.period,
                    VARIABLES[gauge.variable].unit,
                )
                for gauge in station.gauges
            ),
        )
        for station in new
    }
    return replace(district, stations={**district.stations, **added})
