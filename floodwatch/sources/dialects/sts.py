"""STS DL.OCS/N loggers: time before date, pressure in metres of water, a line of extremes."""

import re

from floodwatch.sources.csv.time_format import DAY_FIRST
from floodwatch.sources.dialects.cells import body, filled, fitted, split
from floodwatch.sources.dialects.layout import SURE, Dialect, Layout, Look, NotThis
from floodwatch.sources.dialects.quantities import named, quantities

_FIRST = re.compile(r"^Identification:\s*(\S*).*\bSN/TD:\s*(\S*)", re.I)
_HEADER = re.compile(r"^Time\tDate\t|^Date\tTime\t|^Zeit\tDatum\t|^Datum\tZeit\t", re.I)


def recognise(look: Look) -> float:
    """The first line has the logger's identification and serial number."""
    if _FIRST.match(look.line(0)) and look.find(_HEADER, most=20) is not None:
        return SURE
    return 0.0


def lay_out(look: Look) -> Layout:
    """Channels that are filled; a relative pressure is the water's alone."""
    place = look.find(_HEADER, most=30)
    if place is None:
        raise NotThis(f"{look.name}: no header Time, Date, as STS files have")
    rows = body(look, place + 1, "\t")
    columns = fitted(split(look.line(place), "\t"), len(rows[0]))
    date, clock = (1, 0) if columns[0].lower() in ("time", "zeit") else (0, 1)
    apart = [named(column) for column in columns]
    first = _FIRST.match(look.line(0))
    own = [(i, n, u) for i, (n, u) in enumerate(apart) if i > 1 and filled(rows, i)]
    return Layout(
        delimiter="\t",
        head=place + 1,
        columns=columns,
        values=quantities(own),
        time=(date, clock),
        times=DAY_FIRST if "." in rows[0][date] else None,
        units={i: unit for i, (_, unit) in enumerate(apart)},
        station=first[1] if first else "",
        serial=first[2] if first else "",
    )


DIALECT = Dialect(
    "sts",
    "STS (DL/N 70)",
    "a first line with Identification and SN/TD",
    recognise,
    lay_out,
)
