"""When a gauge should have spoken: its tempo, its expected interval, and since when it is silent.

A gauge that reports on change and was changing fast must speak at its additional interval; one that
stands still need not, and a flat reservoir at its crest is not silent. How fast it moves is taken
on the safe side: the least of its change over an hour, twenty minutes and ten, and of what is left
of it if it goes on slowing down as it has. Computed over many storms with the noise of radar
gauges, a gauge whose tempo is TEMPO steps an interval falls silent by itself once in five storms.
"""

from typing import NamedTuple

import numpy as np

from floodwatch.hydrology.series import Series
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.quality import Flag
from floodwatch.model.reading import Latest
from floodwatch.model.station import Reporting
from floodwatch.rules.context import Context

GRACE = MINUTE  # beside one expected interval
MISSED = 3  # steps of its resolution that must be due before a gauge has missed a report
SPANS = (HOUR, 20 * MINUTE, 10 * MINUTE)
SLIGHT = 1e-9


class Tempo(NamedTuple):
    """Change per hour (variable's unit): over the last hour, and what is sure of it right now."""

    hour: float
    sure: float


def believable(series: Series | None, *, until: int) -> Series | None:
    """The good readings up to `until`; None when there are none."""
    if series is None or not series.size:
        return None
    part = series.take(slice(0, int(np.searchsorted(series.times, until, side="right"))))
    kept = part.take(part.quality % 10 <= Flag.NOT_EVALUATED)
    return kept if kept.size else None


def tempo(series: Series, *, falling: bool = False) -> Tempo | None:
    """How fast the gauge was rising (or falling) at its last reading; None when nothing is known.

    Reporting is on change: the value in force some time before is that of the last reading then.
    What is known of less than an hour counts from forty minutes on.
    """
    end = int(series.times[-1])
    sign = -1.0 if falling else 1.0
    rates = []
    for span in SPANS:
        place = int(np.searchsorted(series.times, end - span, side="right")) - 1
        known = min(span, end - int(series.times[max(place, 0)])) if place < 0 else span
        if known < span * 2 // 3:
            return None
        before = float(series.values[max(place, 0)])
        rates.append(sign * (float(series.values[-1]) - before) * HOUR / known)
    hour, middle, short = rates
    sure = min(hour, middle, short, 2 * middle - hour, 2 * short - middle)
    return Tempo(round(hour, 4), round(sure, 4))


def quick_interval(reporting: Reporting, variable: str, sure: float) -> int | None:
    """The interval (ms) in which a gauge that moves this fast must speak; None: it need not."""
    step = reporting.step.get(variable, 0.0)
    if not reporting.additional or step <= 0:
        return None
    if sure * reporting.additional / HOUR < step - SLIGHT:
        return None
    return min(max(reporting.additional, round(MISSED * step * HOUR / sure)), reporting.timed)


def silent_at(latest: Latest, context: Context, after: int) -> int:
    """Service time from which the gauge counts as silent.

    Both the time of receipt and the time of measurement must advance: a logger that repeats an old
    reading is silent. The reading judged may itself be old: then its time is held against the
    present.
    """
    present = context.now if latest.late else context.at
    measured = latest.reading.time + context.now - present
    return min(latest.heard, measured) + after + 1


def look_again(latest: Latest, now: int, silent: int, after: int) -> int:
    """Judged at a reading's own time, its delay on the way does not show: look again sooner."""
    by_measure = latest.reading.time + after + 1
    return by_measure if now < by_measure < silent else silent
