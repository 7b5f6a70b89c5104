"""A gauge that stands still at once while its water must go on rising (涨中不动)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.counter import increments
from floodwatch.hydrology.series import Series
from floodwatch.hydrology.storage import StorageCurve
from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.quality import Flag
from floodwatch.model.reading import SeriesKey
from floodwatch.model.station import MANUAL, Reporting, Station, StationKind
from floodwatch.model.threshold import Threshold
from floodwatch.rules.bands import Bands
from floodwatch.rules.basin import basin_of, finest_rain
from floodwatch.rules.context import Context, Need
from floodwatch.rules.defaults import holds
from floodwatch.rules.extrapolate import by_now, called, extrapolate, figure, standing
from floodwatch.rules.quiet_water import LATELY, before, exactly, good, twice
from floodwatch.rules.rise_silent import ACT_EN, ACT_ZH, rising_bands
from floodwatch.rules.settings import choose, number
from floodwatch.rules.silence import Tempo, believable, quick_interval, tempo
from floodwatch.rules.stale import FLOOD_KINDS

TYPE = "rise_flat"
PARAMETERS = {
    "flat_min": "minutes it must stand still, by its own reports; default 30",
    "expected_cm": "rise in cm that must be missing, or that another gauge must show; default 3",
}
LOOK_BACK = 3 * HOUR
LAG = HOUR  # rain of the last hour is what the water rises by
LONGEST = 2 * HOUR  # after that nothing can be said of a rise that was


class Flat(NamedTuple):
    """A run of equal readings: since when, up to when it was confirmed, and the rise before it."""

    since: int
    until: int
    before: Tempo


class RiseFlatRule:
    """One gauge that rose so fast that it had to speak, and then repeats one value.

    A true crest slows down before it stands, and the rain has gone: three reservoirs of one storm
    stand on one centimetre for an hour. So it counts only if the rise stopped at once and either
    the rain falls on (what it lacks against the rain before, all of it run off, is taken from the
    rise) or another gauge of this water or of its neighbours goes on rising.
    """

    __slots__ = (
        *("_area", "_bands", "_catchment", "_crest", "_curve", "_expected", "_flat_for", "_level"),
        *("_others", "_rain", "_reporting", "_series", "holds", "key", "needs", "watches"),
    )

    def __init__(
        self,
        key: RuleKey,
        *,
        series: SeriesKey,
        others: Sequence[SeriesKey],
        rain: Sequence[SeriesKey],
        station: Station,
        bands: Bands,
        holds: Holds,
        flat_for: int,
        expected_m: float,
    ) -> None:
        self.key = key
        self.holds = holds
        beside = (*others, *rain)
        self.needs: tuple[Need, ...] = (
            Need(series, LOOK_BACK),
            *(Need(each, LOOK_BACK, wakes=False) for each in beside),
        )
        self._level = key._replace(type="level", direction="up")
        self.watches: tuple[RuleKey, ...] = (self._level,)
        self._series = series
        self._others = tuple(others)
        self._rain = tuple(rain)
        self._reporting: Reporting = station.reporting
        self._curve = StorageCurve.from_table(station.curve) if station.curve else None
        self._catchment = station.catchment
        self._crest = standing(station, series)
        self._bands = bands
        self._flat_for = flat_for
        self._expected = expected_m

    def judge(self, context: Context) -> Finding:
        """Whether the newest reading repeats what it should long have left."""
        latest = context.latest.get(self._series)
        if latest is None or not latest.heard or latest.late:
            return UNKNOWN
        if context.now - latest.reading.time > self._reporting.silent_after:
            return UNKNOWN  # a gauge that says nothing is silent, not flat
        good = believable(context.windows.get(self._series), until=latest.reading.time)
        if good is not None and _stands_long(good):
            return UNKNOWN  # what was found stays until it moves
        flat = self._stopped(good) if good is not None else None
        moved = self._contradicted(context, flat, float(good.values[-1])) if flat and good else ""
        if flat is None or good is None or not moved:
            return Finding(None, None, value=latest.reading.value, time=latest.reading.time)
        value = float(good.values[-1])
        rise = flat.before.sure
        guess = extrapolate(
            self._bands, context, level=self._level, value=value, time=flat.since, per_hour=rise
        )
        name = self.key.variable
        zh, en = (
            {
                "value": figure(name, value, lang),
                "rise": figure(name, rise, lang),
                "now": by_now(name, guess.value, self._crest, lang),
                "name": called(name, lang),
            }
            for lang in ("zh", "en")
        )
        minutes = (flat.until - flat.since) // MINUTE
        return Finding(
            severity=guess.severity,
            holding=guess.severity,
            band=TYPE,
            label="涨中不动",
            value=value,
            time=latest.reading.time,
            facts={
                "since": flat.since,
                "rise": rise,
                "extrapolated": guess.value,
                "evidence": moved,
                "zh": f"{zh['name']}停在{zh['value']}{minutes}分钟，此前每小时涨{zh['rise']}，"
                f"{zh['now']}",
                "en": f"{en['name']} stuck at {en['value']} for {minutes} min, rising "
                f"{en['rise']}/h before, {en['now']}",
                "act_zh": ACT_ZH,
                "act_en": ACT_EN,
            },
        )

    def _stopped(self, good: Series) -> Flat | None:
        """The present run, if it is long enough and the gauge rose into it too fast to stop."""
        last = float(good.values[-1])
        others = np.flatnonzero(good.values != last)
        if not others.size:
            return None
        first = int(others[-1]) + 1
        since, until = int(good.times[first]), int(good.times[-1])
        if not self._flat_for <= until - since <= LONGEST:
            return None
        before = tempo(good.take(slice(0, first + 1)))
        if before is None or before.sure <= 0:
            return None
        quick = quick_interval(self._reporting, self.key.variable, before.sure)
        steady = self._reporting.timed <= self._flat_for // 3
        if quick is None and not (steady and before.sure >= self._expected * HOUR / self._flat_for):
            return None
        return Flat(since, until, before)

    def _contradicted(self, context: Context, flat: Flat, value: float) -> str:
        """What says that the water goes on rising: "gauge", "rain", or nothing."""
        for key in self._others:
            beside = believable(context.windows.get(key), until=flat.until)
            if beside is not None and _rose(beside, flat) >= self._expected:
                return "gauge"
        return "rain" if self._missing(context, flat, value) >= self._expected else ""

    def _missing(self, context: Context, flat: Flat, value: float) -> float:
        """The rise in m that the water balance asks for since it stands; 0 when nobody can say.

        At one stage the outflow is one: only the inflow can have changed. What the rain has
        slackened is taken off it as if all of it ran off.
        """
        if self._curve is None or not self._catchment:
            return 0.0
        area = float(self._curve.area(value))
        amounts = [context.windows.get(key) for key in self._rain]
        known = [
            (key, series)
            for key, series in zip(self._rain, amounts, strict=True)
            if series is not None and series.size
        ]
        if not known or not area > 0:
            return 0.0
        key, series = known[0]
        before = _fallen(series, key, flat.since)
        moments = (*range(flat.since, flat.until, 10 * MINUTE), flat.until)
        least = min(_fallen(series, key, at) for at in moments)
        slackened = max(0.0, before - least) / 1000 * self._catchment * 1e6  # m³ in an hour
        rise = flat.before.sure - slackened / area
        return rise * (flat.until - flat.since) / HOUR

    def quiet(
        self, series: Mapping[SeriesKey, Series], moments: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which of the readings at `moments` can change no state, whatever the state is.

        They and the one before are good and do not repeat one value so long, or repeat it so much
        longer that nothing is known of the rise before, or there was none.
        """
        known = good(series[self._series])
        if not known.size:
            return np.zeros(moments.shape, bool)
        first = np.flatnonzero(np.diff(known.values, prepend=np.nan) != 0)
        begun = first[first.searchsorted(np.arange(known.size), side="right") - 1]
        stood = known.times - known.times[begun]
        lately, there = before(known, LATELY, least=LOOK_BACK)
        rose = ~there | (known.values > lately)
        calm = (stood < self._flat_for) | (stood > LONGEST) | ~rose[begun]
        return twice(exactly(known.times, calm, moments))

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        minutes = self._flat_for // MINUTE
        if language == "zh":
            return f"快涨中突然停住{minutes}分钟而雨未停或旁站仍涨，即涨中不动，按外推水位定级"
        return f"stands still for {minutes} min at once, while rain or other gauges go on rising"


def _stands_long(good: Series) -> bool:
    """Whether it has repeated its last value for so long that the rise before is out of reach."""
    moved = np.flatnonzero(good.values != float(good.values[-1]))
    since = good.times[int(moved[-1]) + 1] if moved.size else good.times[0]
    return int(good.times[-1] - since) > LONGEST


def _rose(series: Series, flat: Flat) -> float:
    """By how much another gauge has risen since."""
    place = int(np.searchsorted(series.times, flat.since, side="right")) - 1
    if place < 0:
        return 0.0
    return round(float(series.values[-1] - series.values[place]), 4)


def _fallen(series: Series, key: SeriesKey, at: int) -> float:
    """Rain (mm) of the hour before `at`."""
    part = series.between(at - LAG, at)
    part = part.take(part.quality % 10 <= Flag.SUSPECT)
    if key.variable == "rainfall":
        return float(part.values.sum())
    return float(increments(part.values).sum()) if part.size > 1 else 0.0


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[RiseFlatRule]:
    """One rule for each stage gauge whose standing still something else can contradict."""
    if station.kind not in FLOOD_KINDS or station.kind is StationKind.WATERLOGGING:
        return
    basin = basin_of(district, station)
    rain = [key for code in basin.rain for key in finest_rain(district.stations[code])]
    for gauge in station.gauges:
        if gauge.variable != "stage" or gauge.gauge == MANUAL:
            continue
        others = _others(district, station, gauge.key, basin.neighbours)
        balanced = bool(station.curve and station.catchment and rain)
        if not balanced and not others:
            continue
        key = RuleKey(station.code, gauge.gauge, "stage", TYPE, "none")
        usual = holds(kind=station.kind, outlet=station.outlet, variable="stage", type=TYPE)
        chosen = choose(district.rules, station, key, default=usual)
        if chosen.enabled:
            yield RiseFlatRule(
                key,
                series=gauge.key,
                others=others,
                rain=rain if balanced else (),
                station=station,
                bands=rising_bands(district, station, thresholds, gauge.key),
                holds=chosen.holds,
                flat_for=round(number(chosen.parameters, "flat_min", 30) * MINUTE),
                expected_m=number(chosen.parameters, "expected_cm", 3) / 100,
            )


def _others(
    district: District, station: Station, own: SeriesKey, neighbours: Sequence[str]
) -> list[SeriesKey]:
    """Second gauges of this water, and the same gauges of the like places that share its rain."""
    second = [
        g.key
        for g in station.gauges
        if g.variable == "stage" and g.key != own and g.gauge != MANUAL
    ]
    if station.kind is StationKind.RESERVOIR:
        for code in neighbours:
            other = district.stations[code]
            if other.kind is station.kind:
                second += [g.key for g in other.gauges if g.variable == "stage" and g.gauge == "1"]
    return second
