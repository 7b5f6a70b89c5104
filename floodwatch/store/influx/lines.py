"""Readings as line protocol, and what is asked back in InfluxQL."""

from collections.abc import Iterator

import numpy as np

from floodwatch.hydrology.series import Series
from floodwatch.model.reading import SeriesKey

PACKED = 10  # in a stored quality: reason * 10 + flag (model.quality.pack)
_SPECIAL = str.maketrans({" ": r"\ ", ",": r"\,", "=": r"\="})


def lines(key: SeriesKey, series: Series) -> Iterator[str]:
    """One line a reading, times in ms.

    The variable is the measurement; station, gauge and, where there is one, the rain's period (ms)
    are tags. All fields are floats, for the first value of a field fixes its type: `value` in the
    canonical unit, `flag` 1 to 9, `reason` its number (both always: fields left out would keep
    what they were).
    """
    head = f"{key.variable},station={_tag(key.station)},gauge={_tag(key.gauge)}"
    if key.period:
        head += f",period={key.period}"
    reason, flag = np.divmod(series.quality, PACKED)
    columns = (series.times, series.values, flag, reason)
    for time, value, one, why in zip(*(column.tolist() for column in columns), strict=True):
        yield f"{head} value={value!r},flag={one}.0,reason={why}.0 {time}"


def selection(key: SeriesKey, start: int, end: int) -> str:
    """The FROM and WHERE of the readings with start <= time <= end (ms), escaped."""
    where = [f"station = {_literal(key.station)}", f"gauge = {_literal(key.gauge)}"]
    if key.period:
        where.append(f"period = {_literal(str(key.period))}")
    where += [f"time >= {start}ms", f"time <= {end}ms"]
    return f'FROM "{_identifier(key.variable)}" WHERE {" AND ".join(where)}'


def predicate(key: SeriesKey) -> str:
    """The same series in the language of the v2 API's deletions."""
    parts = {"_measurement": key.variable, "station": key.station, "gauge": key.gauge}
    if key.period:
        parts["period"] = str(key.period)
    quoted = {
        name: value.replace("\\", "\\\\").replace('"', '\\"') for name, value in parts.items()
    }
    return " AND ".join(f'{name}="{value}"' for name, value in quoted.items())


def _tag(text: str) -> str:
    return text.translate(_SPECIAL)


def _literal(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{quoted}'"


def _identifier(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
