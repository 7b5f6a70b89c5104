"""What the engine watches of itself beside its rules: canary, disk, storage, buddy, audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from floodwatch.model.clock import DAY, MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import Finding
from floodwatch.model.severity import Severity
from floodwatch.notify import reach
from floodwatch.pipeline import machine
from floodwatch.pipeline.canary import Canary
from floodwatch.pipeline.heartbeat import HEARTBEAT, Heartbeat
from floodwatch.pipeline.machine import Machine
from floodwatch.pipeline.plan import Plan
from floodwatch.pipeline.service_clock import Moment
from floodwatch.store.clockwork import set_setting, setting
from floodwatch.store.database import Transaction

BUDDY = "buddy_seen"
AUDIT = "audit"
STORAGE = "storage_fault"
ABSENT = 10 * MINUTE  # how long a buddy may be away
SHOWN = 30 * MINUTE  # how long a fault of the storage that left no damage stays an alert
NIGHT = (3, 4, 5)  # hours, local
SETTLING = 10 * MINUTE
LONGEST = 7 * DAY
CLEAR = Finding(None, None)


@dataclass(slots=True)
class SelfWatch:
    """Called by the tick; the findings become system alerts of these names."""

    canary: Canary
    machine: Machine
    heartbeat: Heartbeat | None = None
    _told: str | None = None

    def __call__(self, tx: Transaction, plan: Plan, moment: Moment) -> dict[str, Finding]:
        """By name; clear where nothing is wrong."""
        now = moment.now
        self._note_check(tx, now)
        if self.heartbeat is not None and self.heartbeat.result != self._told:
            self._told = self.heartbeat.result
            set_setting(tx, HEARTBEAT, {"at": now, "error": self._told or ""})
        buddy = _buddy(tx, plan.district.watch, now)
        return {
            "canary": self.canary.step(tx, now=now) or CLEAR,
            "disk": self._disk(now),
            "wal": self._wal(now),
            "storage": _storage(tx.connection, now),
            "buddy": buddy,
            "audit": _audit(tx.connection, now),
            "reach": _reach(plan.district, now),
        }

    def _disk(self, now: int) -> Finding:
        room = self.machine.look()
        if room.free >= machine.LOW and not self.machine.full:
            return CLEAR
        share = f"{room.free * 100:.0f}%"
        return found(
            now,
            Severity.I if self.machine.full else Severity.II,
            zh=f"磁盘{'已满' if self.machine.full else '将满'}:剩余{share},请立即清理",
            en=f"the disk is {'full' if self.machine.full else 'nearly full'}: {share} free; "
            "make room now",
        )

    def _wal(self, now: int) -> Finding:
        size = self.machine.room.wal
        if size <= machine.WAL_MOST:
            return CLEAR
        return found(
            now,
            Severity.III,
            zh=f"数据库日志过大:{size >> 20} MB,有读取长时间不结束",
            en=f"the log of the database has {size >> 20} MB: somebody reads without an end",
        )

    def _note_check(self, tx: Transaction, now: int) -> None:
        if self.machine.checked is not None:
            set_setting(tx, STORAGE, {"at": now, **self.machine.checked})
            self.machine.checked = None


def _storage(connection: Connection, now: int) -> Finding:
    """After a fault; while the file is damaged it never ends by itself."""
    fault = setting(connection, STORAGE)
    if not isinstance(fault, dict):
        return CLEAR
    sound = fault.get("check") == "ok"
    if sound and now - int(fault.get("at", 0)) > SHOWN:
        return CLEAR
    name, check = fault.get("fault"), fault.get("check")
    if sound:
        return found(
            now,
            Severity.I,
            zh=f"存储故障 {name}:服务已重启,数据校验完好;请检查磁盘",
            en=f"storage fault {name}: the service began anew and the file is sound; see to the "
            "disk",
        )
    return found(
        now,
        Severity.I,
        zh=f"存储故障 {name},数据库校验不通过:{check};请换盘并恢复备份",
        en=f"storage fault {name}, and the file is damaged: {check}; change the disk and restore "
        "the backup",
    )


def _buddy(tx: Transaction, watch: Mapping[str, Any], now: int) -> Finding:
    if not watch.get("buddy"):
        return CLEAR
    seen = setting(tx.connection, BUDDY)
    if not isinstance(seen, dict):  # its time begins when it is first expected
        set_setting(tx, BUDDY, {"at": now, "name": ""})
        return CLEAR
    away = now - int(seen.get("at", now))
    if away <= ABSENT:
        return CLEAR
    return found(
        now,
        Severity.II,
        zh=f"外部看护失联{away // MINUTE}分钟:本机若停机将无人报警",
        en=f"the buddy has not asked for {away // MINUTE} min: if this machine stops, nobody tells",
    )


def _audit(connection: Connection, now: int) -> Finding:
    last = setting(connection, AUDIT)
    if not isinstance(last, dict) or not (count := last.get("unexplained", 0)):
        return CLEAR
    first = " ".join(str(last.get("first", "")).split())[:120]
    return found(
        now,
        Severity.II,
        zh=f"夜间核对有{count}处对不上:{first}",
        en=f"the nightly audit cannot explain {count}: {first}",
    )


def _reach(district: District, now: int) -> Finding:
    """The log takes every message: that it was accepted there tells nobody."""
    if reach.reaches_nobody(district):
        return found(
            now,
            Severity.I,
            zh="没有任何能送到人的渠道：告警只进日志，请人工通知并立即配置通知通道",
            en="no channel reaches a person: alerts go to the log alone; call people by hand and "
            "configure a channel",
        )
    names = reach.unreached(district)
    if not names:
        return CLEAR
    return found(
        now,
        Severity.III,
        zh=f"没有渠道能送到：{'、'.join(names)}；请补登地址或配置通道，此前人工通知",
        en=f"no channel reaches {', '.join(names)}: add an address or a channel; call them by hand",
    )


def found(now: int, severity: Severity, *, zh: str, en: str) -> Finding:
    """A finding about the service itself, with its words."""
    return Finding(severity, severity, time=now, label=zh, facts={"zh": zh, "en": en})


def nightly(now: int, *, last: int | None, tz: ZoneInfo) -> tuple[int, int] | None:
    """The stretch (ms) that the audit of this night has to look at; None: it is not its hour.

    From where the last one ended; what came within the last minutes is still under way.
    """
    if datetime.fromtimestamp(now / 1000, tz).hour not in NIGHT:
        return None
    end = now - SETTLING
    if last is not None and last > now:  # the clock had run ahead: that audit says nothing
        last = None
    start = end - DAY if last is None else max(last, end - LONGEST)
    return (start, end) if last is None or now - last > DAY / 2 else None
