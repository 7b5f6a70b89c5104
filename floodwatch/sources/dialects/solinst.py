"""Solinst Levelogger exports: units in the preamble, milliseconds in a column of their own."""

import re

from floodwatch.sources.dialects.cells import body, delimiter_of, fitted, split
from floodwatch.sources.dialects.layout import SURE, Dialect, Layout, Look, NotThis
from floodwatch.sources.dialects.quantities import quantities

_HEADER = re.compile(
    r'^"?Date"?[,;\t]\s*"?Time"?[,;\t]\s*("?ms"?[,;\t]|"?(LEVEL|TEMPERATURE))', re.I
)
_SERIAL = re.compile(r"^Serial_?\s?number\s*:?[,;]*\s*$", re.I)
_CHANNEL = re.compile(r"^[A-Z][A-Z .]+$")
_UNIT = re.compile(r"^\s*UNIT\s*:\s*([^,;]*)", re.I)


def recognise(look: Look) -> float:
    """Date,Time,ms,LEVEL after a preamble of lines that say one thing each."""
    place = look.find(_HEADER, most=80)
    if place is None:
        return 0.0
    if look.find(_SERIAL, most=place + 1) is not None or look.find(_UNIT, most=place + 1):
        return SURE
    return 0.6 if re.search(r"\bms\b", look.line(place)) else 0.3


def lay_out(look: Look) -> Layout:
    """Each channel's unit stands below its name, before the header."""
    place = look.find(_HEADER, most=80)
    if place is None:
        raise NotThis(f"{look.name}: no header Date,Time,ms,LEVEL, as Solinst files have")
    delimiter = delimiter_of(look.line(place))
    rows = body(look, place + 1, delimiter)
    columns = fitted(split(look.line(place), delimiter), len(rows[0]))
    units = _units(look, place)
    time = tuple(i for i, c in enumerate(columns) if c.lower() in ("date", "time"))
    ms = next((i for i, c in enumerate(columns) if c.lower() == "ms"), None)
    named = [(i, c, units.get(c.upper(), "")) for i, c in enumerate(columns) if i not in time]
    return Layout(
        delimiter=delimiter,
        head=place + 1,
        columns=columns,
        values=quantities([entry for entry in named if entry[0] != ms]),
        time=time,
        ms=ms,
        units={i: unit for i, _, unit in named},
        station=_after(look, re.compile(r"^Location\s*:?", re.I), place),
        serial=_after(look, _SERIAL, place),
        summed=True,
    )


def _units(look: Look, end: int) -> dict[str, str]:
    found: dict[str, str] = {}
    channel = ""
    for line in look.lines[:end]:
        unit = _UNIT.match(line)
        if unit and channel:
            found[channel] = unit[1].strip()
        elif _CHANNEL.match(line.strip(" ,;\t")):
            channel = line.strip(" ,;\t")
    return found


def _after(look: Look, title: re.Pattern[str], end: int) -> str:
    """What stands in the line below a title."""
    place = look.find(title, most=end)
    return "" if place is None else look.line(place + 1).strip(' ,;\t"')


DIALECT = Dialect(
    "solinst",
    "Solinst Levelogger (CSV, XLE)",
    "a header Date,Time,ms,LEVEL below Serial_number and UNIT lines",
    recognise,
    lay_out,
)
