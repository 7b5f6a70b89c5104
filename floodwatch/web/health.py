"""/health for people, /healthz for supervisors and the buddy, /metrics for Prometheus."""

import hmac
import os
from typing import Any, NamedTuple

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from floodwatch import loops
from floodwatch.loops import Stamps
from floodwatch.model.clock import MINUTE, SECOND
from floodwatch.model.errors import Refused, StorageError
from floodwatch.model.people import Role
from floodwatch.notify import reach
from floodwatch.outside.secret import known, secret
from floodwatch.pipeline import canary, machine
from floodwatch.pipeline.heartbeat import HEARTBEAT
from floodwatch.pipeline.self_watch import ABSENT, AUDIT, BUDDY
from floodwatch.store import board, clockwork, delivery_log
from floodwatch.web import sources, telemetry
from floodwatch.web.guard import PUBLIC, needs
from floodwatch.web.here import here
from floodwatch.web.overview import board_at
from floodwatch.web.services import now, services

blueprint = Blueprint("health", __name__)
BUDDY_SECRET = "FLOODWATCH_BUDDY_SECRET"  # noqa: S105 - the name of a variable
STANDING = 15_000  # ms without a beat of the engine after which it counts as stopped
SEEN_AGAIN = 20 * SECOND  # a buddy that asks more often is not written down each time
CANARY_AWAY = 12 * MINUTE  # ms without a canary that arrived: alerts do not get out
LOOPS = {
    "tick": _l("判断与升级"),
    "sender": _l("发送"),
    "committer": _l("入库"),
    "push listener": _l("接收端口"),
    "timetable": _l("定时任务"),
    "replies": _l("收取回复"),
    "sources": _l("数据来源"),
}
JOBS = {
    "tidy": _l("清理旧文件"),
    "frames": _l("清理原始报文"),
    "audit": _l("夜间核对"),
    "alive": _l("每日平安消息"),
    "coming": _l("即将生效限值"),
}


class Life(NamedTuple):
    """Whether the engine lives: its beat, its loops, its canary. Ages in ms."""

    age: int | None
    stamps: Stamps | None
    canary: int | None  # since the last one arrived
    lag: int | None  # how long that one took

    @property
    def status(self) -> str:
        """One word for machines; "ok" while all is well."""
        if self.age is None or self.age >= STANDING:
            return "engine stopped"
        if self.stamps is not None and any(loop.hangs for loop in self.stamps.loops):
            return "a loop stands"
        if self.stamps is not None and not self.stamps.fresh:
            return "a loop fails"
        if self.canary is not None and self.canary > CANARY_AWAY:
            return "alerts do not get out"
        return "ok"


def life(connection: Connection) -> Life:
    """How the engine lives, from the database and from its stamps."""
    last = clockwork.setting(connection, canary.NAME)
    age = lag = None
    if isinstance(last, dict):
        age, lag = now(services(), connection) - int(last["at"]), int(last["lag_ms"])
        if clockwork.setting(connection, "demo") or services().demonstration:
            age = None  # its clock leaps
    stamps = loops.read(loops.path_of(services().data, "engine"), services().clock)
    return Life(engine_age(connection), stamps, age, lag)


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


@blueprint.get("/health")
@needs(Role.VIEWER)
def show() -> str:
    """Loops, jobs, ways out, machine, configuration, coverage."""
    with services().database.read() as connection:
        made = board_at(connection)
        present = here(connection)
        buddy = clockwork.setting(connection, BUDDY)
        return render_template(
            "health.html",
            board=made,
            jobs=clockwork.jobs(connection),
            life=life(connection),
            standing=STANDING,
            loop_words=LOOPS,
            job_words=JOBS,
            canary_away=CANARY_AWAY,
            waiting=delivery_log.waiting(connection),
            accepted=delivery_log.last_accepted(connection),
            room=machine.room(services().data, services().database.path),
            low=machine.LOW,
            nobody=reach.reaches_nobody(present.district),
            unreached=reach.unreached(present.district),
            wal_most=machine.WAL_MOST,
            buddy=buddy,
            buddy_away=isinstance(buddy, dict) and present.now - int(buddy["at"]) > ABSENT,
            heartbeat=clockwork.setting(connection, HEARTBEAT),
            audit=clockwork.setting(connection, AUDIT),
            telemetry=telemetry.standing(connection),
            telemetry_words=telemetry.WORDS,
            sources=sources.lines(connection, present.district, now=present.now),
        )


@blueprint.get("/healthz")
@needs(PUBLIC)
def healthz() -> ResponseReturnValue:
    """200 while this process can read and the engine beats; the ages of the loops."""
    facts: dict[str, Any] = {"web": "ok"}
    try:
        with services().database.read() as connection:
            found = life(connection)
            facts["revision"] = board.revision(connection)
            lease = clockwork.lease_row(connection)
        _note_buddy(request.args.get("buddy", ""))
    except StorageError as error:
        return jsonify(error="storage", detail=str(error)), 503
    facts["status"] = found.status
    facts["engine_age_ms"] = found.age
    if lease is not None:
        facts |= {"epoch": lease.epoch, "beat": lease.beat}
    if found.lag is not None:
        facts["canary_lag_ms"] = found.lag
    if found.stamps is not None:
        facts["loops"] = {
            loop.name: {
                "age_s": round(loop.turned, 1),
                "worked_s": round(loop.worked, 1),
                "fresh": loop.fresh,
            }
            for loop in found.stamps.loops
        }
    return jsonify(facts), 200 if found.status == "ok" else 503


def _knows_the_secret() -> bool:
    """Whether the request names it; one that cannot be read is known to nobody."""
    given = request.headers.get("X-Buddy-Key") or request.args.get("key", "")
    try:
        return hmac.compare_digest(given.encode(), secret(os.environ, BUDDY_SECRET).encode())
    except Refused:
        return False


def _note_buddy(name: str) -> None:
    """A buddy asks: that it is there is what the service watches in turn.

    With FLOODWATCH_BUDDY_SECRET (or …_FILE) only whoever knows it counts as the buddy.
    """
    if not name:
        return
    if known(os.environ, BUDDY_SECRET) and not _knows_the_secret():
        return
    database = services().database
    with database.read() as connection:
        if not here(connection).district.watch.get("buddy"):
            return
        at = now(services(), connection)
        seen = clockwork.setting(connection, BUDDY)
    if isinstance(seen, dict) and seen.get("name") and 0 <= at - int(seen["at"]) < SEEN_AGAIN:
        return
    shown = "".join(c for c in name if c.isprintable())[:40]
    with database.write() as tx:
        clockwork.set_setting(tx, BUDDY, {"at": at, "name": shown})


@blueprint.get("/metrics")
@needs(PUBLIC)
def metrics() -> Response:
    """Numbers without names of people or secrets."""
    with services().database.read() as connection:
        present = here(connection)
        cover = board_at(connection).coverage
        found = life(connection)
        waiting = sum(delivery_log.waiting(connection).values())
        stations = telemetry.standing(connection)
        asked = sources.lines(connection, present.district, now=present.now)
    space = machine.room(services().data, services().database.path)
    numbers = {
        "floodwatch_engine_age_seconds": -1.0 if found.age is None else found.age / 1000,
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
        "floodwatch_canary_lag_seconds": -1.0 if found.lag is None else found.lag / 1000,
        "floodwatch_disk_free_share": round(space.free, 4),
        "floodwatch_wal_bytes": space.wal,
    }
    text = "".join(f"# TYPE {name} gauge\n{name} {value}\n" for name, value in numbers.items())
    if found.stamps is not None:
        text += "# TYPE floodwatch_loop_age_seconds gauge\n" + "".join(
            f'floodwatch_loop_age_seconds{{loop="{loop.name}"}} {loop.turned:.1f}\n'
            for loop in found.stamps.loops
        )
    text += telemetry.metrics(stations) + sources.metrics(asked)
    return Response(text, mimetype="text/plain; version=0.0.4; charset=utf-8")
