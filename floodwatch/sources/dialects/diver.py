"""Van Essen Diver: MON files and CSV exports of Diver-Office, one block a channel."""

import re
from dataclasses import replace

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.sources.dialects.cells import body, delimiter_of, fitted, split
from floodwatch.sources.dialects.layout import LIKELY, SURE, Dialect, Layout, Look, NotThis
from floodwatch.sources.dialects.quantities import named, quantities

_FIRST = re.compile(r"^\W*Data file for DataLogger", re.I)
_MAKER = re.compile(r"\[(Logger|Series) settings\]|Diver-Office|DiverMate|Monitor \(DLL\)", re.I)
_DATA = re.compile(r"^\[Data\]", re.I)
_HEADER = re.compile(r"(^|[,;\t])\s*\"?(Date ?/ ?time|Datum ?/ ?Uhrzeit|Datum ?/ ?tijd)", re.I)
_BRACKETED = re.compile(r"\[[^\]]*(H2O|°C|�C|cm|mS)[^\]]*\]", re.I)
_SERIAL = re.compile(r"^\s*Serial number\s*=\s*(\S+)", re.I)
_LOCATION = re.compile(r"^\s*Location\s*=\s*([^,;=]*\S)", re.I)
_ZONE = re.compile(r"^\s*Instrument number\s*=.*?UTC\s*([+-]\d{1,2})(?::?(\d{2}))?", re.I)
_CHANNEL = re.compile(r"^\[Channel (\d+)", re.I)
_SETTING = re.compile(r"^\s*(Identification|Reference level|Range)\s*=\s*(.*?)[,;\s]*$", re.I)
_NUMBER_UNIT = re.compile(r"^[-+\d.,]+\s*(\S.*)?$")
_TRAILER = (b"END OF DATA",)


def recognise(look: Look) -> float:
    """The preamble of Diver-Office, or the header of its plain exports."""
    if _FIRST.match(look.line(0)) or look.find(_MAKER, most=60) is not None:
        return SURE
    place = look.find(_HEADER, most=5)
    return LIKELY if place is not None and _BRACKETED.search(look.line(place)) else 0.0


def lay_out(look: Look) -> Layout:
    """Rows after [Data] and their number, or after a header `Date/time,Pressure[cmH2O]`."""
    data = look.find(_DATA)
    header = look.find(_HEADER)
    if header is not None and (data is None or header > data):
        found = _exported(look, header)
    elif data is not None:
        found = _monitored(look, data)
    else:
        raise NotThis(f"{look.name}: neither [Data] nor a header Date/time, as Diver files have")
    offset, zone = _offset(look)
    return replace(
        found,
        offset=offset,
        zone=zone,
        station=look.said(_LOCATION),
        serial=look.said(_SERIAL),
        aside=_TRAILER,
        summed=True,
    )


def _exported(look: Look, place: int) -> Layout:
    line = look.line(place)
    delimiter = delimiter_of(line)
    rows = body(look, place + 1, delimiter)
    columns = fitted(split(line, delimiter), len(rows[0]))
    apart = [named(column) for column in columns]
    time = next(i for i, column in enumerate(columns) if _HEADER.search(column))
    return Layout(
        delimiter=delimiter,
        head=place + 1,
        columns=columns,
        values=quantities([(i, n, u) for i, (n, u) in enumerate(apart) if i != time]),
        time=(time,),
        units={i: unit for i, (_, unit) in enumerate(apart)},
    )


def _monitored(look: Look, place: int) -> Layout:
    """A MON file: the channels say what its columns are."""
    count = look.line(place + 1).strip().strip(",;")
    declared = int(count) if count.isdecimal() else None
    head = place + (1 if declared is None else 2)
    first = next((line for line in look.lines[head:] if line.strip()), "")
    delimiter = next((mark for mark in "\t;," if mark in first), " ")
    squeeze = delimiter == " "
    rows = body(look, head, delimiter, squeeze=squeeze)
    # With blanks between the fields a date and its time are two of them.
    time = (0, 1) if ":" not in rows[0][0] and ":" in rows[0][1] else (0,)
    channels = _channels(look, place)
    width = len(rows[0])
    names = [*(["Date", "Time"] if len(time) == 2 else ["Date/time"])]
    channels += [("", "")] * width
    columns = fitted(names + [name for name, _ in channels], width)
    units = {i + len(time): unit for i, (_, unit) in enumerate(channels[: width - len(time)])}
    return Layout(
        delimiter=delimiter,
        head=head,
        columns=columns,
        values=quantities([(i, columns[i], unit) for i, unit in units.items()]),
        time=time,
        units=units,
        squeeze=squeeze,
        declared=declared,
    )


def _channels(look: Look, end: int) -> list[tuple[str, str]]:
    """Name and unit of every channel; the blocks repeated for the series say the same."""
    found: dict[int, list[str]] = {}
    number = 0
    for line in look.lines[:end]:
        block = _CHANNEL.match(line.strip())
        if block:
            number = int(block[1])
            found.setdefault(number, ["", ""])
        elif line.startswith("["):
            number = 0
        setting = _SETTING.match(line) if number else None
        if setting and setting[1].lower() == "identification":
            found[number][0] = re.sub(r"^\d+\s*:\s*", "", setting[2])
        elif setting:
            unit = _NUMBER_UNIT.match(setting[2])
            found[number][1] = found[number][1] or (unit[1] or "").strip() if unit else ""
    return [(name, unit) for _, (name, unit) in sorted(found.items())]


def _offset(look: Look) -> tuple[int | None, str]:
    place = look.find(_ZONE, most=200)
    found = None if place is None else _ZONE.search(look.line(place))
    if found is None:
        return None, ""
    hours = int(found[1])
    minutes = int(found[2] or 0) * (-1 if hours < 0 else 1)
    return hours * HOUR + minutes * MINUTE, f"UTC{found[1]}" + (f":{found[2]}" if found[2] else "")


DIALECT = Dialect(
    "diver",
    "Van Essen Diver (MON, Diver-Office CSV)",
    "Data file for DataLogger, [Logger settings], or a header Date/time,Pressure[cmH2O]",
    recognise,
    lay_out,
)
