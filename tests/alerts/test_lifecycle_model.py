"""The life of an alert against a model that keeps everything it saw and asks it anew each time."""

from dataclasses import dataclass, field
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from floodwatch.alerts.lifecycle import FLAPPING_CHANGES, FLAPPING_WINDOW, step
from floodwatch.model.alert import Holds, RuleState
from floodwatch.model.clock import MINUTE
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.severity import Severity

NOW = 1_781_000_000_000
GRADES = st.integers(0, 4)  # 0: none


class Saw(NamedTuple):
    """One known finding: the worst that is open, the worst that holds."""

    at: int
    open: int
    held: int
    may_clear: bool


@dataclass
class Model:
    """The rules of docs/decisions/0008 word for word, over the whole history."""

    up: int
    down: int
    fires: int = 0  # the severity that fires
    since: int = 0  # index in `seen` from which on the present severity counts for rising
    seen: list[Saw] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)  # when it fired or cleared

    def look(self, saw: Saw) -> tuple[str, int, int] | None:
        """What is to be said: (kind, severity, previous)."""
        self.seen.append(saw)
        if saw.open > self.fires:
            return self._rise(saw)
        return self._fall(saw) if self.fires and saw.may_clear else None

    def _rise(self, saw: Saw) -> tuple[str, int, int] | None:
        """Worse than what fires has stood for `up`, without a break."""
        began = saw.at
        for each in reversed(self.seen[self.since :]):
            if each.open <= self.fires:
                break
            began = each.at
        if saw.at - began < self.up:
            return None
        before, self.fires = self.fires, saw.open
        self.since = len(self.seen)
        if not before:
            self.turns.append(saw.at)
        return ("worsened" if before else "fired", saw.open, before)

    def _fall(self, saw: Saw) -> tuple[str, int, int] | None:
        """The mildest severity than which nothing worse was seen for `down`."""
        for grade in range(self.fires):
            began = self._nothing_worse_since(grade)
            if began is not None and saw.at - began >= self._hold(began):
                before, self.fires = self.fires, grade
                self.since = len(self.seen)
                if grade:
                    return ("eased", grade, before)
                self.turns.append(saw.at)
                return ("resolved", before, before)
        return None

    def _nothing_worse_since(self, grade: int) -> int | None:
        """The first finding that could clear after the last one worse than `grade`."""
        began = None
        for each in reversed(self.seen):
            if max(each.open, each.held) > grade:
                break
            if each.may_clear:
                began = each.at
        return began

    def _hold(self, began: int) -> int:
        lately = [at for at in self.turns if began - FLAPPING_WINDOW < at <= began]
        flaps = len(lately) > FLAPPING_CHANGES
        return max(self.down, FLAPPING_WINDOW) if flaps else self.down


class Lives(RuleBasedStateMachine):
    """Every finding is shown to both; what they say must be the same."""

    @initialize(up=st.sampled_from([0, 3, 10]), down=st.sampled_from([0, 5, 30]))
    def begin(self, up: int, down: int) -> None:
        self.holds = Holds(up * MINUTE, down * MINUTE)
        self.model = Model(self.holds.up, self.holds.down)
        self.now, self.state = NOW, RuleState()
        self.last = Saw(NOW, 0, 0, True)

    @rule(wait=st.integers(0, 20), grade=GRADES, more=GRADES, may_clear=st.integers(0, 4))
    def find(self, wait: int, grade: int, more: int, may_clear: int) -> None:
        """A finding a while later."""
        self._both(self.now + wait * MINUTE, grade, max(grade, more), may_clear > 0)

    @rule(wait=st.integers(1, 3), times=st.integers(1, 15))
    def calm(self, wait: int, times: int) -> None:
        """It has gone, and stays away for a while."""
        for _ in range(times):
            self._both(self.now + wait * MINUTE, 0, 0, may_clear=True)

    @rule(times=st.integers(2, 5), grade=st.integers(1, 4))
    def flap(self, times: int, grade: int) -> None:
        """Up and down again."""
        for _ in range(times):
            self._both(self.now + MINUTE, grade, grade, may_clear=True)
            self._both(self.now + MINUTE, 0, 0, may_clear=True)

    @precondition(lambda self: self.state.due is not None)
    @rule()
    def due(self) -> None:
        """The tick judges when something is due, and sees what it saw before."""
        assert self.state.due is not None
        self._both(self.state.due, *self.last[1:3], may_clear=self.last.may_clear)

    @rule(wait=st.integers(0, 20))
    def nothing_known(self, wait: int) -> None:
        """No data is neither good nor bad news."""
        self.now += wait * MINUTE
        self.state, said = step(self.state, UNKNOWN, now=self.now, holds=self.holds)
        assert said == ()

    def _both(self, at: int, open_: int, held: int, may_clear: bool) -> None:
        self.now = at
        self.last = Saw(at, open_, held, may_clear)
        finding = Finding(grade(open_), grade(held), may_clear=may_clear, value=1.0, time=at)
        expected = self.model.look(self.last)
        self.state, said = step(self.state, finding, now=at, holds=self.holds)
        told = [(t.kind.value, int(t.severity), int(t.previous or 0)) for t in said]
        assert told == ([expected] if expected else [])

    @invariant()
    def both_stand_alike(self) -> None:
        if hasattr(self, "model"):
            assert int(self.state.severity or 0) == self.model.fires

    @invariant()
    def what_waits_is_due(self) -> None:
        if hasattr(self, "state") and (self.state.falling or self.state.pending_since is not None):
            assert self.state.due is not None
            assert self.state.due > self.now


def grade(number: int) -> Severity | None:
    """0 is none."""
    return Severity(number) if number else None


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
