"""The weather of the year before the storm: rain by the hour, evaporation, the outer river."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import DAY, HOUR
from floodwatch.sources.simulator.stations import RAIN_GAUGES
from floodwatch.sources.simulator.storm import T0

Floats = NDArray[np.float64]

SEED = 6199
FIRST_DAY, LAST_DAY = date(2025, 6, 18), date(2026, 6, 17)
START = T0 - 364 * DAY - 20 * HOUR  # 2025-06-18 00:00 local
HOURS = (T0 - START) // HOUR  # whole hours of the history
LOCAL = 8 * HOUR

WET_AFTER_WET, WET_AFTER_DRY, WET_AFTER_DRY_SPRING = 0.55, 0.25, 0.40
MEAN_MM, MEAN_SPRING_MM, SHAPE = 9.0, 14.0, 0.8
LARGEST_MM = 45.0  # no drawn day competes with the two that are written
SPREAD = 0.15  # between gauges, of a day's rain

HEAVY_DAYS = {date(2025, 7, 3): 86.0, date(2026, 5, 21): 74.0}
# The week before the storm is written, not drawn: the soil is wet (7-day rain well over 20 mm), and
# the last two days are dry.
LAST_WEEK = {date(2026, 6, day): mm for day, mm in enumerate((0, 0, 9, 18, 0, 6, 0, 0, 0), 10)}
HEAVY_HOURS = (0.02, 0.06, 0.17, 0.27, 0.24, 0.14, 0.07, 0.03)  # 00:00 to 08:00


def daily_rain() -> dict[date, float]:
    """District rain in mm of each hydrological day (it ends at 08:00 of its date)."""
    rng = np.random.default_rng(SEED)
    wet, days = False, {}
    day = FIRST_DAY
    while day <= LAST_DAY + timedelta(days=1):
        spring = 4 <= day.month <= 6
        after_dry = WET_AFTER_DRY_SPRING if spring else WET_AFTER_DRY
        wet = bool(rng.random() < (WET_AFTER_WET if wet else after_dry))
        amount = rng.gamma(SHAPE, (MEAN_SPRING_MM if spring else MEAN_MM) / SHAPE)
        days[day] = min(float(amount), LARGEST_MM) if wet else 0.0
        day += timedelta(days=1)
    return days | HEAVY_DAYS | LAST_WEEK


def hourly_rain() -> dict[str, Floats]:
    """Rain in mm of each hour of the history by gauge (R1…R6); hour k ends at START + (k+1) h."""
    rng = np.random.default_rng((SEED, 1))
    factors = np.array([gauge.factor for gauge in RAIN_GAUGES])
    factors /= factors.mean()
    rain = np.zeros((len(RAIN_GAUGES), HOURS + 24))
    for day, amount in daily_rain().items():
        begin = (day - FIRST_DAY).days * 24 - 16  # 08:00 of the day before, in hours from START
        shares = np.zeros(24)
        if day in HEAVY_DAYS:
            shares[16:] = HEAVY_HOURS
            by_gauge = factors
        else:
            shares = _shower(rng)
            by_gauge = factors * rng.lognormal(0, SPREAD, len(factors))
        hours = slice(max(begin, 0), begin + 24)
        rain[:, hours] += amount * np.outer(by_gauge, shares)[:, max(-begin, 0) :]
    return {gauge.short: rain[k, :HOURS] for k, gauge in enumerate(RAIN_GAUGES)}


def _shower(rng: np.random.Generator) -> Floats:
    """Shares of a day's rain over its 24 hours: one spell of three to ten hours."""
    shares = np.zeros(24)
    length = int(rng.integers(3, 11))
    begin = int(rng.integers(0, 25 - length))
    spell = rng.gamma(1.5, 1.0, length)
    shares[begin : begin + length] = spell / spell.sum()
    return shares


def evaporation_mm(times: NDArray[np.int64]) -> Floats:
    """Evaporation of open water at each time, mm a day: 1 in January, 6 in July."""
    days = (times - START) / DAY + 169
    return np.asarray(3.5 - 2.5 * np.cos(2 * np.pi * (days - 15) / 365.25))


# Usual stage of the outer river in the middle of each month, January first.
_RIVER_M = (21.6, 21.9, 23.0, 24.2, 25.3, 26.0, 27.6, 26.8, 25.6, 24.0, 22.8, 21.9)


def outer_river(times: NDArray[np.int64], rain_mm: Floats) -> Floats:
    """Stage of the outer river, m: its season, and a slow answer to the rain of each hour."""
    days = (times - START) / DAY + 169
    middles = (np.arange(-1, 13) + 0.5) * 365.25 / 12
    season = np.interp(days % 365.25, middles, (_RIVER_M[-1], *_RIVER_M, _RIVER_M[0]))
    return np.asarray(season + 0.008 * (fading(rain_mm, half_life_h=120) - 25))


def fading(amounts: Floats, *, half_life_h: float) -> Floats:
    """Sum of hourly amounts that fade: what fell `half_life_h` ago counts half."""
    keep, index = 0.5 ** (1 / half_life_h), 0.0
    out = np.empty(len(amounts))
    for k, amount in enumerate(amounts.tolist()):
        index = index * keep + amount
        out[k] = index
    return out


def local_days(times: NDArray[np.int64]) -> Iterator[date]:
    """The local calendar date of each time; an hour belongs to the day in which it begins."""
    first = date(1970, 1, 1)
    for number in ((times + LOCAL - 1) // DAY).tolist():
        yield first + timedelta(days=number)
