"""How one alert lives on with what is judged: holds, doubt about single readings, imports."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from floodwatch.alerts.lifecycle import step
from floodwatch.model.alert import Holds, Phase, RuleKey, RuleState, Transition, TransitionKind
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.notify.phrases import DENIED
from floodwatch.pipeline import doubt
from floodwatch.pipeline.doubt import Beside
from floodwatch.rules.context import Context, Rule
from floodwatch.store.doubted import Doubted

NO_HOLDS = Holds(0, 0)
SPOKEN = (TransitionKind.FIRED, TransitionKind.WORSENED)
CONFIRMED = "confirmed by live data"


@dataclass(frozen=True, slots=True)
class Sight:
    """What one rule is judged by.

    `sees`: what it sees at a moment; `beside`: what lies beside a suspect reading then. `doubted`:
    the suspect reading on which alone its alert stands, if it does. `imported`: its alert stands by
    imported data alone, and this reading is live.
    """

    sees: Callable[[Rule, int], Context]
    beside: Callable[[RuleKey, int], Beside]
    now: int
    doubted: Doubted | None = None
    imported: bool = False


class Lived(NamedTuple):
    """The state after all moments, what is said, the doubt in which the alert then stands, and
    the last finding."""

    state: RuleState
    transitions: tuple[Transition, ...]
    doubted: Doubted | None
    finding: Finding


def live(
    rule: Rule, moments: Sequence[int], state: RuleState, sight: Sight, *, why: str = ""
) -> Lived:
    """Judge and step through the moments (data time, rising).

    A suspect reading goes to the officer, with the rain and the neighbours; rain supports it, and
    then it is told to all. Otherwise the next reading decides: a good one denies it, and what it
    raised ends at once, and what stands then is told anew; or it is supported, and told anew, to
    all. Without a verdict the patrol is asked after doubt.ASK and all are told after doubt.VERDICT.
    What was known before it is no verdict.
    """
    transitions: list[Transition] = []
    finding = UNKNOWN
    now, doubted, imported = sight.now, sight.doubted, sight.imported
    for at in moments:
        finding = rule.judge(sight.sees(rule, at))
        if doubted is not None and (finding.time or now) < doubted.time:
            finding = replace(UNKNOWN, recheck_at=finding.recheck_at)
        denied = doubted is not None and doubt.denies(finding, state)
        holds = NO_HOLDS if denied else rule.holds
        because = why or str(finding.facts.get("why", ""))
        state, made = step(
            state, finding, now=now, holds=holds, direction=rule.key.direction, why=because
        )
        if any(transition.kind in SPOKEN for transition in made):
            imported = False
            made, doubted = _spoken(made, rule.key, doubted, sight, at=finding.time or now)
        elif doubted is not None and doubt.decided(finding, state, doubted=doubted.time, now=now):
            lower = any(transition.kind is TransitionKind.EASED for transition in made)
            anew = doubt.told_anew(
                finding,
                state,
                now=now,
                doubted=doubted.time,
                why=DENIED if denied and lower else "",
            )
            made, doubted = (*made, *anew), None
        elif doubted is not None and doubt.asks(state, doubted, now=now):
            made = (*made, doubt.asked(finding, state, doubted, now=now))
            doubted = doubted._replace(asked=True)
        elif imported and state.phase is Phase.FIRING and finding.severity is not None:
            anew = doubt.told_anew(finding, state, now=now, why=CONFIRMED)
            made, imported = (*made, *anew), False
        transitions += made
    if doubted is not None and state.phase is Phase.FIRING:
        state = doubt.due(state, doubted)
    return Lived(state, tuple(transitions), doubted, finding)


def _spoken(
    made: tuple[Transition, ...], rule: RuleKey, doubted: Doubted | None, sight: Sight, *, at: int
) -> tuple[tuple[Transition, ...], Doubted | None]:
    """What is said of an alert that opens or worsens, and the doubt in which it then stands."""
    if not any(transition.finding.suspect for transition in made):
        return made, None
    if doubted is not None and at > doubted.time:
        return doubt.sure(made), None  # a second one, and worse
    found = sight.beside(rule, at)
    made = doubt.noted(made, found)
    if doubt.supports(rule, found):
        return doubt.sure(made, why=doubt.SUPPORTED), None
    return made, Doubted(at, False, dict(made[-1].finding.facts))
