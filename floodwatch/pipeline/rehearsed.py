"""What a rehearsal has found: alerts with their lives, lead times, and who would have been told."""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from floodwatch.model.alert import RuleKey, Transition, TransitionKind
from floodwatch.model.clock import MINUTE
from floodwatch.model.errors import FloodWatchError
from floodwatch.model.moment import iso
from floodwatch.model.severity import Severity
from floodwatch.store.alert_log import Change


class Cancelled(FloodWatchError):
    """Somebody stopped the rehearsal."""


@dataclass(slots=True)
class Rehearsed:
    """One alert from firing to resolved, as it would have been."""

    rule: RuleKey
    fired_at: int
    severity: Severity  # the worst
    suspect: bool
    transitions: list[Transition] = field(default_factory=list)
    resolved_at: int | None = None
    peak: float | None = None
    peak_at: int | None = None

    @property
    def worst_at(self) -> int:
        """When it first was as grave as it became."""
        return min(t.at for t in self.transitions if t.severity is self.severity)

    def as_json(self) -> dict[str, Any]:
        """The alert in the words of the command's JSON; seconds rounded down."""
        return {
            "station": self.rule.station,
            "gauge": self.rule.gauge,
            "variable": self.rule.variable,
            "rule": self.rule.type,
            "direction": self.rule.direction,
            "severity": self.severity.name,
            "fired_at": second(self.fired_at),
            "resolved_at": second(self.resolved_at),
            "peak": self.peak,
            "peak_at": second(self.peak_at),
            "suspect": self.suspect,
            "transitions": [
                {
                    "kind": said.kind.value,
                    "severity": said.severity.name,
                    "at": second(said.at),
                    "threshold": said.finding.band,
                    "value": said.finding.value,
                }
                for said in self.transitions
            ],
        }


class Told(NamedTuple):
    """What one person would have been told. By night: between 23:00 and 08:00."""

    person: str
    messages: int
    calls: int
    sms_parts: int
    night_messages: int
    night_calls: int


class Room(NamedTuple):
    """The tones of the duty room; the worst night by how many it heard."""

    tones: int
    night_tones: int
    worst_night: int


class People(NamedTuple):
    """Everybody who would have been told, and the duty room."""

    told: tuple[Told, ...] = ()
    room: Room = Room(0, 0, 0)

    @property
    def calls(self) -> int:
        """Calls to everybody."""
        return sum(one.calls for one in self.told)

    @property
    def sms_parts(self) -> int:
        """SMS parts to everybody."""
        return sum(one.sms_parts for one in self.told)

    @property
    def messages(self) -> int:
        """Messages to everybody."""
        return sum(one.messages for one in self.told)

    def as_json(self) -> dict[str, Any]:
        """In the words of the command's JSON."""
        return {"people": [one._asdict() for one in self.told], "room": self.room._asdict()}


class Lead(NamedTuple):
    """How long after its first warning alerts of one severity became that grave, and peaked.

    Minutes: the least and the median. `warned`: how many began with a milder warning.
    """

    severity: Severity
    alerts: int
    warned: int
    to_worst: tuple[float, float] | None
    to_peak: tuple[float, float] | None

    def as_json(self) -> dict[str, Any]:
        """In the words of the command's JSON."""
        return {
            "severity": self.severity.name,
            "alerts": self.alerts,
            "warned": self.warned,
            "minutes_to_worst": _pair(self.to_worst),
            "minutes_to_peak": _pair(self.to_peak),
        }


@dataclass(slots=True)
class Rehearsal:
    """What the rules would have said; `readings`: how many they were given, `judged`: how often
    they looked. `people` is None when nobody asked for it."""

    alerts: list[Rehearsed]
    readings: int
    judged: int = 0
    people: People | None = None

    @property
    def by_severity(self) -> dict[Severity, int]:
        """How many alerts became how grave, the gravest first."""
        counted = Counter(alert.severity for alert in self.alerts)
        return {severity: counted[severity] for severity in sorted(Severity, reverse=True)}

    @property
    def said(self) -> dict[str, int]:
        """How many transitions of each kind."""
        counted = Counter(t.kind.value for alert in self.alerts for t in alert.transitions)
        return {kind.value: counted[kind.value] for kind in TransitionKind}

    def leads(self) -> list[Lead]:
        """Lead times by severity, the gravest first; severities without alerts are left out."""
        found = []
        for severity in sorted(Severity, reverse=True):
            mine = [alert for alert in self.alerts if alert.severity is severity]
            warned = [a for a in mine if a.worst_at > a.fired_at]
            peaked = [a for a in mine if a.peak_at is not None and a.peak_at >= a.fired_at]
            if mine:
                worst = [(a.worst_at - a.fired_at) / MINUTE for a in warned]
                peak = [((a.peak_at or 0) - a.fired_at) / MINUTE for a in peaked]
                found.append(Lead(severity, len(mine), len(warned), _least(worst), _least(peak)))
        return found

    def as_json(self, *, seconds: float) -> dict[str, Any]:
        """The document of the command; `seconds` is what it took."""
        told = self.people.as_json() if self.people is not None else {}
        return {
            "alerts": [alert.as_json() for alert in self.alerts],
            "by_severity": {s.name: n for s, n in self.by_severity.items()},
            "notifications": self.said,
            "lead_times": [lead.as_json() for lead in self.leads()],
            **told,
            "readings": self.readings,
            "judged": self.judged,
            "seconds": round(seconds, 3),
        }


def second(moment: int | None) -> str | None:
    """UTC to the second, rounded down."""
    return None if moment is None else iso(moment // 1_000 * 1_000)


def alerts_of(changes: Iterable[tuple[int, Change]]) -> list[Rehearsed]:
    """The alerts of one rule from what became of it, by rising time."""
    done: list[Rehearsed] = []
    current: Rehearsed | None = None
    for _, change in changes:
        for said in change.transitions:
            if current is None:
                suspect = said.finding.suspect
                current = Rehearsed(change.rule, said.at, said.severity, suspect)
                done.append(current)
            current.transitions.append(said)
            current.severity = max(current.severity, said.severity)
            if said.kind in (TransitionKind.FIRED, TransitionKind.WORSENED):
                current.suspect = current.suspect and said.finding.suspect
            if said.kind is TransitionKind.RESOLVED:
                current.resolved_at = said.at
                current.peak, current.peak_at = change.before.peak, change.before.peak_at
                current = None
        if current is not None:
            current.peak, current.peak_at = change.after.peak, change.after.peak_at
    return done


def _least(minutes: Sequence[float]) -> tuple[float, float] | None:
    if not minutes:
        return None
    return round(min(minutes), 1), round(statistics.median(minutes), 1)


def _pair(found: tuple[float, float] | None) -> dict[str, float] | None:
    return None if found is None else {"least": found[0], "median": found[1]}
