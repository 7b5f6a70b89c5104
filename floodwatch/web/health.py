"""/health for people, /healthz for supervisors, /metrics for Prometheus."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from floodwatch.model.errors import StorageError
from floodwatch.model.people import Role
from floodwatch.store import board, clockwork, delivery_log
from floodwatch.web.guard import PUBLIC, needs
from floodwatch.web.here import here
from floodwatch.web.overview import board_at
from floodwatch.web.services import services

blueprint = Blueprint("health", __name__)
STANDING = 15_000  # ms without a beat of the engine after which it counts as stopped


def engine_age(connection: Connection) -> int | None:
    """Real ms since the engine last wrote service time; None when it never did.

    A negative age or one from another boot says nothing and counts as very old.
    """
    row = clockwork.service_row(connection)
    if row is None:
        return None
    if row.boot != clockwork.boot_id():
        return 10**12
    return max(0, int((services().clock.monotonic() - row.monotonic) * 1000))


def _paused(connection: Connection) -> bool:
    """Whether the demonstration's clock is halted: then the engine writes no time."""
    look = here(connection)
    return look.demonstration and look.speed == 0


@blueprint.get("/health")
@needs(Role.VIEWER)
def show() -> str:
    """Loops, jobs, configuration, coverage."""
    with services().database.read() as connection:
        made = board_at(connection)
        return render_template(
            "health.html",
            board=made,
            jobs=clockwork.jobs(connection),
            engine_age=engine_age(connection),
            standing=STANDING,
            paused=_paused(connection),
            waiting=delivery_log.waiting(connection),
        )


@blueprint.get("/healthz")
@needs(PUBLIC)
def healthz() -> ResponseReturnValue:
    """200 while this process can read and the engine beats; the ages of the loops."""
    facts: dict[str, Any] = {"web": "ok"}
    try:
        with services().database.read() as connection:
            age = engine_age(connection)
            facts["revision"] = board.revision(connection)
            paused = _paused(connection)
    except StorageError as error:
        return jsonify(error="storage", detail=str(error)), 503
    facts["engine_age_ms"] = age
    facts["status"] = "ok" if age is not None and age < STANDING else "engine stopped"
    if paused:
        facts["status"] = "paused"
    return jsonify(facts), 503 if facts["status"] == "engine stopped" else 200


@blueprint.get("/metrics")
@needs(PUBLIC)
def metrics() -> Response:
    """Numbers without names of people or secrets."""
    with services().database.read() as connection:
        present = here(connection)
        cover = board_at(connection).coverage
        age = engine_age(connection)
        waiting = sum(delivery_log.waiting(connection).values())
    numbers = {
        "floodwatch_engine_age_seconds": -1.0 if age is None else age / 1000,
        "floodwatch_service_time_seconds": present.now / 1000,
        "floodwatch_clock_agrees": int(present.agrees),
        "floodwatch_points_live": cover.live,
        "floodwatch_points_total": cover.total,
        "floodwatch_alerts_open": present.open_alerts,
        "floodwatch_alerts_unanswered": present.unanswered,
        "floodwatch_messages_waiting": waiting,
        "floodwatch_revision": present.rev,
        "floodwatch_config_version": present.district.version,
        "floodwatch_config_refused": int(bool(present.refused)),
    }
    text = "".join(f"# TYPE {name} gauge\n{name} {value}\n" for name, value in numbers.items())
    return Response(text, mimetype="text/plain; version=0.0.4; charset=utf-8")
