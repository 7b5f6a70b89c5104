"""Stations with works, and moments of their gauges, for the tests of their rules."""

from collections.abc import Mapping, Sequence

from floodwatch.hydrology.series import Series
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District, RuleSetting
from floodwatch.model.reading import SeriesKey
from floodwatch.model.station import Gauge, Reporting, Station, StationKind
from floodwatch.model.threshold import Threshold
from tests.rules.making import CODE, T, series

Points = Sequence[tuple[int, float]]


def works(kind: StationKind, *variables: str, code: str = CODE, timed: int = 5 * MINUTE) -> Station:
    """A station of a kind with one gauge of each variable, which reports every five minutes."""
    gauges = tuple(Gauge(code, variable) for variable in variables)
    return Station(code, "示范站", kind, gauges, reporting=Reporting(timed))


def around(
    *stations: Station, settings: Sequence[RuleSetting] = (), limits: Sequence[Threshold] = ()
) -> District:
    """A district of these stations."""
    places = {station.code: station for station in stations}
    return District(stations=places, rules=tuple(settings), thresholds=tuple(limits))


def every(minutes: float, *values: float, until: int = T) -> Points:
    """Values read every so many minutes, the last one at `until`."""
    step = int(minutes * MINUTE)
    first = until - step * (len(values) - 1)
    return [(first + step * k, value) for k, value in enumerate(values)]


def known(code: str = CODE, **points: Points) -> Mapping[SeriesKey, Series]:
    """Series by variable."""
    return {SeriesKey(code, "1", name): series(found) for name, found in points.items()}


def rainy(code: str, mm: float, *, hours: float = 1.0, until: int = T) -> tuple[SeriesKey, Series]:
    """Rain of so many mm spread over the hours before `until`, and five days of dry reports."""
    key = SeriesKey(code, "1", "rainfall", 5 * MINUTE)
    count = round(hours * 12)
    start = until - count * 5 * MINUTE
    dry = [(start - k * HOUR, 0.0) for k in range(120, 0, -1)]
    dry += [(start, 0.0)]
    wet = [(start + 5 * MINUTE * (k + 1), mm / count) for k in range(count)]
    return key, series([*dry, *wet])
