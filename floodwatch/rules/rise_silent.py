"""A gauge that stops speaking while its water rises (涨中失测): one missed report is enough."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.model.station import MANUAL, Reporting, Station
from floodwatch.model.threshold import Threshold
from floodwatch.rules.bands import Bands
from floodwatch.rules.basin import WATER
from floodwatch.rules.context import Context, Need
from floodwatch.rules.defaults import holds
from floodwatch.rules.extrapolate import Guess, by_now, called, extrapolate, figure, standing
from floodwatch.rules.quiet_water import LATELY, before, exactly, good, heard, twice, waits
from floodwatch.rules.settings import choose, number
from floodwatch.rules.silence import (
    GRACE,
    SLIGHT,
    believable,
    look_again,
    quick_interval,
    silent_at,
    tempo,
)
from floodwatch.rules.stale import FLOOD_KINDS

TYPE = "rise_silent"
PARAMETERS = {
    "least_rise": "m an hour from which a gauge that speaks on time alone counts as rising; "
    "default 0.10, of ponding 0.05"
}
LEAST_RISE = {"stage": 0.10, "ponding_depth": 0.05}
LOOK_BACK = 4 * HOUR
KNOWN_FOR = LOOK_BACK - HOUR  # as long as the hour before the last reading is still in sight
ANEW = 10 * MINUTE  # how often the extrapolation is looked at again
DELAYED = 15 * MINUTE  # a reading may be so long on its way and still be a sign of life
ACT_ZH = "请到场读水尺、报值班室"
ACT_EN = "Read the staff on site and report"


class RiseSilentRule:
    """One gauge of rising water that has missed one expected report.

    Fast rising, it must speak at its additional interval; otherwise, rising at least `least_rise`,
    at its timed one. It ends when the gauge is heard with a fresh reading. An old reading that
    comes late, the newest knowledge though it is, opens or worsens it and never ends it.
    """

    __slots__ = (
        *("_bands", "_crest", "_least", "_level", "_reporting", "_series", "holds", "key", "needs"),
        "watches",
    )

    def __init__(
        self,
        key: RuleKey,
        *,
        series: SeriesKey,
        bands: Bands,
        holds: Holds,
        reporting: Reporting,
        least_rise: float,
        crest: float | None = None,
    ) -> None:
        self.key = key
        self.holds = holds
        self.needs: tuple[Need, ...] = (Need(series, LOOK_BACK),)
        self._level = key._replace(type="level", direction="up")
        self.watches: tuple[RuleKey, ...] = (self._level,)
        self._series = series
        self._bands = bands
        self._reporting = reporting
        self._least = least_rise
        self._crest = crest

    def judge(self, context: Context) -> Finding:
        """Whether the gauge has missed a report while it rose, and when it would have."""
        latest = context.latest.get(self._series)
        if latest is None or not latest.heard:
            return UNKNOWN
        reading, now = latest.reading, context.now
        if now == context.at and now - reading.time > KNOWN_FOR:
            return UNKNOWN  # how it rose is no longer in sight: what was found stays
        good = believable(context.windows.get(self._series), until=reading.time)
        expected = self._expected(good) if good is not None else None
        fresh = not latest.late and now - reading.time <= max(DELAYED, (expected or 0) + GRACE)
        again = None
        if good is not None and expected is not None:
            after = expected + GRACE
            silent = silent_at(latest, context, after)
            if now >= silent:
                return self._silent(context, latest, good)
            again = look_again(latest, now, silent, after)
        return Finding(
            None,
            None,
            may_clear=fresh,
            value=reading.value,
            time=reading.time,
            recheck_at=again,
            facts=self._heard(latest),
        )

    def _expected(self, good: Series) -> int | None:
        """The interval in which it must speak; None: it does not rise, or not so that it must."""
        pace = tempo(good)
        if pace is not None:
            quick = quick_interval(self._reporting, self.key.variable, pace.sure)
            if quick is not None:
                return quick
        if good.size < 2 or good.values[-1] < good.values[-2]:
            return None
        rise = _hourly(good)
        rising = rise is not None and rise >= self._least - SLIGHT
        return self._reporting.timed if rising else None

    def _silent(self, context: Context, latest: Latest, good: Series) -> Finding:
        value, time = float(good.values[-1]), int(good.times[-1])
        rise = _hourly(good) or 0.0
        guess = extrapolate(
            self._bands, context, level=self._level, value=value, time=time, per_hour=rise
        )
        due = context.now + ANEW
        return Finding(
            severity=guess.severity,
            holding=guess.severity,
            may_clear=False,
            band=TYPE,
            label="失测",
            value=value,
            time=time,
            recheck_at=due if due - time <= KNOWN_FOR else None,
            facts=self._facts(latest, value, rise, guess) | {"age": context.now - time},
        )

    def _facts(
        self, latest: Latest, value: float, rise: float, guess: Guess
    ) -> dict[str, float | int | str]:
        name = self.key.variable
        said, rising = (
            {lang: figure(name, number, lang) for lang in ("zh", "en")} for number in (value, rise)
        )
        now = {lang: by_now(name, guess.value, self._crest, lang) for lang in ("zh", "en")}
        zh, en = called(name, "zh"), called(name, "en")
        late: dict[str, float | int | str] = {"late": 1} if latest.late else {}
        return late | {
            "last": value,
            "rise": rise,
            "extrapolated": guess.value,
            "zh": f"{zh}{said['zh']}后失测，每小时涨{rising['zh']}，{now['zh']}",
            "en": f"{en} {said['en']}, then silent; rising {rising['en']}/h, {now['en']}",
            "act_zh": ACT_ZH,
            "act_en": ACT_EN,
        }

    def _heard(self, latest: Latest) -> Mapping[str, float | int | str]:
        """What its all-clear says."""
        name, value = self.key.variable, latest.reading.value
        zh, en = (f"{called(name, lang)}{figure(name, value, lang)}" for lang in ("zh", "en"))
        return {"zh": f"恢复报数，{zh}", "en": f"reports again, {en}"}

    def quiet(
        self, series: Mapping[SeriesKey, Series], moments: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which of the readings at `moments` can change no state, nor anything until the next one.

        They are good, and they and the one before were followed so soon that no report was missed,
        or they did not rise, neither in ten minutes nor in an hour.
        """
        mine = series[self._series]
        known, spoke, reporting = good(mine), heard(mine), self._reporting
        if not known.size:
            return np.zeros(moments.shape, bool)
        soonest = min(reporting.additional or reporting.timed, reporting.timed)
        gap = waits(spoke.times, known.times)
        lately, there = before(known, LATELY, least=KNOWN_FOR)
        hourly, long = before(known, HOUR, least=KNOWN_FOR)
        still = there & long & (known.values <= lately) & (known.values <= hourly)
        calm = (gap <= soonest + GRACE) | (still & (self._least > SLIGHT))
        return twice(exactly(known.times, calm, moments))

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        least = figure(self.key.variable, self._least, language)
        if language == "zh":
            return f"上涨中(每小时{least}以上)漏报一次即涨中失测，按外推水位定级，不低于Ⅲ级"
        return f"one report missed while rising {least}/h or more; grade by the level it would have"


def _hourly(good: Series) -> float | None:
    """Change of the last hour before the last reading, per hour; of forty minutes at least."""
    end = int(good.times[-1])
    place = int(np.searchsorted(good.times, end - HOUR, side="right")) - 1
    start = max(place, 0)
    span = HOUR if place >= 0 else end - int(good.times[0])
    if span < HOUR * 2 // 3:
        return None
    return round(float(good.values[-1] - good.values[start]) * HOUR / span, 4)


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[RiseSilentRule]:
    """One rule for each gauge of water that can flood something."""
    if station.kind not in FLOOD_KINDS:
        return
    for gauge in station.gauges:
        if gauge.variable not in WATER or gauge.gauge == MANUAL:
            continue
        key = RuleKey(station.code, gauge.gauge, gauge.variable, TYPE, "none")
        usual = holds(kind=station.kind, outlet=station.outlet, variable=key.variable, type=TYPE)
        chosen = choose(district.rules, station, key, default=usual)
        if chosen.enabled:
            yield RiseSilentRule(
                key,
                series=gauge.key,
                bands=rising_bands(district, station, thresholds, gauge.key),
                holds=chosen.holds,
                reporting=station.reporting,
                least_rise=number(chosen.parameters, "least_rise", LEAST_RISE[gauge.variable]),
                crest=standing(station, gauge.key),
            )


def rising_bands(
    district: District, station: Station, thresholds: Sequence[Threshold], series: SeriesKey
) -> Bands:
    """The thresholds on a gauge's value that lie above."""
    mine = [
        t
        for t in thresholds
        if (t.gauge, t.variable) == (series.gauge, series.variable)
        and t.comparator.direction == "up"
    ]
    return Bands(mine, district.zone_of(station.code))
