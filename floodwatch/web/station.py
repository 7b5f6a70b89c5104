"""/stations: the list, and for each station its chart, table, limits and rules in words."""

import csv
import io
from collections.abc import Iterator
from http import HTTPStatus

import plotly.io
from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from floodwatch.model.people import Role
from floodwatch.model.quality import flag_of, reason_of
from floodwatch.model.station import Station
from floodwatch.model.threshold import ruling
from floodwatch.store import board, city_requests, frames, pictures
from floodwatch.web import city, telemetry, words
from floodwatch.web.alert_words import headline
from floodwatch.web.care import done, field, me
from floodwatch.web.csv_cells import safe
from floodwatch.web.guard import needs
from floodwatch.web.here import here
from floodwatch.web.language import _, chosen
from floodwatch.web.overview import board_at
from floodwatch.web.rule_words import described
from floodwatch.web.services import now, services
from floodwatch.web.station_charts import RANGES, charted, draw, series_key, span_of, zoomed

blueprint = Blueprint("station", __name__)
ROWS = 400  # of the table view


def station_or_404(code: str) -> Station:
    """The configured station."""
    found = here().district.stations.get(code)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


@blueprint.get("/stations")
@needs(Role.VIEWER)
def index() -> str:
    """Every station by kind."""
    with services().database.read() as connection:
        made = board_at(connection)
    return render_template("stations.html", board=made)


@blueprint.get("/stations/<code>")
@needs(Role.VIEWER)
def show(code: str) -> str:
    """One station."""
    station = station_or_404(code)
    charts = charted(station)
    variable, gauge = _wanted(charts)
    with services().database.read() as connection:
        made = board_at(connection)
        alerts = board.alerts(connection, state="all", station=code, limit=20)
        asked = city.requests(connection, here().district, code)
        picture = pictures.newest(connection, code)
        spoke = frames.newest(connection, code)
        link = telemetry.heard(connection, code)
    for alert in alerts:
        alert["headline"] = headline(alert)
    district = here().district
    limits = [each for each in district.thresholds if each.station == code]
    valid = ruling(limits, here().now, district.zone_of(code))
    return render_template(
        "station.html",
        station=station,
        row=made.by_code.get(code),
        charts=charts,
        variable=variable,
        gauge=gauge,
        ranges=RANGES,
        range=_range(),
        limits=[(each, each in valid) for each in limits],
        rules=described(district, code, chosen()),
        alerts=alerts,
        asked=asked,
        picture=picture,
        frame=spoke,
        link=link,
    )


@blueprint.post("/stations/<code>/requests/<int:request_id>/answer")
@needs(Role.OFFICER)
def answered(code: str, request_id: int) -> ResponseReturnValue:
    """Note what the city has answered to a request, as an officer heard it by telephone."""
    station_or_404(code)
    said = field("answer") or _("同意开机")
    given = services()
    with given.database.write() as tx:
        known = {each.id for each in city.requests(tx.connection, here().district, code) or ()}
        if request_id not in known:
            abort(HTTPStatus.NOT_FOUND)
        city_requests.answer(tx, request_id, who=me(), text=said, now=now(given, tx.connection))
    return done(_("已记下答复"), "station.show", code=code)


def _wanted(charts: list[tuple[str, str]]) -> tuple[str, str]:
    asked = (request.args.get("variable", ""), request.args.get("gauge", "1"))
    if asked in charts:
        return asked
    return charts[0] if charts else ("stage", "1")


def _range() -> str:
    asked = request.args.get("range", "24h")
    return asked if asked in RANGES else "24h"


@blueprint.get("/stations/<code>/chart.json")
@needs(Role.VIEWER)
def chart(code: str) -> Response:
    """The figure, as plotly reads it."""
    station = station_or_404(code)
    variable, gauge = _wanted(charted(station))
    given, present = services(), here()
    key = series_key(station, variable, gauge)
    start, end = span_of(given.readings, [key], _range(), present.now)
    asked = (request.args.get("from"), request.args.get("to"))
    detail = zoomed(asked, start, end, present.district.zone_of(code))
    with given.database.read() as connection:
        made = draw(
            connection,
            given.readings,
            present,
            station=station,
            variable=variable,
            gauge=gauge,
            start=start,
            end=end,
            theme=request.args.get("theme", "dark"),
            detail=detail,
        )
    text = plotly.io.to_json(made, validate=False, engine="json")
    return Response(text, mimetype="application/json")


@blueprint.get("/stations/<code>/table")
@needs(Role.VIEWER)
def table(code: str) -> str:
    """The same data as a table, newest first."""
    station = station_or_404(code)
    variable, gauge = _wanted(charted(station))
    key = series_key(station, variable, gauge)
    start, end = span_of(services().readings, [key], _range(), here().now)
    series = services().readings.series(key, start, end)
    rows = [
        (int(time), float(value), flag_of(int(quality)).name, reason_of(int(quality)).name)
        for time, value, quality in zip(
            series.times[::-1][:ROWS], series.values[::-1], series.quality[::-1], strict=False
        )
    ]
    return render_template(
        "table.html",
        station=station,
        variable=key.variable,
        gauge=gauge,
        rows=rows,
        total=series.size,
        range=_range(),
    )


@blueprint.get("/stations/<code>/readings.csv")
@needs(Role.VIEWER)
def download(code: str) -> ResponseReturnValue:
    """Every reading of the range, streamed."""
    station = station_or_404(code)
    variable, gauge = _wanted(charted(station))
    key = series_key(station, variable, gauge)
    start, end = span_of(services().readings, [key], _range(), here().now)
    pieces = services().readings.export([key], start, end)
    zone = here().district.zone_of(code)
    name = f"{code}-{key.variable}-{_range()}.csv"

    def lines() -> Iterator[str]:
        yield "\ufeff" + _line("station", "name", "variable", "gauge", "time", "value", "quality")
        for _key, series in pieces:
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\r\n")
            columns = (series.times.tolist(), series.values.tolist(), series.quality.tolist())
            for time, value, quality in zip(*columns, strict=True):
                told = words.local(time, zone).isoformat()
                writer.writerow(
                    (
                        safe(code),
                        safe(station.name),
                        key.variable,
                        safe(gauge),
                        told,
                        value,
                        quality,
                    )
                )
            yield text.getvalue()

    response = Response(lines(), mimetype="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _line(*cells: str) -> str:
    return ",".join(cells) + "\r\n"
