"""Stations that stand above a limit which comes into force in the next days."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from floodwatch.model.clock import DAY
from floodwatch.model.district import District
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.model.threshold import Threshold
from floodwatch.rules.bands import DIGITS, Bands
from floodwatch.rules.belief import failed


class Coming(NamedTuple):
    """One station above one limit to come; heights in m, times in ms UTC."""

    at: int  # when the limit comes into force
    station: str
    name: str  # of the station
    label: str  # of the limit
    limit: float
    value: float
    over: float
    time: int  # of the reading
    order: str  # number of the document, if it is an order


def coming(
    district: District, latest: Mapping[SeriesKey, Latest], now: int, *, days: int = 3
) -> list[Coming]:
    """Who stands above a limit that another one gives way to within `days`, by day.

    The newest stage is held against the limits of each switch; what is open already is no news.
    """
    groups: dict[SeriesKey, list[Threshold]] = {}
    for threshold in district.thresholds:
        if threshold.variable == "stage" and threshold.comparator.direction == "up":
            key = SeriesKey(threshold.station, threshold.gauge, "stage")
            groups.setdefault(key, []).append(threshold)
    found: list[Coming] = []
    for key, thresholds in groups.items():
        known = latest.get(key)
        station = district.stations.get(key.station)
        if known is None or station is None or failed(known.reading.quality):
            continue
        bands = Bands(thresholds, district.zone_of(key.station))
        found += _of_station(bands, known, station.name, now=now, until=now + days * DAY)
    return sorted(found, key=lambda each: (each.at, each.station))


def _of_station(
    bands: Bands, known: Latest, name: str, *, now: int, until: int
) -> Iterator[Coming]:
    reading = known.reading
    value = round(reading.value, DIGITS)
    stretch = bands.at(now)
    while stretch.end <= until:
        before = {band.name for band in stretch.bands if band.open(value)}
        moment = stretch.end
        stretch = bands.at(moment)
        for band in stretch.bands:
            standing = band.threshold
            if band.open(value) and (band.name not in before or standing.valid_from == moment):
                yield Coming(
                    moment,
                    reading.key.station,
                    name,
                    band.label,
                    band.limit,
                    reading.value,
                    round(reading.value - band.limit, DIGITS),
                    reading.time,
                    standing.order,
                )
