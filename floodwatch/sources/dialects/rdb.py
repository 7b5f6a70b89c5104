"""USGS RDB tables, and the tab-separated tables of dataRetrieval: a parameter code a column."""

import re
from dataclasses import replace

from floodwatch.sources.csv.maker_flags import MakerFlags
from floodwatch.sources.csv.time_format import TimeFormat
from floodwatch.sources.dialects.cells import body, fitted, split
from floodwatch.sources.dialects.layout import SURE, Dialect, Layout, Look, Measured, NotThis
from floodwatch.sources.dialects.quantities import distinct

_HEADER = re.compile(r'^"?agency_cd"?[\t,]"?site_no"?[\t,]', re.I)
_FORMATS = re.compile(r"^\d+[sdn](\t\d+[sdn])*\s*$")
_CODED = re.compile(r"(?:\w+?_)?(\d{5})(?:_(\d{5}))?")
_TIME = ("datetime", "date", "dv_dt", "lev_dt", "time")
_PARAMETERS = {
    "00010": ("water_temperature", "degC"),
    "00011": ("water_temperature", "degF"),
    "00045": ("rainfall", "in"),
    "00054": ("storage", "acre_ft"),
    "00060": ("flow", "cfs"),
    "00062": ("stage", "ft"),
    "00065": ("stage", "ft"),
    "00072": ("stage", "m"),
    "00300": ("dissolved_oxygen", "mg/L"),
    "00400": ("ph", "pH"),
    "00076": ("turbidity", "NTU"),
    "30207": ("stage", "m"),
    "30208": ("flow", "m3/s"),
    "30209": ("flow", "m3/s"),
    "46529": ("rainfall", "in"),
    "62614": ("stage", "ft"),
    "62615": ("stage", "ft"),
    "63160": ("stage", "ft"),
    "70969": ("battery", "V"),
}
_NAMED = {"flow": "00060", "gh": "00065", "wtemp": "00010", "precip": "00045", "do": "00300",
          "ph": "00400", "flow_va": "00060"}  # fmt: skip
_MEAN, _INSTANT = "00003", "00000"
_OTHER_STATISTICS = re.compile(r"_(max|min|median|00001|00002|00008)$", re.I)
_CLOCK = TimeFormat(
    "year-month-day with tz_cd",
    (
        re.compile(
            r"(?P<Y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?:[T ](?P<H>\d{2}):(?P<M>\d{2})"
            r"(?::(?P<S>\d{2})(?:\.(?P<f>\d{1,9}))?)?)?"
            r"(?:\s?(?P<z>Z|UTC|GMT|[ECMPA][SD]T|AK[SD]T|HST|[+-]\d{2}:?\d{2})(?: [A-Z]{3,4})?)?",
            re.ASCII,
        ),
    ),
)
_FLAGS = MakerFlags(0, suspect=frozenset({"e", "E", "~", "<", ">", "&", "[4]"}))


def recognise(look: Look) -> float:
    """agency_cd and site_no begin the header, below lines that begin with #."""
    return SURE if look.find(_HEADER) is not None else 0.0


def lay_out(look: Look) -> Layout:
    """Comments, a header, a line of field formats (which dataRetrieval leaves out), rows."""
    place = look.find(_HEADER)
    if place is None:
        raise NotThis(f"{look.name}: no header agency_cd, site_no, as USGS files have")
    delimiter = "\t" if "\t" in look.line(place) else ","
    head = place + 1 + bool(_FORMATS.match(look.line(place + 1)))
    rows = body(look, head, delimiter)
    columns = fitted(split(look.line(place), delimiter), len(rows[0]))
    lower = [column.lower() for column in columns]
    time = next((lower.index(name) for name in _TIME if name in lower), None)
    if time is None:
        raise NotThis(f"{look.name}: no column of times; this is a list of sites, not of values")
    zone = lower.index("tz_cd") if "tz_cd" in lower else None
    values = _values(columns)
    prefix = look.line(place).split(delimiter)[0] + delimiter
    return Layout(
        delimiter=delimiter,
        head=head,
        columns=columns,
        values=values,
        time=(time,) if zone is None else (time, zone),
        times=None if zone is None else _CLOCK,
        names={"station": lower.index("site_no")},
        units={measured.index: measured.unit for measured in values},
        station=rows[0][lower.index("site_no")],
        summed=True,
        aside=(b"#", prefix.encode(), b"5s\t"),
        again=prefix,
    )


def _values(columns: tuple[str, ...]) -> tuple[Measured, ...]:
    found = []
    for index, name in enumerate(columns):
        parameter, statistic = _parameter(name)
        if parameter not in _PARAMETERS:
            continue
        variable, unit = _PARAMETERS[parameter]
        code = f"{name}_cd"
        flags = replace(_FLAGS, column=columns.index(code)) if code in columns else None
        extreme = "max" if statistic not in ("", _MEAN, _INSTANT, "00006") else ""
        found.append((f"{extreme}", Measured(index, variable, unit, flags=flags)))
    return distinct(found)


def _parameter(name: str) -> tuple[str, str]:
    """Parameter and statistic codes of `40346_00060`, `X_00060_00003`, `GH_Inst`, `Flow`."""
    if name.lower().endswith("_cd"):
        return "", ""
    coded = _CODED.fullmatch(name)
    if coded:
        return coded[1], coded[2] or ""
    other = _OTHER_STATISTICS.search(name)
    plain = re.sub(r"_inst$|^x_|_(max|min|median)$", "", name.lower())
    return _NAMED.get(plain, ""), "00001" if other else ""


DIALECT = Dialect(
    "rdb",
    "USGS RDB (water services, dataRetrieval)",
    "a header agency_cd, site_no",
    recognise,
    lay_out,
)
