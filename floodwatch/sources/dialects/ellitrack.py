"""Ellitrack exports: a level in centimetres below the reference, the water's and its own heat."""

import re

from floodwatch.sources.dialects.cells import body, delimiter_of, fitted, split
from floodwatch.sources.dialects.layout import LIKELY, Dialect, Layout, Look, Measured, NotThis
from floodwatch.sources.dialects.quantities import named

_HEADER = re.compile(
    r'^"?(Datum|Date|Datetime)[^\t;,]*"?[\t;,]"?(Waterstand|Water ?level|Wasserstand)', re.I
)
_WATER = re.compile(r"temp\w* .*water|water ?temp|wassertemp", re.I)
_NAME = re.compile(r"(?:^|/)export-(\d+)-.*-([^-]+)\.\w+$")


def recognise(look: Look) -> float:
    """Its header, in Dutch, German or English, usually below an empty line."""
    place = look.find(_HEADER, most=5)
    if place is None:
        return 0.0
    return LIKELY + 0.1 if re.search(r"Temp\w* (intern|water)", look.line(place), re.I) else 0.4


def lay_out(look: Look) -> Layout:
    """Levels are centimetres unless the header says otherwise."""
    place = look.find(_HEADER, most=20)
    if place is None:
        raise NotThis(f"{look.name}: no header Datum, Waterstand, as Ellitrack files have")
    delimiter = delimiter_of(look.line(place))
    rows = body(look, place + 1, delimiter)
    columns = fitted(split(look.line(place), delimiter), len(rows[0]))
    apart = [named(column) for column in columns]
    water = next((i for i, c in enumerate(columns) if _WATER.search(c)), None)
    values = [Measured(1, "stage", apart[1][1] or "cm")]
    if water is not None:
        values.append(Measured(water, "water_temperature", "degC"))
    stated = _NAME.search(look.name)
    return Layout(
        delimiter=delimiter,
        head=place + 1,
        columns=columns,
        values=tuple(values),
        time=(0,),
        units={1: apart[1][1] or "cm"},
        station=stated[2] if stated else "",
        serial=stated[1] if stated else "",
        notes=() if apart[1][1] else ("the file states no unit; this maker writes centimetres",),
    )


DIALECT = Dialect(
    "ellitrack",
    "Ellitrack",
    "a header Datum, Waterstand, Temperatuur water",
    recognise,
    lay_out,
)
