"""Has rules judge what they must, and lets the alerts live: shared by ingest and tick."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from floodwatch.alerts.lifecycle import step
from floodwatch.hydrology.series import Series, empty
from floodwatch.model.alert import (
    Holds,
    Origin,
    Phase,
    RuleKey,
    RuleState,
    Transition,
    TransitionKind,
)
from floodwatch.model.clock import MINUTE
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.pipeline.newest import latest_of
from floodwatch.pipeline.plan import Plan
from floodwatch.pipeline.tell import tell
from floodwatch.rules.context import Context, Rule
from floodwatch.store import alert_log, journal
from floodwatch.store.alert_log import Change
from floodwatch.store.database import Transaction
from floodwatch.store.journal import SeriesMap

NO_HOLDS = Holds(0, 0)
VERDICT = 6 * MINUTE  # how long a suspect reading waits for the next one before all are told

# How the latest reading of a series went on during one transaction, oldest first.
History = Mapping[SeriesKey, Sequence[Latest]]


@dataclass(frozen=True, slots=True)
class Task:
    """One rule to be judged at these moments (data time, rising)."""

    rule: Rule
    moments: tuple[int, ...]
    why: str = ""


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
    """Judge, step the lives, store what changed and put what must be told into the outbox."""
    if not tasks:
        return
    states = alert_log.states(tx.connection, [task.rule.key for task in tasks])
    known = _known(tx, tasks, history=history, series=series, now=now)
    windows = _windows(tx, tasks, series=series, now=now)
    changes = []
    firing = [key for key, state in states.items() if state.phase is Phase.FIRING]
    doubted = alert_log.doubted(tx.connection, firing) if firing else {}
    for task in tasks:
        before = states.get(task.rule.key, RuleState())
        after, transitions = _live(
            task,
            before,
            known=known,
            windows=windows,
            now=now,
            doubted=doubted.get(task.rule.key),
        )
        if after != before or transitions:
            changes.append(Change(task.rule.key, before, after, transitions, origin, plan.version))
    settle(tx, plan, changes, now=now)


def settle(tx: Transaction, plan: Plan, changes: Sequence[Change], *, now: int) -> None:
    """Store changes of rule states and tell whom they concern."""
    if changes:
        told = alert_log.save(tx, _woken(tx.connection, changes, now=now))
        tell(tx, told, district=plan.district, now=now)


def _live(
    task: Task,
    state: RuleState,
    *,
    known: History,
    windows: Mapping[SeriesKey, Series],
    now: int,
    doubted: int | None,
) -> tuple[RuleState, tuple[Transition, ...]]:
    """Judge and step through the task's moments.

    `doubted`: the time of the suspect reading on which alone the alert stands, if it does. The next
    good reading denies it, and what it raised ends at once; or supports it, and it is told anew, to
    all. Without a verdict it is told to all after VERDICT.
    """
    transitions: list[Transition] = []
    rule = task.rule
    for at in task.moments:
        latest = {
            need.key: found
            for need in rule.needs
            if (found := _at(known.get(need.key, ()), at)) is not None
        }
        finding = rule.judge(Context(at, now, latest, windows))
        denied = doubted is not None and _denies(finding, state)
        holds = NO_HOLDS if denied else rule.holds
        state, made = step(
            state, finding, now=now, holds=holds, direction=rule.key.direction, why=task.why
        )
        kinds = {transition.kind for transition in made}
        if kinds & {TransitionKind.FIRED, TransitionKind.WORSENED}:
            doubted = (finding.time or now) if finding.suspect else None
        elif doubted is not None and _decided(finding, state, doubted=doubted, now=now):
            made, doubted = (*made, *_told_anew(finding, state, now=now)), None
        transitions += made
    if doubted is not None and state.phase is Phase.FIRING:
        verdict = doubted + VERDICT
        state = replace(state, due=verdict if state.due is None else min(state.due, verdict))
    return state, tuple(transitions)


def _denies(finding: Finding, state: RuleState) -> bool:
    worst = max(finding.severity or 0, finding.holding or 0)
    return finding.known and finding.may_clear and worst < (state.severity or 0)


def _decided(finding: Finding, state: RuleState, *, doubted: int, now: int) -> bool:
    if state.phase is not Phase.FIRING:
        return True
    return finding.known and (not finding.suspect or now - doubted >= VERDICT)


def _told_anew(finding: Finding, state: RuleState, *, now: int) -> tuple[Transition, ...]:
    if state.phase is not Phase.FIRING or state.severity is None:
        return ()
    sure = replace(finding, suspect=False)
    why = "confirmed" if not finding.suspect else "no verdict within six minutes"
    return (Transition(TransitionKind.FIRED, state.severity, None, now, sure, why),)


def _at(known: Sequence[Latest], at: int) -> Latest | None:
    """The newest of `known` that was true at `at`."""
    return next((latest for latest in reversed(known) if latest.reading.time <= at), None)


def _known(
    tx: Transaction,
    tasks: Iterable[Task],
    *,
    history: History,
    series: SeriesMap,
    now: int,
) -> dict[SeriesKey, Sequence[Latest]]:
    wanted = {need.key for task in tasks for need in task.rule.needs if need.key not in history}
    ids = series.ids(tx, wanted, now=now, create=False)
    rows = journal.latest(tx.connection, list(ids.values()))
    stored = {key: (latest_of(key, rows[i]),) for key, i in ids.items() if i in rows}
    return {**stored, **history}


def _windows(
    tx: Transaction, tasks: Iterable[Task], *, series: SeriesMap, now: int
) -> dict[SeriesKey, Series]:
    spans: dict[SeriesKey, tuple[int, int]] = {}
    for task in tasks:
        for need in task.rule.needs:
            if need.span:
                start, end = spans.get(need.key, (now, 0))
                low, high = task.moments[0] - need.span, task.moments[-1]
                spans[need.key] = (min(start, low), max(end, high))
    ids = series.ids(tx, spans, now=now, create=False)
    found = journal.windows(tx.connection, {i: spans[key] for key, i in ids.items()})
    return {key: found.get(ids[key], empty()) if key in ids else empty() for key in spans}


def _woken(connection: Connection, changes: Sequence[Change], *, now: int) -> list[Change]:
    """An alert that stood "by import" and is confirmed by live data is told as if it fired now."""
    standing = {c.rule for c in changes if c.origin is Origin.LIVE and _stands(c)}
    imported = alert_log.imported_open(connection, standing) if standing else set()
    return [
        _confirmed(change, now=now) if change.rule in imported else change for change in changes
    ]


def _stands(change: Change) -> bool:
    return change.after.phase is Phase.FIRING and not change.transitions


def _confirmed(change: Change, *, now: int) -> Change:
    """The change with a FIRED: its rule fires and said nothing of itself."""
    severity = change.after.severity or Severity.IV
    finding = Finding(severity, severity, value=change.after.peak, time=change.after.peak_at)
    fired = Transition(TransitionKind.FIRED, severity, None, now, finding, "confirmed by live data")
    return change._replace(transitions=(fired,))


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
