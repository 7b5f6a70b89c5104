"""UK Environment Agency: the Hydrology API's CSV, WISKI exports, and ZRXP."""

import re
from dataclasses import replace

from floodwatch.sources.csv.maker_flags import MakerFlags
from floodwatch.sources.dialects.cells import body, delimiter_of, fitted, split
from floodwatch.sources.dialects.layout import (
    SURE,
    Dialect,
    Layout,
    Look,
    Measured,
    NotThis,
)
from floodwatch.sources.dialects.quantities import named, quantity

_API = re.compile(r'^"?(measure|dateTime|date)"?,.*"?dateTime"?,.*"?value"?', re.I)
_MEASURE = re.compile(
    r"(level|flow|rainfall|groundwater)\b.*?-(\w+)-(\w+)(?:-qualified)?\s*$", re.I
)
_WISKI = re.compile(
    r"^\"?(Time ?stamp|Timestamp|Date ?/ ?Time|Date Time|Date)\"?[,;\t].*(Value|\[.*\]|Quality|"
    r"State of value)",
    re.I,
)
_ABOUT = re.compile(
    r"^\"?#?\s*(Station Name|Station Number|Station|Site|Parameter|Parameter Type|Time ?series)\b",
    re.I,
)
_STATION = re.compile(r'^"?#?\s*(?:Station Name|Station|Site)"?\s*[:,;\t]+\s*"?([^",;\t]+)', re.I)
_PARAMETER = re.compile(r'^"?#?\s*(?:Parameter(?: Type| Name)?)"?\s*[:,;\t]+\s*"?([^",;\t]+)', re.I)
_UNIT = re.compile(r'^"?#?\s*(?:Time series )?Units?"?\s*[:,;\t]+\s*"?([^",;\t]+)', re.I)
_ZONE = re.compile(r'^"?#?\s*Time ?zone"?\s*[:,;\t]+\s*"?(?:GMT|UTC)?\s*([+-]?\d{1,2})?', re.I)
_QUALITY = re.compile(r"quality|state of value|^status$|^flag", re.I)
_UNITS = {"m": "m", "masl": "m", "maod": "m", "mm": "mm", "m3s": "m3/s", "mAOD": "m"}
_NATURE = {
    "level": "stage",
    "groundwater": "piezometric_stage",
    "flow": "flow",
    "rainfall": "rainfall",
}
_FLAGS = MakerFlags(
    0,
    suspect=frozenset({"Estimated", "Suspect", "Interpolated", "Extrapolated"}),
    bad=frozenset({"Poor", "Bad", "Rejected"}),
    no_value=frozenset({"Missing"}),
)


def recognise(look: Look) -> float:
    """The API's header, or a WISKI header below lines about a station and its parameter."""
    if _API.match(look.line(0)) and ("qcode" in look.line(0) or "measure" in look.line(0)):
        return SURE
    place = look.find(_WISKI, most=60)
    if place and look.find(_ABOUT, most=place) is not None:
        return 0.85
    return 0.0


def lay_out(look: Look) -> Layout:
    """One series: its quantity and unit are in the measure's name, or in the preamble."""
    if _API.match(look.line(0)):
        return _api(look)
    place = look.find(_WISKI, most=60)
    if place is None:
        raise NotThis(f"{look.name}: neither a measure column nor a WISKI header")
    return _wiski(look, place)


def _api(look: Look) -> Layout:
    names = split(look.line(0), ",")
    rows = body(look, 1, ",")
    columns = fitted(names, len(rows[0]))
    lower = [column.lower() for column in columns]
    value = lower.index("value")
    flags = replace(_FLAGS, column=lower.index("quality")) if "quality" in lower else None
    variable, unit = "", ""
    if "measure" in lower:
        measures = {row[lower.index("measure")] for row in rows}
        found = _MEASURE.search(next(iter(measures)))
        if found and len(measures) == 1:
            variable = _NATURE[found[1].lower()]
            unit = _UNITS.get(found[3], _UNITS.get(found[3].lower(), ""))
    return Layout(
        delimiter=",",
        head=1,
        columns=columns,
        values=(Measured(value, variable, unit, flags=flags),),
        time=(lower.index("datetime"),),
        offset=0,
        zone="UTC, as the service writes all times",
        summed=True,
        again='"measure",' if look.line(0).startswith('"') else "measure,",
        notes=() if variable else ("the file does not say what it measures: say --variable",),
    )


def _wiski(look: Look, place: int) -> Layout:
    delimiter = delimiter_of(look.line(place))
    rows = body(look, place + 1, delimiter)
    columns = fitted(split(look.line(place), delimiter), len(rows[0]))
    lower = [column.lower() for column in columns]
    time = (0, 1) if lower[0] == "date" and lower[1].startswith("time") else (0,)
    value = next(
        (i for i, c in enumerate(lower) if i not in time and ("value" in c or "[" in c)), len(time)
    )
    quality = next((i for i, c in enumerate(lower) if _QUALITY.search(c)), None)
    name, unit = named(columns[value])
    unit = unit or look.said(_UNIT, most=place)
    parameter = look.said(_PARAMETER, most=place)
    measured = quantity(value, parameter, unit) or quantity(value, name, unit)
    flags = replace(_FLAGS, column=quality) if quality is not None else None
    zone = look.find(_ZONE, most=place)
    stated = None if zone is None else _ZONE.search(look.line(zone))
    return Layout(
        delimiter=delimiter,
        head=place + 1,
        columns=columns,
        values=(
            Measured(value, measured.variable if measured else "", measured.unit if measured else
                     unit, flags=flags),
        ),
        time=time,
        units={value: unit},
        offset=int(stated[1] or 0) * 3_600_000 if stated else None,
        zone=stated[0] if stated else "",
        station=look.said(_STATION, most=place),
        summed=True,
        notes=() if measured else ("the file does not say what it measures: say --variable",),
    )  # fmt: skip


DIALECT = Dialect(
    "wiski",
    "UK Environment Agency (Hydrology API, WISKI)",
    "a header measure, dateTime, value; or one of Time stamp and Value below a preamble",
    recognise,
    lay_out,
)
