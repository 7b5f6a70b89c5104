"""pipeline.tick: what time alone decides, in one transaction like ingest."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from floodwatch.model.alert import RuleKey, RuleState
from floodwatch.model.clock import SECOND
from floodwatch.pipeline import city, escalate, faults, muting, registers, renamed, system
from floodwatch.pipeline.faults import Fault
from floodwatch.pipeline.ingest import Ingest
from floodwatch.pipeline.judge import ended, judge, settle
from floodwatch.pipeline.plan import Plan, Plans, place
from floodwatch.pipeline.service_clock import Moment, ServiceClock
from floodwatch.pipeline.sight import Task
from floodwatch.pipeline.tell import tell_anew
from floodwatch.store import rule_states
from floodwatch.store.clockwork import Lease
from floodwatch.store.database import Database, Transaction
from floodwatch.store.journal import SeriesMap
from floodwatch.store.rule_states import is_key, rule_key

BEAT = SECOND  # how often service time and the lease are written
TOGETHER = 50  # rules judged at once by a tick
ENOUGH_S = 0.04  # of a tick's time spent judging; the next one goes on a fifth of a second later
Waiting = dict[RuleKey, str]  # rules to be judged, each with why
PAUSE = 5 * SECOND  # before a part of the tick that has failed is tried again


@dataclass(slots=True)
class Ticker:
    """The engine's tick: call `tick` every 200 ms. It writes only when something is due."""

    database: Database
    plans: Plans
    service: ServiceClock
    series: SeriesMap
    ingest: Ingest
    epoch: int
    watch: system.Watch | None = None
    # Also by this clock (seconds) it beats: the demonstration's own may stand still.
    monotonic: Callable[[], float] = lambda: 0.0
    _beaten: float = field(init=False, default=float("-inf"))
    _beaten_real: float = field(init=False, default=float("-inf"))
    _judged_version: int | None = field(init=False, default=None)
    _retired: frozenset[str] = field(init=False, default=frozenset())
    # Rules that are still to be judged, each with why: not all are in one tick.
    _waiting: Waiting = field(init=False, default_factory=dict)

    def tick(self) -> bool:
        """Do what is due. Returns whether something was written that may have to be sent."""
        real = self.monotonic()
        passed = max(self.service.monotonic() - self._beaten, real - self._beaten_real)
        beat = passed * SECOND >= BEAT
        if not beat and not self._due():
            return False
        with self.database.write(epoch=self.epoch) as tx:
            moment = self._beat(tx)
            plan = self.plans.current(tx.connection)
            now = moment.now
            devices = self.ingest.devices.verdict(now)
            _note_unbuilt(tx, plan, now)
            failed = faults.known(tx.connection)
            parts: dict[str, Callable[[], object]] = {
                "judging": lambda: self._judge(tx, plan, now, failed),
                "muting": lambda: _mute(tx, plan, now),
                "escalation": lambda: escalate.step(tx, district=plan.district, now=now),
                "city": lambda: city.step(tx, plan, series=self.series, now=now),
                "self-check": lambda: system.check(
                    tx, plan, moment, devices=devices, watch=self.watch
                ),
            }
            for name, work in parts.items():
                if name not in failed or _again(failed[name], now):
                    _do(tx, name, work, failed=failed, now=now)
        self._beaten, self._beaten_real = self.service.monotonic(), real
        return True

    def forget(self) -> None:
        """Begin again as after a start: every rule is judged at the next tick."""
        self._beaten, self._judged_version = float("-inf"), None

    def _due(self) -> bool:
        with self.database.read() as connection:
            now = self.service.moment(connection).now
            plan = self.plans.current(connection)
            if (plan.version, plan.retired(now)) != (self._judged_version, self._retired):
                return True
            if self._waiting:
                return True
            if muting.due(connection, district=plan.district, now=now):
                return True
            if rule_states.due(connection, now) or registers.waiting(connection):
                return True
            return escalate.due(connection, now=now)

    def _beat(self, tx: Transaction) -> Moment:
        Lease().beat(tx, self.epoch)
        now = self.service.moment(tx.connection).now
        return self.service.beat(tx, devices=self.ingest.devices.verdict(now))

    def _judge(self, tx: Transaction, plan: Plan, now: int, failed: Mapping[str, Fault]) -> None:
        ends, retired = self.monotonic() + ENOUGH_S, plan.retired(now)
        if (plan.version, retired) != (self._judged_version, self._retired):
            waiting = _after_edit(tx, plan, now, failed)
        else:
            # What has come due meanwhile is due: no edit has made it.
            called = dict.fromkeys(_called(tx, plan, now, failed), "")
            waiting = {**called, **self._waiting, **called} if called else self._waiting
        done = self._in_time(tx, plan, waiting, now, ends=ends)
        if failed:
            _forget_mended(tx, plan, failed, done)
        # Not before the commit: what was rolled back was not judged.
        tx.after_commit(lambda: self._has_judged(plan.version, retired, waiting, done))

    def _in_time(
        self, tx: Transaction, plan: Plan, waiting: Waiting, now: int, *, ends: float
    ) -> set[RuleKey]:
        """Judge as many as the time of a tick allows, the first first; which.

        Readings wait while a tick writes: ten thousands of rules after an edit, or a thousand
        stations that fall silent at once, take their turns over several ticks.
        """
        done: set[RuleKey] = set()
        rest = iter(waiting.items())
        while part := list(islice(rest, TOGETHER)):
            over = [key for key, why in part if why in OVER]
            if over:
                _end(tx, plan, over, now)
            tasks = [
                Task(plan.rules[key], (now,), why)
                for key, why in part
                if key in plan.rules and why not in OVER
            ]
            judge(tx, plan, tasks, history={}, series=self.series, now=now)
            done.update(key for key, _ in part)
            if self.monotonic() >= ends:
                break
        return done

    def _has_judged(
        self, version: int, retired: frozenset[str], waiting: Waiting, done: set[RuleKey]
    ) -> None:
        for key in done:
            del waiting[key]
        self._judged_version, self._retired, self._waiting = version, retired, waiting


GONE = "rule no longer configured"
EDITED = "thresholds edited"
RETIRED = "station retired"
OVER = (GONE, RETIRED)


def _after_edit(tx: Transaction, plan: Plan, now: int, failed: Mapping[str, Fault]) -> Waiting:
    """A new configuration: every rule is to be judged again with the last good reading.

    The alerts of rules that are no longer configured end, saying so. What time or a register
    decides now, also after hours without an engine, no edit has made.

    Fifty thousand rules are looked through here within one tick: by their names as they are stored,
    and in dictionaries made of one another, which work out no hash of a key anew.
    """
    hurry = partial(renamed.pass_on, tx, district=plan.district, now=now)
    faults.attempt(tx, "asking in the place of people gone", hurry)
    over = _over(plan, rule_states.names(tx.connection), now)
    edited = rule_states.judged_otherwise(tx.connection, plan.version)
    due = dict.fromkeys(_called(tx, plan, now, failed), "")
    # Who stands twice keeps the first place and the last word. What is watched comes before what
    # watches it, as the rules of a plan do, should they not be judged together.
    every = dict.fromkeys(plan.rules, EDITED if edited else "")
    return {**over, **due, **every, **due, **over}


def _over(plan: Plan, stored: Collection[str], now: int) -> dict[RuleKey, str]:
    """Which of the rules that have a state are at their end, and why."""
    gone = [key for key in map(rule_key, plan.unknown(stored)) if _ends(key, plan)]
    over = dict.fromkeys(gone, GONE)
    if retired := plan.retired(now):
        mine = (rule_key(name) for name in stored if name.rsplit("/", 4)[0] in retired)
        over |= dict.fromkeys(mine, RETIRED)
    return over


def _end(tx: Transaction, plan: Plan, keys: Collection[RuleKey], now: int) -> None:
    """End the alerts of rules that are not to be judged any more, and forget their states."""
    states, retired = rule_states.states(tx.connection, keys), plan.retired(now)
    ends = [
        ended(
            key,
            states.get(key, RuleState()),
            now=now,
            version=plan.version,
            why=RETIRED if key.station in retired else GONE,
        )
        for key in keys
    ]
    if faults.attempt(tx, "ending rules", partial(settle, tx, plan, ends, now=now)) is not None:
        for one in ends:  # one that cannot be ended keeps no rule from being judged
            faults.attempt(tx, f"ending {one.rule}", partial(settle, tx, plan, [one], now=now))


def _called(
    tx: Transaction, plan: Plan, now: int, failed: Mapping[str, Fault]
) -> dict[RuleKey, None]:
    """The rules that time, what people have entered, or a fault to be tried again asks for."""
    again = [key for key, fault in _rules_of(failed).items() if _again(fault, now)]
    entered = [rule.key for rule in registers.take(tx, plan)]
    return dict.fromkeys([*entered, *rule_states.due(tx.connection, now), *again])


def _mute(tx: Transaction, plan: Plan, now: int) -> None:
    """What a mute hid is told anew when it is over."""
    again = muting.step(tx, district=plan.district, now=now)
    tell_anew(tx, again, district=plan.district, now=now)


def _do(
    tx: Transaction,
    name: str,
    work: Callable[[], object],
    *,
    failed: Mapping[str, Fault],
    now: int,
) -> None:
    """One part of the tick; when it fails, the others still do theirs."""
    error = faults.attempt(tx, name, work)
    if error is not None:
        faults.note(tx, {name: error}, now=now, wait=PAUSE)
    elif name in failed:
        faults.over(tx, {name})


def _note_unbuilt(tx: Transaction, plan: Plan, now: int) -> None:
    """Rules that cannot be built watch nothing: that is a fault until a version mends it."""
    known = {name for name in faults.known(tx.connection) if ":" in name}
    faults.note(tx, {n: e for n, e in plan.unbuilt.items() if n not in known}, now=now)
    if mended := known - plan.unbuilt.keys():
        faults.over(tx, mended)


def _ends(key: RuleKey, plan: Plan) -> bool:
    """Whether the alert of an absent rule ends: not if the rule merely cannot be built."""
    return key.type != system.TYPE and place(key.station, key.type) not in plan.unbuilt


def _again(fault: Fault | None, now: int) -> bool:
    """Whether what failed is to be tried again."""
    return fault is not None and fault.next <= now


def _forget_mended(
    tx: Transaction, plan: Plan, failed: Mapping[str, Fault], judged: Collection[RuleKey]
) -> None:
    """Forget the faults of rules that were judged now without a new one, or that are gone."""
    still = faults.known(tx.connection)
    mended = {
        str(key)
        for key, fault in _rules_of(failed).items()
        if still.get(str(key)) == fault and (key in judged or key not in plan.rules)
    }
    faults.over(tx, mended)


def _rules_of(failed: Mapping[str, Fault]) -> dict[RuleKey, Fault]:
    """The faults of rules; other parts have no slash in their names."""
    return {rule_key(n): fault for n, fault in failed.items() if is_key(n)}
