"""Reads the figures of a report, for any 08:00 of which readings are kept."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from floodwatch.hydrology.hydrological_day import bounds
from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.quality import GOOD
from floodwatch.model.reading import Latest, Reading, SeriesKey
from floodwatch.model.station import Gauge, Station, StationKind
from floodwatch.reports.duty_facts import duty
from floodwatch.reports.facts import Facts, Rain, Works, mean_of
from floodwatch.reports.rain_facts import RainDay, rain_day
from floodwatch.reports.water_facts import Water, water
from floodwatch.rules.coming_limits import coming, worded
from floodwatch.store.database import Database
from floodwatch.store.readings import Readings

RAIN = frozenset({"rainfall", "rainfall_total", "rainfall_day"})
LOOK_BACK = 2 * DAY + 6 * HOUR  # a slow gauge's report before the same hour of the day before
MAIN = ("stage", "ponding_depth")


def eight(day: date, tz: ZoneInfo) -> int:
    """08:00 of `day`, ms UTC."""
    return bounds(day, tz).end


def latest_day(now: int, tz: ZoneInfo) -> date:
    """The date of the newest 08:00 that is past at `now` (ms UTC)."""
    local = datetime.fromtimestamp(now / 1000, tz)
    return date.fromordinal(local.date().toordinal() - (local.hour < 8))


def facts(database: Database, district: District, day: date, *, now: int) -> Facts:
    """The figures of the hydrological day that ends on `day`. Refused when it is not over."""
    at = eight(day, district.tz)
    if at > now:
        raise Refused(f"the hydrological day {day} is not over before 08:00; choose an earlier day")
    readings = Readings(database)
    known = dict.fromkeys(readings.keys())  # in order, and asked for each station
    gauges, silent = _rain(readings, known, district, at)
    waters = [
        found
        for station in sorted(district.stations.values(), key=lambda s: s.order)
        if (found := _water(readings, known, district, station, at)) is not None
    ]
    live, total = _coverage(readings, known, district, at)
    with database.read() as connection:
        done = duty(connection, start=at - DAY, end=at)
    rain = Rain(tuple(sorted(gauges, key=lambda g: -g.total)), mean_of(gauges, district), silent)
    works = _works(readings, known, district, at)
    ahead = _ahead(district, waters, at)
    return Facts(district, at, rain, tuple(waters), done, live, total, works, ahead)


def _rain(
    readings: Readings, known: Collection[SeriesKey], district: District, at: int
) -> tuple[list[RainDay], int]:
    by_station: dict[str, list[SeriesKey]] = {}
    for key in known:
        if key.variable in RAIN and key.station in district.stations:
            by_station.setdefault(key.station, []).append(key)
    found, silent = [], 0
    for code, keys in by_station.items():
        station = district.stations[code]
        series = {key: readings.series(key, at - LOOK_BACK, at) for key in keys}
        told = rain_day(
            code,
            series,
            at=at,
            silent_after=station.reporting.silent_after,
            tz=district.zone_of(code),
        )
        if told is not None:
            found.append(told)
        else:
            silent += station.enabled
    return found, silent


def _water(
    readings: Readings,
    known: Collection[SeriesKey],
    district: District,
    station: Station,
    at: int,
) -> Water | None:
    """The station's main gauge, or the reading by eye where it has no other."""
    names = [SeriesKey(station.code, gauge, v) for v in MAIN for gauge in ("1", "manual")]
    key = next((name for name in names if name in known), None)
    if key is None or not station.enabled or station.kind is StationKind.SUPPLY:
        return None
    series = readings.series(key, at - LOOK_BACK, at)
    return water(
        station,
        key,
        series,
        at=at,
        tz=district.zone_of(station.code),
        thresholds=district.thresholds,
        year_ago=_year_ago(readings, key, at) if station.kind in _WITH_PAST else None,
    )


def _year_ago(readings: Readings, key: SeriesKey, at: int) -> float | None:
    """The value in force a year before."""
    year = at - 365 * DAY
    past = readings.series(key, year - DAY, year)
    return float(past.values[-1]) if past.size else None


def _ahead(district: District, waters: Iterable[Water], at: int) -> tuple[str, ...]:
    """The limits of the coming days that stations stand above already, worded."""
    latest = {}
    for each in waters:
        if each.variable == "stage" and each.now is not None:
            key = SeriesKey(each.station.code, "1", "stage")
            reading = Reading(key, each.now.time, each.now.value, GOOD, each.now.time)
            latest[key] = Latest(reading, each.now.time, each.now.time, False)
    found = coming(district, latest, at)
    return tuple(worded(each, district.zone_of(each.station), "zh") for each in found)


_OF_WORKS = {"pumps_running": "running", "flow": "flow", "gate_opening": "opening"}


def _works(
    readings: Readings, known: Collection[SeriesKey], district: District, at: int
) -> dict[str, Works]:
    found: dict[str, Works] = {}
    for key in known:
        station = district.stations.get(key.station)
        if key.variable not in _OF_WORKS or key.gauge != "1" or station is None:
            continue
        if station.kind not in (StationKind.PUMP, StationKind.GATE):
            continue
        series = readings.window(key, at - station.reporting.silent_after, at)
        if series.size:
            value = float(series.values[-1])
            before = found.get(key.station, Works())
            found[key.station] = before._replace(**{_OF_WORKS[key.variable]: value})
    return found


_WITH_PAST = (StationKind.RESERVOIR, StationKind.LAKE, StationKind.RIVER)


def _coverage(
    readings: Readings, known: Collection[SeriesKey], district: District, at: int
) -> tuple[int, int]:
    """(gauges heard in time, gauges) at the hour, of those that are watched."""
    watched = [
        gauge
        for station in district.stations.values()
        if station.enabled
        for gauge in station.gauges
        if gauge.watched
    ]
    live = sum(
        1 for gauge in watched if gauge.key in known and _heard(readings, district, gauge, at)
    )
    return live, len(watched)


def _heard(readings: Readings, district: District, gauge: Gauge, at: int) -> bool:
    longest = district.stations[gauge.station].reporting.silent_after
    return bool(readings.window(gauge.key, at - longest, at).size)
