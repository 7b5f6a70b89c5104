"""pipeline.tick: what time alone decides, in one transaction like ingest."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

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
Waiting = Sequence[tuple[RuleKey, str]]  # rules to be judged, each with why
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
    _waiting: Waiting = field(init=False, default=())

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
        retired = plan.retired(now)
        if (plan.version, retired) != (self._judged_version, self._retired):
            waiting = self._after_edit(tx, plan, now, failed)
        else:
            # What has come due meanwhile is due: no edit has made it.
            called = _called(tx, plan, now, failed)
            rest = (one for one in self._waiting if one[0] not in called)
            waiting = [*((key, "") for key in called), *rest]
        count = self._in_time(tx, plan, waiting, now)
        if failed:
            _forget_mended(tx, plan, failed, {key for key, _ in waiting[:count]})
        left = waiting[count:]
        # Not before the commit: what was rolled back was not judged.
        tx.after_commit(lambda: self._has_judged(plan.version, retired, left))

    def _in_time(self, tx: Transaction, plan: Plan, waiting: Waiting, now: int) -> int:
        """Judge as many as the time of a tick allows, the first first; how many.

        Readings wait while a tick writes: ten thousands of rules after an edit, or a thousand
        stations that fall silent at once, take their turns over several ticks.
        """
        ends = self.monotonic() + ENOUGH_S
        for start in range(0, len(waiting), TOGETHER):
            part = waiting[start : start + TOGETHER]
            tasks = [Task(plan.rules[key], (now,), why) for key, why in part if key in plan.rules]
            judge(tx, plan, tasks, history={}, series=self.series, now=now)
            if self.monotonic() >= ends:
                return start + len(part)
        return len(waiting)

    def _has_judged(self, version: int, retired: frozenset[str], left: Waiting) -> None:
        self._judged_version, self._retired, self._waiting = version, retired, left

    def _after_edit(
        self, tx: Transaction, plan: Plan, now: int, failed: Mapping[str, Fault]
    ) -> Waiting:
        """A new configuration: every rule is judged again with the last good reading.

        The alerts of rules that are no longer configured end, saying so. What time or a register
        decides now, also after hours without an engine, no edit has made.
        """
        hurry = partial(renamed.pass_on, tx, district=plan.district, now=now)
        faults.attempt(tx, "asking in the place of people gone", hurry)
        stored = rule_states.versions(tx.connection)
        retired = plan.retired(now)
        gone = [
            key
            for key in stored
            if key.station in retired or (key not in plan.rules and _ends(key, plan))
        ]
        states = rule_states.states(tx.connection, gone)
        ends = [
            ended(
                key,
                states.get(key, RuleState()),
                now=now,
                version=plan.version,
                why=RETIRED if key.station in retired else GONE,
            )
            for key in gone
        ]
        if faults.attempt(tx, "ending rules", partial(settle, tx, plan, ends, now=now)) is not None:
            for one in ends:  # one that cannot be ended keeps no rule from being judged
                faults.attempt(tx, f"ending {one.rule}", partial(settle, tx, plan, [one], now=now))
        edited = any(version != plan.version for version in stored.values())
        why = EDITED if edited else ""
        due, rank = _called(tx, plan, now, failed), plan.order.rank
        # What is watched before what watches it, should they not be judged together.
        rest = sorted((key for key in plan.rules if key not in due), key=lambda k: rank.get(k, 0))
        return [*((key, "") for key in due), *((key, why) for key in rest)]


GONE = "rule no longer configured"
EDITED = "thresholds edited"
RETIRED = "station retired"


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
