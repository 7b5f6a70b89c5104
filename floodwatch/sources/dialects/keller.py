"""Keller loggers: P1, P2 and temperatures by column; the unit is not in the file."""

import re
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from floodwatch.sources.csv import headers
from floodwatch.sources.dialects.cells import body, delimiter_of, filled, fitted, split
from floodwatch.sources.dialects.layout import LIKELY, Dialect, Layout, Look, Measured, NotThis
from floodwatch.sources.dialects.quantities import BARO

_HEADER = re.compile(r"^\"?(Date ?/ ?Time|Datum ?/ ?(Zeit|Uhrzeit|tijd)|Date|Datetime)\b", re.I)
_CHANNEL = re.compile(
    r"^(P1-P2|P1|P2|PBARO|PB|TOB1|TOB2|TBARO|T)\b\s*(?:[\[(]([^\])]*)[\])])?", re.I
)
_ATMOSPHERE = {"bar": (0.5, 60.0), "mbar": (500.0, 60_000.0)}  # absolute pressures of a logger

_NOTE = (
    "the file states no unit; pressures are taken as {}: air and water together can be near these "
    "numbers in no other unit of this maker"
)


def recognise(look: Look) -> float:
    """Its header names the pressure and temperature channels by Keller's letters."""
    place = _header(look)
    if place is None:
        return 0.0
    names = split(look.line(place), delimiter_of(look.line(place)))
    known = {found[1].upper() for name in names if (found := _CHANNEL.match(name))}
    if "P1" in known and known & {"P2", "TOB1", "P1-P2", "PBARO"}:
        return LIKELY + 0.1
    return 0.0


def lay_out(look: Look) -> Layout:
    """Columns that are filled, in bar or mbar: an absolute pressure tells which by its size."""
    place = _header(look)
    if place is None:
        raise NotThis(f"{look.name}: no header Date/Time with P1, as Keller files have")
    delimiter = delimiter_of(look.line(place))
    rows = body(look, place + 1, delimiter)
    columns = fitted(split(look.line(place), delimiter), len(rows[0]))
    channels = {
        found[1].upper(): (i, found[2] or "")
        for i, name in enumerate(columns)
        if (found := _CHANNEL.match(name)) and (found[1].upper() == "P1" or filled(rows, i))
    }
    unit = _unit(rows, channels)
    return Layout(
        delimiter=delimiter,
        head=place + 1,
        columns=columns,
        values=_values(channels, unit),
        time=(0, 1) if ":" not in rows[0][0] and ":" in rows[0][1] else (0,),
        units={i: word or unit for i, word in channels.values()},
        notes=(_NOTE.format(unit),) if unit else (),
    )


def _header(look: Look) -> int | None:
    place = look.find(_HEADER, most=60)
    return place if place is not None and re.search(r"\bP1\b", look.line(place)) else None


def _unit(rows: Sequence[Sequence[str]], channels: dict[str, tuple[int, str]]) -> str:
    """bar or mbar, by what an absolute pressure can be; nothing where neither fits."""
    absolute = channels.get("P1") or channels.get("P2")
    if absolute is None or absolute[1]:
        return ""
    texts = (row[absolute[0]].replace(",", ".") for row in rows)
    numbers = [float(text) for text in texts if re.fullmatch(r"\d+(\.\d+)?", text)]
    if not numbers:
        return ""
    middle = median(numbers)
    return next((u for u, (low, high) in _ATMOSPHERE.items() if low <= middle <= high), "")


def _values(channels: dict[str, tuple[int, str]], unit: str) -> tuple[Measured, ...]:
    found: list[Measured] = []
    for name, gauge in (("P1", ""), ("P1-P2", "diff"), ("P2", BARO), ("PBARO", BARO), ("PB", BARO)):
        if name in channels and all(m.gauge != gauge for m in found):
            index, word = channels[name]
            found.append(Measured(index, "pressure", word or unit, gauge))
    of_water = channels.get("TOB1") or channels.get("T")
    if of_water:
        found.append(Measured(of_water[0], "water_temperature", "degC"))
    return tuple(replace(m, unit=_known(m.unit)) for m in found)


def _known(word: str) -> str:
    return headers.unit_of(word)


DIALECT = Dialect(
    "keller",
    "Keller (Logger 4.x, KOLIBRI)",
    "a header Date/Time with P1 and P2, P1-P2 or TOB1",
    recognise,
    lay_out,
)
