"""Readings as text: CSV, JSON, JSON lines; piece by piece, so that length costs no memory."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from floodwatch.hydrology.series import Series
from floodwatch.model.moment import duration
from floodwatch.model.quality import flag_of, reason_of
from floodwatch.model.reading import SeriesKey
from floodwatch.model.variable import VARIABLES

COLUMNS = (
    "station",
    "gauge",
    "variable",
    "period",
    "time",
    "value",
    "unit",
    "quality",
    "reason",
)
Pieces = Iterable[tuple[SeriesKey, Series]]
_Row = tuple[str, str, str, str, str, float, str, int, str]


def as_csv(pieces: Pieces) -> Iterator[str]:
    """A line of column names, then a line a reading."""
    yield ",".join(COLUMNS) + "\n"
    for key, series in pieces:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(_rows(key, series))
        yield text.getvalue()


def as_json_lines(pieces: Pieces) -> Iterator[str]:
    """One object a line."""
    for key, series in pieces:
        yield "".join(f"{line}\n" for line in _objects(key, series))


def as_json(pieces: Pieces) -> Iterator[str]:
    """One list of objects."""
    before = "["
    for key, series in pieces:
        yield before + ",\n".join(_objects(key, series))
        before = ",\n"
    yield "]\n" if before != "[" else "[]\n"


WRITERS: dict[str, Callable[[Pieces], Iterator[str]]] = {
    "csv": as_csv,
    "json": as_json,
    "jsonl": as_json_lines,
}


def _objects(key: SeriesKey, series: Series) -> Iterator[str]:
    for row in _rows(key, series):
        yield json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False)


def _rows(key: SeriesKey, series: Series) -> Iterator[_Row]:
    unit = VARIABLES[key.variable].unit if key.variable in VARIABLES else ""
    period = duration(key.period)
    flags = {
        quality: (int(flag_of(quality)), reason_of(quality).name.lower())
        for quality in np.unique(series.quality).tolist()
    }
    columns = zip(_times(series), series.values.tolist(), series.quality.tolist(), strict=True)
    for time, value, quality in columns:
        flag, reason = flags[quality]
        yield key.station, key.gauge, key.variable, period, time, value, unit, flag, reason


def _times(series: Series) -> list[str]:
    """ISO 8601 in UTC; whole seconds without a fraction."""
    moments = series.times.view("datetime64[ms]")
    whole = series.times % 1_000 == 0
    seconds = np.datetime_as_string(moments.astype("datetime64[s]"))
    texts = seconds if whole.all() else np.where(whole, seconds, np.datetime_as_string(moments))
    return [f"{text}Z" for text in texts.tolist()]
