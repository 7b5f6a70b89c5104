"""The district: everything configured, as one immutable snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from floodwatch.model.people import Person, Route, Shift
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, Station
from floodwatch.model.threshold import Threshold


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """Settings of the rules of one type, for one station or a kind of station."""

    type: str
    station: str = ""
    kind: str = ""
    variable: str = ""
    hold_up: int | None = None  # ms
    hold_down: int | None = None
    enabled: bool = True
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """One clause of a plan: what is to be done from `severity` on. Dated as thresholds are."""

    title: str
    severity: Severity
    station: str = ""
    kind: str = ""
    steps: tuple[str, ...] = ()
    source: str = ""
    valid_from: int | None = None
    valid_to: int | None = None
    type: str = ""  # of the rule, such as level; empty: any
    name: str = ""  # of the band, such as design_flood; empty: any
    version: str = ""  # of the plan, as printed on it
    responsible: tuple[str, ...] = ()  # roles of the station, or names
    households: str = ""  # who must leave; empty: what the station says


@dataclass(frozen=True)
class District:
    """One version of the configuration. `version` is its number in the database."""

    version: int = 0
    name: str = ""
    timezone: str = "Asia/Shanghai"
    demonstration: bool = False
    stations: Mapping[str, Station] = field(default_factory=dict)
    thresholds: tuple[Threshold, ...] = ()
    rules: tuple[RuleSetting, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shifts: tuple[Shift, ...] = ()
    holidays: frozenset[date] = frozenset()
    channels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    service: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, Any] = field(default_factory=dict)
    watch: Mapping[str, Any] = field(default_factory=dict)  # [watch]: who watches the service
    backup: Mapping[str, Any] = field(default_factory=dict)  # [backup]
    influx: Mapping[str, Any] = field(default_factory=dict)  # [influx]; empty: no mirror
    map_layers: tuple[str, ...] = ()
    layers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # name -> GeoJSON
    plans: tuple[Plan, ...] = ()
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # language -> kind -> text

    @cached_property
    def tz(self) -> ZoneInfo:
        """The service's zone."""
        return ZoneInfo(self.timezone)

    @cached_property
    def gauges(self) -> dict[SeriesKey, Gauge]:
        """Every configured gauge by its series."""
        return {g.key: g for station in self.stations.values() for g in station.gauges}

    @cached_property
    def codes(self) -> dict[str, str]:
        """Any name, alias or code by which files and devices call a station -> its code."""
        found: dict[str, str] = {}
        for station in self.stations.values():
            for name in (*station.aliases, station.name):
                found.setdefault(name, station.code)
        return found | {code: code for code in self.stations}

    def zone_of(self, station: str) -> ZoneInfo:
        """The zone of a station: its own or the service's."""
        known = self.stations.get(station)
        return ZoneInfo(known.tz) if known and known.tz else self.tz
