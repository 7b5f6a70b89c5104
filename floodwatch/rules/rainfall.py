"""Rain fallen in windows of 1 to 72 h: one rule a gauge, the worst window wins."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.rain_since_eight import from_total_since_eight
from floodwatch.hydrology.rainfall import (
    RESOLUTION,
    WHOLE,
    Amounts,
    contradicted,
    from_counter,
    from_increments,
    leaves_at,
    windows,
)
from floodwatch.hydrology.series import Series
from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.quality import Flag
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.model.station import Station
from floodwatch.model.threshold import Threshold
from floodwatch.rules.bands import DIGITS, FOREVER, Band, Bands, Stretch
from floodwatch.rules.context import Context, Need
from floodwatch.rules.defaults import holds
from floodwatch.rules.quiet_rain import rain_since, told
from floodwatch.rules.settings import choose, number
from floodwatch.rules.words import describe_bands

TYPE = "rainfall"
PARAMETERS = {"coverage": "least share of a window that must be known to clear, 0 to 1"}
USUAL_PERIODS = (5 * MINUTE, 10 * MINUTE, HOUR)  # of a gauge whose periods are not configured
SOONEST, LATEST = MINUTE, 10 * MINUTE  # when a window with rain is looked at again


class Fallen(NamedTuple):
    """What one window says: rain, how much of it is known, and what it was counted from."""

    amount: float
    coverage: float
    source: Amounts


class RainfallRule:
    """All rain windows of one gauge.

    Each window is computed from the finest series that covers it, never from two. When none covers
    it whole, the largest sum counts: all of them are lower bounds. Such a window may fire and may
    not clear.
    """

    __slots__ = ("_bands", "_coverage", "_silent_after", "_spans", "_tz", "holds", "key", "needs")

    def __init__(
        self,
        key: RuleKey,
        thresholds: Sequence[Threshold],
        *,
        series: Sequence[SeriesKey],
        holds: Holds,
        silent_after: int,
        tz: ZoneInfo,
        coverage: float = WHOLE,
    ) -> None:
        self.key = key
        self.holds = holds
        self._silent_after = silent_after
        self._coverage = min(coverage, WHOLE)
        self._tz = tz
        self._bands = Bands(thresholds, tz)
        self._spans = tuple(sorted({b.threshold.window for b in self._bands.all}))
        back = self._spans[-1] + silent_after
        self.needs: tuple[Need, ...] = tuple(Need(s, back + s.period) for s in series)

    @property
    def bands(self) -> Bands:
        """Its bands by time."""
        return self._bands

    def judge(self, context: Context) -> Finding:
        """The verdict on the windows that end at `context.at`."""
        newest = self._newest(context)
        if newest is None:
            return UNKNOWN
        stretch = self._bands.at(context.at)
        rain, uncertain = self._fallen(context)
        found = worst_window(stretch.bands, rain)
        suspect = False
        if uncertain and found.open is not None:
            believed, _ = self._fallen(context, believed=True)
            kept = worst_window(stretch.bands, believed).open
            suspect = kept is None or kept.severity < found.open.severity
        shown = found.open or found.held
        return Finding(
            severity=found.open.severity if found.open else None,
            holding=found.held.severity if found.held else None,
            may_clear=not newest.late and self._complete(stretch, rain),
            band=shown.name if shown else "",
            label=shown.label if shown else "",
            limit=shown.limit if shown else None,
            value=rain[shown.threshold.window].amount if shown else None,
            time=newest.reading.time,
            suspect=suspect,
            recheck_at=self._recheck(context, stretch, rain, held=found.held is not None),
            facts=self._facts(context, rain, shown) if shown else {},
        )

    def _newest(self, context: Context) -> Latest | None:
        known = [context.latest[n.key] for n in self.needs if n.key in context.latest]
        return max(known, key=lambda latest: latest.reading.time, default=None)

    def _fallen(
        self, context: Context, *, believed: bool = False
    ) -> tuple[dict[int, Fallen], bool]:
        """Every window's rain; and whether a doubtful amount was counted."""
        return fallen(
            context,
            self.needs,
            spans=self._spans,
            silent_after=self._silent_after,
            tz=self._tz,
            believed=believed,
        )

    def _complete(self, stretch: Stretch, rain: Mapping[int, Fallen]) -> bool:
        spans = {b.threshold.window for b in stretch.bands}
        return all(s in rain and rain[s].coverage >= self._coverage for s in spans)

    def _recheck(
        self, context: Context, stretch: Stretch, rain: Mapping[int, Fallen], *, held: bool
    ) -> int | None:
        """When rain leaves a window that holds a band, though no reading may come to say so."""
        due = stretch.end
        if held:
            spans = {
                b.threshold.window
                for b in stretch.bands
                if b.threshold.window in rain and b.holds(rain[b.threshold.window].amount)
            }
            moments = [leaves_at(rain[span].source, span) for span in spans]
            leaving = min((m for m in moments if m is not None), default=FOREVER)
            due = min(due, max(leaving, context.now + SOONEST), context.now + LATEST)
        return max(due, context.now) if due < FOREVER else None

    def _facts(
        self, context: Context, rain: Mapping[int, Fallen], shown: Band
    ) -> Mapping[str, float | int | str]:
        facts: dict[str, float | int | str] = {
            f"sum_{span // HOUR}h": window.amount
            for span, window in rain.items()
            if span % HOUR == 0
        }
        facts["window"] = shown.threshold.window
        facts["coverage"] = round(rain[shown.threshold.window].coverage, 3)
        newest = self._newest(context)
        facts["age"] = max(0, context.now - newest.reading.time) if newest else 0
        return facts

    def quiet(
        self, series: Mapping[SeriesKey, Series], moments: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which of the reports at `moments` can change no state, whatever the state is.

        At them and at the one before, all rain of the longest window is too little for any band,
        and one source tells all of that window and of the time since its last report.
        """
        least = min(min(b.clear, b.limit) for b in self._bands.all)
        dry = np.ones(moments.shape, bool)
        whole = np.zeros(moments.shape, bool)
        several = sum(n.key in series and series[n.key].size > 0 for n in self.needs) > 1
        for need in self.needs:
            mine = series.get(need.key)
            if mine is None or not mine.size:
                continue
            # Of a source beside others so little that it contradicts none of them.
            dry &= rain_since(mine, need, moments) < (min(least, RESOLUTION) if several else least)
            whole |= told(mine, need, moments, silent_after=self._silent_after)
        calm = dry & whole
        calm[1:] &= calm[:-1].copy()
        calm[:1] = False
        return calm

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        return describe_bands(self.key.variable, self._bands.all, language)


def fallen(
    context: Context,
    needs: Sequence[Need],
    *,
    spans: Sequence[int],
    silent_after: int,
    tz: ZoneInfo,
    believed: bool = False,
) -> tuple[dict[int, Fallen], bool]:
    """The rain of every window of one gauge from its best series: the finest that is complete.

    A silence that a coarser amount, or the counter, contradicts is a hole, and not dry.

    Also whether a doubtful amount was counted; with `believed` none is, but there may be one.
    """
    best: dict[int, Fallen] = {}
    sources: list[tuple[int, Amounts]] = []
    uncertain = False
    for need in needs:
        series = context.windows.get(need.key)
        if series is None or not series.size:
            continue
        part, doubt = _usable(series.between(context.at - need.span, context.at), believed)
        uncertain = uncertain or doubt
        period = need.key.period if need.key.variable == "rainfall" else 0
        source = _amounts(part, need.key, context.at, silent_after=silent_after, tz=tz)
        sources.append((period, source))
    for place, (period, source) in enumerate(sources):
        for coarser, other in sources[place + 1 :]:
            source = contradicted(source, other, period=period, other_period=coarser)
        found = windows(source, spans)
        for span, amount, coverage in zip(spans, found.sums, found.coverage, strict=True):
            if span < period:
                continue  # an hour's amount says nothing of ten minutes
            known = best.get(span)
            if known is None or (known.coverage < WHOLE and _better(amount, coverage, known)):
                best[span] = Fallen(amount, coverage, source)
        if sum(window.coverage >= WHOLE for window in best.values()) == len(spans):
            break
    return best, uncertain


def _amounts(
    series: Series, key: SeriesKey, at: int, *, silent_after: int, tz: ZoneInfo
) -> Amounts:
    if key.variable == "rainfall":
        return from_increments(series, at=at, period=key.period, silent_after=silent_after)
    if key.variable == "rainfall_day":
        return from_total_since_eight(series, at=at, silent_after=silent_after, tz=tz)
    return from_counter(series, at=at, silent_after=silent_after)


class Verdict(NamedTuple):
    """The worst open and the worst holding band over all windows."""

    open: Band | None
    held: Band | None


def worst_window(bands: Sequence[Band], rain: Mapping[int, Fallen]) -> Verdict:
    """Worst severity first; among equals the window that is furthest over its limit."""
    opened: tuple[float, float, Band] | None = None
    held: tuple[float, float, Band] | None = None
    for band in bands:
        window = rain.get(band.threshold.window)
        if window is None:
            continue
        value = round(window.amount, DIGITS)
        rank = (float(band.severity), value / band.limit if band.limit else value, band)
        if band.open(value) and (opened is None or rank[:2] > opened[:2]):
            opened = rank
        if band.holds(value) and (held is None or rank[:2] > held[:2]):
            held = rank
    return Verdict(opened[2] if opened else None, held[2] if held else None)


def _usable(series: Series, believed: bool) -> tuple[Series, bool]:
    """Readings that count (all but failed ones, or only believable ones); is any doubtful?"""
    flags = series.quality % 10
    if not flags.size or int(flags.max()) <= Flag.NOT_EVALUATED:
        return series, False
    doubt = flags == Flag.SUSPECT
    keep = flags <= Flag.SUSPECT
    if believed:
        keep &= ~doubt
    kept = Series(series.times[keep], series.values[keep], series.quality[keep])
    return kept, bool(doubt.any())


def _better(amount: float, coverage: float, known: Fallen) -> bool:
    """A whole window beats one with holes that has seen no more; else the larger sum counts."""
    return amount + (RESOLUTION if coverage >= WHOLE else 0.0) > known.amount


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[RainfallRule]:
    """One rule for each rain gauge that has thresholds on a window."""
    grouped: dict[RuleKey, list[Threshold]] = {}
    for threshold in thresholds:
        if threshold.window and threshold.variable in ("rainfall", "rainfall_total"):
            key = RuleKey(station.code, threshold.gauge, "rainfall", TYPE, "up")
            grouped.setdefault(key, []).append(threshold)
    for key, found in grouped.items():
        usual = holds(kind=station.kind, outlet=station.outlet, variable="rainfall", type=TYPE)
        chosen = choose(district.rules, station, key, default=usual)
        if chosen.enabled:
            yield RainfallRule(
                key,
                found,
                series=sources(station, key.gauge),
                holds=chosen.holds,
                silent_after=station.reporting.silent_after,
                tz=district.zone_of(station.code),
                coverage=number(chosen.parameters, "coverage", WHOLE),
            )


def sources(station: Station, gauge: str) -> tuple[SeriesKey, ...]:
    """The series of a rain gauge, finest first, the counter last.

    A total since 08:00 is looked at where there is nothing else.
    """
    own = [g.key for g in station.gauges if g.gauge == gauge]
    periods = sorted(k for k in own if k.variable == "rainfall" and k.period > 0)
    counters = [k for k in own if k.variable == "rainfall_total"]
    found = tuple(chain(sorted(periods, key=lambda k: k.period), counters))
    found = found or tuple(k for k in own if k.variable == "rainfall_day")
    return found or tuple(SeriesKey(station.code, gauge, "rainfall", p) for p in USUAL_PERIODS)
