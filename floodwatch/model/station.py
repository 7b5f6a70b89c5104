"""Stations and their gauges."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.reading import SeriesKey
from floodwatch.model.telemetry import AS_STANDARD, Manner
from floodwatch.model.variable import HOUSEKEEPING

MANUAL = "manual"  # the gauge under which people's own readings are kept


class StationKind(StrEnum):
    """What a station is."""

    RESERVOIR = "reservoir"
    RIVER = "river"
    LAKE = "lake"
    WATERLOGGING = "waterlogging"
    RAIN = "rain"
    PUMP = "pump"
    GATE = "gate"
    METER = "meter"
    SUPPLY = "supply"
    GROUNDWATER = "groundwater"
    CANAL = "canal"


@dataclass(frozen=True, slots=True)
class Reporting:
    """How often a gauge speaks: on the clock (`timed`), and on a change of `step` by variable.

    Between two timed reports a gauge that reports on change says by its silence that nothing
    changed: that is coverage, not a gap.
    """

    timed: int = HOUR
    additional: int | None = None
    step: Mapping[str, float] = field(default_factory=dict)

    @property
    def silent_after(self) -> int:
        """Milliseconds after the last report when the gauge counts as silent: 1.2 timed + 5 min."""
        return self.timed * 6 // 5 + 5 * MINUTE


@dataclass(frozen=True, slots=True)
class Gauge:
    """One instrument: what it measures, in which unit its devices send, and what is believable.

    With `source` "distance" the device sends the distance to the water and depth = zero - distance,
    both in `unit`. `minimum` and `maximum` are in the canonical unit: outside is suspect.
    """

    station: str
    variable: str
    gauge: str = "1"
    period: int = 0
    unit: str = ""
    datum: str = ""
    source: str = ""
    zero: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    rate: float | None = None  # largest believable change per hour, canonical unit

    @property
    def key(self) -> SeriesKey:
        """The series this gauge fills."""
        return SeriesKey(self.station, self.gauge, self.variable, self.period)

    @property
    def watched(self) -> bool:
        """Whether its silence counts: that of the equipment's own state shows beside it."""
        return self.variable not in HOUSEKEEPING and self.gauge != MANUAL


@dataclass(frozen=True, slots=True)
class Station:
    """A place with gauges. Heights in m above its datum; area in km²."""

    code: str
    name: str
    kind: StationKind
    gauges: tuple[Gauge, ...]
    aliases: tuple[str, ...] = ()
    lon: float | None = None
    lat: float | None = None
    tz: str = ""
    outlet: str = ""  # weir | gated
    crest: float | None = None
    reporting: Reporting = Reporting()
    catchment: float | None = None  # km²
    point_type: str = ""  # road | residential | underpass
    rain_from: str = ""  # code of the rain gauge that speaks for this place
    gateway: str = ""  # through which its readings come, when several stations share one
    persons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # role -> names
    downstream: str = ""  # who must leave: households, villages
    note: str = ""  # rectification state, temporary operation
    enabled: bool = True
    valid_to: int | None = None  # ms UTC: retired from then on; its history stays
    curve: tuple[tuple[float, float], ...] = ()  # (stage m, storage m³), rising
    normal_pool: float | None = None
    supply_from: str = ""  # of a supply: code of the reservoir it draws on
    intake: float | None = None  # m; below it nothing can be drawn
    demand: float | None = None  # m³ a day, drinking water
    backups: tuple[str, ...] = ()  # codes of sources to fall back on
    user: str = ""  # of a meter: whose permit it counts against
    plan: float | None = None  # m³ a year, of the whole user
    sl651: Manner = AS_STANDARD  # how its telemetry speaks
    order: int = 0  # place in its file: the customary order of the board

    def in_service(self, now: int) -> bool:
        """Whether it is watched at `now` (ms UTC): switched on, and not retired."""
        return self.enabled and (self.valid_to is None or now < self.valid_to)
