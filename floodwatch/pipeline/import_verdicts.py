"""What each threshold would have said of the values of a file, before they are imported.

The rules themselves say it, by a rehearsal over the values looked at: how often each limit would
have opened an alert, when first, and how far the values went.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series, empty
from floodwatch.model.alert import TransitionKind
from floodwatch.model.district import District
from floodwatch.model.moment import iso_local
from floodwatch.model.reading import SeriesKey
from floodwatch.model.threshold import Threshold, in_force
from floodwatch.pipeline.import_look import Look
from floodwatch.pipeline.rehearse import Cancelled, rehearse
from floodwatch.pipeline.rehearsed import Rehearsed
from floodwatch.rules import level, rainfall, rate
from floodwatch.rules.bands import DIGITS, SIGNS, Bands

TYPES = (level.TYPE, rainfall.TYPE, rate.TYPE)  # rules whose limits are thresholds of the values
_OPENS = (TransitionKind.FIRED, TransitionKind.WORSENED)


@dataclass(slots=True)
class Verdict:
    """One threshold: `alerts` None when there was no time to find out."""

    threshold: Threshold
    alerts: int | None = 0
    first_at: int | None = None  # ms UTC
    beyond: int | None = None  # values over it; None: it is not a limit of single values
    farthest: float | None = None  # the value that came nearest to it or went farthest over it

    @property
    def said(self) -> bool:
        """Whether it would have said anything."""
        return bool(self.alerts or self.beyond)

    def document(self, district: District) -> dict[str, Any]:
        """As JSON."""
        limit = self.threshold
        zone = district.zone_of(limit.station)
        return {
            "station": limit.station,
            "gauge": limit.gauge,
            "variable": limit.variable,
            "name": limit.name,
            "severity": limit.severity.name,
            "limit": f"{SIGNS[limit.comparator]} {limit.value:g}",
            "alerts": self.alerts,
            "first_at": None if self.first_at is None else iso_local(self.first_at, zone),
            "beyond": self.beyond,
            "farthest": self.farthest,
        }


def verdicts(
    look: Look, district: District, *, cancelled: Callable[[], bool] = lambda: False
) -> list[Verdict]:
    """What the thresholds of the stations in sight would have said, station by station."""
    seen = {one.key: one.series for one in look.series if one.series.size}
    found = [Verdict(limit) for limit in _concerned(seen, district)]
    if not found:
        return []
    _count_beyond(found, seen, district)
    alerts = _rehearsed(seen, district, {v.threshold.station for v in found}, cancelled)
    for verdict in found:
        _set_alerts(verdict, alerts, district)
    return sorted(found, key=_place)


def _place(verdict: Verdict) -> tuple[str, str, str, int, float]:
    limit = verdict.threshold
    return limit.station, limit.variable, limit.gauge, -int(limit.severity), limit.value


def _concerned(seen: Mapping[SeriesKey, Series], district: District) -> list[Threshold]:
    """The thresholds on what the files hold, in force at any time of it."""
    spans: dict[tuple[str, str, str], tuple[int, int]] = {}
    for key, series in seen.items():
        name = (key.station, key.gauge, _family(key.variable))
        first, last = int(series.times[0]), int(series.times[-1])
        known = spans.get(name, (first, last))
        spans[name] = (min(first, known[0]), max(last, known[1]))
    found = []
    for limit in district.thresholds:
        span = spans.get((limit.station, limit.gauge, _family(limit.variable)))
        if span is None:
            continue
        begun = limit.valid_from is None or limit.valid_from <= span[1]
        ended = limit.valid_to is not None and limit.valid_to <= span[0]
        if begun and not ended:
            found.append(limit)
    return found


def _family(variable: str) -> str:
    return "rainfall" if variable == "rainfall_total" else variable


def _count_beyond(
    found: Iterable[Verdict], seen: Mapping[SeriesKey, Series], district: District
) -> None:
    """How many values lie over each limit while it is in force, and the farthest of all."""
    for verdict in found:
        limit = verdict.threshold
        series = seen.get(SeriesKey(limit.station, limit.gauge, limit.variable))
        down = limit.comparator.direction == "down"
        if limit.window or series is None or limit.comparator.direction not in ("up", "down"):
            continue
        valid = series.quality % 10 != 4
        bands = Bands([limit], district.zone_of(limit.station))
        _hold_against(verdict, bands, series.times[valid], series.values[valid], down=down)


def _hold_against(
    verdict: Verdict,
    bands: Bands,
    times: NDArray[np.int64],
    values: NDArray[np.float64],
    *,
    down: bool,
) -> None:
    """Count the values over the limit while it is in force; when first, and the farthest of all."""
    verdict.beyond, at = 0, 0
    farthest: list[float] = []
    rounded = np.round(values, DIGITS)
    while at < times.size:
        stretch = bands.at(int(times[at]))
        end = max(int(np.searchsorted(times, stretch.end)), at + 1)
        for band in stretch.bands:
            hits = np.flatnonzero(band.test(rounded[at:end], band.limit))
            verdict.beyond += int(hits.size)
            farthest.append(float(values[at:end].min() if down else values[at:end].max()))
            if hits.size and verdict.first_at is None:
                verdict.first_at = int(times[at + hits[0]])
        at = end
    if farthest:
        verdict.farthest = min(farthest) if down else max(farthest)


class _Seen:
    """The series of the look as a source of readings."""

    def __init__(self, seen: Mapping[SeriesKey, Series]) -> None:
        self._seen = seen

    def series(self, key: SeriesKey, start: int, end: int) -> Series:
        """The readings with start <= time <= end."""
        found = self._seen.get(key)
        if found is None:
            return empty()
        low, high = np.searchsorted(found.times, [start, end + 1])
        return Series(found.times[low:high], found.values[low:high], found.quality[low:high])


def _rehearsed(
    seen: Mapping[SeriesKey, Series],
    district: District,
    stations: set[str],
    cancelled: Callable[[], bool],
) -> Sequence[Rehearsed] | None:
    """The alerts of the rules on thresholds; None when it took too long."""
    only = {code: district.stations[code] for code in stations if code in district.stations}
    limits = tuple(t for t in district.thresholds if t.station in stations)
    small = replace(district, stations=only, thresholds=limits)
    mine = [series for key, series in seen.items() if key.station in only]
    start = min(int(series.times[0]) for series in mine)
    end = max(int(series.times[-1]) for series in mine)
    try:
        return rehearse(
            _Seen(seen), small, start=start, end=end, types=TYPES, cancelled=cancelled
        ).alerts
    except Cancelled:
        return None


def _set_alerts(verdict: Verdict, alerts: Sequence[Rehearsed] | None, district: District) -> None:
    """How many alerts stood at the limit."""
    if alerts is None:
        verdict.alerts = None
        return
    zone = district.zone_of(verdict.threshold.station)
    opened = [at for alert in alerts if (at := _opened(verdict.threshold, alert, zone)) is not None]
    verdict.alerts = len(opened)
    if opened and verdict.first_at is None:
        verdict.first_at = min(opened)


def _opened(limit: Threshold, alert: Rehearsed, zone: ZoneInfo) -> int | None:
    """When an alert stood at this limit, also on its way to a worse one; None: never."""
    rule = alert.rule
    if (rule.station, rule.gauge, _family(rule.variable)) != (
        limit.station,
        limit.gauge,
        _family(limit.variable),
    ):
        return None
    for said in alert.transitions:
        named = said.finding.band == limit.name and said.severity is limit.severity
        if said.kind in _OPENS and named and in_force(limit, said.at, zone):
            return said.at
    passed = (
        rule.direction == limit.comparator.direction
        and not limit.window
        and alert.peak is not None
        and limit.comparator.met(round(alert.peak, DIGITS), round(limit.value, DIGITS))
        and in_force(limit, alert.peak_at or alert.fired_at, zone)
    )
    return alert.fired_at if passed else None
