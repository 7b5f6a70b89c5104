"""A district's readings made for measuring: smooth stages of many stations, every five minutes."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

SERIES = 300
STEP = 300_000  # ms
START = 1_704_067_200_000  # 2024-01-01T00:00Z
_AT_ONCE = 2_000  # moments of time a piece


class Moments(NamedTuple):
    """Some moments and the stage of every station then: values[moment, station], metres."""

    times: NDArray[np.int64]
    values: NDArray[np.float64]


def code(number: int) -> str:
    """The code of a station."""
    return f"6199{number + 1000:04d}"


def moments(count: int, *, series: int = SERIES, start: int = START) -> Iterator[Moments]:
    """`count` moments in pieces; a slow tide, a yearly wave and a gauge's noise, in centimetres."""
    random = np.random.default_rng(20240101)
    level = 40.0 + 50.0 * random.random(series)
    phase = 2 * np.pi * random.random(series)
    for first in range(0, count, _AT_ONCE):
        places = np.arange(first, min(first + _AT_ONCE, count))
        times = start + STEP * places
        days = (times / 86_400_000)[:, None]
        wave = np.sin(days / 58.1 + phase) + 0.2 * np.sin(2 * np.pi * days + phase)
        noise = 0.006 * random.standard_normal((places.size, series))
        yield Moments(times, np.round(level + wave + noise, 2))


def write_csv(path: Path, rows: int, *, series: int = SERIES) -> None:
    """`rows` lines of station,time,value, ordered by time as a provincial database dumps them."""
    codes = pa.array([code(number) for number in range(series)])
    schema = pa.schema([("station", pa.string()), ("time", pa.string()), ("value", pa.float64())])
    style = pa_csv.WriteOptions(quoting_style="none")
    left = rows
    unready = path.with_suffix(".part")
    with pa_csv.CSVWriter(unready, schema, write_options=style) as out:
        for times, values in moments(-(-rows // series), series=series):
            stamps = pc.strftime(pa.array(times, pa.timestamp("ms", "UTC")), "%Y-%m-%dT%H:%M:%S")
            texts = pc.binary_join_element_wise(pc.utf8_slice_codeunits(stamps, 0, 19), "Z", "")
            places = np.repeat(np.arange(times.size), series)[:left]
            names = np.tile(np.arange(series), times.size)[:left]
            columns = [codes.take(names), texts.take(places), pa.array(values.ravel()[:left])]
            out.write_table(pa.table(columns, schema=schema))
            left -= places.size
    unready.rename(path)
