"""Time to the next limit at the present rise: a watch, never more than a notice."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station, StationKind
from floodwatch.model.threshold import Threshold
from floodwatch.rules.bands import DIGITS, Band, Bands
from floodwatch.rules.context import Context, Need
from floodwatch.rules.quiet_water import SLIGHT, exactly, good, slopes, twice, unmoved
from floodwatch.rules.settings import asked, choose, number, severity
from floodwatch.rules.window import believable, sound

TYPE = "eta"
PARAMETERS = {
    "horizon_h": "hours ahead within which a limit is spoken of; default 6",
    "slope": "m per hour of rise below which the water counts as steady; default 0.02",
    "readings": "how many of the newest readings the line is laid through; default 5",
    "span_h": "hours back within which they must lie; default 4",
    "severity": "of the limits spoken of: this one and worse; default III",
}
HOLDS = Holds(10 * MINUTE, 30 * MINUTE)
LEAST = 3  # readings for a line
LONGER = 1.5  # a watch that stands is kept up to so many horizons: noise must not end it


class Line(NamedTuple):
    """By what the line is laid."""

    horizon: int  # ms
    slope: float  # m per hour
    readings: int
    span: int  # ms


class EtaRule:
    """A straight line through the newest readings, and when it meets the next limit.

    A line is no forecast: the severity is IV whatever the limit is.
    """

    __slots__ = (
        "_bands",
        "_least",
        "_line",
        "_only",
        "_silent_after",
        "_source",
        "holds",
        "key",
        "needs",
    )

    def __init__(
        self,
        key: RuleKey,
        bands: Bands,
        *,
        line: Line,
        least: Severity,
        only: str,
        holds: Holds,
        silent_after: int,
    ) -> None:
        self.key = key
        self.holds = holds
        self._bands = bands
        self._line = line
        self._least = least
        self._only = only
        self._silent_after = silent_after
        self._source = SeriesKey(key.station, key.gauge, key.variable)
        self.needs: tuple[Need, ...] = (Need(self._source, line.span),)

    def judge(self, context: Context) -> Finding:
        """The verdict on the rise that ends with the newest reading."""
        latest = sound(context, self._source, silent_after=self._silent_after)
        if latest is None:
            return UNKNOWN
        value = round(latest.reading.value, DIGITS)
        ahead = self._ahead(context.at, value)
        slope = self._slope(context, until=latest.reading.time)
        if slope is None:
            return UNKNOWN
        left = None
        if ahead is not None and slope >= self._line.slope:
            left = round((ahead.limit - value) / slope * HOUR)
        near = left is not None and left <= self._line.horizon
        held = left is not None and left <= self._line.horizon * LONGER
        return Finding(
            Severity.IV if near else None,
            Severity.IV if held else None,
            band=ahead.name if ahead and held else "",
            label=f"预计达{ahead.label}" if ahead and held else "",
            value=latest.reading.value,
            time=latest.reading.time,
            may_clear=not latest.late,
            facts=_facts(ahead, value, slope, left) if ahead and left is not None and held else {},
        )

    def _ahead(self, at: int, value: float) -> Band | None:
        """The nearest limit not reached yet of those that are spoken of."""
        wanted = [
            band
            for band in self._bands.at(at).bands
            if band.severity >= self._least
            and not band.open(value)
            and self._only in ("", band.name)
        ]
        return min(wanted, key=lambda band: band.limit, default=None)

    def _slope(self, context: Context, *, until: int) -> float | None:
        """Rise in m per hour; None when there are too few readings for a line."""
        series = believable(context.windows.get(self._source))
        if series is None:
            return None
        newest = series.between(until - self._line.span, until)
        newest = newest.take(slice(-self._line.readings, None))
        return slope_of(newest) if newest.size >= LEAST else None

    def quiet(
        self, series: Mapping[SeriesKey, Series], moments: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which of the readings at `moments` can change no state, whatever the state is.

        They and the one before are good, enough lie before them for a line, and it is too flat or
        too far below every limit to be spoken of.
        """
        known, line = good(series[self._source]), self._line
        slope = slopes(known, count=line.readings, span=line.span, least=LEAST)
        calm = slope < line.slope - SLIGHT
        rows = np.flatnonzero(~calm & np.isfinite(slope))
        values = np.round(known.values[rows], DIGITS)
        gap = np.full(rows.size, np.inf)
        for band in self._bands.all:
            ahead = ~band.test(values, band.limit)
            gap = np.minimum(gap, np.where(ahead, np.abs(band.limit - values), np.inf))
        far = gap * HOUR > line.horizon * LONGER * (slope[rows] + SLIGHT) + HOUR * SLIGHT
        calm[rows] = far & (line.slope > 0)
        said = self._said(known, slope)
        sound = np.append(False, np.diff(known.times) <= self._silent_after)
        stays = unmoved(said, known.values, follows=sound & (said > 0), down=False)
        before = exactly(known.times, np.append(False, np.ones(known.size - 1, bool)), moments)
        before[1:] &= exactly(known.times, np.ones(known.size, bool), moments)[:-1]
        return twice(exactly(known.times, calm, moments)) | (
            before & exactly(known.times, stays, moments)
        )

    def _said(self, known: Series, slope: NDArray[np.float64]) -> NDArray[np.int64]:
        """What is said of each reading: 1 nothing, 2 held, 3 near; 0 where it is a close thing."""
        said = np.zeros(known.size, np.int64)
        stretch = self._bands.at(int(known.times[0])) if known.size else None
        if stretch is None or stretch.end <= int(known.times[-1]):
            return said
        values = np.round(known.values, DIGITS)
        gap = np.full(known.size, np.inf)
        for band in stretch.bands:
            if band.severity >= self._least and self._only in ("", band.name):
                ahead = ~band.test(values, band.limit)
                gap = np.minimum(gap, np.where(ahead, band.limit - values, np.inf))
        line, least = self._line, self._line.slope
        with np.errstate(divide="ignore", invalid="ignore"):
            left = np.where(slope >= least, gap / slope * HOUR, np.inf)
        said[:] = 1 + (left <= line.horizon * LONGER) + (left <= line.horizon)
        close = np.abs(slope - least) < 1e-5
        for bound in (line.horizon, line.horizon * LONGER):
            close |= np.abs(left - bound) < bound * 1e-3
        said[close | ~np.isfinite(slope)] = 0
        return said

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        hours = f"{self._line.horizon / HOUR:g}"
        if language == "zh":
            what = "设计洪水位" if self._only else f"{self._least.numeral}级以上限值"
            return f"按近{self._line.readings}次读数直线外推，{hours}小时内达{what}即提示(Ⅳ级)"
        what = "the design flood" if self._only else f"a limit of severity {self._least.name}"
        return f"{what} within {hours} h by a line through {self._line.readings} readings (IV)"


def slope_of(series: Series) -> float:
    """The slope of the least-squares line, in the variable's unit per hour."""
    hours = (series.times - series.times[-1]) / HOUR
    centred = hours - hours.mean()
    spread = float((centred**2).sum())
    return round(float((centred * series.values).sum()) / spread, 6) if spread else 0.0


def _facts(ahead: Band, value: float, slope: float, left: int) -> Mapping[str, float | int | str]:
    minutes = max(1, round(left / MINUTE))
    zh = f"约{minutes}分钟" if minutes < 90 else f"约{minutes / 60:.1f}小时"
    en = f"about {minutes} min" if minutes < 90 else f"about {minutes / 60:.1f} h"
    name = ahead.name.replace("_", " ")
    return {
        "zh": f"水位{value:.2f}米，按近期涨势{zh}后达{ahead.label}{ahead.limit:.2f}米",
        "en": f"stage {value:.2f} m, at this rise {name} ({ahead.limit:.2f} m) in {en}",
        "act_zh": "请关注",
        "act_en": "Watch it",
        "next": ahead.label,
        "limit": ahead.limit,
        "minutes": minutes,
        "rate": round(slope, 4),
    }


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[EtaRule]:
    """One rule for each stage with upward limits, where the configuration asks for it.

    For a free overflow only the time to the design flood is spoken of.
    """
    zone = district.zone_of(station.code)
    grouped: dict[RuleKey, list[Threshold]] = {}
    for threshold in thresholds:
        if threshold.variable == "stage" and threshold.comparator.direction == "up":
            key = RuleKey(station.code, threshold.gauge, "stage", TYPE, "up")
            grouped.setdefault(key, []).append(threshold)
    weir = station.kind is StationKind.RESERVOIR and station.outlet == "weir"
    for key, found in grouped.items():
        chosen = choose(district.rules, station, key, default=HOLDS)
        if chosen.enabled and asked(district.rules, station, key):
            given = chosen.parameters
            line = Line(
                round(number(given, "horizon_h", 6) * HOUR),
                number(given, "slope", 0.02),
                round(number(given, "readings", 5)),
                round(number(given, "span_h", 4) * HOUR),
            )
            yield EtaRule(
                key,
                Bands(found, zone),
                line=line,
                least=severity(given, Severity.III),
                only="design_flood" if weir else "",
                holds=chosen.holds,
                silent_after=station.reporting.silent_after,
            )
