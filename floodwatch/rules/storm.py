"""Storm mode: where water or rain is high, silence counts sooner. Stateless; ends by itself."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from floodwatch.hydrology.counter import increments
from floodwatch.hydrology.series import Series
from floodwatch.model.alert import Phase, RuleKey
from floodwatch.model.clock import HOUR
from floodwatch.model.district import District
from floodwatch.model.quality import Flag
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station
from floodwatch.rules.basin import WATER, basin_of, finest_rain
from floodwatch.rules.context import Context, Need

HEAVY_MM = 20.0  # in an hour
HOLD = HOUR  # storm mode lasts this long after its cause


class Storm(NamedTuple):
    """What puts one station into storm mode.

    `levels`: alerts on the water here and at the neighbours, from III on. `rains`: any alert of the
    rain that falls here. `needs`: that rain itself, heavy from `heavy_mm` in an hour.
    """

    levels: tuple[RuleKey, ...]
    rains: tuple[RuleKey, ...]
    needs: tuple[Need, ...]
    heavy_mm: float = HEAVY_MM

    @property
    def watches(self) -> tuple[RuleKey, ...]:
        """The rules whose alerts count."""
        return (*self.levels, *self.rains)

    def rages(self, context: Context) -> bool:
        """Whether it is storm at `context.at`, or was so within the hold."""
        return (
            any(_stood(context, key, Severity.III) for key in self.levels)
            or any(_stood(context, key, Severity.IV) for key in self.rains)
            or any(
                heaviest_hour(context.windows.get(need.key), need.key, at=context.at)
                >= self.heavy_mm
                for need in self.needs
            )
        )


def _stood(context: Context, key: RuleKey, least: Severity) -> bool:
    state = context.states.get(key)
    if state is not None and state.phase is Phase.FIRING:
        return (state.severity or 0) >= least
    over = context.ended.get(key)
    return over is not None and over.severity >= least and context.now - over.at < HOLD


def heaviest_hour(series: Series | None, key: SeriesKey, *, at: int) -> float:
    """The most rain (mm) of any hour that ended within the hold before `at`; 0 without data."""
    if series is None or not series.size:
        return 0.0
    part = series.between(at - HOLD - HOUR, at)
    part = part.take(part.quality % 10 <= Flag.SUSPECT)
    if part.size < 2 and key.variable != "rainfall":
        return 0.0
    amounts = part.values if key.variable == "rainfall" else increments(part.values)
    ends = part.times[part.times.size - amounts.size :]
    if not ends.size:
        return 0.0
    sums = np.concatenate(([0.0], np.cumsum(np.maximum(amounts, 0.0))))
    # Hours that end with a report, and the one that ended when the hold began.
    stops = np.append(ends[ends > at - HOLD], at - HOLD)
    until = np.searchsorted(ends, stops, side="right")
    since = np.searchsorted(ends, stops - HOUR, side="right")
    return float((sums[until] - sums[since]).max())


def storm_of(district: District, station: Station, *, heavy_mm: float = HEAVY_MM) -> Storm:
    """What is to be looked at for one station."""
    basin = basin_of(district, station)
    rain = [district.stations[code] for code in basin.rain]
    measured = [key for place in rain for key in finest_rain(place)] if heavy_mm > 0 else []
    near = [station, *(district.stations[code] for code in basin.neighbours)]
    return Storm(
        tuple(key for place in near for key in water_alerts(place)),
        tuple(key for place in rain for key in _rain_alerts(place)),
        tuple(Need(key, HOLD + HOUR, wakes=False) for key in measured),
        heavy_mm,
    )


def water_alerts(station: Station) -> Iterable[RuleKey]:
    """The level rules of a station's own water."""
    for gauge in station.gauges:
        if gauge.variable in WATER and gauge.gauge == "1":
            yield RuleKey(station.code, gauge.gauge, gauge.variable, "level", "up")


def _rain_alerts(station: Station) -> Sequence[RuleKey]:
    gauges = dict.fromkeys(key.gauge for key in finest_rain(station))
    return [RuleKey(station.code, name, "rainfall", "rainfall", "up") for name in gauges]
