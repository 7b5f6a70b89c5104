"""The life of an alert: pending, firing, resolved; holds, hysteresis, severity changes, flapping.

Hold up: from the first moment the value is worse than what is firing, the condition must stand for
`holds.up`; then the alert takes the severity seen *then*. A worse band met meanwhile does not start
the wait again, so no severity ever waits longer than the hold. Holding (between the open and the
clear level) never keeps a pending alert alive.

Hold down: an alert eases to the worst of what was seen during the last `holds.down`, and clears
when nothing was. Only known findings that may clear count.

Flapping: an alert that fired and cleared more than FLAPPING_CHANGES times in FLAPPING_WINDOW before
it began to clear waits at least FLAPPING_WINDOW to ease or clear. A worse severity never waits
for that.
"""

from dataclasses import replace

from floodwatch.model.alert import Holds, Phase, RuleState, Transition, TransitionKind
from floodwatch.model.clock import MINUTE, SECOND
from floodwatch.model.finding import Finding
from floodwatch.model.severity import Severity

FLAPPING_WINDOW = 30 * MINUTE
FLAPPING_CHANGES = 4
RECHECK = MINUTE  # when a hold has run out but nothing can be said

Step = tuple[RuleState, tuple[Transition, ...]]


def step(
    state: RuleState,
    finding: Finding,
    *,
    now: int,
    holds: Holds,
    direction: str = "",
    why: str = "",
) -> Step:
    """The next state and what is to be said about it (at most one transition).

    `now` is service ms and never goes back. `direction` is the rule's (up, down, rise, fall): which
    extreme is the peak; without it the side of the limit on which the value lies decides. `why`
    goes into the transition ("threshold edited").
    """
    if not finding.known:
        return replace(state, due=_due(state, finding, now=now, holds=holds)), ()
    if state.phase is not Phase.FIRING:
        return _quiet(state, finding, now=now, holds=holds, direction=direction, why=why)
    return _firing(state, finding, now=now, holds=holds, direction=direction, why=why)


def _quiet(
    state: RuleState, finding: Finding, *, now: int, holds: Holds, direction: str, why: str
) -> Step:
    """Nothing fires yet: perhaps it is pending, perhaps it fires now."""
    if finding.severity is None:
        calm = RuleState(changes=_recent(state.changes, now))
        return replace(calm, due=_due(calm, finding, now=now, holds=holds)), ()
    since = now if state.pending_since is None else state.pending_since
    after = _peak(state, finding, direction)
    if now - since < holds.up:
        after = replace(
            after, phase=Phase.PENDING, pending=finding.severity, pending_since=since, falling=()
        )
        return replace(after, due=_due(after, finding, now=now, holds=holds)), ()
    after = replace(
        after,
        phase=Phase.FIRING,
        severity=finding.severity,
        pending=None,
        pending_since=None,
        falling=(),
        changes=(*_recent(state.changes, now), now),
    )
    said = Transition(TransitionKind.FIRED, finding.severity, None, now, finding, why)
    return replace(after, due=_due(after, finding, now=now, holds=holds)), (said,)


def _firing(
    state: RuleState, finding: Finding, *, now: int, holds: Holds, direction: str, why: str
) -> Step:
    """An alert stands: it may worsen, ease, clear, or stay."""
    current = state.severity or Severity.IV
    after = _peak(state, finding, direction)
    said: tuple[Transition, ...] = ()
    if finding.severity is not None and finding.severity > current:
        since = now if state.pending_since is None else state.pending_since
        if now - since >= holds.up:
            said = (
                Transition(TransitionKind.WORSENED, finding.severity, current, now, finding, why),
            )
            after = replace(
                after, severity=finding.severity, pending=None, pending_since=None, falling=()
            )
        else:
            after = replace(after, pending=finding.severity, pending_since=since, falling=())
    else:
        falling = _fall(after, finding, current, now=now)
        if falling != after.falling or after.pending is not None:
            after = replace(after, pending=None, pending_since=None, falling=falling)
        if finding.may_clear and falling:
            after, said = _ease(after, finding, current, now=now, holds=holds, why=why)
    due = _due(after, finding, now=now, holds=holds)
    return after if due == after.due else replace(after, due=due), said


def _fall(
    state: RuleState, finding: Finding, current: Severity, *, now: int
) -> tuple[tuple[int, int], ...]:
    """`falling` after this finding: what is refuted goes, what is newly seen begins now."""
    target = max(finding.severity or 0, finding.holding or 0)
    if target >= current:
        return ()
    kept = [entry for entry in state.falling if entry[0] >= target]
    refuted = [since for severity, since in state.falling if severity < target]
    if kept and kept[-1][0] == target:
        return tuple(kept)
    if refuted:
        return (*kept, (target, refuted[0]))
    return (*kept, (target, now)) if finding.may_clear else tuple(kept)


def _ease(
    state: RuleState, finding: Finding, current: Severity, *, now: int, holds: Holds, why: str
) -> Step:
    """Take the lowest severity that has stood long enough."""
    over = [entry for entry in state.falling if now - entry[1] >= _down(state, entry[1], holds)]
    if not over:
        return state, ()
    lowest = over[-1][0]
    if lowest:
        eased = Severity(lowest)
        said = Transition(TransitionKind.EASED, eased, current, now, finding, why)
        falling = tuple(entry for entry in state.falling if entry[0] < lowest)
        return replace(state, severity=eased, falling=falling), (said,)
    said = Transition(TransitionKind.RESOLVED, current, current, now, finding, why)
    return RuleState(changes=(*_recent(state.changes, now), now)), (said,)


def _down(state: RuleState, since: int, holds: Holds) -> int:
    """The hold down of an alert that began to fall at `since`; flapping lengthens it."""
    changes = sum(since - FLAPPING_WINDOW < change <= since for change in state.changes)
    return max(holds.down, FLAPPING_WINDOW) if changes > FLAPPING_CHANGES else holds.down


def _due(state: RuleState, finding: Finding, *, now: int, holds: Holds) -> int | None:
    """The next service ms at which time alone can change something."""
    ends = [since + _down(state, since, holds) for _, since in state.falling]
    if state.pending_since is not None:
        ends.append(state.pending_since + holds.up)
    # What has run out without effect waits for knowledge: asked again soon, not at every tick.
    waits = [end if end > now else now + RECHECK for end in ends]
    if finding.recheck_at is not None:
        waits.append(max(finding.recheck_at, now + SECOND))
    if not finding.known and state.due is not None and state.due > now:
        waits.append(state.due)
    return min(waits, default=None)


def _peak(state: RuleState, finding: Finding, direction: str) -> RuleState:
    """The extreme value seen while the condition is open."""
    value, limit = finding.value, finding.limit
    if finding.severity is None or value is None:
        return state
    if state.peak is not None:
        low = direction in ("down", "fall") or (
            not direction and limit is not None and value < limit
        )
        further = value < state.peak if low else value > state.peak
        if not further or (not direction and value == limit):
            return state
    return replace(state, peak=value, peak_at=finding.time)


def _recent(changes: tuple[int, ...], now: int) -> tuple[int, ...]:
    """The changes that can still count toward flapping."""
    return tuple(change for change in changes if change > now - FLAPPING_WINDOW)
