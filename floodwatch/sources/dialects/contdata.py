"""Tables of continuous stream data as ContDataQC reads them: units at the end of dotted names."""

import re

from floodwatch.sources.csv import headers
from floodwatch.sources.dialects.cells import body, delimiter_of, filled, fitted, split
from floodwatch.sources.dialects.layout import LIKELY, Dialect, Layout, Look, NotThis
from floodwatch.sources.dialects.quantities import quantities

_KNOWN = re.compile(
    r"(Water|Air|Sensor|Gage|Discharge|DO|Chlorophylla|Turbidity|Conductivity|pH|Salinity|TAL)"
    r"[. ][\w. ]*",
    re.I,
)
_UNITS = {"ft3.s": "cfs", "ft3/s": "cfs", "mg.l": "mg/L", "c": "degC", "psi": "psi", "ft": "ft"}
_UNITS |= {"ntu": "NTU", "m": "m"}
_TIME = ("date.time", "date time", "datetime")


def recognise(look: Look) -> float:
    """A site column, date and time, and at least one dotted name with its unit."""
    names = _names(look)
    lower = {name.lower() for name in names}
    timed = bool(lower & set(_TIME)) or {"date", "time"} <= lower
    return LIKELY if timed and any(_unit(n) and _KNOWN.fullmatch(n) for n in names) else 0.0


def lay_out(look: Look) -> Layout:
    """Date and time in one column, or in two."""
    names = _names(look)
    if not any(_unit(name) for name in names):
        raise NotThis(f"{look.name}: no column such as Water.Temp.C or Sensor.Depth.ft")
    delimiter = delimiter_of(look.line(0))
    rows = body(look, 1, delimiter)
    columns = fitted(names, len(rows[0]))
    lower = [column.lower() for column in columns]
    time = tuple(i for i, name in enumerate(lower) if name in _TIME)[:1]
    if not time or not filled(rows, time[0]):
        time = tuple(lower.index(name) for name in ("date", "time") if name in lower)
    site = next((i for i, n in enumerate(lower) if n in ("siteid", "site id", "sitename")), None)
    own = [
        (i, column.replace(".", " "), _unit(column))
        for i, column in enumerate(columns)
        if _unit(column) and "flag" not in lower[i] and "rowid" not in lower[i]
    ]
    return Layout(
        delimiter=delimiter,
        head=1,
        columns=columns,
        values=quantities(own),
        time=time,
        names={} if site is None else {"station": site},
        units={i: unit for i, _, unit in own},
    )


def _names(look: Look) -> list[str]:
    return split(look.line(0), delimiter_of(look.line(0)))


def _unit(name: str) -> str:
    """The unit at the end of a dotted name, or nothing."""
    lower = name.lower()
    for ending, unit in _UNITS.items():
        if lower.endswith((f".{ending}", f" {ending}")) and headers.unit_of(unit):
            return unit
    return ""


DIALECT = Dialect(
    "contdata",
    "ContDataQC",
    "dotted names that end in a unit, such as Water.Temp.C, beside Date and Time",
    recognise,
    lay_out,
)
