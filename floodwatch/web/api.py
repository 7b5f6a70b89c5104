"""GET /api/v1/…: what is stored, for programs; times ISO 8601 in UTC."""

from http import HTTPStatus
from typing import Any, NoReturn

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from floodwatch.model.errors import Refused
from floodwatch.model.moment import iso, parse
from floodwatch.model.quality import flag_of, reason_of
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.variable import VARIABLES
from floodwatch.pipeline import shelving
from floodwatch.store import alert_log, board
from floodwatch.web import bearer
from floodwatch.web.care import me
from floodwatch.web.guard import TOKEN, needs
from floodwatch.web.here import here
from floodwatch.web.openapi import document
from floodwatch.web.services import now, services

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
MOST_READINGS = 200_000
TIMES = ("fired_at", "onset", "resolved_at", "acked_at", "value_time", "peak_at")


def may_see(station: str) -> bool:
    """Whether this request may see a station: a token limited to others may not."""
    grant = bearer.grant()
    return grant is None or grant.stations is None or station in grant.stations


@blueprint.get("/openapi.json")
@needs(TOKEN)
def openapi() -> ResponseReturnValue:
    """This interface, described."""
    return jsonify(document())


@blueprint.get("/stations")
@needs(TOKEN)
def stations() -> ResponseReturnValue:
    """Every configured station with its gauges."""
    return jsonify(
        [
            {
                "code": each.code,
                "name": each.name,
                "kind": each.kind.value,
                "lon": each.lon,
                "lat": each.lat,
                "enabled": each.enabled,
                "gauges": [
                    {
                        "variable": gauge.variable,
                        "gauge": gauge.gauge,
                        "period": gauge.period,
                        "unit": VARIABLES[gauge.variable].unit,
                    }
                    for gauge in each.gauges
                ],
            }
            for each in here().district.stations.values()
            if may_see(each.code)
        ]
    )


@blueprint.get("/latest")
@needs(TOKEN)
def latest() -> ResponseReturnValue:
    """The newest believable reading of every series."""
    station = request.args.get("station", "")
    with services().database.read() as connection:
        found = board.latest(connection)
    return jsonify(
        [
            _latest(key, newest)
            for key, newest in sorted(found.items())
            if station in ("", key.station) and may_see(key.station)
        ]
    )


def _latest(key: SeriesKey, newest: Latest) -> dict[str, Any]:
    return {
        **key._asdict(),
        "time": iso(newest.reading.time),
        "value": newest.reading.value,
        "unit": VARIABLES[key.variable].unit,
        **_quality(newest.reading.quality),
        "received": iso(newest.reading.received),
        "heard": iso(newest.heard),
        "late": newest.late,
    }


def _quality(packed: int) -> dict[str, Any]:
    return {"flag": int(flag_of(packed)), "reason": reason_of(packed).name.lower()}


@blueprint.get("/readings")
@needs(TOKEN)
def readings() -> ResponseReturnValue:
    """Readings of one series between two times; with max_points those that draw it."""
    key = _series()
    zone = here().district.zone_of(key.station)
    start = _moment("from", here().now - 86_400_000, zone)
    end = _moment("to", here().now, zone)
    most = request.args.get("max_points", "")
    if most and not (most.isascii() and most.isdigit() and 0 < int(most) <= MOST_READINGS):
        _wrong(f"max_points is a number from 1 to {MOST_READINGS}")
    limit = int(most) if most else None
    found = services().readings.series(key, start, end, max_points=limit)
    if found.size > MOST_READINGS:
        _wrong(f"{found.size} readings; ask for a shorter time or give max_points")
    return jsonify(
        {
            **key._asdict(),
            "unit": VARIABLES[key.variable].unit,
            "from": iso(start),
            "to": iso(end),
            "readings": [
                {"time": iso(time), "value": value, **_quality(quality)}
                for time, value, quality in zip(
                    found.times.tolist(),
                    found.values.tolist(),
                    found.quality.tolist(),
                    strict=True,
                )
            ],
        }
    )


def _series() -> SeriesKey:
    args = request.args
    district = here().district
    station = district.codes.get(args.get("station", ""), args.get("station", ""))
    if not may_see(station):
        abort(HTTPStatus.FORBIDDEN, f"this token may not see station {station}")
    variable, gauge = args.get("variable", ""), args.get("gauge", "1")
    if variable not in VARIABLES:
        _wrong(f"unknown variable {variable!r}; use one of: {', '.join(VARIABLES)}")
    keys = [
        k for k in services().readings.keys(station) if (k.variable, k.gauge) == (variable, gauge)
    ]
    if not keys and station not in district.stations:
        abort(HTTPStatus.NOT_FOUND, f"unknown station {station!r}")
    return min(keys, key=lambda k: k.period) if keys else SeriesKey(station, gauge, variable)


def _moment(name: str, otherwise: int, zone: Any) -> int:
    given = request.args.get(name)
    try:
        return parse(given, zone) if given else otherwise
    except Refused as error:
        _wrong(f"{name}: {error}")


def _wrong(what: str) -> NoReturn:
    abort(HTTPStatus.BAD_REQUEST, what)


def _alert(row: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name != "rev"}
    for name in TIMES:
        shown[name] = None if row[name] is None else iso(row[name])
    for name in ("severity", "worst", "acked_severity"):
        shown[name] = None if row[name] is None else Severity(row[name]).name
    shown["state"] = "firing" if row["resolved_at"] is None else "resolved"
    return shown


@blueprint.get("/alerts")
@needs(TOKEN)
def alerts() -> ResponseReturnValue:
    """Open alerts, worst first, or all."""
    state = request.args.get("state", "firing")
    if state not in ("firing", "all"):
        _wrong("state is firing or all")
    with services().database.read() as connection:
        found = board.alerts(connection, state=state, limit=1000)
    return jsonify([_alert(row) for row in found if may_see(row["station"])])


@blueprint.get("/alerts/<int:alert_id>")
@needs(TOKEN)
def alert(alert_id: int) -> ResponseReturnValue:
    """One alert with its timeline and obligations."""
    with services().database.read() as connection:
        row = alert_log.alert(connection, alert_id)
        if row is None or not may_see(row["station"]):
            abort(HTTPStatus.NOT_FOUND, f"there is no alert {alert_id}")
        events = alert_log.events(connection, alert_id)
        duties = alert_log.obligations(connection, alert_id=alert_id)
    hidden = ("rev", "alert_id")
    return jsonify(
        {
            **_alert(row),
            "events": [_plain(each, hidden) for each in events],
            "obligations": [_plain(each, hidden) for each in duties],
        }
    )


def _plain(row: dict[str, Any], hidden: tuple[str, ...]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name not in hidden}
    for name in ("at", "opened_at", "told_at", "ended_at", "due", "value_time"):
        if shown.get(name) is not None:
            shown[name] = iso(shown[name])
    for name in ("severity", "previous"):
        if shown.get(name) is not None:
            shown[name] = Severity(shown[name]).name
    return shown


@blueprint.post("/alerts/<int:alert_id>/shelve")
@needs(TOKEN)
def shelve(alert_id: int) -> ResponseReturnValue:
    """Shelve: nobody is reminded for a while."""
    given = request.get_json(silent=True)
    asked = given if isinstance(given, dict) else {}
    minutes, texts = asked.get("minutes", 120), [asked.get("reason", ""), asked.get("second", "")]
    if type(minutes) is not int or not all(isinstance(t, str) and len(t) <= 500 for t in texts):
        _wrong("minutes is a whole number, reason and second are texts of at most 500 characters")
    who = _who()
    made = services()
    with made.database.write() as tx:
        if alert_log.alert(tx.connection, alert_id) is None:
            abort(HTTPStatus.NOT_FOUND, f"there is no alert {alert_id}")
        shelving.shelve(
            tx,
            alert_id,
            district=made.configuration.current(tx.connection),
            span=minutes * 60_000,
            who=who,
            reason=texts[0],
            second=texts[1],
            now=now(made, tx.connection),
        )
        row = alert_log.alert(tx.connection, alert_id)
    return jsonify(_alert(row or {}))


def _who() -> str:
    """Who acts: the signed-in officer, or a token that may act for every station."""
    grant = bearer.grant()
    if grant is not None and grant.stations is not None:
        abort(HTTPStatus.FORBIDDEN, "a token limited to stations may not act on alerts")
    return f"token:{grant.name}" if grant else me()


@blueprint.post("/alerts/<int:alert_id>/ack")
@needs(TOKEN)
def acknowledge(alert_id: int) -> ResponseReturnValue:
    """Acknowledge: as the signed-in officer, or as a token that may act for every station."""
    given = request.get_json(silent=True)
    note = given.get("note", "") if isinstance(given, dict) else ""
    if not isinstance(note, str) or len(note) > 1000:
        _wrong("note is a text of at most 1000 characters")
    who = _who()
    made = services()
    with made.database.write() as tx:
        if alert_log.alert(tx.connection, alert_id) is None:
            abort(HTTPStatus.NOT_FOUND, f"there is no alert {alert_id}")
        row = alert_log.acknowledge(
            tx, alert_id, who=who, note=note, via="api", now=now(made, tx.connection)
        )
    return jsonify(_alert(row))
