"""Ori MLog loggers: date and time, channels with units in brackets, position and battery."""

import re

from floodwatch.sources.csv.time_format import DAY_FIRST
from floodwatch.sources.dialects.cells import body, delimiter_of, fitted, split
from floodwatch.sources.dialects.layout import SURE, Dialect, Layout, Look, NotThis
from floodwatch.sources.dialects.quantities import named, quantities

_HEADER = re.compile(r'^"?Date (&|and) Time"?[;,\t]', re.I)
_OWN = ("latit gps", "deviceid")


def recognise(look: Look) -> float:
    """Every MLog row ends with a position and the device."""
    header = look.line(0).lower()
    return SURE if _HEADER.match(header) and all(word in header for word in _OWN) else 0.0


def lay_out(look: Look) -> Layout:
    """The whole table; days come first."""
    place = look.find(_HEADER, most=20)
    if place is None:
        raise NotThis(f"{look.name}: no header Date & Time, as Ori files have")
    delimiter = delimiter_of(look.line(place))
    rows = body(look, place + 1, delimiter)
    columns = fitted(split(look.line(place), delimiter), len(rows[0]))
    apart = [named(column) for column in columns]
    device = next((i for i, c in enumerate(columns) if c.lower() == "deviceid"), None)
    return Layout(
        delimiter=delimiter,
        head=place + 1,
        columns=columns,
        values=quantities([(i, n, u) for i, (n, u) in enumerate(apart) if i]),
        time=(0,),
        times=DAY_FIRST if "." in rows[0][0] else None,
        units={i: unit for i, (_, unit) in enumerate(apart)},
        serial=rows[0][device] if device is not None else "",
    )


DIALECT = Dialect(
    "ori",
    "Ori MLog",
    "a header Date & Time with Latit GPS and DeviceID",
    recognise,
    lay_out,
)
