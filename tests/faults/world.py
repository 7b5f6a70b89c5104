"""The simulated world: time passes from event to event, the engine works, faults strike."""

import heapq
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tomlkit

from floodwatch.model.clock import HOUR, MINUTE, SECOND, SetClock
from floodwatch.model.errors import StorageError
from floodwatch.pipeline.deliver import GRACE_S
from tests.faults import district, people, storms
from tests.faults.devices import Devices
from tests.faults.judge import Judge, Violated
from tests.faults.machine import Machine, peril
from tests.faults.mischief import Fault, Mix, faults
from tests.faults.scanner import Scanner
from tests.faults.storms import PER_HOUR, STEP
from tests.faults.ways_out import Mood, Post, WayOut

START = 1_781_740_800_000  # 2026-06-18 08:00 local
FALLS_QUIET = 10 * MINUTE  # without faults at the end
TIMEOUTS = {"sms_gammu": 15.0, "smtp": 30.0, "webhook": 10.0, "voice": 10.0}
RESTART = 5 * SECOND  # from the death of a process to the next one
LONGEST_REST = 5 * MINUTE  # the engine looks at least so often
ROUNDS = 40


@dataclass
class Verdict:
    """What came of one run."""

    seed: int
    hours: float
    violation: str = ""
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(order=True)
class Event:
    """Something at a moment (true ms)."""

    at: int
    order: int
    do: Callable[[], None] = field(compare=False)


class Sending(NamedTuple):
    """A message on its way to a provider."""

    event: Event
    work: Callable[[], None]


class World:
    """One seed's world."""

    def __init__(
        self,
        seed: int,
        *,
        hours: float,
        mix: Mix | None = None,
        keep: Path | None = None,
        scan: bool = False,
    ) -> None:
        self.seed, self.hours, self.keep = seed, hours, keep
        self.chance = random.Random(seed)
        truth = storms.storms(np.random.default_rng(seed), hours=hours)
        self.clock = SetClock(START)
        self.post = Post()
        self.place = Path(tempfile.mkdtemp(prefix="floodwatch-faults-", dir=_memory()))
        self.events: list[Event] = []
        self.counts: Counter[str] = Counter()
        self.full_until = 0
        self.troubled = 0  # until when (true ms) the engine has a reason to be late
        self._order = 0
        self._asleep_until = 0
        self._in_hand: dict[int, Sending] = {}
        self._wake = self._fresh = False
        self._idle = SECOND
        self.asked: set[tuple[int, str, int]] = set()
        self.texts = dict(district.documents())
        self.limits: dict[tuple[str, str], float] = {}  # (station, name) -> edited value
        self.devices = Devices(truth, START, self.chance)
        self._ways: dict[str, WayOut] = {}
        self.machine = Machine(
            self.place / "data",
            self.clock,
            self._ways,
            start=self._hand_over,
            chance=self.chance.random,
        )
        for name, timeout in TIMEOUTS.items():
            self._ways[name] = WayOut(
                name, timeout, self.clock, self.machine.fuse, self.post, self.chance
            )
        self._ways["log"] = WayOut("log", 5.0, self.clock, self.machine.fuse, Post(), self.chance)
        self.judge = Judge(self)
        self.scanner = Scanner(self.machine) if scan else None
        for fault in faults(self.chance, hours=max(0.0, hours - 0.5), mix=mix or Mix()):
            self.at(START + fault.at, self._strike(fault))
        for step in range(1, int(hours * PER_HOUR) + 2):
            late = self.chance.randrange(20 * SECOND)
            self.at(START + step * STEP + late, self._report(step))

    # -- time ------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """True time, ms: what the stations' clocks show."""
        return round(self.clock.monotonic() * 1000)

    def at(self, at: int, do: Callable[[], None]) -> Event:
        self._order += 1
        event = Event(at, self._order, do)
        heapq.heappush(self.events, event)
        return event

    def run(self) -> Verdict:
        """From the first report to ten quiet minutes after the last."""
        with peril(self.machine.fuse):
            return self._run()

    def _run(self) -> Verdict:
        verdict = Verdict(self.seed, self.hours, counts=self.counts)
        try:
            self.machine.configure(self.texts, now=START)
            self.machine.begin()
            self._until(START + round(self.hours * HOUR))
            self._calm_down()
            quiet = self.now
            self._until(self.now + FALLS_QUIET)
            self._engine()
            self.judge.conclude(quiet=quiet)
        except Violated as violated:
            verdict.violation = f"seed {self.seed}, hour {self._hour():.2f}: {violated}"
            if self.keep is not None:
                self.machine.keep(self.keep)
        finally:
            self.judge.close()
            self.machine.close()
            for path in sorted(self.place.glob("**/*"), reverse=True):
                path.unlink() if path.is_file() else path.rmdir()
            self.place.rmdir()
        return verdict

    def _hour(self) -> float:
        return (self.now - START) / HOUR

    def _until(self, end: int) -> None:
        while True:
            at = self.events[0].at if self.events else end
            at = min(at, end, max(self._asleep_until, self.now + 1))
            self.clock.advance(max(0, at - self.now))
            if self.now >= end:
                return
            while self.events and self.events[0].at <= self.now:
                self._guarded(heapq.heappop(self.events).do)
            self._guarded(self._engine)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            if self.machine.fuse.dead:  # whatever its last words were
                self._die(power=False)
                return
            if not isinstance(error, StorageError):
                raise
            self.counts["a full disk said no"] += 1
            self._idle = min(self._idle * 2, 30 * SECOND)
            self._asleep_until = self.now + self._idle

    # -- the engine ------------------------------------------------------------------------

    def _engine(self) -> None:
        """What the loops do until nothing is due any more."""
        if self._fresh or self.now >= self._next_tick():
            self.counts["ticks"] += 1
            self._tick()
            self._fresh = False
        for _ in range(ROUNDS):
            if not (self._wake or self.machine.sending() or self._outbox_due() <= self.now):
                break
            sent, self._wake = self.counts["sendings"], False
            self.machine.send()
            if self.counts["sendings"] == sent and not self.machine.sending():
                break
        if self.scanner is not None:
            self.scanner.look(self.post.taken)
        people.heed(self)
        self.judge.look()
        self._rest()

    def _tick(self) -> None:
        self.machine.ticker.tick()

    def _rest(self) -> None:
        """When the engine has to look again: what is due and was not done is asked for later."""
        due = min(self._next_tick(), self._outbox_due(), self.now + LONGEST_REST)
        if due <= self.now:
            self._idle = min(self._idle * 2, 30 * SECOND)
            due = self.now + self._idle
        else:
            self._idle = SECOND
        self._asleep_until = due

    def _query(self, statement: str) -> list[tuple[Any, ...]]:
        return self.judge.query(statement)

    def _next_tick(self) -> int:
        """True time at which time alone decides something."""
        rows = self._query(
            "SELECT min(due) FROM rule_state UNION ALL "
            "SELECT min(due) FROM obligation WHERE state = 'open' UNION ALL "
            "SELECT now + 300000 FROM service_time"
        )
        return self._true(min((row[0] for row in rows if row[0] is not None), default=0))

    def _outbox_due(self) -> int:
        rows = self._query(
            "SELECT min(next_at) FROM outbox WHERE state IN ('pending', 'retry') UNION ALL "
            f"SELECT min(0) FROM outbox WHERE state = 'leased' AND epoch < {self.machine.epoch}"
        )
        due = min((row[0] for row in rows if row[0] is not None), default=None)
        return self.now + LONGEST_REST if due is None else self._true(due)

    def _true(self, service: int) -> int:
        """Service time as true time: from the row, carried on by monotonic time."""
        rows = self._query("SELECT now, monotonic FROM service_time")
        if not rows:
            return service
        return int(service - rows[0][0] + round(rows[0][1] * 1000))

    # -- what happens ------------------------------------------------------------------------

    def _report(self, step: int) -> Callable[[], None]:
        def report() -> None:
            self.devices.say(step, self.now)
            self._submit()

        return report

    def _submit(self) -> None:
        batch = self.devices.batch(self.now)
        if batch is None:
            return
        try:
            [receipt] = self.machine.submit([batch])
        except BaseException as error:
            self.devices.refused(batch)
            if self.machine.fuse.dead or not isinstance(error, StorageError):
                raise
            self.counts["batches refused"] += 1
            self.at(self.now + 10 * SECOND, self._submit)
            return
        self.counts["readings"] += len(batch.readings)
        accepted = self.devices.confirmed(batch, receipt, now=self.now)
        self.judge.received(accepted)

    def _hand_over(self, work: Callable[[], None], name: str) -> None:
        """A sending takes its time; its thread is not that of the engine."""
        way = self._ways[name.split("-")[1]]
        took = way.lasts()
        self.counts["sendings"] += 1
        if took <= 0:
            work()
            return

        def send() -> None:
            del self._in_hand[number]
            work()

        event = self.at(self.now + round(took * 1000), send)
        number = event.order
        self._in_hand[number] = Sending(event, work)
        if took > way.timeout:
            self.post.excused[_key(work)] += 1  # given up meanwhile, and sent again
            self.at(self.now + round((way.timeout + GRACE_S) * 1000) + 100, self._awaken)

    def _awaken(self) -> None:
        """The sender looks, whatever is due."""
        self._wake = True

    def _strike(self, fault: Fault) -> Callable[[], None]:
        def strike() -> None:
            self.counts[f"fault: {fault.kind}"] += 1
            getattr(self, f"_{fault.kind}")(fault)

        return strike

    def _kill(self, fault: Fault) -> None:
        """Armed now; it goes off at some statement, commit or sending to come."""
        self.machine.fuse.arm(fault.number)

    def _power(self, fault: Fault) -> None:
        del fault
        self._die(power=True)

    def _mood(self, fault: Fault) -> None:
        name, _, mood = fault.name.partition(" ")
        ways = [w for n, w in self._ways.items() if n != "log" and name in (n, "all")]
        for way in ways:
            way.mood = Mood(mood)

        def recover() -> None:
            for way in ways:
                way.mood = Mood.WELL

        self.at(self.now + fault.lasts, recover)

    def _clock(self, fault: Fault) -> None:
        self.clock.step_wall(max(fault.number, -self.clock.wall()))

        def set_right() -> None:
            self.clock.step_wall(self.now - self.clock.wall())

        if self.chance.random() < 0.8:
            self.at(self.now + fault.lasts, set_right)

    def _full(self, fault: Fault) -> None:
        self.machine.fuse.full = self._query("PRAGMA page_count")[0][0]
        self.full_until = self.now + fault.lasts
        self.troubled = max(self.troubled, self.full_until + MINUTE)

        def freed() -> None:
            self.machine.fuse.full = None

        self.at(self.full_until, freed)

    def _edit(self, fault: Fault) -> None:
        """Somebody lowers or raises a limit while alerts stand."""
        tables = [
            (number, table)
            for number, table in enumerate(district.thresholds())
            if "station" in table and table.get("variable") == "stage" and "at_or_above" in table
        ]
        number, table = tables[fault.number % len(tables)]
        code, name = table["station"], table["name"]
        value = round(table["at_or_above"] + (0.03 if fault.number & 256 else -0.03), 2)
        parsed = tomlkit.parse(self.texts["thresholds.toml"]).unwrap()
        parsed["threshold"][number]["at_or_above"] = value
        texts = self.texts | {"thresholds.toml": tomlkit.dumps(parsed)}
        try:
            self.machine.configure(texts, now=self.machine.now())
        except StorageError:
            if self.machine.fuse.dead:
                raise
            return
        self.texts = texts
        self.limits[code, name] = value

    def _silence(self, fault: Fault) -> None:
        self.devices.hush(fault.number, self.now + fault.lasts)

    def _die(self, *, power: bool) -> None:
        """The process ends; what was on its way may have arrived."""
        self.counts["deaths"] += 1
        self.judge.died({_key(sending.work) for sending in self._in_hand.values()})
        self.machine.fuse.born()
        for sending in self._in_hand.values():
            self.events.remove(sending.event)
            if self.chance.random() < 0.5:
                sending.work()  # the provider had it, although nobody lived to hear so
        heapq.heapify(self.events)
        self._in_hand.clear()
        self.judge.close()
        self.machine.die(power=power)
        self.clock.advance(RESTART)
        self._fresh = True
        try:
            self.machine.begin()
        except StorageError:
            self.at(self.now + SECOND, self.machine.begin)

    def _calm_down(self) -> None:
        """All faults end; the clock of the wall may stay wrong."""
        self.machine.fuse.left = self.machine.fuse.full = None
        for way in self._ways.values():
            way.mood = Mood.WELL


def _key(work: Callable[[], None]) -> str:
    """The key of the row that a hand-over is about."""
    assert isinstance(work, partial)
    return str(work.args[0].key)


def _memory() -> str | None:
    shm = Path("/dev/shm")
    return str(shm) if shm.is_dir() else None
