"""One rule on its way through a past period: judged where something may change, and only there."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.alert import Origin, Phase, RuleState, Transition, TransitionKind
from floodwatch.model.clock import DAY
from floodwatch.model.finding import Finding
from floodwatch.model.reading import SeriesKey
from floodwatch.pipeline.hindsight import Hindsight, Known, Stood
from floodwatch.pipeline.judge import ended
from floodwatch.pipeline.living import Sight, live
from floodwatch.rules.context import Context, Ended, Rule, Skipping
from floodwatch.store.alert_log import Change
from floodwatch.store.doubted import Doubted

AFTERWARDS = 4 * DAY  # how long time goes on after the last reading of a rule
WAITING = ("level",)  # rules that, unable to clear, wait for a reading and nothing else
CHAINED = frozenset({"stale", "rise_silent"})  # each reading puts off when they look again
RETIRED = "station retired"

Times = NDArray[np.int64]


@dataclass(slots=True)
class Replayed:
    """What became of one rule: every step of its life that is told, and how it stood when."""

    changes: list[tuple[int, Change]] = field(default_factory=list)
    life: list[Stood] = field(default_factory=list)
    judged: int = 0  # how often


class Replay:
    """The rule's memory while time passes from one moment to the next."""

    def __init__(
        self,
        rule: Rule,
        hindsight: Hindsight,
        *,
        start: int,
        end: int,
        skip: bool = True,
        version: int = 0,
        valid_to: int | None = None,
    ) -> None:
        self._rule = rule
        self._hindsight = hindsight
        self._start = start
        self._end = end if valid_to is None else min(end, valid_to - 1)
        self._retires = valid_to if valid_to is not None and valid_to <= end else None
        self._skip = skip
        self._version = version
        self._known: Mapping[SeriesKey, Known] = {}
        self._state = RuleState()
        self._doubted: Doubted | None = None
        self._last_ended: Ended | None = None
        self._skipped: Times = np.empty(0, np.int64)
        self._heard: Times = np.empty(0, np.int64)
        self._judged_at = start
        self._found = Replayed()

    def play(self) -> Replayed:
        """Every reading of the period and all that time decides between them and after."""
        moments = self._moments()
        if not moments:
            return self._found
        self._known = self._hindsight.heard(self._rule.needs)
        for moment in moments:
            self._wait(moment - 1)
            self._judge(moment)
        self._wait(self._end)
        if self._retires is not None:
            self._retire(self._retires)
        return self._found

    # -- when ------------------------------------------------------------------------------

    def _moments(self) -> list[int]:
        """When something may change: readings, the lives of others, what people entered."""
        rule, hindsight = self._rule, self._hindsight
        told = self._told()
        watches = getattr(rule, "watches", ())
        others = {at for at in hindsight.past.changes(watches) if self._start <= at <= self._end}
        others |= {at for at in hindsight.entries(rule) if at <= self._end}
        if not any(need.wakes for need in rule.needs):
            others.add(self._start)  # it looks when time asks for it, from the start on
        if not others:
            return [int(moment) for moment in told]
        return sorted(others.union(told.tolist()))

    def _told(self) -> Times:
        """The readings that wake the rule, but those of which it says that they change nothing."""
        rule = self._rule
        known = self._hindsight.heard(need for need in rule.needs if need.wakes)
        times = []
        for key, found in known.items():
            mine = found.between(self._start, self._end).times
            self._hindsight.counted[key] = int(mine.size)
            times.append(mine)
        if not times:
            return self._heard
        moments = times[0] if len(times) == 1 else np.unique(np.concatenate(times))
        self._heard = moments
        sound = isinstance(rule, Skipping) and not self._hindsight.consults(rule)
        if not (self._skip and sound and moments.size):
            return moments
        needed = self._hindsight.heard(rule.needs)
        series = {key: found.series for key, found in needed.items()}
        assert isinstance(rule, Skipping)  # noqa: S101 - `sound` has seen it
        calm = rule.quiet(series, moments)
        calm[0] = False  # what was before the period has not been judged
        self._skipped = moments[calm]
        return moments[~calm]

    def _wait(self, until: int) -> None:
        """Let time pass up to and including `until`, but not for ever after the last reading."""
        while (due := self._state.due) is not None and due <= until:
            if self._put_off(due) or self._for_nothing(due):
                self._state = replace(self._state, due=None)
                return
            before = self._state
            finding = self._judge(due)
            if finding.may_clear or self._rule.key.type not in WAITING:
                continue
            if replace(self._state, due=due) == before:
                self._state = replace(self._state, due=finding.recheck_at)

    def _put_off(self, due: int) -> bool:
        """Whether a reading that was left out would have put off this look."""
        if self._rule.key.type not in CHAINED or self._state.phase is not Phase.QUIET:
            return False
        place = int(self._skipped.searchsorted(due, side="right")) - 1
        return place >= 0 and int(self._skipped[place]) > self._judged_at

    def _for_nothing(self, due: int) -> bool:
        """Whether nothing has come for so long that no window holds anything any more."""
        if not self._heard.size:
            return False
        place = int(self._heard.searchsorted(due, side="right")) - 1
        return due - int(self._heard[max(place, 0)]) > AFTERWARDS

    # -- what ------------------------------------------------------------------------------

    def _see(self, rule: Rule, at: int) -> Context:
        return self._hindsight.context(rule, self._known, at)

    def _judge(self, moment: int) -> Finding:
        before = self._state
        sight = Sight(self._see, self._hindsight.beside, moment, self._doubted)
        lived = live(self._rule, (moment,), before, sight)
        self._state, self._doubted = lived.state, lived.doubted
        self._judged_at = moment
        self._found.judged += 1
        if lived.transitions:
            self._note(moment, before, lived.transitions)
        elif (before.phase, before.severity) != (lived.state.phase, lived.state.severity):
            self._found.life.append(Stood(moment, lived.state, self._last_ended))
        return lived.finding

    def _note(self, moment: int, before: RuleState, said: tuple[Transition, ...]) -> None:
        for transition in said:
            if transition.kind in (TransitionKind.RESOLVED, TransitionKind.EASED):
                self._last_ended = Ended.after(self._last_ended, transition)
        change = Change(self._rule.key, before, self._state, said, Origin.LIVE, self._version)
        self._found.changes.append((moment, change))
        self._found.life.append(Stood(moment, self._state, self._last_ended))

    def _retire(self, moment: int) -> None:
        key, before = self._rule.key, self._state
        change = ended(key, before, now=moment, version=self._version, why=RETIRED)
        self._state = change.after
        if change.transitions:
            self._note(moment, before, change.transitions)
