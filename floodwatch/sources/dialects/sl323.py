"""Dumps of SL 323 tables (ST_PPTN_R, ST_RIVER_R, ST_RSVR_R, ST_WAS_R, ST_PUMP_R) of real-time data.

Field names are the standard's. Vendors add columns, spell INTV as INVT, and write storage (W) in
units of their own: it is asked for. How INTV is meant the file must tell: sources.rain_interval.
"""

import re

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.sources.csv import headers
from floodwatch.sources.dialects.cells import body, delimiter_of, fitted, split
from floodwatch.sources.dialects.layout import SURE, Dialect, Layout, Look, Measured, NotThis

HHNN, HOURS = "HH.NN", "hours"
_FIELDS = {
    "DRP": ("rainfall", "mm"),
    "DYP": ("rainfall", "mm"),
    "Z": ("stage", "m"),
    "Q": ("flow", "m3/s"),
    "RZ": ("stage", "m"),
    "INQ": ("inflow", "m3/s"),
    "W": ("storage", ""),
    "BLRZ": ("tail_stage", "m"),
    "OTQ": ("outflow", "m3/s"),
    "UPZ": ("stage", "m"),
    "DWZ": ("tail_stage", "m"),
    "TGTQ": ("flow", "m3/s"),
    "PPUPZ": ("stage", "m"),
    "PPDWZ": ("tail_stage", "m"),
    "OMCN": ("pumps_running", "count"),
    "PMPQ": ("flow", "m3/s"),
}
_TABLES = {
    "ST_PPTN_R": {"DRP", "DYP"},
    "ST_RIVER_R": {"Z", "Q"},
    "ST_RSVR_R": {"RZ", "W", "INQ", "OTQ", "BLRZ"},
    "ST_WAS_R": {"UPZ", "DWZ", "TGTQ"},
    "ST_PUMP_R": {"PPUPZ", "PPDWZ", "OMCN", "PMPQ"},
}
_INTERVAL = ("INTV", "INVT")
# Lengths that equipment and tables report rain over, in minutes.
_USUAL = frozenset({1, 2, 3, 5, 6, 10, 12, 15, 20, 30, 60})


def recognise(look: Look) -> float:
    """STCD and TM, and fields of one of the tables."""
    place, names = _header(look)
    if place is None:
        return 0.0
    own = set(names)
    if any(own & fields for fields in _TABLES.values()):
        return SURE
    return 0.0


def lay_out(look: Look) -> Layout:
    """The header may have fields in any order, and units in brackets."""
    place, names = _header(look)
    if place is None:
        raise NotThis(f"{look.name}: no header with STCD and TM, as SL 323 tables have")
    delimiter = delimiter_of(look.line(place), ",\t;|")
    rows = body(look, place + 1, delimiter)
    width = len(rows[0])
    columns = fitted(split(look.line(place), delimiter), width)
    names = [*names, *[""] * width][:width]
    interval = next((i for i, name in enumerate(names) if name in _INTERVAL), None)
    values = tuple(
        _measured(i, name, columns[i]) for i, name in enumerate(names) if name in _FIELDS
    )
    roles = {"station": names.index("STCD")}
    if interval is not None and "DRP" in names:
        roles["period"] = interval
    tables = [table for table, fields in _TABLES.items() if fields & set(names)]
    return Layout(
        delimiter=delimiter,
        head=place + 1,
        columns=columns,
        values=values,
        time=(names.index("TM"),),
        names=roles,
        units={m.index: m.unit for m in values},
        intervals="period" in roles,
        hint="the standard has 10⁶ m³ (--unit million_m3), many forms 万m³ (--unit wan_m3)",
        notes=(f"fields of {', '.join(tables)}",) if tables else (),
    )


def _header(look: Look) -> tuple[int | None, list[str]]:
    for place, line in enumerate(look.lines[:20]):
        upper = line.upper()
        if "STCD" in upper and "TM" in upper:
            fields = split(line, delimiter_of(line, ",\t;|"))
            names = [_field(field) for field in fields]
            if "STCD" in names and "TM" in names:
                return place, names
    return None, []


def _field(text: str) -> str:
    """The name of a field without its table, its quotes and its unit."""
    plain = text.rpartition(".")[2].strip('"` ')
    bare = re.fullmatch(r"\[(\w+)\]", plain)
    return (bare[1] if bare else headers.header(plain).name).upper()


def _measured(index: int, name: str, column: str) -> Measured:
    variable, unit = _FIELDS[name]
    said = headers.header(column).unit
    # The day's rain is written at its end, so it is the sum of the day before that moment.
    return Measured(index, variable, said or unit, period=DAY if name == "DYP" else None)


def _is_number(word: str) -> bool:
    try:
        return float(word) >= 0
    except ValueError:
        return False


def length(word: str, kind: str) -> int | None:
    """The length of a period in ms; None where the word is none."""
    if not _is_number(word) or float(word) == 0:
        return None
    number = float(word)
    if kind == HHNN:
        return int(number) * HOUR + round(number * 100) % 100 * MINUTE
    minutes = number * 60
    near = min((abs(minutes % 60 - usual), usual) for usual in _USUAL)
    whole = int(minutes // 60) * 60 + near[1] if near[0] <= 0.31 else round(minutes)
    return whole * MINUTE


DIALECT = Dialect(
    "sl323",
    "SL 323 tables (ST_PPTN_R, ST_RIVER_R, ST_RSVR_R, ST_WAS_R, ST_PUMP_R)",
    "a header with STCD, TM and fields of one of the tables",
    recognise,
    lay_out,
    western=False,
)
