"""系统正常: the message whose absence means something, at 08:00 and when a shift begins."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.severity import Severity
from floodwatch.notify import reach
from floodwatch.notify.figures import clean, short_time
from floodwatch.notify.message import DEMONSTRATION, DEMONSTRATION_EN
from floodwatch.pipeline import lines, room
from floodwatch.rules import feed, offline, rise_silent, stale
from floodwatch.store import alert_log, delivery_log, dispatch, outbox
from floodwatch.store.database import Database

KIND = "alive"
MORNING = 8 * HOUR
SILENT = frozenset({stale.TYPE, rise_silent.TYPE, offline.TYPE})
LATE = HOUR  # how long after its time it still goes out


def send(database: Database, *, district: District, now: int, epoch: int | None) -> int:
    """Send what is due by now and was not sent yet; how many messages."""
    at = due(district, now=now)
    if at is None:
        return 0
    with database.read() as connection:
        entries = list(_entries(connection, district, at, now))
        known = dispatch.known_keys(connection, [entry.key for entry in entries])
    fresh = [entry for entry in entries if entry.key not in known]
    if fresh:
        with database.write(epoch=epoch) as tx:
            outbox.insert(tx, fresh, now=now)
    return len(fresh)


def due(district: District, *, now: int) -> int | None:
    """The last of the day's times (ms after local midnight), if it is not long past."""
    local = datetime.fromtimestamp(now / 1_000, district.tz)
    clock = (local.hour * 60 + local.minute) * MINUTE
    times = {MORNING, *(shift.start for shift in district.shifts)}
    past = [at for at in times if 0 <= (clock - at) % DAY < LATE]
    return min(past, key=lambda at: (clock - at) % DAY) if past else None


def _entries(
    connection: Connection, district: District, at: int, now: int
) -> Iterator[outbox.Entry]:
    local = datetime.fromtimestamp(now / 1_000, district.tz)
    local -= timedelta(milliseconds=((local.hour * 60 + local.minute) * MINUTE - at) % DAY)
    day = local.year * 10_000 + local.month * 100 + local.day
    for person, channel, address in room.ways(district, now=now):
        said = text(connection, district, now=now, language=person.language)
        yield outbox.Entry(
            alert_id=None,
            seq=day,
            step=f"alive{at // MINUTE}",
            kind=KIND,
            person=person.name,
            channel=channel,
            address=address,
            severity=int(Severity.IV),
            subject=said,
            body=said,
            slots=json.dumps(_slots(person.language, district), ensure_ascii=False),
        )


def _slots(language: str, district: District) -> dict[str, str]:
    """The pieces for a provider's template."""
    zh = language == "zh"
    return {
        "place": clean(district.name) or "FloodWatch",
        "value": "系统正常" if zh else "system alive",
        "limit": "每日报平安" if zh else "daily message",
        "action": "无需行动" if zh else "nothing to do",
        "code": "0",
    }


def _silent(district: District, open_alerts: Iterable[Mapping[str, Any]]) -> set[str]:
    """The stations that do not speak: a gauge of theirs, all of them, or their gateway."""
    found: set[str] = set()
    for row in open_alerts:
        if row["type"] == feed.TYPE:
            gateway = row["gauge"]
            found |= {s.code for s in district.stations.values() if s.gateway == gateway}
        elif row["type"] in SILENT:
            found.add(row["station"])
    return found & district.stations.keys()


def text(connection: Connection, district: District, *, now: int, language: str) -> str:
    """What is well and what is not, in one line."""
    open_alerts = alert_log.alerts(connection, state="firing")
    silent = len(_silent(district, open_alerts))
    waiting = sum(delivery_log.waiting(connection).values())
    sms = [
        line.last_ok
        for name, line in lines.known(connection).items()
        if line.last_ok and name not in (*reach.NOBODYS, "canary")
    ]
    last = short_time(max(sms), district.tz, language) if sms else None
    at = short_time(now, district.tz, language)
    stations = len(district.stations)
    standing = len(open_alerts)
    nobody = reach.reaches_nobody(district)
    if language == "zh":
        mark = DEMONSTRATION if district.demonstration else ""
        head = "没有任何能送到人的渠道" if nobody else "系统正常"
        return (
            f"{mark}【{head}】{at} 在线{stations - silent}/{stations}站，失测{silent}站，"
            f"未解除告警{standing}项，待发消息{waiting}条，最近送出{last or '无记录'}。"
            "到时未收到本短信请致电值班室"
        )
    mark = f"{DEMONSTRATION_EN} " if district.demonstration else ""
    head = "No channel reaches a person" if nobody else "System alive"
    return (
        f"{mark}[{head}] {at}: {stations - silent} of {stations} stations live, {silent} "
        f"silent, {standing} alerts open, {waiting} messages waiting, last message out "
        f"{last or 'never'}. If this does not come, call the duty room"
    )
