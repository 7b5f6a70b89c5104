"""ZRXP, the exchange format of WISKI and hydrological services: fields between |*|, then rows."""

import re

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.sources.csv.time_format import COMPACT
from floodwatch.sources.dialects.cells import body
from floodwatch.sources.dialects.layout import SURE, Dialect, Layout, Look, Measured
from floodwatch.sources.dialects.quantities import quantity

_MARK = "|*|"
_FIELD = re.compile(
    r"^(SANR|SNAME|CUNIT|CNAME|CNR|TZ|RINVAL|REXCHANGE|RTIMELVL|TSPATH|LAYOUT)(.*)$", re.S
)
_ZONE = re.compile(r"UTC([+-]?\d{0,2})(?::?(\d{2}))?$")
_SHORT = {
    "W": "level",
    "H": "level",
    "Q": "discharge",
    "N": "rain",
    "P": "rain",
    "WT": "temp water",
}


def recognise(look: Look) -> float:
    """Lines of # with fields that end in |*|."""
    return SURE if look.line(0).startswith("#") and any(_MARK in x for x in look.lines[:5]) else 0.0


def lay_out(look: Look) -> Layout:
    """Time, value and, where LAYOUT names it, a status."""
    head = next((i for i, line in enumerate(look.lines) if not line.startswith("#")), 0)
    said = _fields("".join(line.lstrip("#") for line in look.lines[:head]))
    rows = body(look, head, " ", squeeze=True)
    width = len(rows[0])
    names = re.sub(r"[()\s]", "", said.get("LAYOUT", "timestamp,value")).split(",")
    columns = tuple((names + [f"column {i + 1}" for i in range(width)])[:width])
    parameter = said.get("CNAME") or said.get("CNR", "")
    unit = said.get("CUNIT", "")
    name = _SHORT.get(parameter.upper(), parameter)
    value = columns.index("value") if "value" in columns else 1
    measured = quantity(value, name, unit) or Measured(value, "", unit)
    offset = _offset(said.get("TZ", ""))
    return Layout(
        delimiter=" ",
        head=head,
        columns=columns,
        values=(measured,),
        time=(columns.index("timestamp") if "timestamp" in columns else 0,),
        times=COMPACT,
        units={value: unit},
        squeeze=True,
        no_value=(said["RINVAL"],) if "RINVAL" in said else (),
        offset=offset,
        zone=said.get("TZ", "") if offset is not None else "",
        station=said.get("SANR") or said.get("SNAME", ""),
        summed=True,
        aside=(b"#",),
        again="#SANR" if look.line(0).startswith("#SANR") else "",
        notes=() if measured.variable else (f"the file calls it {parameter!r}: say --variable",),
    )


def _fields(text: str) -> dict[str, str]:
    found = (_FIELD.match(part.strip().lstrip("#;")) for part in re.split(r"\|\*\||;\*;", text))
    return {field[1]: field[2].strip() for field in found if field}


def _offset(zone: str) -> int | None:
    found = _ZONE.match(zone)
    if found is None:
        return None
    hours = int(found[1]) if found[1] not in ("", "+", "-") else 0
    minutes = int(found[2] or 0) * (-1 if hours < 0 else 1)
    return hours * HOUR + minutes * MINUTE


DIALECT = Dialect(
    "zrxp",
    "ZRXP (WISKI)",
    "lines that begin with # and hold |*|",
    recognise,
    lay_out,
)
