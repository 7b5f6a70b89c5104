"""The life of an alert: cases a duty officer knows, and a model check against a tiny reference."""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from floodwatch.alerts.lifecycle import (
    FLAPPING_CHANGES,
    FLAPPING_WINDOW,
    RECHECK,
    step,
)
from floodwatch.model.alert import Holds, Phase, RuleState, Transition, TransitionKind
from floodwatch.model.clock import MINUTE
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.severity import Severity

NOW = 1_781_000_000_000
I, II, III, IV = Severity.I, Severity.II, Severity.III, Severity.IV  # noqa: E741
FIRED, WORSENED = TransitionKind.FIRED, TransitionKind.WORSENED
EASED, RESOLVED = TransitionKind.EASED, TransitionKind.RESOLVED


def seen(
    severity: Severity | None,
    holding: Severity | None = None,
    *,
    value: float | None = None,
    limit: float | None = None,
    may_clear: bool = True,
    recheck_at: int | None = None,
) -> Finding:
    held = max((s for s in (severity, holding) if s is not None), default=None)
    return Finding(
        severity,
        held,
        may_clear=may_clear,
        value=value,
        limit=limit,
        time=NOW,
        recheck_at=recheck_at,
    )


@dataclass
class Life:
    """Steps one rule and remembers what was said."""

    holds: Holds = field(default_factory=lambda: Holds(0, 30 * MINUTE))
    state: RuleState = field(default_factory=RuleState)
    said: list[Transition] = field(default_factory=list)

    def at(self, minute: float, finding: Finding, *, direction: str = "") -> "Life":
        now = NOW + round(minute * MINUTE)
        self.state, said = step(self.state, finding, now=now, holds=self.holds, direction=direction)
        self.said += said
        return self

    @property
    def kinds(self) -> list[TransitionKind]:
        return [transition.kind for transition in self.said]


def test_without_a_hold_an_alert_fires_at_once() -> None:
    life = Life().at(0, seen(II))
    assert life.kinds == [FIRED]
    assert (life.state.phase, life.state.severity) == (Phase.FIRING, II)


def test_with_a_hold_it_is_pending_until_the_condition_has_stood_that_long() -> None:
    life = Life(Holds(10 * MINUTE, 0)).at(0, seen(III))
    assert (life.state.phase, life.state.due) == (Phase.PENDING, NOW + 10 * MINUTE)
    assert life.at(9.9, seen(III)).said == []
    assert life.at(10, seen(III)).kinds == [FIRED]


def test_a_worse_band_met_while_pending_does_not_start_the_hold_again() -> None:
    life = Life(Holds(10 * MINUTE, 0)).at(0, seen(IV)).at(9, seen(I)).at(10, seen(I))
    assert [(t.kind, t.severity) for t in life.said] == [(FIRED, I)]


def test_a_condition_that_goes_while_pending_is_never_told() -> None:
    life = Life(Holds(10 * MINUTE, 0)).at(0, seen(III)).at(5, seen(None)).at(6, seen(III))
    assert life.said == []
    assert life.state.due == NOW + 16 * MINUTE


def test_the_clear_level_does_not_keep_a_pending_alert_alive() -> None:
    life = Life(Holds(10 * MINUTE, 0)).at(0, seen(III)).at(5, seen(None, III))
    assert (life.state.phase, life.state.due) == (Phase.QUIET, None)


def test_alert_stays_firing_until_stage_falls_below_the_clear_level() -> None:
    life = Life(Holds(0, 0)).at(0, seen(II)).at(1, seen(None, II)).at(60, seen(None, II))
    assert (life.kinds, life.state.clear_since) == ([FIRED], None)
    assert life.at(61, seen(None)).kinds == [FIRED, RESOLVED]


def test_it_clears_only_after_the_hold_down() -> None:
    life = Life().at(0, seen(II)).at(10, seen(None))
    assert (life.state.clear_since, life.state.due) == (NOW + 10 * MINUTE, NOW + 40 * MINUTE)
    assert life.at(39, seen(None)).kinds == [FIRED]
    assert life.at(40, seen(None)).kinds == [FIRED, RESOLVED]
    assert life.state.phase is Phase.QUIET


def test_a_return_during_the_hold_down_starts_it_again() -> None:
    life = Life().at(0, seen(II)).at(10, seen(None)).at(20, seen(None, II)).at(25, seen(None))
    assert life.at(54, seen(None)).kinds == [FIRED]
    assert life.at(55, seen(None)).kinds == [FIRED, RESOLVED]


def test_worse_is_said_at_once_even_while_it_was_about_to_clear() -> None:
    life = Life().at(0, seen(III)).at(10, seen(None)).at(39, seen(I))
    assert [(t.kind, t.severity, t.previous) for t in life.said][1:] == [(WORSENED, I, III)]
    assert life.state.clear_since is None


def test_it_eases_to_the_worst_seen_during_the_hold_down_and_clears_in_its_own_time() -> None:
    life = Life().at(0, seen(I)).at(10, seen(III)).at(20, seen(None))
    life.at(40, seen(None))
    assert [(t.kind, t.severity) for t in life.said] == [(FIRED, I), (EASED, III)]
    assert life.at(50, seen(None)).kinds == [FIRED, EASED, RESOLVED]


def test_what_cannot_clear_never_clears_however_long_it_lasts() -> None:
    life = Life(Holds(0, 0)).at(0, seen(II))
    for minute in range(1, 600, 60):
        life.at(minute, seen(None, may_clear=False))
    assert life.kinds == [FIRED]


def test_a_high_value_that_may_not_clear_interrupts_the_clearing() -> None:
    life = Life().at(0, seen(II)).at(10, seen(None)).at(20, seen(II, may_clear=False))
    assert life.at(45, seen(None)).kinds == [FIRED]


def test_unknown_changes_nothing_and_keeps_what_is_due() -> None:
    life = Life().at(0, seen(II)).at(10, seen(None))
    before = life.state
    assert life.at(15, UNKNOWN).state == before
    after = life.at(50, UNKNOWN).state
    assert (after.severity, after.due) == (II, NOW + 50 * MINUTE + RECHECK)


def test_an_alert_that_fires_and_clears_at_once_says_both() -> None:
    assert Life(Holds(0, 0)).at(0, seen(IV)).at(0, seen(None)).kinds == [FIRED, RESOLVED]


def test_the_moment_a_rule_asks_for_is_due() -> None:
    life = Life().at(0, seen(None, recheck_at=NOW + 7 * MINUTE))
    assert life.state.due == NOW + 7 * MINUTE


def test_flapping_lengthens_the_hold_down_and_never_delays_worse() -> None:
    life = Life(Holds(0, 0))
    for minute in range(FLAPPING_CHANGES // 2):
        life.at(2 * minute, seen(IV)).at(2 * minute + 1, seen(None))
    life.at(10, seen(IV)).at(11, seen(None))
    assert life.state.phase is Phase.FIRING
    assert life.state.due == NOW + 11 * MINUTE + FLAPPING_WINDOW
    assert life.at(12, seen(II)).kinds[-1] is WORSENED
    assert life.at(50, seen(None)).at(50, seen(None)).kinds[-1] is RESOLVED


def test_the_peak_is_the_extreme_on_the_dangerous_side() -> None:
    high = Life().at(0, seen(II, value=104.8, limit=104.75)).at(1, seen(II, value=104.9))
    high.at(2, seen(II, value=104.85, limit=104.75), direction="up")
    low = Life().at(0, seen(II, value=73.0, limit=73.2)).at(1, seen(II, value=72.5, limit=73.2))
    low.at(2, seen(II, value=72.9, limit=73.2))
    assert (high.state.peak, low.state.peak) == (104.9, 72.5)


SEVERITIES = st.sampled_from([None, IV, III, II, I])


class Reference(RuleBasedStateMachine):
    """Against the whole history of findings, which a state has no room for."""

    @initialize(
        up=st.sampled_from([0, 3, 10]), down=st.sampled_from([0, 5, 30]), start=st.integers(0, 10)
    )
    def begin(self, up: int, down: int, start: int) -> None:
        self.holds = Holds(up * MINUTE, down * MINUTE)
        self.now = NOW + start
        self.state = RuleState()
        self.firing: Severity | None = None
        self.worse_since: int | None = None
        self.past: list[tuple[int, int]] = []  # (time, worst held) of findings that may clear
        self.unclear: list[tuple[int, int]] = []  # of those that may not

    @rule(
        wait=st.integers(0, 20),
        severity=SEVERITIES,
        holding=SEVERITIES,
        may_clear=st.booleans() | st.just(True),
        known=st.sampled_from([True, True, True, False]),
    )
    def find(
        self,
        wait: int,
        severity: Severity | None,
        holding: Severity | None,
        may_clear: bool,
        known: bool,
    ) -> None:
        self.now += wait * MINUTE
        finding = seen(severity, holding, may_clear=may_clear) if known else UNKNOWN
        before = self.state
        self.state, said = step(before, finding, now=self.now, holds=self.holds)
        if not known:
            assert said == ()
            return
        self._expect_rising(severity, said)
        held = int(finding.holding or 0)
        (self.past if may_clear else self.unclear).append((self.now, held))
        for transition in said:
            self._follow(transition, finding)

    def _expect_rising(self, severity: Severity | None, said: tuple[Transition, ...]) -> None:
        """Worse than what fires is said exactly when it has stood for the hold up."""
        current = self.firing or 0
        if severity is None or severity <= current:
            self.worse_since = None
            return
        self.worse_since = self.now if self.worse_since is None else self.worse_since
        due = self.now - self.worse_since >= self.holds.up
        kind = FIRED if self.firing is None else WORSENED
        assert [t.kind for t in said] == ([kind] if due else [])
        if due:
            assert said[0].severity == severity
            self.worse_since = None

    def _follow(self, transition: Transition, finding: Finding) -> None:
        """No two fires without an end between, no silent clear, nothing eased too early."""
        assert transition.finding is finding
        if transition.kind is FIRED:
            assert self.firing is None
            self.firing = transition.severity
            return
        assert self.firing is not None
        if transition.kind is WORSENED:
            assert transition.severity > self.firing == transition.previous
            self.firing = transition.severity
            return
        assert finding.may_clear
        to = 0 if transition.kind is RESOLVED else int(transition.severity)
        assert to < self.firing
        self._expect_low_for_long(to)
        self.firing = None if transition.kind is RESOLVED else transition.severity

    def _expect_low_for_long(self, to: int) -> None:
        """Nothing worse than `to` was seen during the hold down, which a clear finding began."""
        start = self.now - self.holds.down
        recent = [held for at, held in (*self.past, *self.unclear) if at > start]
        assert max(recent, default=0) <= to
        assert any(at <= start and held < (self.firing or 0) for at, held in self.past) or (
            self.holds.down == 0
        )

    @invariant()
    def the_state_is_what_was_said(self) -> None:
        if hasattr(self, "firing"):
            assert self.state.severity == self.firing
            assert (self.state.phase is Phase.FIRING) == (self.firing is not None)

    @invariant()
    def something_is_due_while_something_waits(self) -> None:
        if hasattr(self, "state"):
            waits = self.state.pending is not None or self.state.clear_since is not None
            assert not waits or (self.state.due is not None and self.state.due > self.now)


TestReference = Reference.TestCase
TestReference.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
