"""Stage, ponding depth and every other value held against its bands, upward or downward."""

from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.alert import ORDER, SEASON, Holds, RuleKey
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.quality import Flag, Reason, reason_of
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.model.station import MANUAL, Station
from floodwatch.model.threshold import Threshold
from floodwatch.rules.bands import DIGITS, FOREVER, Band, Bands, Stretch, next_band, worst
from floodwatch.rules.belief import doubtful, failed
from floodwatch.rules.context import Context, Need
from floodwatch.rules.defaults import RAIN as RAINFALL
from floodwatch.rules.defaults import holds
from floodwatch.rules.drought import is_drought
from floodwatch.rules.quiet_water import Times, places, unmoved
from floodwatch.rules.settings import choose
from floodwatch.rules.window import believable, value_at
from floodwatch.rules.words import describe_bands

TYPE = "level"
PARAMETERS = {
    "asks": "code of the pumping station that is asked for when the band joint_dispatch opens"
}
LOOK_BACK = 3 * HOUR
BY_HAND = 26 * HOUR  # people read a staff once a day
NEARLY_AN_HOUR = 50 * MINUTE  # a change seen over less is not said to be that of an hour


class LevelRule:
    """All thresholds of one gauge in one direction; the worst open band is the finding.

    A doubtful reading may open or worsen and never clears. Nor does silence: after `silent_after`
    without a reading the last one still holds its bands and clears none. When bands open because
    others came in force while the water stood, facts say so in `why`: that calls nobody.
    """

    __slots__ = ("_bands", "_silent_after", "_source", "holds", "key", "needs")

    def __init__(
        self,
        key: RuleKey,
        thresholds: Sequence[Threshold],
        *,
        series: SeriesKey,
        holds: Holds,
        silent_after: int,
        tz: ZoneInfo,
    ) -> None:
        self.key = key
        self.holds = holds
        self.needs: tuple[Need, ...] = (Need(series, max(LOOK_BACK, silent_after)),)
        self._source = series
        self._silent_after = silent_after
        self._bands = Bands(thresholds, tz)

    @property
    def bands(self) -> Bands:
        """Its bands by time."""
        return self._bands

    def judge(self, context: Context) -> Finding:
        """The verdict on the newest believable reading, by the bands in force at `context.at`."""
        latest = context.latest.get(self._source)
        if latest is None or failed(latest.reading.quality):
            return UNKNOWN
        reading = latest.reading
        stretch = self._bands.at(context.at)
        open_band, held = worst(stretch.bands, round(reading.value, DIGITS))
        suspect = doubtful(reading.quality)
        shown = open_band or held
        fresh = context.at - reading.time <= self._silent_after
        return Finding(
            open_band.severity if open_band else None,
            held.severity if held else None,
            True,
            fresh and not suspect and not latest.late,
            shown.name if shown else "",
            shown.label if shown else "",
            shown.limit if shown else None,
            reading.value,
            reading.time,
            suspect,
            max(stretch.end, context.now) if stretch.end < FOREVER else None,
            self._facts(context, latest, stretch, open_band) if shown else {},
        )

    def _facts(
        self, context: Context, latest: Latest, stretch: Stretch, open_band: Band | None
    ) -> Mapping[str, float | int | str]:
        reading = latest.reading
        facts: dict[str, float | int | str] = {"age": max(0, context.now - reading.time)}
        facts |= trend(context.windows.get(self._source), until=reading.time)
        ahead = next_band(stretch.bands, round(reading.value, DIGITS))
        if ahead is not None:
            facts["next"] = ahead.label
            facts["to_next"] = round(abs(ahead.limit - reading.value), 6)
        if latest.late:
            facts["late"] = 1
        if reason_of(reading.quality) is Reason.CLOCK:
            facts["clock"] = 1
        if open_band is not None and (why := self._switched(context, latest, stretch, open_band)):
            facts["why"] = why
        return facts

    def _switched(self, context: Context, latest: Latest, stretch: Stretch, open_band: Band) -> str:
        """Why the band is open, if the water already stood over it when it came in force."""
        if context.at - stretch.start > self._silent_after:
            return ""
        value = value_at(believable(context.windows.get(self._source)), stretch.start)
        if value is None and latest.reading.time <= stretch.start:
            value = latest.reading.value
        if value is None:
            return ""
        value, least = round(value, DIGITS), open_band.severity
        before = self._bands.at(stretch.start - 1)
        then, now = worst(before.bands, value)[0], worst(stretch.bands, value)[0]
        if now is None or now.severity < least or (then is not None and then.severity >= least):
            return ""
        ended = (b.threshold.order for b in before.bands if b.threshold.valid_to == stretch.start)
        return ORDER if open_band.threshold.order or any(ended) else SEASON

    def quiet(
        self, series: Mapping[SeriesKey, Series], moments: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which of the readings at `moments` can change no state, whatever the state is.

        They and the one before are good with no silence between, and either hold no band of any
        season, or the same bands as the one before and no further: that one has said everything.
        """
        mine = series[self._source]
        sound = mine.quality % 10 <= Flag.NOT_EVALUATED
        values = np.round(mine.values, DIGITS)
        calm = sound.copy()
        for band in self._bands.all:
            calm &= ~(band.test(values, band.clear) | band.test(values, band.limit))
        follows = sound.copy()
        follows[1:] &= sound[:-1] & (np.diff(mine.times) <= self._silent_after)
        calm[1:] &= calm[:-1].copy()
        calm |= self._stays(mine.times, values, follows)
        calm &= follows
        calm[:1] = False
        return calm[places(mine.times, moments)]

    def _stays(
        self, times: Times, values: NDArray[np.float64], follows: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Where a value opens and holds the same bands as the one before, and adds nothing."""
        kinds = np.zeros(times.shape, np.int64)
        start = number = 0
        while start < times.size:
            stretch = self._bands.at(int(times[start]))
            end = int(times.searchsorted(stretch.end))
            part, number = values[start:end], number + 1
            kinds[start:end] = number * 4096
            for band in stretch.bands:
                opened = band.test(part, band.limit)
                kinds[start:end] += opened + 64 * (opened | band.test(part, band.clear))
            start = end
        return unmoved(kinds, values, follows=follows, down=self.key.direction == "down")

    def describe(self, language: str) -> str:
        """The rule in words for the station page; what holds by hand too is said once."""
        if self.key.gauge == MANUAL and self._bands.all[0].threshold.gauge != MANUAL:
            return ""
        return describe_bands(self.key.variable, self._bands.all, language)


def trend(series: Series | None, *, until: int) -> Mapping[str, float | int]:
    """Facts on the change before `until`: `rate` per hour; `rate_span` (ms) when less is known."""
    found = _change(series, until=until)
    if found is None:
        return {}
    rate, span = found
    return {"rate": rate} if span >= NEARLY_AN_HOUR else {"rate": rate, "rate_span": span}


def _change(series: Series | None, *, until: int) -> tuple[float, int] | None:
    """Change per hour over the last hour before `until`, in the variable's unit, and the time (ms)
    over which it was seen.

    Reporting is on change: the value in force an hour before is that of the last reading then. With
    less than an hour known, at least ten minutes are needed. Failed readings are no values. None
    when nothing can be said.
    """
    if series is not None:
        flags = series.quality % 10
        series = series.take((flags != Flag.FAIL) & (flags != Flag.MISSING))
    if series is None or series.size < 2:
        return None
    now, before = np.searchsorted(series.times, [until, until - HOUR], side="right") - 1
    start = max(int(before), 0)
    if now <= start:
        return (0.0, HOUR) if before >= 0 and now == before else None
    span = until - max(int(series.times[start]), until - HOUR)
    if span < 10 * MINUTE:
        return None
    return round(float(series.values[now] - series.values[start]) * HOUR / span, 4), span


def _by_hand(
    grouped: Mapping[RuleKey, Sequence[Threshold]],
) -> Iterable[tuple[RuleKey, Sequence[Threshold]]]:
    """The same limits for readings by eye, where they have none of their own."""
    for key, found in grouped.items():
        mine = key._replace(gauge=MANUAL)
        if key.gauge == "1" and mine not in grouped:
            yield mine, found


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[LevelRule]:
    """One rule for each gauge, variable and direction that has thresholds on the value itself."""
    grouped: dict[RuleKey, list[Threshold]] = {}
    for threshold in thresholds:
        direction = threshold.comparator.direction
        if is_drought(threshold, station.kind):
            continue
        if direction in ("up", "down") and threshold.variable not in RAINFALL:
            key = RuleKey(station.code, threshold.gauge, threshold.variable, TYPE, direction)
            grouped.setdefault(key, []).append(threshold)
    for key, found in [*grouped.items(), *_by_hand(grouped)]:
        usual = holds(kind=station.kind, outlet=station.outlet, variable=key.variable, type=TYPE)
        chosen = choose(district.rules, station, key, default=usual)
        if chosen.enabled:
            yield LevelRule(
                key,
                found,
                series=SeriesKey(station.code, key.gauge, key.variable),
                holds=chosen.holds,
                silent_after=BY_HAND if key.gauge == MANUAL else station.reporting.silent_after,
                tz=district.zone_of(station.code),
            )
