"""From stored readings to the figure of a station, over a range the reader chooses."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import plotly.graph_objects as go
from sqlalchemy import Connection

from floodwatch.charts import rain_bins
from floodwatch.charts.hydrograph import Bars, Flagged, Line, View, figure
from floodwatch.charts.limits import Steps, of_series, steps
from floodwatch.charts.paint import axis_utc
from floodwatch.hydrology.counter import increments
from floodwatch.hydrology.series import Series
from floodwatch.hydrology.storage import StorageCurve
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.quality import GOOD
from floodwatch.model.reading import SeriesKey
from floodwatch.model.station import Gauge, Station
from floodwatch.model.variable import VARIABLES, Nature
from floodwatch.store import board
from floodwatch.store.readings import Readings
from floodwatch.web import words
from floodwatch.web.alert_words import headline
from floodwatch.web.board_rows import main_variable
from floodwatch.web.here import Here
from floodwatch.web.language import _

RANGES = {"24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "1y": 365 * DAY, "all": 0}
RAIN = ("rainfall", "rainfall_total", "rainfall_day")
STORAGE = "storage"
LATE_BY = 30 * MINUTE


def charted(station: Station) -> list[tuple[str, str]]:
    """(variable, gauge) that can be charted, the main one first; storage where there is a curve."""
    first = main_variable(station)
    found: list[tuple[str, str]] = []
    for gauge in station.gauges:
        rain_again = gauge.variable in RAIN and any(v in RAIN for v, _g in found)
        if (gauge.variable, gauge.gauge) not in found and not rain_again:
            found.append((gauge.variable, gauge.gauge))
    if station.curve and (STORAGE, "1") not in found and ("stage", "1") in found:
        found.append((STORAGE, "1"))
    return sorted(found, key=lambda pair: (pair[0] != first, pair[0] in ("battery", "signal")))


def span_of(readings: Readings, keys: Sequence[SeriesKey], name: str, now: int) -> tuple[int, int]:
    """From when to when a range button shows, in ms UTC; a little of what is to come."""
    length = RANGES.get(name, DAY)
    if length == 0:
        known = [span for key in keys if (span := readings.span(key)) is not None]
        start = min((span[0] for span in known), default=now - DAY)
        length = max(now - start, HOUR)
    return now - length, now + length // 24


def zoomed(
    asked: Sequence[str | None], start: int, end: int, tz: ZoneInfo
) -> tuple[int, int] | None:
    """The part of a span the reader has zoomed into (ms UTC), from its local ms on the axis."""
    if not all(each and each.removeprefix("-").isdecimal() and len(each) < 17 for each in asked):
        return None
    low, high = (axis_utc(int(each or 0), tz) for each in asked)
    low, high = max(low, start), min(high, end)
    return (low, high) if low < high else None


def draw(
    connection: Connection,
    readings: Readings,
    here: Here,
    *,
    station: Station,
    variable: str,
    gauge: str,
    start: int,
    end: int,
    theme: str,
    detail: tuple[int, int] | None = None,
) -> go.Figure:
    """The figure of one variable of a station; finer within `detail`, the part zoomed into."""
    tz = here.district.zone_of(station.code)
    view = View(start, end, here.now, tz, theme, _view_words(), detail)
    rain = _rain(readings, here.district, station, view)
    if variable in RAIN:
        return figure([_no_line(_("雨量"))], view, rain=rain)
    key = series_key(station, variable, gauge)
    line = _line(readings, station, key, variable, start, end)
    others: list[Line] = []
    if variable == "stage" and any(g.variable == "tail_stage" for g in station.gauges):
        tail = series_key(station, "tail_stage", gauge)
        others.append(_line(readings, station, tail, "tail_stage", start, end))
    limits: list[Steps] = []
    if variable != STORAGE or not station.curve:
        limits = steps(of_series(here.district.thresholds, key), start, end, tz=view.tz)
    return figure(
        [line, *others],
        view,
        rain=rain if _shows_rain(variable) else None,
        limits=limits,
        late=_late(connection, key, start, end) if variable == key.variable else None,
        events=_events(connection, station.code, variable),
    )


def _shows_rain(variable: str) -> bool:
    return variable in ("stage", "ponding_depth", STORAGE, "inflow", "outflow", "flow", "seepage")


def series_key(station: Station, variable: str, gauge: str) -> SeriesKey:
    """The series behind a chart; storage by curve is drawn from the stage."""
    known = next((g for g in station.gauges if (g.variable, g.gauge) == (variable, gauge)), None)
    if known is not None:
        return known.key
    return SeriesKey(station.code, gauge, "stage" if variable == STORAGE else variable)


def _line(
    readings: Readings, station: Station, key: SeriesKey, variable: str, start: int, end: int
) -> Line:
    margin = (end - start) // 10
    series = readings.series(key, start - margin, end)
    factor, _unit, decimals = words.scale(variable)
    if variable == STORAGE and key.variable == "stage":
        curve = StorageCurve.from_table(station.curve)
        series = Series(series.times, curve.storage(series.values), series.quality)
    elif variable in VARIABLES and VARIABLES[variable].nature is Nature.COUNTER:
        series = _since_start(series)
    return Line(
        series,
        words.variable_name(variable),
        words.unit(variable),
        factor,
        decimals,
        station.reporting.silent_after,
        stepped=variable in ("pumps_running", "gate_opening"),
    )


def _since_start(series: Series) -> Series:
    """A running total as what was added since the left edge, so that a reset is no cliff."""
    if series.size < 2:
        return series
    added = np.concatenate([[0.0], np.cumsum(increments(series.values))])
    return series._replace(values=added)


def _no_line(name: str) -> Line:
    empty = Series(np.empty(0, np.int64), np.empty(0, np.float64), np.empty(0, np.int16))
    return Line(empty, name, "mm", 1.0, 1)


def rain_gauge(district: District, station: Station) -> Gauge | None:
    """The finest rain gauge that speaks for a place: its own, else the one it names."""
    for code in (station.code, station.rain_from):
        place = district.stations.get(code)
        fitting = [g for g in place.gauges if g.variable in RAIN] if place else []
        if fitting:
            return min(fitting, key=lambda g: (RAIN.index(g.variable), g.period))
    return None


def _rain(readings: Readings, district: District, station: Station, view: View) -> Bars | None:
    gauge = rain_gauge(district, station)
    if gauge is None:
        return None
    start, end = view.seen
    width = rain_bins.width_for(end - start, gauge.period)
    margin = (end - start) // 2 if view.detail else 0  # so that a little panning finds bars
    series = readings.window(gauge.key, start - margin - width, end + margin)
    name = words.variable_name("rainfall")
    tz = view.tz
    if gauge.variable == "rainfall":
        return rain_bins.from_increments(series, width, tz=tz, name=name)
    if gauge.variable == "rainfall_day":
        return rain_bins.from_since_eight(series, width, tz=tz, name=name)
    return rain_bins.from_counter(series, width, tz=tz, name=name)


def _late(connection: Connection, key: SeriesKey, start: int, end: int) -> Series | None:
    found = board.late(connection, key, start=start, end=end, by=LATE_BY)
    if not found:
        return None
    times, values, _received = zip(*found, strict=True)
    flags = np.full(len(times), GOOD, np.int16)
    return Series(np.array(times, np.int64), np.array(values, np.float64), flags)


def _events(connection: Connection, station: str, variable: str) -> list[Flagged]:
    alerts = board.alerts(connection, state="all", station=station, limit=200)
    return [
        Flagged(alert["onset"], alert["worst"], headline(alert))
        for alert in alerts
        if alert["variable"] == variable
    ]


def _view_words() -> dict[str, str]:
    return {
        "suspect": _("可疑"),
        "late": _("补报"),
        "total": _("累计"),
        "events": _("告警"),
        "now": _("现在"),
        "beneath": _("下方"),
    }
