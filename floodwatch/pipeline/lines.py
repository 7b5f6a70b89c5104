"""How the channels stand: which are down, which are near their quota; kept for all to see."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from floodwatch.model.clock import MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import Finding
from floodwatch.model.notification import Sent
from floodwatch.model.severity import Severity
from floodwatch.notify import quota, routing
from floodwatch.notify.breaker import TOLD_AFTER, UP, Line, heard
from floodwatch.notify.figures import clean
from floodwatch.store import dispatch
from floodwatch.store.clockwork import set_setting, setting
from floodwatch.store.database import Transaction

NAME = "channel_lines"
SOON = 2 * MINUTE  # ordinary waits are shorter; what was refused for good waits longer
SHOWN_EVERY = MINUTE  # how old the last success shown may be


def storable(text: str) -> str:
    """What every database takes: a provider may answer anything."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


class Lines:
    """What the sender knows of its channels; written down when it changes."""

    def __init__(self, known: Mapping[str, Line]) -> None:
        self._lines = dict(known)
        self._written = dict(known)
        self._revived: set[str] = set()

    def of(self, channel: str) -> Line:
        """How a channel stands."""
        return self._lines.get(channel, UP)

    def down(self) -> list[str]:
        """The channels that do not work."""
        return [name for name, line in self._lines.items() if line.down]

    def heard(self, channel: str, sent: Sent, *, detail: str, at: int) -> None:
        """The outcome of one attempt."""
        before = self.of(channel)
        self._lines[channel] = heard(before, sent, detail=storable(detail), at=at)
        if before.down and not self._lines[channel].down:
            self._revived.add(channel)

    def write(self, tx: Transaction) -> None:
        """Keep what has changed, with the transaction that settles the outcomes.

        What waits for a channel that works again is due at once.
        """
        for name in self._revived:
            now = self.of(name).last_ok or 0
            dispatch.make_due(tx, name, now=now, before=now + SOON)
        self._revived.clear()
        if any(self._differs(name) for name in self._lines):
            set_setting(tx, NAME, {n: list(line) for n, line in self._lines.items()})
            self._written = dict(self._lines)

    def _differs(self, name: str) -> bool:
        new, old = self._lines[name], self._written.get(name)
        if old is None or (new.down, new.said) != (old.down, old.said) or new.down:
            return new != old
        return (new.last_ok or 0) - (old.last_ok or 0) >= SHOWN_EVERY


def known(connection: Connection) -> dict[str, Line]:
    """The channels as they were last written down."""
    stored = setting(connection, NAME)
    if not isinstance(stored, dict):
        return {}
    try:
        return {str(name): Line(*values) for name, values in stored.items()}
    except TypeError:
        return {}  # another version's; they are learnt anew


def findings(
    connection: Connection, district: District, *, now: int
) -> Iterator[tuple[str, Finding]]:
    """(name of the system alert, finding): channels that are down, quotas that run out."""
    real = [name for name in routing.known_channels(district) if name != routing.LOG]
    lines = known(connection)
    dead = {
        name: lines[name]
        for name in real
        if name in lines and lines[name].since is not None
        if now - (lines[name].since or now) >= TOLD_AFTER
    }
    yield "channels", _dead(dead, real, now) if dead else Finding(None, None)
    short = dict(_short(connection, district, real, now))
    yield "quota", _scarce(short, now) if short else Finding(None, None)


def _dead(dead: Mapping[str, Line], real: Iterable[str], now: int) -> Finding:
    every = set(real) <= dead.keys()
    line = next(iter(dead.values()))
    minutes = (now - (line.since or now)) // MINUTE
    names, said = "、".join(dead), clean(line.said)
    zh = f"通知通道中断：{names}（{minutes}分钟，{said}）；消息改走其他通道，请立即检修"
    en = f"channels are down: {', '.join(dead)} ({minutes} min: {said}); messages go by others"
    if every:
        zh = f"全部通知通道中断：{names}（{minutes}分钟，{said}）；请改用电话人工通知，立即检修"
        en = (
            f"every channel is down: {', '.join(dead)} ({minutes} min: {said}); call people by hand"
        )
    return _finding(Severity.I if every else Severity.III, zh, en, now)


def _short(
    connection: Connection, district: District, real: Iterable[str], now: int
) -> Iterator[tuple[str, tuple[int, int]]]:
    used = None
    for name in real:
        limits = quota.limits_of(district.channels.get(name, {}))
        if limits.per_day is None:
            continue
        if used is None:
            used = dispatch.used(connection, quota.day_of(now, district.tz))
        n = used.get((name, dispatch.EVERY_ADDRESS), 0)
        if n >= quota.open_to_all(limits.per_day) * quota.SAID:
            yield name, (n, limits.per_day)


def _scarce(short: Mapping[str, tuple[int, int]], now: int) -> Finding:
    zh = "、".join(f"{name} {n}/{limit}" for name, (n, limit) in short.items())
    return _finding(
        Severity.III,
        f"今日短信额度将尽：{zh}；余量留给Ⅰ级，其余改走其他通道",
        f"today's messages are nearly used up: {zh}; the rest is kept for grade I",
        now,
    )


def _finding(severity: Severity, zh: str, en: str, now: int) -> Finding:
    facts: dict[str, Any] = {"zh": zh, "en": en}
    return Finding(severity, severity, time=now, label=zh, facts=facts)
