"""Which series a row's names lead to, and how its values become canonical ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.rounding import rounded
from floodwatch.model.district import District
from floodwatch.model.errors import ImportRefused, Refused
from floodwatch.model.reading import RawReading, SeriesKey
from floodwatch.model.unit import CONVERTED_DECIMALS, conversion
from floodwatch.model.variable import VARIABLES
from floodwatch.pipeline.import_plan import FilePlan, ValueColumn
from floodwatch.pipeline.intake import resolve
from floodwatch.quality.limits import Limits, limits_of
from floodwatch.quality.sentinels import sentinels_of
from floodwatch.sources.csv import headers
from floodwatch.sources.csv.options import CANONICAL

Floats = NDArray[np.float64]
UNKNOWN_STATION = "unknown station"


@dataclass(frozen=True, slots=True)
class Slot:
    """One series as one file fills it: `raw` holds the names to hand single readings on with."""

    key: SeriesKey
    raw: RawReading
    scale: float
    offset: float
    limits: Limits
    sentinels: tuple[float, ...]

    def canonical(self, values: Floats) -> Floats:
        """Values as the file has them in the canonical unit, to the same bit as a live reading."""
        if self.scale == 1.0 and self.offset == 0.0:
            return values
        return rounded(values * self.scale + self.offset, CONVERTED_DECIMALS)


Names = tuple[str, ...]


@dataclass
class Slots:
    """All slots of one import, found by the words of its files. Indexes never change."""

    district: District
    tz: str = ""
    all: list[Slot] = field(default_factory=list)
    _index: dict[tuple[SeriesKey, float, float, str | None], int] = field(default_factory=dict)

    def zone_of(self, station: str) -> ZoneInfo:
        """The zone of times without offset: the station's, else --tz, else the service's."""
        code = self.district.codes.get(station)
        own = self.district.stations[code].tz if code else ""
        return ZoneInfo(own or self.tz or self.district.timezone)

    def find(self, plan: FilePlan, names: Mapping[str, str], value: ValueColumn) -> int | str:
        """The index of the slot for these words and this column, or why there is none."""
        try:
            raw = _raw(plan, names, value)
            resolution = resolve(raw, self.district)
        except (Refused, ImportRefused) as error:
            return str(error)
        if resolution.key is None:
            return resolution.refusal
        known = (resolution.key, resolution.scale, resolution.offset, raw.unit)
        if known not in self._index:
            limits = self._limits(resolution.key)
            extra = tuple(sentinels_of(resolution.key.variable).tolist())
            self._index[known] = len(self.all)
            self.all.append(
                Slot(resolution.key, raw, resolution.scale, resolution.offset, limits, extra)
            )
        return self._index[known]

    def _limits(self, key: SeriesKey) -> Limits:
        station = self.district.stations[key.station]
        gauge = self.district.gauges.get(key)
        if gauge is None:
            like = [g for g in station.gauges if g.variable == key.variable]
            gauge = replace(like[0], gauge=key.gauge, period=key.period)
        return limits_of(gauge, station)


def _raw(plan: FilePlan, names: Mapping[str, str], value: ValueColumn) -> RawReading:
    """The names a row gives, completed by the plan. Raises Refused or ImportRefused."""
    station = names.get("station") or plan.station
    if not station:
        raise Refused("no station")
    variable = value.variable or _variable(names.get("variable", ""))
    period = value.period or plan.period
    if names.get("period") and value.period is None:
        period = plan.length(names["period"], station) or period
    if variable in VARIABLES and VARIABLES[variable].nature != "increment":
        period = None
    unit = _unit(names.get("unit", "") or value.unit, variable)
    return RawReading(
        station, variable, 0, None, names.get("gauge") or value.gauge or None, unit, period
    )


def _variable(word: str) -> str:
    return word if word in VARIABLES or not word else headers.variable_of(word) or word


def _unit(word: str, variable: str) -> str | None:
    if not word:
        return None
    if word == CANONICAL:
        return VARIABLES[variable].unit if variable in VARIABLES else None
    unit = headers.unit_of(word) or word
    if variable in VARIABLES:
        conversion(variable, unit)
    return unit
