"""How the telemetry server stands: for the page of health and for /metrics."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from floodwatch.store import source_log

NAME = "sl651"
WORDS = {
    "taken": _l("已入库的报文"),
    "test": _l("测试报文"),
    "repeated": _l("重发的报文"),
    "heartbeats": _l("链路维持"),
    "pictures": _l("图片"),
    "incomplete": _l("不完整的图片"),
    "refused": _l("未收的报文"),
    "crc": _l("校验错误"),
    "truncated": _l("残缺的报文"),
    "length": _l("长度错误"),
    "stray": _l("报文之外的字节"),
    "unstored": _l("未能入库、等待重发"),
    "turned away": _l("拒绝的连接"),
}
# These hold a value for every outcome, so that a graph has no holes.
COUNTED = (*WORDS, "frames", "replies", "failed")


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts since the first start; `heard` is the last good frame of any station, wall ms."""

    counts: Mapping[str, int]
    connections: int
    heard: int | None
    error: str | None
    error_at: int | None


def standing(connection: Connection) -> Standing | None:
    """None: there never was a telemetry server."""
    state = source_log.state_of(connection, NAME)
    if state is None:
        return None
    kept = state.cursor if isinstance(state.cursor, dict) else {}
    return Standing(
        counts=kept.get("counts", {}),
        connections=int(kept.get("connections", 0)),
        heard=max(kept.get("heard", {}).values(), default=None),
        error=state.last_error if state.failures else None,
        error_at=state.last_error_at,
    )


def heard(connection: Connection, station: str) -> int | None:
    """When a station last showed that its link lives, wall ms: a heartbeat counts."""
    kept = source_log.cursor(connection, NAME)
    found = kept.get("heard", {}).get(station) if isinstance(kept, dict) else None
    return None if found is None else int(found)


def metrics(stations: Standing | None) -> str:
    """The same for Prometheus."""
    if stations is None:
        return ""
    lines = ["# TYPE floodwatch_sl651_frames_total counter"]
    lines += [
        f'floodwatch_sl651_frames_total{{outcome="{name.replace(" ", "_")}"}} '
        f"{stations.counts.get(name, 0)}"
        for name in COUNTED
    ]
    lines += [
        "# TYPE floodwatch_sl651_connections gauge",
        f"floodwatch_sl651_connections {stations.connections}",
    ]
    return "\n".join(lines) + "\n"
