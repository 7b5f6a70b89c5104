"""One station's water at the hour of a report: stage, change, limits, storage. Pure."""

from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from floodwatch.charts.limits import Gap, gaps, of_series
from floodwatch.hydrology.series import Series
from floodwatch.hydrology.storage import StorageCurve
from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.quality import Flag
from floodwatch.model.reading import SeriesKey
from floodwatch.model.station import Station
from floodwatch.model.threshold import FLOOD_LIMIT, Threshold


class At(NamedTuple):
    """A value and its time, ms UTC."""

    value: float
    time: int


class Water(NamedTuple):
    """A gauge at the hour of the report, in canonical units.

    `now` is the last believable reading up to then; `silent`: it is older than its gauge may be
    quiet. `change` is from the same hour the day before, `last_year` the difference to it a year
    before; None where that is not known. `highest` is the greatest of the day.
    """

    station: Station
    variable: str
    now: At | None
    silent: bool
    change: float | None
    last_year: float | None
    passed: tuple[Gap, ...]
    ahead: tuple[Gap, ...]
    highest: At | None = None
    storage_m3: float | None = None
    share: float | None = None  # of the storage at normal pool

    @property
    def flood_limit(self) -> Gap | None:
        """How it stands to its flood limit, or to its weir where there is no gate."""
        found = (g for g in (*self.passed, *self.ahead) if g.threshold.name in FLOOD_LIMIT)
        return next(found, None)

    @property
    def over_flood_limit(self) -> bool:
        """Whether it stands over its flood limit or spills."""
        return self.flood_limit is not None and self.flood_limit.beyond


def water(
    station: Station,
    key: SeriesKey,
    series: Series,
    *,
    at: int,
    tz: ZoneInfo,
    thresholds: Sequence[Threshold],
    year_ago: float | None = None,
) -> Water:
    """What `series` (at least two days up to `at`, ms UTC) says of the gauge at `at`."""
    believed = series.take(~np.isin(series.quality % 10, (Flag.FAIL, Flag.MISSING)))
    now = _in_force(believed, at)
    silent = now is None or at - now.time > station.reporting.silent_after
    passed: list[Gap] = []
    ahead: list[Gap] = []
    if now is not None:
        passed, ahead = gaps(of_series(thresholds, key), round(now.value, 3), at=at, tz=tz)
    before = _in_force(believed, at - DAY)
    if before is not None and at - DAY - before.time > station.reporting.silent_after:
        before = None
    storage, share = _storage(station, key, now)
    return Water(
        station,
        key.variable,
        now,
        silent,
        _difference(now, before),
        None if now is None or year_ago is None else round(now.value - year_ago, 3),
        tuple(passed),
        tuple(ahead),
        _highest(believed.between(at - DAY, at)),
        storage,
        share,
    )


def _in_force(series: Series, at: int) -> At | None:
    """Reporting is on change: the last reading up to `at` holds."""
    place = int(np.searchsorted(series.times, at, side="right")) - 1
    return At(float(series.values[place]), int(series.times[place])) if place >= 0 else None


def _difference(now: At | None, before: At | None) -> float | None:
    if now is None or before is None or now.time - before.time < HOUR:
        return None
    return round(now.value - before.value, 3)


def _highest(series: Series) -> At | None:
    if not series.size:
        return None
    place = int(series.values.argmax())
    return At(float(series.values[place]), int(series.times[place]))


def _storage(station: Station, key: SeriesKey, now: At | None) -> tuple[float | None, float | None]:
    """(m³, share of normal) by the station's curve; None outside it."""
    if now is None or key.variable != "stage" or not station.curve:
        return None, None
    curve = StorageCurve.from_table(station.curve, name=station.code)
    held = float(curve.storage(now.value))
    if not np.isfinite(held):
        return None, None
    normal = station.normal_pool
    whole = float(curve.storage(normal)) if normal is not None else float("nan")
    return held, held / whole if np.isfinite(whole) and whole > 0 else None
