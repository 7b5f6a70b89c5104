"""Series for tests."""

from collections.abc import Iterable, Mapping

import numpy as np
from sqlalchemy import insert

from floodwatch.hydrology.series import Series
from floodwatch.model.quality import GOOD
from floodwatch.store import tables
from floodwatch.store.database import Database


def series_of(
    times: Iterable[int], values: Iterable[float], quality: Iterable[int] | int = GOOD
) -> Series:
    """A series from plain numbers."""
    moments = np.array(list(times), np.int64)
    flags = [quality] * moments.size if isinstance(quality, int) else list(quality)
    return Series(moments, np.array(list(values), np.float64), np.array(flags, np.int16))


def from_dictionary(readings: Mapping[int, tuple[float, int]]) -> Series:
    """A series from time -> (value, quality)."""
    times = sorted(readings)
    return series_of(times, [readings[t][0] for t in times], [readings[t][1] for t in times])


def as_dictionary(series: Series) -> dict[int, tuple[float, int]]:
    """Time -> (value, quality)."""
    columns = (column.tolist() for column in series)
    return {time: (value, quality) for time, value, quality in zip(*columns, strict=True)}


def add_series(
    database: Database,
    *,
    sealed_until: int,
    station: str = "61990001",
    variable: str = "stage",
    gauge: str = "1",
) -> int:
    """A new series; returns its id."""
    with database.write() as tx:
        values = {
            "station": station,
            "gauge": gauge,
            "variable": variable,
            "period": 0,
            "sealed_until": sealed_until,
        }
        key = tx.connection.execute(insert(tables.series).values(values)).inserted_primary_key
    assert key
    return int(key[0])
