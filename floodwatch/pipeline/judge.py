"""Has rules judge what they must, and lets the alerts live: shared by ingest and tick."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from floodwatch.model.alert import Origin, Phase, RuleKey, RuleState, Transition, TransitionKind
from floodwatch.model.finding import UNKNOWN
from floodwatch.pipeline import doubt, faults
from floodwatch.pipeline.living import Sight, live
from floodwatch.pipeline.plan import Plan
from floodwatch.pipeline.sight import Given, History, Task, Work, context, gather
from floodwatch.pipeline.tell import tell
from floodwatch.rules.context import Ended
from floodwatch.store import alert_log, rule_states
from floodwatch.store.alert_log import Change
from floodwatch.store.database import Transaction
from floodwatch.store.doubted import doubted as in_doubt
from floodwatch.store.journal import SeriesMap
from floodwatch.store.watched import ended as last_ended
from floodwatch.store.watched import left as last_left

_log = logging.getLogger(__name__)


def judge(
    tx: Transaction,
    plan: Plan,
    tasks: Sequence[Task],
    *,
    history: History,
    series: SeriesMap,
    now: int,
    origin: Origin = Origin.LIVE,
) -> None:
    """Judge, step the lives, store what changed and put what must be told into the outbox.

    A rule that cannot be judged, stored or told sinks neither the readings nor the other rules:
    it is noted as a fault, which is an alert of its own, and tried again.
    """
    if gone := plan.retired(now):
        tasks = [task for task in tasks if task.rule.key.station not in gone]
    if not tasks:
        return
    work = _Work(tx, plan, history, series, now, origin)
    error = faults.attempt(tx, f"judging {len(tasks)} rules", lambda: _judge(work, tasks))
    if error is None:
        return
    if len(tasks) == 1:
        _broken(work, {tasks[0].rule.key: error})
        return
    for task in tasks:
        judge(tx, plan, [task], history=history, series=series, now=now, origin=origin)


@dataclass(frozen=True, slots=True)
class _Work(Work):
    """What rules are judged with in one transaction."""

    origin: Origin


@dataclass(slots=True)
class _Judged:
    """What has been found so far in one transaction; rules that watch others see it."""

    changes: list[Change] = field(default_factory=list)
    broken: dict[RuleKey, str] = field(default_factory=dict)
    states: dict[RuleKey, RuleState] = field(default_factory=dict)
    ended: dict[RuleKey, Ended] = field(default_factory=dict)


def _judge(work: _Work, tasks: Sequence[Task]) -> None:
    """Judge what is watched before what watches it, and that again when it has changed."""
    judged, rank = _Judged(), work.plan.order.rank
    waiting = {task.rule.key: task for task in tasks}
    found = _look(work, waiting.values())
    while waiting:
        lowest = min(rank.get(key, 0) for key in waiting)
        chosen = [task for key, task in waiting.items() if rank.get(key, 0) == lowest]
        done = len(judged.changes)
        _round(work, chosen, found, judged=judged)
        for task in chosen:
            del waiting[task.rule.key]
        if _wake_watchers(work, judged.changes[done:], waiting):
            found = _look(work, waiting.values())
    settle(work.tx, work.plan, judged.changes, now=work.now)
    _broken(work, judged.broken)


def _wake_watchers(work: _Work, changes: Iterable[Change], waiting: dict[RuleKey, Task]) -> bool:
    """Rules that watch one whose phase or severity has changed are judged at the present moment.

    Whether there are any.
    """
    woken = False
    for change in changes:
        before, after = change.before, change.after
        if (before.phase, before.severity) == (after.phase, after.severity):
            continue
        for key in work.plan.order.watchers.get(change.rule, ()):
            known = waiting.get(key)
            moments = (*(known.moments if known else ()), work.now)
            rule, why = work.plan.rules[key], known.why if known else ""
            waiting[key] = Task(rule, tuple(sorted(set(moments))), why)
            woken = True
    return woken


def _look(work: _Work, tasks: Collection[Task]) -> Given:
    """What is stored that these rules are judged by, all of it asked for at once."""
    watching = work.plan.order.watching
    keys = [task.rule.key for task in tasks]
    watched = {other for key in keys for other in watching.get(key, ())} if watching else set()
    states = rule_states.states(work.tx.connection, {*keys, *watched})
    stored = last_ended(work.tx.connection, watched)
    ended = {rule: Ended(*found) for rule, found in stored.items()}
    ended |= _recalled(work, tasks, ended)
    return gather(work, tasks, states=states, ended=ended)


def _recalled(
    work: _Work, tasks: Iterable[Task], ended: Mapping[RuleKey, Ended]
) -> dict[RuleKey, Ended]:
    """How grave rules were lately, of those that a rule among these asks about."""
    asked: dict[RuleKey, int] = {}
    for task in tasks:
        for rule, span in getattr(task.rule, "recalls", {}).items():
            asked[rule] = max(span, asked.get(rule, 0))
    if not asked:
        return {}
    left = last_left(work.tx.connection, asked, since=work.now - max(asked.values()))
    return {
        rule: (ended.get(rule) or Ended(*lately[-1]))._replace(left=tuple(lately))
        for rule, lately in left.items()
    }


def _round(work: _Work, tasks: Sequence[Task], found: Given, *, judged: _Judged) -> None:
    """Judge rules none of which watches another of them."""
    tx, now, states = work.tx, work.now, found.states
    given = found
    if judged.changes:
        given = replace(
            found, states={**states, **judged.states}, ended={**found.ended, **judged.ended}
        )
    keys = [task.rule.key for task in tasks]
    firing = [key for key in keys if key in states and states[key].phase is Phase.FIRING]
    doubted = in_doubt(tx.connection, firing) if firing else {}
    imported = _by_import_alone(work, tasks, firing)
    sees, beside = partial(context, given=given), partial(doubt.beside, work)
    for task in tasks:
        rule = task.rule.key
        before = states.get(rule, RuleState())
        sight = Sight(sees, beside, now, doubted.get(rule), rule in imported)
        try:
            after, transitions, *_ = live(task.rule, task.moments, before, sight, why=task.why)
        except Exception as error:  # noqa: BLE001 - one rule's fault; it is told, the others go on
            _log.exception("rule %s cannot be judged; the others go on", rule)
            judged.broken[rule] = faults.said(error)
            continue
        if after != before or transitions:
            change = Change(rule, before, after, transitions, work.origin, work.plan.version)
            judged.changes.append(change)
            judged.states[rule] = after
            for said in transitions:
                if said.kind in (TransitionKind.RESOLVED, TransitionKind.EASED):
                    known = judged.ended.get(rule) or found.ended.get(rule)
                    judged.ended[rule] = Ended.after(known, said)


def _broken(work: _Work, broken: Mapping[RuleKey, str]) -> None:
    faults.note(work.tx, {str(rule): error for rule, error in broken.items()}, now=work.now)
    for rule in broken:
        rule_states.postpone(work.tx, rule, until=work.now + faults.RETRY)


def _by_import_alone(
    work: _Work, tasks: Iterable[Task], firing: Collection[RuleKey]
) -> set[RuleKey]:
    """The rules that live readings may now confirm: their alerts stand by imported data alone."""
    if work.origin is Origin.IMPORT or not firing:
        return set()
    heard = (task.rule for task in tasks if task.rule.key in firing)
    live = [rule.key for rule in heard if any(need.key in work.history for need in rule.needs)]
    return alert_log.imported_open(work.tx.connection, live) if live else set()


def settle(tx: Transaction, plan: Plan, changes: Sequence[Change], *, now: int) -> None:
    """Store changes of rule states and tell whom they concern."""
    if changes:
        tell(tx, alert_log.save(tx, changes), district=plan.district, now=now)


def ended(rule: RuleKey, state: RuleState, *, now: int, version: int, why: str) -> Change:
    """The end of a rule that is no longer configured: an open alert is resolved, saying why."""
    transitions: tuple[Transition, ...] = ()
    if state.phase is Phase.FIRING and state.severity is not None:
        resolved = Transition(
            TransitionKind.RESOLVED, state.severity, state.severity, now, UNKNOWN, why
        )
        transitions = (resolved,)
    after = replace(RuleState(), changes=state.changes)
    return Change(rule, state, after, transitions, Origin.LIVE, version)
