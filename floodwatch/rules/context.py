"""What a rule is given and what it must offer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.alert import Holds, RuleKey, RuleState, Transition, TransitionKind
from floodwatch.model.finding import Finding
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.model.severity import Severity


class Need(NamedTuple):
    """A series a rule looks back on, and how far (ms). Span 0: only its latest reading.

    With `wakes` False a new reading of it does not have the rule judged: it is only looked at.
    """

    key: SeriesKey
    span: int = 0
    wakes: bool = True


class DailyNeed(NamedTuple):
    """A series whose daily rows of the last `days` hydrological days a rule looks at."""

    key: SeriesKey
    days: int


class Day(NamedTuple):
    """One hydrological day of a series; `day` as yyyymmdd, the day it ends."""

    day: int
    n: int
    coverage: float
    minimum: float | None
    maximum: float | None
    mean: float | None
    sum: float | None
    first: float | None
    last: float | None


class Ended(NamedTuple):
    """The last alert of a rule: how grave it last was, and when it ended.

    `left`, of rules that are recalled: each severity it had and left lately, and when; also of an
    alert that goes on less gravely.
    """

    severity: Severity
    at: int
    left: tuple[tuple[Severity, int], ...] = ()

    @classmethod
    def after(cls, known: "Ended | None", said: Transition) -> "Ended":
        """What is known after an alert has eased or ended."""
        left = (said.previous or said.severity, said.at)
        lately = (*(known.left[-7:] if known else ()), left)
        if said.kind is TransitionKind.RESOLVED or known is None:
            return cls(*left, lately)
        return known._replace(left=lately)


@dataclass(frozen=True, slots=True)
class Context:
    """What is known at one moment.

    `at` is the moment judged in data time (the time of the reading being judged, or the present for
    a tick); `now` is service time. `latest` holds the newest believable reading with time <= `at`
    of each needed series (absent: never heard). `windows` holds at least the needed span before
    `at` and may hold later readings: slice with Series.between. `states`: the lives of the rules
    that this one watches, as they stand after the present readings (absent: quiet), and `ended` the
    last alerts of those that are quiet now. `daily`: rows of the days asked for that are over,
    oldest first. `registers`: what people have entered, by register name.
    """

    at: int
    now: int
    latest: Mapping[SeriesKey, Latest]
    windows: Mapping[SeriesKey, Series]
    states: Mapping[RuleKey, RuleState] = field(default_factory=dict)
    daily: Mapping[SeriesKey, Sequence[Day]] = field(default_factory=dict)
    registers: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    ended: Mapping[RuleKey, Ended] = field(default_factory=dict)


class Rule(Protocol):
    """One compiled rule of one gauge. A new reading of any of `needs` has it judged again."""

    key: RuleKey
    holds: Holds
    needs: tuple[Need, ...]

    def judge(self, context: Context) -> Finding:
        """The verdict at `context.at`, without memory."""
        ...


@runtime_checkable
class Watching(Protocol):
    """A rule that looks at the lives of others: judged after them, and again when they change."""

    watches: tuple[RuleKey, ...]


@runtime_checkable
class Recalling(Protocol):
    """A rule that asks how grave the rules it watches were some time (ms) ago."""

    recalls: Mapping[RuleKey, int]


@runtime_checkable
class Remembering(Protocol):
    """A rule that looks at daily rows."""

    days: tuple[DailyNeed, ...]


@runtime_checkable
class Consulting(Protocol):
    """A rule that looks at what people have entered: hazards, inspections, forecasts …"""

    registers: tuple[str, ...]


@runtime_checkable
class Skipping(Protocol):
    """A rule that can tell which readings need not be judged at all."""

    def quiet(
        self, series: Mapping[SeriesKey, Series], moments: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which of the readings at `moments` (rising, of its needs) can change no state."""
        ...
