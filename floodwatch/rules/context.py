"""What a rule is given and what it must offer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.finding import Finding
from floodwatch.model.reading import Latest, SeriesKey


class Need(NamedTuple):
    """A series a rule looks back on, and how far (ms). Span 0: only its latest reading."""

    key: SeriesKey
    span: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """What is known at one moment.

    `at` is the moment judged in data time (the time of the reading being judged, or the present for
    a tick); `now` is service time. `latest` holds the newest believable reading with time <= `at`
    of each needed series (absent: never heard). `windows` holds at least the needed span before
    `at` and may hold later readings: slice with Series.between.
    """

    at: int
    now: int
    latest: Mapping[SeriesKey, Latest]
    windows: Mapping[SeriesKey, Series]


class Rule(Protocol):
    """One compiled rule of one gauge. A new reading of any of `needs` has it judged again."""

    key: RuleKey
    holds: Holds
    needs: tuple[Need, ...]

    def judge(self, context: Context) -> Finding:
        """The verdict at `context.at`, without memory."""
        ...


@runtime_checkable
class Skipping(Protocol):
    """A rule that can tell which readings need not be judged at all."""

    def quiet(
        self, series: Mapping[SeriesKey, Series], moments: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which of the readings at `moments` (rising, of its needs) can change no state."""
        ...
