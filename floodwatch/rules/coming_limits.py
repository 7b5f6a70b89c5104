"""Stations that stand above a limit which comes into force in the next days."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

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


def worded(found: Coming, tz: ZoneInfo, language: str) -> str:
    """One of them as a line of a list or report."""
    day = datetime.fromtimestamp(found.at / 1_000, tz)
    order = f"（{found.order}）" if found.order else ""
    if language == "zh":
        return (
            f"{found.name}{day.month}月{day.day}日8时起{found.label}{found.limit:.2f}米{order}，"
            f"现{found.value:.2f}米，{f'高{found.over:.2f}米' if found.over else '持平'}"
        )
    return (
        f"{found.name}: {found.label} {found.limit:.2f} m from 08:00 on {day:%d %b}{order}, "
        f"now {found.value:.2f} m, {found.over:.2f} m above"
    )


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
