"""Whose rain speaks for a place, and which places share it. Pure."""

from collections.abc import Sequence
from functools import lru_cache
from math import cos, radians
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.district import District
from floodwatch.model.reading import SeriesKey
from floodwatch.model.station import MANUAL, Station
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
    return tuple(sources(station, gauge)[0] for gauge in gauges if gauge != MANUAL)


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
    sharing = _sharing(keyed).get(rain[0]) if rain else None
    near = sharing.nearest(station) if sharing else []
    return Basin(rain, tuple(other for other in near if other != code)[:NEIGHBOURS])


class _Sharing(NamedTuple):
    """Places of the same rain, in the order of the configuration, and where they lie."""

    codes: tuple[str, ...]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    def nearest(self, station: Station) -> list[str]:
        """The few that lie nearest, itself among them; of equal ones the first."""
        if station.lon is None or station.lat is None:
            return list(self.codes[: NEIGHBOURS + 1])
        east = (self.lon - station.lon) * cos(radians(station.lat))
        away = np.nan_to_num(np.hypot(east, self.lat - station.lat), nan=np.inf)
        if away.size > NEIGHBOURS:
            chosen = np.flatnonzero(away <= np.partition(away, NEIGHBOURS)[NEIGHBOURS])
        else:
            chosen = np.arange(away.size)
        places = chosen[np.argsort(away[chosen], kind="stable")][: NEIGHBOURS + 1]
        # Where several lie at the very same spot, itself may not be among them.
        return [self.codes[place] for place in places]


@lru_cache(maxsize=2)
def _sharing(keyed: Keyed) -> dict[str, _Sharing]:
    """Places that measure water, by the first station whose rain is theirs."""
    found: dict[str, list[Station]] = {}
    for station in keyed.district.stations.values():
        if station.enabled and any(g.variable in WATER for g in station.gauges):
            for code in _rain_of(keyed.district, station)[:1]:
                found.setdefault(code, []).append(station)
    return {code: _Sharing(*_located(stations)) for code, stations in found.items()}


def _located(
    stations: Sequence[Station],
) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
    codes = tuple(station.code for station in stations)
    lon, lat = (
        np.array([np.nan if at is None else at for at in column], np.float64)
        for column in ([s.lon for s in stations], [s.lat for s in stations])
    )
    return codes, lon, lat
