"""The canary: every five minutes a false alert of nobody goes the way of the true ones.

A value crosses a threshold of its own, is judged by the rules and the life of alerts, goes through
the outbox to a channel that only listens, and how long it took is measured. No alert, no person.
"""

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from floodwatch.alerts.lifecycle import step
from floodwatch.model.alert import Holds, RuleKey, RuleState, TransitionKind
from floodwatch.model.clock import DAY, MINUTE, SECOND, Clock
from floodwatch.model.finding import Finding
from floodwatch.model.notification import Message, OutboxState, Result, Sent
from floodwatch.model.reading import Latest, Reading, SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.threshold import Comparator, Threshold
from floodwatch.rules.context import Context
from floodwatch.rules.level import LevelRule
from floodwatch.store import outbox, tables
from floodwatch.store.clockwork import set_setting
from floodwatch.store.database import Transaction

NAME = "canary"  # of its kind, its person and its channel
EVERY_S = 5 * MINUTE / SECOND
LATE_S = 30.0  # a canary that took longer, or has not come yet, is a system alert
KEPT = DAY  # ms, how long its rows stay

_SERIES = SeriesKey(NAME, "1", "stage", 0)
_KEY = RuleKey(NAME, "1", "stage", "level", "up")
_LIMIT = Threshold(
    NAME, "1", "stage", NAME, Severity.IV, Comparator.AT_OR_ABOVE, value=1.0, clear=1.0
)


class CanaryChannel:
    """Where canaries arrive: it notes when, and sends nothing anywhere."""

    name = NAME
    timeout = 5.0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.arrived: dict[str, float] = {}  # key -> monotonic seconds

    def send(self, message: Message) -> Result:
        """Note it."""
        self.arrived.setdefault(message.key, self._clock.monotonic())
        return Result(Sent.ACCEPTED, "arrived")


class Canary:
    """Sends canaries and sees that they arrive; called by the tick within its transaction."""

    def __init__(self, clock: Clock, channel: CanaryChannel) -> None:
        self._clock = clock
        self._channel = channel
        self._sent = float("-inf")
        self._key: str | None = None  # of the one that is on its way
        self._lag: float | None = None  # of the last one that arrived, seconds

    def step(self, tx: Transaction, *, now: int) -> Finding | None:
        """What is wrong with the way of the alerts; None when nothing is."""
        mono = self._clock.monotonic()
        if self._key is not None and self._accepted(tx, self._key):
            self._lag = self._channel.arrived.pop(self._key, mono) - self._sent
            self._key = None
            set_setting(tx, NAME, {"at": now, "lag_ms": round(self._lag * SECOND)})
        elif self._key is None and mono - self._sent >= EVERY_S:
            self._send(tx, now)
        if self._key is not None and mono - self._sent > LATE_S:
            return _late(mono - self._sent, now, arrived=False)
        if self._lag is not None and self._lag > LATE_S:
            return _late(self._lag, now, arrived=True)
        return None

    def _send(self, tx: Transaction, now: int) -> None:
        judged(now)
        _forget(tx, before=now - KEPT)
        entry = outbox.Entry(
            alert_id=None,
            seq=0,
            step=str(now),
            kind=NAME,
            person=NAME,
            channel=NAME,
            address=NAME,
            severity=int(Severity.IV),
            subject=NAME,
            body=NAME,
        )
        outbox.insert(tx, [entry], now=now)
        tx.after_commit(lambda: self._is_out(entry.key))

    def _is_out(self, key: str) -> None:
        self._key, self._sent = key, self._clock.monotonic()

    def _accepted(self, tx: Transaction, key: str) -> bool:
        state = select(tables.outbox.c.state).where(tables.outbox.c.key == key)
        found = tx.connection.execute(state).scalar_one_or_none()
        return found in (OutboxState.ACCEPTED.value, None)  # None: all was begun anew


def judged(now: int) -> None:
    """Have a value judged that must fire, and one that must clear. LookupError when it does not."""
    rule = LevelRule(
        _KEY,
        [_LIMIT],
        series=_SERIES,
        holds=Holds(0, 0),
        silent_after=MINUTE,
        tz=ZoneInfo("UTC"),
    )
    state, kinds = RuleState(), []
    for value in (2.0, 0.0):
        latest = Latest(Reading(_SERIES, now, value, 1, now), now, now, False)
        finding = rule.judge(Context(now, now, {_SERIES: latest}, {}))
        state, made = step(state, finding, now=now, holds=rule.holds)
        kinds += [transition.kind for transition in made]
    if kinds != [TransitionKind.FIRED, TransitionKind.RESOLVED]:
        raise LookupError(f"a value over its limit and back was judged as {kinds}")


def _forget(tx: Transaction, *, before: int) -> None:
    old = select(tables.outbox.c.id).where(
        tables.outbox.c.kind == NAME, tables.outbox.c.created_at < before
    )
    ids = list(tx.connection.execute(old).scalars())
    if ids:
        table: Any
        for table, column in ((tables.attempt, "outbox_id"), (tables.outbox, "id")):
            tx.connection.execute(delete(table).where(table.c[column].in_(ids[:500])))


def _late(seconds: float, now: int, *, arrived: bool) -> Finding:
    took = f"{seconds:.0f}"
    zh = f"报警通道迟缓:自检消息用了{took}秒" if arrived else f"报警通道不通:自检消息{took}秒未到"
    en = (
        f"alerts are slow: the last canary took {took} s"
        if arrived
        else f"alerts do not get out: a canary has not arrived for {took} s"
    )
    act = {"act_zh": "请人工值守并联系维护", "act_en": "watch by hand and call for help"}
    return Finding(
        Severity.I,
        Severity.I,
        time=now,
        label=zh,
        facts={"zh": zh + ";" + act["act_zh"], "en": f"{en}; {act['act_en']}"},
    )
