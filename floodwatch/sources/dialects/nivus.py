"""NIVUS flow meters: a preamble of the device, German names, #-1 for no value, remarks between."""

import re

from floodwatch.sources.csv.time_format import DAY_FIRST
from floodwatch.sources.dialects.cells import body, fitted, split
from floodwatch.sources.dialects.layout import LIKELY, SURE, Dialect, Layout, Look, NotThis
from floodwatch.sources.dialects.quantities import named, quantities

_HEADER = re.compile(r"^\"?(Datum|Date)\"?\t\"?(Uhrzeit|Zeit|Time)\"?\t", re.I)


def recognise(look: Look) -> float:
    """The first line names the maker."""
    if look.line(0).upper().startswith("NIVUS"):
        return SURE
    place = look.find(_HEADER, most=30)
    if place is None:
        return 0.0
    return LIKELY if re.search(r"Füllstand|Geschw|ADC_\d", look.line(place)) else 0.0


def lay_out(look: Look) -> Layout:
    """The header ends in a tab more than the rows; days come first."""
    place = look.find(_HEADER, most=100)
    if place is None:
        raise NotThis(f"{look.name}: no header Datum, Uhrzeit, as NIVUS files have")
    rows = body(look, place + 1, "\t")
    columns = fitted(split(look.line(place), "\t"), len(rows[0]))
    apart = [named(column) for column in columns]
    first = split(look.line(0), "\t")
    own = [(i, n, u) for i, (n, u) in enumerate(apart) if i > 1 and not n.startswith("ADC_")]
    return Layout(
        delimiter="\t",
        head=place + 1,
        columns=columns,
        values=quantities(own),
        time=(0, 1),
        times=DAY_FIRST if "." in rows[0][0] else None,
        units={i: unit for i, (_, unit) in enumerate(apart)},
        station=first[1] if len(first) > 1 else "",
        aside=(b"\t\t//", b"//", b"\t//"),
    )


DIALECT = Dialect(
    "nivus",
    "NIVUS (PCM 4, PCM F)",
    "the first line begins with NIVUS",
    recognise,
    lay_out,
)
