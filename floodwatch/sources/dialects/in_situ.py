"""In-Situ exports: Win-Situ reports with their log notes, and VuSitu tables."""

import re

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.sources.dialects.cells import body, delimiter_of, fitted, split
from floodwatch.sources.dialects.layout import SURE, Dialect, Layout, Look, NotThis
from floodwatch.sources.dialects.quantities import named, quantities

_MAKER = re.compile(r"Win-?Situ|VuSitu|In-?Situ|(Aqua|Level|Baro|Rugged) ?TROLL", re.I)
_HEADER = re.compile(r'^"?Date (and|&) Time"?[,;\t](?!"?Note\b)', re.I)
_COUNT = re.compile(r"^Record Count[,;\t:]\s*(\d+)", re.I)
_SITE = re.compile(r"^(?:Site|Location Name|Location)\s*[,;\t=:]+\s*([^,;\t]*\S)", re.I)
_SERIAL = re.compile(r"^(?:Serial Number|Device SN)\s*[,;\t=:]+\s*([^,;\t\s]+)", re.I)
_ZONE = re.compile(r"^Time Zone\s*[,;\t=:]+\s*([^,;\t]*\S)", re.I)
_OFFSET = re.compile(r"Time Offset\s*[,;\t=:]+\s*([+-]?)(\d{1,2}):(\d{2})", re.I)


def recognise(look: Look) -> float:
    """The maker's programs name themselves; the table has Date and Time."""
    if look.find(_HEADER, most=len(look.lines)) is None:
        return 0.0
    return SURE if look.find(_MAKER, most=200) is not None else 0.6


def lay_out(look: Look) -> Layout:
    """The last header counts: log notes before the data have one like it."""
    place = look.find(_HEADER, most=len(look.lines))
    if place is None:
        raise NotThis(f"{look.name}: no header Date and Time, as In-Situ files have")
    header = look.line(place)
    delimiter = delimiter_of(header, ";\t,")
    rows = body(look, place + 1, delimiter)
    columns = fitted(split(header, delimiter), len(rows[0]))
    apart = [named(re.sub(r"\s*\(\d{5,}[^)]*\)\s*$", "", column)) for column in columns]
    count = look.said(_COUNT, most=place)
    zone = look.said(_ZONE, most=place)
    offset, words = _offset(look, place)
    return Layout(
        delimiter=delimiter,
        head=place + 1,
        columns=columns,
        values=quantities([(i, n, u) for i, (n, u) in enumerate(apart) if i]),
        time=(0,),
        units={i: unit for i, (_, unit) in enumerate(apart)},
        offset=offset,
        zone=words,
        station=look.said(_SITE, most=place),
        serial=look.said(_SERIAL, most=place),
        declared=int(count) if count else None,
        notes=(f"the file calls its time zone {zone}, which states no offset",) if zone else (),
    )


def _offset(look: Look, end: int) -> tuple[int | None, str]:
    place = look.find(_OFFSET, most=end)
    found = None if place is None else _OFFSET.search(look.line(place))
    if found is None:
        return None, ""
    sign = -1 if found[1] == "-" else 1
    return sign * (int(found[2]) * HOUR + int(found[3]) * MINUTE), found[0]


DIALECT = Dialect(
    "in_situ",
    "In-Situ (Win-Situ, VuSitu)",
    "a header Date and Time in a report of Win-Situ or VuSitu",
    recognise,
    lay_out,
)
