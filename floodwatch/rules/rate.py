"""Rise and fall per hour (涨率, 落率), for thresholds written with `rise` or `fall`."""

from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.quality import Flag
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.model.station import Station, StationKind
from floodwatch.model.threshold import Threshold
from floodwatch.rules.bands import DIGITS, FOREVER, Bands
from floodwatch.rules.belief import doubtful, failed
from floodwatch.rules.context import Context, Need
from floodwatch.rules.defaults import holds
from floodwatch.rules.quiet_water import SLIGHT, before, exactly, good, twice
from floodwatch.rules.settings import choose, number
from floodwatch.rules.words import describe_bands

TYPE = "rate"
PARAMETERS = {"floor": "a rise counts only above, a fall only below this value of the variable"}
STREET, USUAL = 10 * MINUTE, HOUR  # over which the change is taken, unless a threshold has `window`
RECHECK = 10 * MINUTE


class RateRule:
    """Change per hour of one gauge in one direction; each band has its own window.

    The change is the value now less the value in force one window ago, which is that of the last
    reading then: a gauge that reports on change has not changed since. When the readings do not
    reach back a whole window, the oldest one counts if it is at least half a window old.
    """

    __slots__ = ("_bands", "_floor", "_silent_after", "_source", "holds", "key", "needs")

    def __init__(
        self,
        key: RuleKey,
        thresholds: Sequence[Threshold],
        *,
        series: SeriesKey,
        holds: Holds,
        silent_after: int,
        tz: ZoneInfo,
        floor: float | None = None,
    ) -> None:
        self.key = key
        self.holds = holds
        self._source = series
        self._silent_after = silent_after
        self._floor = floor
        self._bands = Bands(thresholds, tz)
        longest = max(self._span(b.threshold) for b in self._bands.all)
        self.needs: tuple[Need, ...] = (Need(series, longest + silent_after),)

    @property
    def bands(self) -> Bands:
        """Its bands by time."""
        return self._bands

    def judge(self, context: Context) -> Finding:
        """The verdict on the changes that end at `context.at`."""
        latest = context.latest.get(self._source)
        if latest is None or failed(latest.reading.quality):
            return UNKNOWN
        stretch = self._bands.at(context.at)
        rates = self._rates(context, latest)
        if not rates:
            return UNKNOWN
        opened = held = None
        for band in stretch.bands:
            rate = rates.get(self._span(band.threshold))
            if rate is not None:
                opened = opened or (band if band.open(rate) else None)
                held = held or (band if band.holds(rate) else None)
        shown = opened or held
        suspect = doubtful(latest.reading.quality)
        fresh = context.at - latest.reading.time <= self._silent_after
        due = stretch.end if held is None else min(stretch.end, context.now + RECHECK)
        return Finding(
            severity=opened.severity if opened else None,
            holding=held.severity if held else None,
            may_clear=fresh and not suspect and not latest.late,
            band=shown.name if shown else "",
            label=shown.label if shown else "",
            limit=shown.limit if shown else None,
            value=rates[self._span(shown.threshold)] if shown else None,
            time=latest.reading.time,
            suspect=suspect,
            recheck_at=max(due, context.now) if due < FOREVER else None,
            facts={"level": latest.reading.value, "age": max(0, context.now - latest.reading.time)},
        )

    def _rates(self, context: Context, latest: Latest) -> dict[int, float]:
        """Change per hour by window, in the dangerous direction; empty when nothing is known."""
        value = latest.reading.value
        sign = -1.0 if self.key.direction == "fall" else 1.0
        if self._floor is not None and sign * (value - self._floor) <= 0:
            return dict.fromkeys((self._span(b.threshold) for b in self._bands.all), 0.0)
        series = _believable(context.windows.get(self._source))
        found: dict[int, float] = {}
        for span in {self._span(b.threshold) for b in self._bands.all}:
            before = _value_before(series, at=context.at, span=span)
            if before is not None:
                change = sign * (value - before[0]) * HOUR / before[1]
                found[span] = round(change, DIGITS)
        return found

    def _span(self, threshold: Threshold) -> int:
        return threshold.window or (STREET if self.key.variable == "ponding_depth" else USUAL)

    def quiet(
        self, series: Mapping[SeriesKey, Series], moments: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which of the readings at `moments` can change no state, whatever the state is.

        They and the one before are good, and over every window they changed too little for any
        band of any season.
        """
        known = good(series[self._source])
        calm = np.full(known.size, self._floor is None)
        sign = -1.0 if self.key.direction == "fall" else 1.0
        for span in {self._span(b.threshold) for b in self._bands.all}:
            bands = [b for b in self._bands.all if self._span(b.threshold) == span]
            least = min(min(b.clear, b.limit) for b in bands)
            then, there = before(known, span, least=self.needs[0].span)
            change = sign * (known.values - then) * HOUR / span
            calm &= there & (change < least - SLIGHT)
        return twice(exactly(known.times, calm, moments))

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        return describe_bands(self.key.variable, self._bands.all, language)


def _believable(series: Series | None) -> Series | None:
    """Without suspect and failed readings: a spike must not make the next reading a fall."""
    if series is None or not series.size:
        return None
    keep = series.quality % 10 <= Flag.NOT_EVALUATED
    return Series(series.times[keep], series.values[keep], series.quality[keep])


def _value_before(series: Series | None, *, at: int, span: int) -> tuple[float, int] | None:
    """The value in force `span` before `at` and how long before (ms) it is taken."""
    if series is None or not series.size:
        return None
    place = int(np.searchsorted(series.times, at - span, side="right")) - 1
    if place >= 0:
        return float(series.values[place]), span
    known = at - int(series.times[0])
    return (float(series.values[0]), known) if known >= span / 2 else None


def _pointless(district: District, station: Station, key: RuleKey) -> bool:
    """A rise at a free overflow, unless its own [[rule]] asks: time to design does better."""
    weir = station.kind is StationKind.RESERVOIR and station.outlet == "weir"
    own = any((s.type, s.station) == (TYPE, station.code) for s in district.rules)
    return weir and key.direction == "rise" and not own


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[RateRule]:
    """One rule for each gauge, variable and direction that has thresholds on its change."""
    grouped: dict[RuleKey, list[Threshold]] = {}
    for threshold in thresholds:
        direction = threshold.comparator.direction
        if direction in ("rise", "fall"):
            key = RuleKey(station.code, threshold.gauge, threshold.variable, TYPE, direction)
            grouped.setdefault(key, []).append(threshold)
    for key, found in grouped.items():
        usual = holds(kind=station.kind, outlet=station.outlet, variable=key.variable, type=TYPE)
        chosen = choose(district.rules, station, key, default=usual)
        if chosen.enabled and not _pointless(district, station, key):
            floor = chosen.parameters.get("floor")
            yield RateRule(
                key,
                found,
                series=SeriesKey(station.code, key.gauge, key.variable),
                holds=chosen.holds,
                silent_after=station.reporting.silent_after,
                tz=district.zone_of(station.code),
                floor=None if floor is None else number(chosen.parameters, "floor", 0.0),
            )
