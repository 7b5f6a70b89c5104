"""The OpenAPI document of the HTTP interface."""

from typing import Any

from floodwatch import __version__

_TEXT = {"type": "string"}
_READING = {
    "type": "object",
    "required": ["station", "variable", "time", "value"],
    "properties": {
        "station": _TEXT,
        "variable": _TEXT,
        "time": {"type": "string", "format": "date-time"},
        "value": {"type": "number", "nullable": True},
        "gauge": _TEXT,
        "unit": _TEXT,
        "period": {"type": "string", "example": "5min"},
    },
}
_COUNTS = {name: {"type": "integer"} for name in ("accepted", "duplicate", "corrected")}
_RECEIPT = {
    "type": "object",
    "properties": {
        **_COUNTS,
        "quarantined": {"type": "integer"},
        "missing": {"type": "integer"},
        "rejected": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"index": {"type": "integer"}, "reason": _TEXT},
            },
        },
    },
}
_ERROR = {"type": "object", "properties": {"error": _TEXT, "detail": _TEXT}}


def _parameter(name: str, *, place: str = "query", required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": _TEXT}


def _answers(schema: dict[str, Any] | None = None, *, kind: str = "application/json") -> Any:
    good = {"description": "done", "content": {kind: {"schema": schema or {"type": "object"}}}}
    bad = {"description": "refused", "content": {"application/json": {"schema": _ERROR}}}
    return {"200": good, "default": bad}


def _get(summary: str, *parameters: dict[str, Any], **answers: Any) -> dict[str, Any]:
    return {
        "get": {"summary": summary, "parameters": [*parameters], "responses": _answers(**answers)}
    }


def _asked(summary: str, number: dict[str, Any], *, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": [number],
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": _answers(),
    }


def _shelve(number: dict[str, Any]) -> dict[str, Any]:
    fields = {"minutes": {"type": "integer"}, "reason": _TEXT, "second": _TEXT}
    schema = {"type": "object", "required": ["reason"], "properties": fields}
    return _asked("Shelve: nobody is reminded for a while", number, schema=schema)


def _acknowledge(number: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"note": _TEXT}}
    return _asked("Acknowledge", number, schema=schema)


def _push() -> dict[str, Any]:
    content = {
        "application/json": {"schema": {"type": "array", "items": _READING}},
        "text/csv": {"schema": _TEXT},
        "text/plain": {"schema": _TEXT},  # line protocol
    }
    return {
        "summary": "Push readings; 200 after the commit",
        "requestBody": {"required": True, "content": content},
        "responses": _answers(_RECEIPT),
    }


def _write(summary: str, *parameters: str, error: dict[str, Any]) -> dict[str, Any]:
    bad = {"description": "refused", "content": {"application/json": {"schema": error}}}
    return {
        "post": {
            "summary": summary,
            "parameters": [_parameter(name) for name in ("precision", *parameters)],
            "requestBody": {"required": True, "content": {"text/plain": {"schema": _TEXT}}},
            "responses": {"204": {"description": "everything is stored"}, "default": bad},
        }
    }


def _line_protocol() -> dict[str, Any]:
    old = {"type": "object", "properties": {"error": _TEXT}}
    new = {"type": "object", "properties": {"code": _TEXT, "message": _TEXT}}
    said = "Line protocol as InfluxDB {} takes it; 204 after the commit, refused lines 400"
    return {
        "/write": _write(said.format(1), "db", "rp", error=old),
        "/api/v2/write": _write(said.format(2), "bucket", "org", error=new),
        "/ping": {
            "get": {
                "summary": "That line protocol is taken here",
                "responses": {"204": {"description": "it is"}},
            }
        },
    }


def _readings() -> dict[str, Any]:
    stored = _get(
        "Stored readings of one series",
        _parameter("station", required=True),
        _parameter("variable", required=True),
        *(_parameter(name) for name in ("gauge", "from", "to", "max_points")),
    )
    return {"post": _push(), **stored}


def _alerts() -> dict[str, Any]:
    number = _parameter("id", place="path", required=True)
    return {
        "/api/v1/alerts": _get("Alerts", _parameter("state")),
        "/api/v1/alerts/{id}": _get("One alert with its timeline", number),
        "/api/v1/alerts/{id}/ack": {"post": _acknowledge(number)},
        "/api/v1/alerts/{id}/shelve": {"post": _shelve(number)},
        "/api/v1/alerts.atom": _get(
            "Atom feed of the newest transitions", kind="application/atom+xml"
        ),
        "/api/v1/alerts/{id}/cap/{seq}.xml": _get(
            "One transition as CAP 1.2",
            number,
            _parameter("seq", place="path", required=True),
            kind="application/cap+xml",
        ),
    }


def document() -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "FloodWatch", "version": __version__},
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
        "paths": {
            "/api/v1/readings": _readings(),
            **_line_protocol(),
            "/api/v1/stations": _get("Configured stations"),
            "/api/v1/latest": _get("Newest readings", _parameter("station")),
            **_alerts(),
            "/api/v1/events": _get(
                "Server-sent events: reading, alert, coverage, change, clock, reset",
                kind="text/event-stream",
            ),
            "/healthz": _get("Liveness with the ages of the loops"),
            "/metrics": _get("Prometheus text", kind="text/plain"),
        },
    }
