"""Alerts: a risk with a life, the transitions it goes through, and what people owe it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from floodwatch.model.finding import Finding
from floodwatch.model.severity import Severity

# Why a band opened that the water did not open: such an alert is for the screen and calls nobody.
SEASON, ORDER = "season changed", "dated order"
SWITCHED = frozenset({SEASON, ORDER})

DISTRICT = "district"  # in place of a station: a rule of the whole district


class RuleKey(NamedTuple):
    """What identifies a rule, and so its one open alert; editing values never orphans it."""

    station: str
    gauge: str
    variable: str
    type: str  # level | rainfall | rate | stale | system | …
    direction: str  # up | down | rise | fall | none

    def __str__(self) -> str:
        return "/".join(self)


class Phase(StrEnum):
    """Where a rule stands in its life."""

    QUIET = "quiet"
    PENDING = "pending"
    FIRING = "firing"


class TransitionKind(StrEnum):
    """Why something is said; a person will ask."""

    FIRED = "fired"
    WORSENED = "worsened"
    EASED = "eased"
    RESOLVED = "resolved"


class Transition(NamedTuple):
    """One step of an alert's life."""

    kind: TransitionKind
    severity: Severity
    previous: Severity | None
    at: int  # service time, ms
    finding: Finding
    why: str = ""  # e.g. "threshold edited"


@dataclass(frozen=True, slots=True)
class RuleState:
    """The memory of one rule: everything lifecycle.step needs beside the finding. Times service ms.

    `pending` is a severity waiting out its hold up since `pending_since`. While a firing alert
    waits out its hold down, `falling` says (severity or 0 for none, since): "since then nothing
    worse than this was seen", severities falling, times rising.
    """

    phase: Phase = Phase.QUIET
    severity: Severity | None = None
    pending: Severity | None = None
    pending_since: int | None = None
    falling: tuple[tuple[int, int], ...] = ()
    due: int | None = None
    alert_id: int | None = None
    peak: float | None = None
    peak_at: int | None = None
    changes: tuple[int, ...] = ()  # recent fire/resolve times, for flapping

    @property
    def clear_since(self) -> int | None:
        """Since when the alert waits to ease or clear; None while it does not."""
        return self.falling[0][1] if self.falling else None

    @property
    def easing(self) -> Severity | None:
        """The lower severity it would ease to; None: it would clear, or it does not ease."""
        lowest = self.falling[-1][0] if self.falling else 0
        return Severity(lowest) if lowest else None


@dataclass(frozen=True, slots=True)
class Holds:
    """How long a condition must stand before it counts, in ms."""

    up: int = 0
    down: int = 30 * 60_000


class Origin(StrEnum):
    """How an alert came to be; imported history wakes nobody."""

    LIVE = "live"
    IMPORT = "import"
    SYSTEM = "system"


class ObligationState(StrEnum):
    """Whether a duty to answer is still owed, and how it ended."""

    OPEN = "open"
    ANSWERED = "answered"
    DEPUTY = "deputy"  # the deputy answered
    ENTERED = "entered"  # the officer entered 电话已通知本人
    ENDED = "ended"  # the alert ended before an answer


class CallResult(StrEnum):
    """One-tap results of the hand call list."""

    REACHED = "reached"  # 接通
    NO_ANSWER = "no_answer"  # 无人接
    OFF = "off"  # 关机
    BUSY = "busy"  # 占线
    RELAYED = "relayed"  # 他人转告
