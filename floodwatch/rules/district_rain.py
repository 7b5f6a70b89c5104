"""Rain on the whole district: the mean of its rain gauges in windows, the worst window wins."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.rainfall import WHOLE
from floodwatch.hydrology.series import Series
from floodwatch.model.alert import DISTRICT, Holds, RuleKey
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station, StationKind
from floodwatch.model.threshold import Comparator, Threshold
from floodwatch.rules.bands import DIGITS, Band, band
from floodwatch.rules.context import Context, Need
from floodwatch.rules.defaults import holds
from floodwatch.rules.quiet_rain import rain_since, told
from floodwatch.rules.rainfall import fallen, sources
from floodwatch.rules.settings import choose
from floodwatch.rules.words import describe_bands, duration

TYPE = "district_rain"
HOURS = (1, 3, 6, 12, 24)
PARAMETERS = {f"mm_{h}h": f"mean mm in {h} h for IV, III, II, I; fewer will do" for h in HOURS}
CLEAR = 0.9  # of the limit
AGAIN = 10 * MINUTE  # a mean that holds a band is looked at again though no report may come


class GaugeRain(NamedTuple):
    """One gauge of the mean: its series, finest first, its longest silence, and its zone."""

    needs: tuple[Need, ...]
    silent_after: int
    tz: ZoneInfo


class DistrictRainRule:
    """The plain mean of all rain gauges.

    A gauge that says nothing counts as dry: so a mean with a hole is a lower bound, which may fire
    and may not clear. One of which nothing is known in the longest window is no longer counted
    among them while half of them speak: the mean is that of the others, and can clear without it.
    What a doubtful gauge says is left out of the mean.
    """

    __slots__ = ("_bands", "_gauges", "_spans", "holds", "key", "needs")

    def __init__(
        self, limits: Iterable[Threshold], gauges: Sequence[GaugeRain], held: Holds
    ) -> None:
        self.key = RuleKey(DISTRICT, "1", "rainfall", TYPE, "up")
        self.holds = held
        bands = map(band, limits)
        self._bands = tuple(sorted(bands, key=lambda b: (b.severity, b.limit), reverse=True))
        self._gauges = tuple(gauges)
        self._spans = tuple(sorted({b.threshold.window for b in self._bands}))
        self.needs: tuple[Need, ...] = tuple(need for each in gauges for need in each.needs)

    def judge(self, context: Context) -> Finding:
        """The verdict on the windows that end at `context.at`."""
        newest = max(
            (context.latest[n.key].reading.time for n in self.needs if n.key in context.latest),
            default=None,
        )
        if newest is None:
            return UNKNOWN
        means, whole = self._means(context)
        opened = _worst(b for b in self._bands if b.open(means[b.threshold.window]))
        held = _worst(b for b in self._bands if b.holds(means[b.threshold.window]))
        shown = opened or held
        return Finding(
            severity=opened.severity if opened else None,
            holding=held.severity if held else None,
            may_clear=whole,
            band=shown.name if shown else "",
            label=shown.label if shown else "",
            value=means[shown.threshold.window] if shown else None,
            time=newest,
            recheck_at=context.now + AGAIN if held else None,
            facts=self._facts(means, shown, context.now - newest) if shown else {},
        )

    def _means(self, context: Context) -> tuple[dict[int, float], bool]:
        """The mean of each window in mm, and whether all of all windows is known."""
        totals = dict.fromkeys(self._spans, 0.0)
        whole, speak = True, 0
        for gauge in self._gauges:
            rain, uncertain = fallen(
                context,
                gauge.needs,
                spans=self._spans,
                silent_after=gauge.silent_after,
                tz=gauge.tz,
                believed=True,
            )
            longest = rain.get(self._spans[-1])
            if longest is None or not (longest.coverage or longest.amount):
                continue
            speak += 1
            for span in self._spans:
                known = rain.get(span)
                totals[span] += known.amount if known else 0.0
                whole &= known is not None and known.coverage >= WHOLE
            whole &= not uncertain
        if 2 * speak < len(self._gauges):  # the few that speak do not stand for the district
            speak, whole = len(self._gauges), False
        return {s: round(mm / speak, DIGITS) for s, mm in totals.items()}, whole

    def _facts(
        self, means: Mapping[int, float], shown: Band, age: int
    ) -> Mapping[str, float | int | str]:
        window = shown.threshold.window
        mm, limit = f"{means[window]:.1f}", f"{shown.limit:g}"
        facts: dict[str, float | int | str] = {
            f"sum_{span // HOUR}h": round(mean, 1) for span, mean in means.items()
        }
        return facts | {
            "window": window,
            "limit": shown.limit,
            "zh": f"{duration(window, 'zh')}平均雨量{mm}毫米，限值{limit}毫米",
            "en": f"mean rain {mm} mm in {duration(window, 'en')} (limit {limit} mm)",
            "act_zh": "请加强值守、检查泵站和低洼处",
            "act_en": "Strengthen the watch, check pumps and low places",
            "age": max(0, age),
        }

    def quiet(
        self, series: Mapping[SeriesKey, Series], moments: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which of the reports at `moments` can change no state, whatever the state is.

        At them and at the one before the mean rain of the longest window is too little for any
        band, and every gauge tells all of that window.
        """
        total = np.zeros(moments.shape)
        whole = np.ones(moments.shape, bool)
        for gauge in self._gauges:
            most = np.zeros(moments.shape)
            known = np.zeros(moments.shape, bool)
            for need in gauge.needs:
                mine = series.get(need.key)
                if mine is not None and mine.size:
                    most = np.maximum(most, rain_since(mine, need, moments))
                    known |= told(mine, need, moments, silent_after=gauge.silent_after)
            total += most
            whole &= known
        calm = (total / len(self._gauges) < min(b.clear for b in self._bands)) & whole
        calm[1:] &= calm[:-1].copy()
        calm[:1] = False
        return calm

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        return describe_bands("rainfall", self._bands, language)


def _worst(bands: Iterable[Band]) -> Band | None:
    """Worst first as they come; among equals the shortest window, which is the newest rain."""
    found = list(bands)
    most = max((b.severity for b in found), default=None)
    equals = [b for b in found if b.severity == most]
    return min(equals, key=lambda b: (b.threshold.window, -b.limit), default=None)


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[DistrictRainRule]:
    """One rule, where limits are configured and there are rain gauges."""
    del thresholds
    key = RuleKey(DISTRICT, "1", "rainfall", TYPE, "up")
    usual = holds(kind=StationKind.RAIN, outlet="", variable="rainfall", type="rainfall")
    chosen = choose(district.rules, station, key, default=usual)
    limits = list(_limits(chosen.parameters))
    if not chosen.enabled or not limits:
        return
    back = max(limit.window for limit in limits)
    gauges = []
    for place in district.stations.values():
        if place.kind is StationKind.RAIN and place.enabled:
            silent_after = place.reporting.silent_after
            needs = (Need(s, back + silent_after + s.period) for s in sources(place, "1"))
            gauges.append(GaugeRain(tuple(needs), silent_after, district.zone_of(place.code)))
    if gauges:
        yield DistrictRainRule(limits, gauges, chosen.holds)


def _limits(parameters: Mapping[str, Any]) -> Iterable[Threshold]:
    for hours in HOURS:
        for place, mm in enumerate(parameters.get(f"mm_{hours}h", ())):
            yield Threshold(
                station=DISTRICT,
                gauge="1",
                variable="rainfall",
                name=f"rain_{hours}h_{mm:g}",
                severity=Severity(min(place + 1, 4)),
                comparator=Comparator.AT_OR_ABOVE,
                value=float(mm),
                clear=round(float(mm) * CLEAR, 6),
                window=hours * HOUR,
                label=f"{hours}小时面雨量",
            )
