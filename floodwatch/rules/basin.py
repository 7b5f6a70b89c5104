"""Whose rain speaks for a place, and which places share it. Pure."""

from functools import lru_cache
from math import cos, hypot, radians
from typing import NamedTuple

import numpy as np

from floodwatch.model.district import District
from floodwatch.model.reading import SeriesKey
from floodwatch.model.station import Station
from floodwatch.rules.defaults import RAIN
from floodwatch.rules.rainfall import sources

FEW = 6  # rain stations asked where nobody knows which is nearest
NEIGHBOURS = 8  # so many places of the same rain are looked at
WATER = ("stage", "ponding_depth")


class Basin(NamedTuple):
    """Codes of the stations whose rain speaks for a place, and of the places that share it."""

    rain: tuple[str, ...]
    neighbours: tuple[str, ...]


def basin_of(district: District, station: Station) -> Basin:
    """The rain and the neighbours of a station; itself is none of its neighbours."""
    return _basin(Keyed(district), station.code)


def finest_rain(station: Station) -> tuple[SeriesKey, ...]:
    """The finest rain series of each rain gauge of a station."""
    gauges = dict.fromkeys(g.gauge for g in station.gauges if g.variable in RAIN)
    return tuple(sources(station, gauge)[0] for gauge in gauges if gauge != "manual")


def _rain_of(district: District, station: Station) -> tuple[str, ...]:
    """The station named by `rain_from`, else the nearest, else a few; its own gauge beside that."""
    own = (station.code,) if _measures_rain(station) else ()
    named = district.stations.get(station.rain_from)
    if named is not None and named.enabled and _measures_rain(named):
        return tuple(dict.fromkeys((named.code, *own)))
    return own or _nearest(Keyed(district), station.code)


def _measures_rain(station: Station) -> bool:
    return any(gauge.variable in RAIN for gauge in station.gauges)


class Keyed:
    """A district hashed by its version: snapshots are immutable."""

    def __init__(self, district: District) -> None:
        self.district = district

    def __hash__(self) -> int:
        return hash(self.district.version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keyed) and other.district is self.district


@lru_cache(maxsize=2)
def _rain_stations(keyed: Keyed) -> tuple[Station, ...]:
    stations = keyed.district.stations.values()
    return tuple(s for s in stations if s.enabled and _measures_rain(s))


@lru_cache(maxsize=2)
def _places(keyed: Keyed) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """lon, lat of each rain station; far away where not known."""
    pairs = [(s.lon, s.lat) for s in _rain_stations(keyed)]
    known = [(1e9, 1e9) if None in pair else pair for pair in pairs]
    return np.array(known, float).reshape(-1, 2)


@lru_cache(maxsize=32768)
def _nearest(keyed: Keyed, code: str) -> tuple[str, ...]:
    station, rain = keyed.district.stations[code], _rain_stations(keyed)
    if not rain:
        return ()
    if station.lon is None or station.lat is None:
        return tuple(s.code for s in rain[:FEW])
    away = _places(keyed) - (station.lon, station.lat)
    squares = (away[:, 0] * cos(radians(station.lat))) ** 2 + away[:, 1] ** 2
    place = int(np.argmin(squares))
    located = rain[place].lon is not None and rain[place].lat is not None
    return (rain[place].code,) if located else tuple(s.code for s in rain[:FEW])


@lru_cache(maxsize=32768)
def _basin(keyed: Keyed, code: str) -> Basin:
    district = keyed.district
    station = district.stations[code]
    rain = _rain_of(district, station)
    sharing = _sharing(keyed).get(rain[0], ()) if rain else ()
    others = [district.stations[other] for other in sharing if other != code]
    others.sort(key=lambda other: _distance(station, other))
    return Basin(rain, tuple(other.code for other in others[:NEIGHBOURS]))


@lru_cache(maxsize=2)
def _sharing(keyed: Keyed) -> dict[str, tuple[str, ...]]:
    """Places that measure water, by the first station whose rain is theirs."""
    found: dict[str, list[str]] = {}
    for station in keyed.district.stations.values():
        if station.enabled and any(g.variable in WATER for g in station.gauges):
            for code in _rain_of(keyed.district, station)[:1]:
                found.setdefault(code, []).append(station.code)
    return {code: tuple(sharing) for code, sharing in found.items()}


def _distance(one: Station, other: Station) -> float:
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return float("inf")
    return hypot((one.lon - other.lon) * cos(radians(one.lat)), one.lat - other.lat)
