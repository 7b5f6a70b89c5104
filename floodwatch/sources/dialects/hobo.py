"""Onset HOBO exports: a title line, units and serials in the header, an offset beside the time."""

import re
from dataclasses import replace

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.sources.csv import headers
from floodwatch.sources.dialects.cells import body, delimiter_of, fitted, split
from floodwatch.sources.dialects.layout import SURE, Dialect, Layout, Look, Measured, NotThis
from floodwatch.sources.dialects.quantities import distinct, plain, quantity

_TITLE = re.compile(r'^"?(?:Plot Title|Titre|Titel|Título|Titolo|Tytuł)\b[^:]*:\s*([^"]*)', re.I)
_OFFSET = re.compile(r"(?:GMT|UTC)\s?([+-])\s?(\d{1,2}):?(\d{2})?|\b(GMT|UTC)\b")
_SERIAL = re.compile(r"(?:LGR )?S/N:?\s*(\w+)")
_LABEL = re.compile(r"\bLBL:\s*([^,)]+)")
_HEADER = re.compile(
    r"(Date[ -]?Time|Date|Fecha|Datum|Data|Dato|日期)\b.*(GMT|UTC|LGR S/N|\([A-Z]{3,4}\)|"
    r"Coupler (At|De)tached|Host Connected|End Of File)|"
    r'^"?#"?[,;\t]\s*"?(Date|Fecha|Datum)',
    re.I,
)
_ABBREVIATIONS = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
                  "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "CET": 1, "CEST": 2, "BST": 1,
                  "AEST": 10, "NZST": 12}  # fmt: skip
_NAMED_ZONE = re.compile(r"\(([A-Z]{3,4})\)")
_TIME = re.compile(r"^(date|time|fecha|hora|datum|zeit|tid|tijd|heure|data|ora|日期|时间)", re.I)
_COUNTED = re.compile(r"^event\b|^cumulative|counts? total", re.I)


def recognise(look: Look) -> float:
    """A title line, or a header with GMT and the logger's serial number in it."""
    if _TITLE.match(look.line(0)):
        return SURE
    header = look.line(0)
    if _HEADER.search(header) and ("S/N" in header or _OFFSET.search(header)):
        return 0.9
    if re.search(r"Coupler Detached|Host Connected|End Of File", header, re.I):
        return 0.9
    return 0.6 if re.match(r'^"?#"?,\s*"?Date[ -]Time', header) else 0.0


def lay_out(look: Look) -> Layout:
    """The header is the first line that names a date; unit and serial stand behind each name."""
    place = look.find(_HEADER, most=60)
    if place is None:
        raise NotThis(f"{look.name}: no header with a date in it, as HOBO files have")
    header = look.line(place)
    delimiter = delimiter_of(header)
    rows = body(look, place + 1, delimiter)
    columns = fitted(split(header, delimiter), len(rows[0]))
    named = [_name_and_unit(column) for column in columns]
    time = tuple(i for i, column in enumerate(columns) if _TIME.match(column))[:2]
    if not time:
        raise NotThis(f"{look.name}: no column of times in line {place + 1}")
    if "time" in columns[time[0]].lower() and columns[time[0]].lower().startswith("date"):
        time = time[:1]
    values = _values([(i, *named[i]) for i in range(len(columns)) if i not in time])
    offset, zone = _offset(" ".join(columns[i] for i in time))
    title = _TITLE.match(look.line(0))
    label = _LABEL.search(header)
    serial = _SERIAL.search(header)
    return Layout(
        delimiter=delimiter,
        head=place + 1,
        columns=columns,
        values=values,
        time=time,
        units={i: unit for i, (_, unit) in enumerate(named)},
        offset=offset,
        zone=zone,
        station=label[1].strip() if label else title[1].strip() if title else "",
        serial=serial[1] if serial else "",
        summed=True,
    )


def _name_and_unit(column: str) -> tuple[str, str]:
    """`Abs Pres, psi (LGR S/N: 1)`, `Abs Pres (psi)` and `Temp - °C` taken apart."""
    text = re.sub(r"\s*\((?:LGR|SEN|S/N|LBL|[^)]*S/N)[^)]*\)|\s+#\d+$", "", column).strip()
    name, mark, unit = text.rpartition(",")
    if mark and name:
        return name.strip(), unit.strip()
    found = re.fullmatch(r"(.+?)\s*\(([^)]+)\)", text)
    if found:
        return found[1], found[2]
    name, mark, unit = text.rpartition(" - ")
    return (name.strip(), unit.strip()) if mark else (text, "")


def _values(columns: list[tuple[int, str, str]]) -> tuple[Measured, ...]:
    found = []
    for index, name, unit in columns:
        measured = (
            _counted(index, name, unit)
            or quantity(index, name, unit)
            or _by_unit(index, name, unit)
        )
        if measured and (unit or measured.variable == "battery"):
            found.append((name, measured))
    levels = [n for n, m in found if m.variable == "stage"]
    if len(levels) > 1:  # a level beside the depth of the sensor it was made from
        found.sort(key=lambda entry: "depth" in plain(entry[0]))
    return tuple(sorted(distinct(found), key=lambda m: m.index))


def _counted(index: int, name: str, unit: str) -> Measured | None:
    """Tips of a rain gauge are counted up: `Event, mm`."""
    if not _COUNTED.match(name):
        return None
    measured = quantity(index, "rain", unit.rsplit(maxsplit=1)[-1] if unit else "")
    return replace(measured, variable="rainfall_total") if measured and measured.unit else None


def _by_unit(index: int, name: str, unit: str) -> Measured | None:
    """A probe with a name of its own (`K-Type, °F`, `Tidbit 1, °C`): its unit says what it is."""
    if headers.unit_of(unit) not in ("degC", "degF"):
        return None
    return quantity(index, f"{name} temp", unit)


def _offset(header: str) -> tuple[int | None, str]:
    """The offset the header states, and in which words."""
    found = _OFFSET.search(header)
    if found:
        sign = -1 if found[1] == "-" else 1
        hours, minutes = int(found[2] or 0), int(found[3] or 0)
        return sign * (hours * HOUR + minutes * MINUTE), found[0]
    named = _NAMED_ZONE.search(header)
    if named and named[1] in _ABBREVIATIONS:
        return _ABBREVIATIONS[named[1]] * HOUR, named[1]
    return None, ""


DIALECT = Dialect(
    "hobo",
    "Onset HOBO (HOBOware, HOBOconnect)",
    "a line Plot Title, or a header with GMT and S/N",
    recognise,
    lay_out,
)
