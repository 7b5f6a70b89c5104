"""The board's rain sums of stations whose only rain gauge counts since 08:00."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from floodwatch.hydrology.rain_since_eight import from_total_since_eight
from floodwatch.hydrology.rainfall import windows
from floodwatch.model.clock import DAY
from floodwatch.model.district import District
from floodwatch.model.quality import Flag
from floodwatch.model.reading import SeriesKey
from floodwatch.rules.defaults import RAIN
from floodwatch.rules.rainfall import sources
from floodwatch.store import journal, tables

SINCE_EIGHT = "rainfall_day"


def sums(
    connection: Connection, district: District, spans: Mapping[str, tuple[int, int]]
) -> dict[SeriesKey, dict[str, float]]:
    """Rain (mm) over each span (after, until], by series and span name; {} without such gauges."""
    keys = {
        key: station
        for station in district.stations.values()
        for gauge in {g.gauge for g in station.gauges if g.variable in RAIN}
        for key in sources(station, gauge)
        if key.variable == SINCE_EIGHT
    }
    if not keys or not spans:
        return {}
    t = tables.series.c
    rows = connection.execute(
        select(t.id, t.station, t.gauge, t.variable, t.period).where(t.variable == SINCE_EIGHT)
    )
    numbers = {row[0]: SeriesKey(*row[1:]) for row in rows}
    start = min(after for after, _ in spans.values()) - DAY
    end = max(until for _, until in spans.values())
    wanted = {number: (start, end) for number, key in numbers.items() if key in keys}
    found: dict[SeriesKey, dict[str, float]] = {}
    for number, series in journal.windows(connection, wanted).items():
        known = series.take(series.quality % 10 < Flag.FAIL)
        if not known.size:
            continue
        key = numbers[number]
        source = from_total_since_eight(
            known,
            at=end,
            silent_after=keys[key].reporting.silent_after,
            tz=district.zone_of(key.station),
        )
        backs = sorted({end - moment for span in spans.values() for moment in span} - {0})
        fell = dict(zip(backs, windows(source, backs).sums, strict=True)) | {0: 0.0}
        found[key] = {
            name: round(fell[end - after] - fell[end - until], 6)
            for name, (after, until) in spans.items()
        }
    return found
