"""Alerts of the village, told over a real database; and channels that do as they are told."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from floodwatch.alerts.lifecycle import step
from floodwatch.model.alert import Holds, Origin, RuleKey, RuleState
from floodwatch.model.clock import SetClock
from floodwatch.model.district import District
from floodwatch.model.finding import Finding
from floodwatch.model.notification import Message, Result, Sent
from floodwatch.model.severity import Severity
from floodwatch.pipeline import escalate
from floodwatch.pipeline.deliver import Deliverer
from floodwatch.pipeline.tell import tell
from floodwatch.store import alert_log, tables
from floodwatch.store.alert_log import Change
from floodwatch.store.clockwork import Lease
from floodwatch.store.database import Database
from tests.notify.village import NOW, STAGE, VILLAGE

LIMITS = {Severity.IV: 104.0, Severity.III: 104.38, Severity.II: 104.75, Severity.I: 105.10}
CLEAR = Finding(None, None, value=103.9, time=NOW)


def over(severity: Severity, value: float | None = None, **facts: Any) -> Finding:
    """A finding at or over a limit."""
    limit = LIMITS[severity]
    return Finding(
        severity,
        severity,
        band=f"band_{severity.name}",
        label=f"{severity.numeral}级水位",
        limit=limit,
        value=limit + 0.02 if value is None else value,
        time=NOW,
        facts=facts,
    )


@dataclass
class Room:
    """A database with its village: alerts live in it and are told."""

    database: Database
    district: District = VILLAGE
    now: int = NOW
    states: dict[RuleKey, RuleState] = field(default_factory=dict)

    def see(
        self, *findings: Finding, rule: RuleKey = STAGE, origin: Origin = Origin.LIVE
    ) -> list[alert_log.Told]:
        """One transaction in which the rule sees these findings one after the other."""
        before = state = self.states.get(rule, RuleState())
        said: tuple[Any, ...] = ()
        for finding in findings:
            state, made = step(state, finding, now=self.now, holds=Holds(0, 0))
            said += made
        self.states[rule] = state
        with self.database.write() as tx:
            told = alert_log.save(tx, [Change(rule, before, state, said, origin, 1)])
            tell(tx, told, district=self.district, now=self.now)
        return told

    def pass_time(self, milliseconds: int) -> int:
        """Later, the tick escalates what is due; how many obligations that were."""
        self.now += milliseconds
        with self.database.write() as tx:
            return escalate.step(tx, district=self.district, now=self.now)

    def rows(self, *columns: str, **where: Any) -> list[tuple[Any, ...]]:
        """Columns of the outbox rows, in order."""
        return [tuple(row[name] for name in columns) for row in self.outbox(**where)]

    def outbox(self, **where: Any) -> list[dict[str, Any]]:
        """The outbox rows that have these values, in order."""
        return self.table(tables.outbox, **where)

    def table(self, table: Any, **where: Any) -> list[dict[str, Any]]:
        """The rows of a table, in order."""
        with self.database.read() as connection:
            query = select(table).filter_by(**where).order_by(table.c.id)
            return [dict(row) for row in connection.execute(query).mappings()]

    def obligations(self) -> dict[str, tuple[int, str]]:
        """The newest obligation of each party: (severity, state)."""
        return {
            row["party"]: (row["severity"], row["state"]) for row in self.table(tables.obligation)
        }

    def notes(self, kind: str) -> list[str]:
        """The texts of the timeline entries of a kind."""
        return [row["text"] for row in self.table(tables.alert_event, kind=kind)]

    def mark(self, state: str, **where: Any) -> None:
        """Set rows as a sender would have left them."""
        next_at = None if state in ("accepted", "failed") else self.now
        with self.database.write() as tx:
            ids = [row["id"] for row in self.outbox(**where)]
            tx.connection.execute(
                tables.outbox.update()
                .where(tables.outbox.c.id.in_(ids))
                .values(state=state, next_at=next_at, epoch=1 if state == "leased" else None)
            )

    def doubt(self, **where: Any) -> None:
        """An attempt whose outcome nobody knows, for each of these rows."""
        for row in self.outbox(**where):
            with self.database.write() as tx:
                tx.connection.execute(
                    tables.attempt.insert().values(
                        outbox_id=row["id"], at=self.now, epoch=1, sent="unknown", detail="cut"
                    )
                )


@dataclass
class Scripted:
    """A channel that answers as it is told and keeps what it accepted."""

    name: str = "smtp"
    timeout: float = 5.0
    answer: Callable[[Message], Result] = lambda _: Result(Sent.ACCEPTED, "taken")
    heard: list[Message] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def send(self, message: Message) -> Result:
        """Keep it, and answer."""
        with self.lock:
            self.heard.append(message)
        return self.answer(message)

    def subjects(self) -> list[str]:
        """What was heard, in order."""
        return [message.subject for message in self.heard]


def answers(*results: Sent) -> Callable[[Message], Result]:
    """These answers one after the other, then ACCEPTED."""
    left = list(results)
    return lambda _: Result(left.pop(0) if left else Sent.ACCEPTED, "as scripted")


class Hung(threading.Event):
    """A channel that does not come back until it is let go."""

    name = "hung"
    timeout = 0.1

    def send(self, message: Message) -> Result:
        """Hang."""
        self.wait(20)
        return Result(Sent.RETRY, "let go")


def claim(database: Database) -> int:
    """A new engine's epoch."""
    epoch = Lease().claim(database, holder="test", clock=SetClock(NOW), gone=lambda _: True)
    assert epoch
    return epoch


def deliverer(room: Room, *channels: Any, epoch: int | None = None, **more: Any) -> Deliverer:
    """A sender on these channels; not started."""
    return Deliverer(
        room.database,
        {channel.name: channel for channel in channels},
        epoch=claim(room.database) if epoch is None else epoch,
        now=lambda: room.now,
        district=lambda _: room.district,
        chance=lambda: 0.5,
        **more,
    )


def until(condition: Callable[[], object], *, seconds: float = 15.0) -> bool:
    """Wait for something to become true, and say so; fail when it does not."""
    for _ in range(int(seconds / 0.02)):
        if condition():
            return True
        time.sleep(0.02)
    raise AssertionError("it did not come to pass")


def states(room: Room, **where: Any) -> Sequence[str]:
    """The states of outbox rows."""
    return [state for (state,) in room.rows("state", **where)]
