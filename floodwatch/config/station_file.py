"""stations.toml: stations and their gauges, and how they become the words of the model."""

from typing import Annotated, Literal

from pydantic import Field

from floodwatch.config.fields import (
    Code,
    Duration,
    GaugeName,
    Kind,
    Moment,
    Positive,
    Table,
    Word,
    Zone,
)
from floodwatch.config.fields import VariableName as VariableWord
from floodwatch.model.clock import HOUR
from floodwatch.model.station import Gauge, Reporting, Station
from floodwatch.model.telemetry import AS_STANDARD
from floodwatch.model.variable import VARIABLES, Nature
from floodwatch.sources.sl651.settings import Sl651StationTable

Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]


class ReportingTable(Table):
    """reporting = {timed, additional, step}"""

    timed: Duration = HOUR
    additional: Duration | None = None
    step: dict[VariableWord, Positive] = Field(default_factory=dict)


class GaugeTable(Table):
    """One of gauges = [ … ]; `unit` is what its devices send."""

    variable: VariableWord = Field(description='name what it measures, such as variable = "stage"')
    gauge: GaugeName = "1"
    period: Duration | None = None
    unit: str = ""
    datum: str = ""
    source: Literal["", "distance"] = Field("", alias="from")
    zero: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    rate: Positive | None = None


class StationTable(Table):
    """[[station]]"""

    code: Code = Field(description='every station has its own, such as code = "61990001"')
    name: Word = Field(description="what people call it")
    kind: Kind = Field(description='such as kind = "reservoir"')
    gauges: list[GaugeTable] = Field(default_factory=list)
    aliases: list[Word] = Field(default_factory=list)
    lon: Longitude | None = None
    lat: Latitude | None = None
    tz: Zone | None = None
    outlet: Literal["", "weir", "gated"] = ""
    crest: float | None = None
    reporting: ReportingTable = ReportingTable()
    catchment: Positive | None = None
    point_type: Literal["", "road", "residential", "underpass"] = ""
    rain_from: str = ""
    gateway: GaugeName | Literal[""] = ""
    persons: dict[Word, list[Word]] = Field(default_factory=dict)
    downstream: str = ""
    note: str = ""
    enabled: bool = True
    valid_to: Moment | None = None
    normal_pool: float | None = None
    supply_from: str = ""
    intake: float | None = None
    demand: Positive | None = None
    backups: list[Word] = Field(default_factory=list)
    user: str = ""
    plan: Positive | None = None
    sl651: Sl651StationTable | None = None


StationTable.spare = frozenset(StationTable.model_fields) - {"code", "name", "kind"}


def station_of(
    table: StationTable,
    *,
    curve: tuple[tuple[float, float], ...],
    order: int,
    valid_to: int | None = None,
) -> Station:
    """The station in the words of the model."""
    return Station(
        code=table.code,
        name=table.name,
        kind=table.kind,
        gauges=tuple(gauge_of(table, gauge) for gauge in table.gauges),
        aliases=tuple(table.aliases),
        lon=table.lon,
        lat=table.lat,
        tz=table.tz or "",
        outlet=table.outlet,
        crest=table.crest,
        reporting=reporting_of(table.reporting),
        catchment=table.catchment,
        point_type=table.point_type,
        rain_from=table.rain_from,
        gateway=table.gateway,
        persons={role: tuple(names) for role, names in table.persons.items()},
        downstream=table.downstream,
        note=table.note,
        enabled=table.enabled,
        valid_to=valid_to,
        curve=curve,
        normal_pool=table.normal_pool,
        supply_from=table.supply_from,
        intake=table.intake,
        demand=table.demand,
        backups=tuple(table.backups),
        user=table.user,
        plan=table.plan,
        sl651=table.sl651.manner() if table.sl651 else AS_STANDARD,
        order=order,
    )


def gauge_of(station: StationTable, gauge: GaugeTable) -> Gauge:
    """The gauge; an amount without a period is that of one timed report."""
    known = VARIABLES[gauge.variable]
    amount = known.nature is Nature.INCREMENT
    return Gauge(
        station=station.code,
        variable=gauge.variable,
        gauge=gauge.gauge,
        period=(gauge.period or station.reporting.timed) if amount else 0,
        unit=gauge.unit or known.unit,
        datum=gauge.datum,
        source=gauge.source,
        zero=gauge.zero,
        minimum=gauge.minimum,
        maximum=gauge.maximum,
        rate=gauge.rate,
    )


def reporting_of(table: ReportingTable) -> Reporting:
    """How often the station speaks."""
    return Reporting(timed=table.timed, additional=table.additional, step=dict(table.step))
