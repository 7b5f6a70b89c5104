"""The board's rows: what each station shows of itself now. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from floodwatch.charts.limits import Gap, gaps, of_series
from floodwatch.hydrology.rain_capacity import RunoffPair, rain_capacity_mm
from floodwatch.hydrology.storage import StorageCurve
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.quality import Flag, flag_of
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.model.station import MANUAL, Gauge, Reporting, Station, StationKind
from floodwatch.model.threshold import FLOOD_LIMIT, Threshold, ruling
from floodwatch.model.variable import HOUSEKEEPING
from floodwatch.rules.defaults import RAIN

MAIN: Mapping[StationKind, tuple[str, ...]] = {
    StationKind.WATERLOGGING: ("ponding_depth",),
    StationKind.RAIN: ("rainfall", "rainfall_total", "rainfall_day"),
    StationKind.METER: ("meter_volume", "flow"),
    StationKind.SUPPLY: ("residual_chlorine", "chlorine_dioxide", "turbidity", "pressure", "flow"),
}
BY_HAND_DUE, BY_HAND_OLD = 26 * HOUR, 72 * HOUR  # of readings by eye
TREND: Mapping[str, int] = {"ponding_depth": 10 * MINUTE}  # others: one hour


class Known(NamedTuple):
    """Everything the board is made of, from one snapshot."""

    now: int
    latest: Mapping[SeriesKey, Latest]
    earlier: Mapping[SeriesKey, tuple[int, float]]
    rain: Mapping[SeriesKey, Mapping[str, float]]
    week_rain: Mapping[str, float]  # station -> mm in 7 days
    alerts: Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class Value:
    """One number with what is known of its age and worth."""

    variable: str
    gauge: str
    value: float | None = None
    time: int | None = None
    heard: int | None = None
    state: str = "unknown"  # fresh | due (past its reporting time) | silent | unknown
    suspect: bool = False
    late: bool = False
    change: float | None = None  # over `change_span`
    change_span: int = HOUR
    due_after: int = HOUR  # quiet for longer than this it is past its reporting time
    silent_after: int = HOUR


@dataclass(slots=True)
class Row:
    """One station on the board."""

    station: Station
    group: str
    main: Value
    values: dict[str, Value] = field(default_factory=dict)
    severity: int = 0
    alert_ids: list[int] = field(default_factory=list)
    passed: list[Gap] = field(default_factory=list)
    ahead: list[Gap] = field(default_factory=list)
    flood_limit: float | None = None
    storage_m3: float | None = None
    share: float | None = None  # % of normal storage
    room: dict[str, float] = field(default_factory=dict)  # mm of rain until a limit
    alpha: float | None = None
    rain: Mapping[str, float] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The station's code."""
        return self.station.code

    @property
    def nearness(self) -> tuple[float, ...]:
        """Sorts worst first: severity, then passed limits, then the distance to the next one."""
        blind = self.main.state in ("silent", "unknown")
        beyond = self.passed[0].distance if self.passed else 0.0
        ahead = self.ahead[0].distance if self.ahead else 1e9
        wet = -max(self.rain.values(), default=0.0) if self.group == "rain" else 0.0
        return (
            -self.severity,
            -len(self.passed),
            -beyond,
            not blind,
            wet,
            ahead,
            self.station.order,
        )


class Coverage(NamedTuple):
    """How many points are heard of how many, and the names of those that are not."""

    live: int
    total: int
    silent: tuple[tuple[str, str], ...]  # (code, name)


GROUPS: Mapping[StationKind, str] = {
    StationKind.RESERVOIR: "reservoir",
    StationKind.WATERLOGGING: "points",
    StationKind.RAIN: "rain",
    StationKind.METER: "supply",
    StationKind.SUPPLY: "supply",
    StationKind.GROUNDWATER: "supply",
}


def rows(district: District, known: Known) -> list[Row]:
    """A row a station, sorted by nearness to its next limit, worst first."""
    firing: dict[str, list[Mapping[str, Any]]] = {}
    for alert in known.alerts:
        firing.setdefault(alert["station"], []).append(alert)
    blind = Blind.of(known.alerts)
    made = [
        _row(district, station, known, firing.get(station.code, []), blind)
        for station in district.stations.values()
        if station.in_service(known.now)
    ]
    return sorted(made, key=lambda row: row.nearness)


class Blind(NamedTuple):
    """What alerts of silence say of gauges, stations and gateways, whatever their age says.

    In a storm, and while the water rises, a rule calls a gauge silent long before its usual time.
    """

    gauges: frozenset[tuple[str, str, str]]
    stations: frozenset[str]
    gateways: frozenset[str]

    @classmethod
    def of(cls, alerts: Iterable[Mapping[str, Any]]) -> "Blind":
        """By the alerts that are open."""
        found: dict[str, set[Any]] = {"gauge": set(), "offline": set(), "feed": set()}
        for alert in alerts:
            kind = alert.get("type")
            if kind in ("stale", "rise_silent"):
                found["gauge"].add((alert["station"], alert["gauge"], alert["variable"]))
            elif kind == "offline":
                found["offline"].add(alert["station"])
            elif kind == "feed":
                found["feed"].add(alert["gauge"])
        return cls(*(frozenset(each) for each in found.values()))

    def to(self, station: Station, gauge: Gauge) -> bool:
        """Whether nothing is to be expected of the gauge now."""
        name = "rainfall" if gauge.variable in RAIN else gauge.variable
        return (
            (station.code, gauge.gauge, name) in self.gauges
            or station.code in self.stations
            or bool(station.gateway and station.gateway in self.gateways)
        )


def _row(
    district: District,
    station: Station,
    known: Known,
    alerts: Sequence[Mapping[str, Any]],
    blind: Blind,
) -> Row:
    values: dict[str, Value] = {}
    for gauge in station.gauges:
        if gauge.variable not in values:  # the first of a kind speaks on the board
            value = value_of(station, gauge, known, blind=blind)
            values[gauge.variable] = _or_by_hand(station, gauge, value, known=known, blind=blind)
    main = values.get(main_variable(station)) or Value("", "1")
    row = Row(station, GROUPS.get(station.kind, "water"), main, values)
    row.severity = max((alert["severity"] for alert in alerts), default=0)
    row.alert_ids = [alert["id"] for alert in alerts]
    row.rain = _rain(station, known)
    limits = _limits(district, station, main)
    tz = district.zone_of(station.code)
    row.flood_limit = next(
        (t.value for t in ruling(limits, known.now, tz) if t.name in FLOOD_LIMIT), None
    )
    if main.value is not None:
        row.passed, row.ahead = gaps(limits, main.value, at=known.now, tz=tz)
    if station.curve and main.variable == "stage" and main.value is not None:
        _storage(row, known, district=district, tz=tz)
    return row


def _or_by_hand(
    station: Station, gauge: Gauge, value: Value, *, known: Known, blind: Blind
) -> Value:
    """Where telemetry is silent, what somebody has read since."""
    if value.state not in ("silent", "unknown") or gauge.variable in RAIN or gauge.gauge == MANUAL:
        return value
    mine = value_of(station, replace(gauge, gauge=MANUAL), known, blind=blind)
    if mine.time is None or mine.state == "silent" or mine.time <= (value.time or 0):
        return value
    return mine


def _limits(district: District, station: Station, value: Value) -> list[Threshold]:
    """The limits of a value; readings by eye have those of the gauge unless they have their own."""
    found = of_series(district.thresholds, SeriesKey(station.code, value.gauge, value.variable))
    if found or value.gauge != MANUAL:
        return found
    return of_series(district.thresholds, SeriesKey(station.code, "1", value.variable))


def main_variable(station: Station) -> str:
    """The variable a station is known by."""
    have = [gauge.variable for gauge in station.gauges if gauge.variable not in HOUSEKEEPING]
    for wanted in MAIN.get(station.kind, ("stage",)):
        if wanted in have:
            return wanted
    return have[0] if have else ""


def value_of(station: Station, gauge: Gauge, known: Known, *, blind: Blind) -> Value:
    """The newest value of a gauge with its age and trend."""
    key = gauge.key
    newest = known.latest.get(key)
    span = TREND.get(gauge.variable, HOUR)
    value = Value(gauge.variable, gauge.gauge, change_span=span)
    if newest is None:
        return value
    reading = newest.reading
    value.value, value.time, value.heard = reading.value, reading.time, newest.heard
    value.suspect = flag_of(reading.quality) is Flag.SUSPECT
    value.late = newest.late
    quiet = known.now - max(newest.heard, reading.time)
    reporting = station.reporting
    before = known.earlier.get(key)
    if before is not None and reading.time - before[0] <= span + 2 * reporting.silent_after:
        value.change = reading.value - before[1]
    if gauge.gauge == MANUAL:  # read once a day; no rule calls it silent
        value.due_after, value.silent_after = BY_HAND_DUE, BY_HAND_OLD
        value.state = "fresh" if quiet <= BY_HAND_DUE else "due"
        if quiet > BY_HAND_OLD:
            value.state = "silent"
        return value
    value.due_after = _due_after(reporting, value)
    # The page counts ages on by itself: what a rule calls silent is so at any age.
    value.silent_after = 1 if blind.to(station, gauge) else reporting.silent_after
    if quiet > value.silent_after or value.silent_after == 1:
        value.state = "silent"
    else:
        value.state = "fresh" if quiet <= value.due_after else "due"
    return value


def _due_after(reporting: Reporting, value: Value) -> int:
    """How long a gauge may be quiet before its age is shown as past its time.

    One that reports on change says by its silence that nothing changed; but one that was changing
    should have spoken again after three steps of its own pace.
    """
    timed = reporting.timed + MINUTE
    step = reporting.step.get(value.variable, 0.0)
    if not reporting.additional or not step or not value.change or abs(value.change) < 3 * step:
        return timed
    pace = int(step / abs(value.change) * value.change_span)
    return min(timed, 3 * max(pace, reporting.additional))


def _rain(station: Station, known: Known) -> Mapping[str, float]:
    """The sums of the station's finest rain series."""
    own = [key for key in known.rain if key.station == station.code and key.gauge != MANUAL]
    return known.rain[min(own, key=lambda key: key.period)] if own else {}


def _storage(row: Row, known: Known, *, district: District, tz: ZoneInfo) -> None:
    """Storage, its share of the normal one, and the rain the reservoir can still take (纳雨)."""
    station, stage = row.station, row.main.value
    curve = StorageCurve.from_table(station.curve)
    volume = float(curve.storage(stage or 0.0))
    if volume != volume:
        return
    row.storage_m3 = volume
    if station.normal_pool is not None:
        normal = float(curve.storage(station.normal_pool))
        row.share = 100 * volume / normal if normal > 0 else None
    if not station.catchment:
        return
    before = known.week_rain.get(station.rain_from or station.code, 0.0)
    row.alpha = RunoffPair().of(before)
    tops = {"crest": station.crest} if station.crest else {}
    limits = _limits(district, station, row.main)
    for limit in ruling(limits, known.now, tz):
        if limit.name in (*FLOOD_LIMIT, "design_flood"):
            name = "flood_limit" if limit.name in FLOOD_LIMIT else limit.name
            tops[name] = limit.value
    for name, top in tops.items():
        room = rain_capacity_mm(
            volume, float(curve.storage(top)), area_km2=station.catchment, coefficient=row.alpha
        )
        if room == room:
            row.room[name] = max(0.0, room)


def coverage(district: District, known: Known) -> Coverage:
    """Points heard within their reporting time; a point is one gauge name of one station.

    A reservoir with dam gauges is several points: its own, and each piezometer and weir.
    """
    total = live = 0
    blind = Blind.of(known.alerts)
    silent: list[tuple[str, str]] = []
    for station in district.stations.values():
        points: dict[str, Gauge] = {}
        for gauge in station.gauges:
            if gauge.watched:
                points.setdefault(gauge.gauge, gauge)
        if not station.in_service(known.now):
            continue
        main = main_variable(station)
        for gauge in station.gauges:
            if gauge.variable == main and gauge.gauge in points:
                points[gauge.gauge] = gauge
        for name, gauge in points.items():
            total += 1
            if value_of(station, gauge, known, blind=blind).state in ("fresh", "due"):
                live += 1
            else:
                title = station.name if name == "1" else f"{station.name} {name}"
                silent.append((station.code, title))
    return Coverage(live, total, tuple(silent))
