"""What the 08:00 report says, as figures: everything of one hydrological day. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from floodwatch.model.district import District
from floodwatch.model.station import StationKind
from floodwatch.reports.rain_facts import RainDay
from floodwatch.reports.water_facts import Water
from floodwatch.store.responses import Response

POND_DRY = 0.02  # m; less is a dry street


class Rain(NamedTuple):
    """The day's rain at every gauge, greatest first, and its plain mean over the rain stations."""

    gauges: tuple[RainDay, ...]
    mean: float | None
    silent: int  # gauges of which nothing is known

    @property
    def heaviest_hour(self) -> RainDay | None:
        """The gauge with the greatest hour; the first of equals."""
        return max((g for g in self.gauges if g.hour), key=lambda g: g.hour or 0, default=None)

    def at_least(self, limit_mm: float) -> int:
        """How many gauges had so much."""
        return sum(1 for gauge in self.gauges if gauge.total >= limit_mm)


class Duty(NamedTuple):
    """What the room did in the day."""

    fired: Mapping[int, int]  # severity (1 is IV, 4 is I) -> alerts that began
    open: tuple[Mapping[str, Any], ...]  # alerts that stand at the hour, gravest first
    owed: int  # answers owed by persons
    answered: int
    response: Response | None  # the emergency response in force
    undelivered: int  # messages not out yet


class Works(NamedTuple):
    """What a pumping station or gate was doing: units, m³/s, m; None: not known."""

    running: float | None = None
    flow: float | None = None
    opening: float | None = None


class Facts(NamedTuple):
    """The report's figures; `at` is the 08:00 it is written for, ms UTC."""

    district: District
    at: int
    rain: Rain
    waters: tuple[Water, ...]
    duty: Duty
    live: int  # gauges heard in time, of `total`
    total: int
    works: Mapping[str, Works]  # station -> what it was doing
    ahead: tuple[str, ...] = ()  # limits that are about to change, worded

    def of(self, *kinds: StationKind) -> list[Water]:
        """The main gauges of stations of these kinds, in the customary order."""
        return [water for water in self.waters if water.station.kind in kinds]

    @property
    def ponded(self) -> list[Water]:
        """Streets that had water in the day, deepest first."""
        wet = [
            w
            for w in self.of(StationKind.WATERLOGGING)
            if w.highest is not None and w.highest.value >= POND_DRY
        ]
        return sorted(wet, key=lambda w: -(w.highest.value if w.highest else 0.0))


def mean_of(gauges: Sequence[RainDay], district: District) -> float | None:
    """The plain mean over the rain stations; over all gauges where there is no rain station."""
    own = [
        g.total
        for g in gauges
        if (station := district.stations.get(g.station)) and station.kind is StationKind.RAIN
    ]
    chosen = own or [g.total for g in gauges]
    return sum(chosen) / len(chosen) if chosen else None
