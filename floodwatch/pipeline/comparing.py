"""Two rehearsals of one period side by side: the present rules and a draft. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from floodwatch.model.alert import RuleKey
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.severity import Severity
from floodwatch.pipeline.rehearsed import People, Rehearsal, Rehearsed, second

APART = 6 * HOUR  # alerts of one rule that do not overlap are still one matter if so close
FOREVER = 1 << 62


class Change(StrEnum):
    """How an alert differs under the draft."""

    NEW = "new"
    GONE = "gone"
    GRAVER = "graver"
    MILDER = "milder"
    EARLIER = "earlier"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Differing:
    """One matter that the draft sees otherwise; at least one of the two alerts is there."""

    rule: RuleKey
    changes: tuple[Change, ...]
    present: Rehearsed | None
    draft: Rehearsed | None

    @property
    def at(self) -> int:
        """When it begins, by whichever comes first."""
        return min(alert.fired_at for alert in (self.present, self.draft) if alert is not None)

    @property
    def severity(self) -> Severity:
        """The gravest of both."""
        return max(alert.severity for alert in (self.present, self.draft) if alert is not None)

    @property
    def minutes(self) -> float | None:
        """How much later (negative: earlier) the draft speaks."""
        if self.present is None or self.draft is None:
            return None
        return round((self.draft.fired_at - self.present.fired_at) / MINUTE, 1)

    def as_json(self) -> dict[str, Any]:
        """In the words of the command's JSON."""
        return {
            **self.rule._asdict(),
            "change": [change.value for change in self.changes],
            "minutes": self.minutes,
            "present": _short(self.present),
            "draft": _short(self.draft),
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """The present rules against the draft, over the same readings."""

    present: Rehearsal
    draft: Rehearsal
    differing: tuple[Differing, ...]
    alike: tuple[tuple[Rehearsed, Rehearsed], ...]  # began alike and became alike grave

    @property
    def same(self) -> int:
        """How many matters do not differ."""
        return len(self.alike)

    def count(self, change: Change) -> int:
        """How many matters differ in this way."""
        return sum(change in one.changes for one in self.differing)

    def as_json(self) -> dict[str, Any]:
        """In the words of the command's JSON: what the present rules say, and what differs."""
        return {
            "present": {
                "alerts": len(self.present.alerts),
                "by_severity": {s.name: n for s, n in self.present.by_severity.items()},
                "notifications": self.present.said,
                "lead_times": [lead.as_json() for lead in self.present.leads()],
                **(self.present.people.as_json() if self.present.people is not None else {}),
            },
            "same": self.same,
            "counts": {change.value: self.count(change) for change in Change},
            "differences": [one.as_json() for one in self.differing],
            "people": people_apart(self.present.people, self.draft.people),
        }


def compare(present: Rehearsal, draft: Rehearsal) -> Comparison:
    """Match the alerts of each rule by time, and say in what they differ."""
    before, after = _by_rule(present.alerts), _by_rule(draft.alerts)
    found, alike = [], []
    for rule in sorted({*before, *after}):
        for old, new in _matched(before.get(rule, []), after.get(rule, [])):
            changes = _changes(old, new)
            if changes:
                found.append(Differing(rule, changes, old, new))
            elif old is not None and new is not None:
                alike.append((old, new))
    found.sort(key=lambda one: (one.at, one.rule))
    return Comparison(present, draft, tuple(found), tuple(alike))


def people_apart(present: People | None, draft: People | None) -> list[dict[str, Any]]:
    """By person: messages, calls and SMS parts more (or, negative, less) than at present."""
    if present is None or draft is None:
        return []
    old = {one.person: one for one in present.told}
    new = {one.person: one for one in draft.told}
    found = []
    for name in sorted({*old, *new}):
        a, b = old.get(name), new.get(name)
        apart = {
            field: (getattr(b, field) if b else 0) - (getattr(a, field) if a else 0)
            for field in ("messages", "calls", "sms_parts", "night_messages", "night_calls")
        }
        if any(apart.values()):
            found.append({"person": name, **apart})
    return found


def _by_rule(alerts: Iterable[Rehearsed]) -> dict[RuleKey, list[Rehearsed]]:
    found: dict[RuleKey, list[Rehearsed]] = {}
    for alert in alerts:
        found.setdefault(alert.rule, []).append(alert)
    return found


def _matched(
    before: Sequence[Rehearsed], after: Sequence[Rehearsed]
) -> Iterable[tuple[Rehearsed | None, Rehearsed | None]]:
    """Pairs of one matter each, the nearest first; what is alone stands with None."""
    near = sorted(
        (abs(old.fired_at - new.fired_at), i, j)
        for i, old in enumerate(before)
        for j, new in enumerate(after)
        if _one_matter(old, new)
    )
    taken: dict[int, int] = {}
    used: set[int] = set()
    for _, i, j in near:
        if i not in taken and j not in used:
            taken[i] = j
            used.add(j)
    for i, old in enumerate(before):
        yield old, after[taken[i]] if i in taken else None
    for j, new in enumerate(after):
        if j not in used:
            yield None, new


def _one_matter(old: Rehearsed, new: Rehearsed) -> bool:
    ends = old.resolved_at or FOREVER, new.resolved_at or FOREVER
    overlap = old.fired_at <= ends[1] and new.fired_at <= ends[0]
    return overlap or abs(old.fired_at - new.fired_at) <= APART


def _changes(old: Rehearsed | None, new: Rehearsed | None) -> tuple[Change, ...]:
    if old is None:
        return (Change.NEW,)
    if new is None:
        return (Change.GONE,)
    found = []
    if new.severity != old.severity:
        found.append(Change.GRAVER if new.severity > old.severity else Change.MILDER)
    if new.fired_at != old.fired_at:
        found.append(Change.EARLIER if new.fired_at < old.fired_at else Change.LATER)
    return tuple(found)


def _short(alert: Rehearsed | None) -> dict[str, Any] | None:
    if alert is None:
        return None
    return {
        "severity": alert.severity.name,
        "fired_at": second(alert.fired_at),
        "resolved_at": second(alert.resolved_at),
        "peak": alert.peak,
    }
