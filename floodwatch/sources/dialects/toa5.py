"""Campbell Scientific TOA5 (and TOACI1) tables of loggers: four header lines, rain as sums."""

import re
from dataclasses import replace

from floodwatch.model.clock import DAY, HOUR, MINUTE, SECOND
from floodwatch.model.errors import ImportRefused
from floodwatch.sources.csv import headers
from floodwatch.sources.dialects.cells import body, fitted, split
from floodwatch.sources.dialects.layout import SURE, Dialect, Layout, Look, Measured
from floodwatch.sources.dialects.quantities import distinct, plain, quantity

_FIRST = re.compile(r'^"?(TOA5|TOACI1)"?[,;\t]')
_BINARY = re.compile(r'^"?TOB[123]"?,')
_COUNTS = {"one": 1, "two": 2, "five": 5, "six": 6, "ten": 10, "fifteen": 15, "twenty": 20,
           "thirty": 30, "sixty": 60}  # fmt: skip
_INTERVAL = re.compile(rf"(\d+|{'|'.join(_COUNTS)})(sec|min|hour|hr|day)")
_WET = frozenset({"stage", "pressure", "flow"})
_RAIN_RATE = re.compile(r"rate|int(ensity)?\b")


def recognise(look: Look) -> float:
    """The first field of the file is the name of the format."""
    return SURE if _FIRST.match(look.line(0)) or _BINARY.match(look.line(0)) else 0.0


def lay_out(look: Look) -> Layout:
    """Names in the second line, units in the third, how they were processed in the fourth."""
    found = _FIRST.match(look.line(0))
    if found is None:
        kind = "a binary table" if _BINARY.match(look.line(0)) else "not a TOA5 table"
        raise ImportRefused(f"{look.name}: {kind}; write it out as TOA5 with the maker's tools")
    delimiter = look.line(0)[found.end() - 1]
    full = found[1] == "TOA5"
    head = 4 if full else 2
    about = split(look.line(0), delimiter) + [""] * 8
    rows = body(look, head, delimiter)
    columns = fitted(split(look.line(1), delimiter), len(rows[0]))
    nothing = [""] * len(columns)
    units = (split(look.line(2), delimiter) if full else [_in_name(c) for c in columns]) + nothing
    kinds = (split(look.line(3), delimiter) if full else []) + nothing
    time = next((i for i, c in enumerate(columns) if c.upper() in ("TIMESTAMP", "TMSTAMP")), 0)
    found_columns = [
        (f"{columns[i]} {kinds[i]}", measured)
        for i in range(len(columns))
        if i != time and (measured := _measured(i, columns[i], units[i], kinds[i]))
    ]
    wet = any(measured.variable in _WET for _, measured in found_columns)
    values = distinct(
        [(n, m) for n, m in found_columns if m.variable != "water_temperature" or wet or _wet(n)]
    )
    return Layout(
        delimiter=delimiter,
        head=head,
        columns=columns,
        values=values,
        time=(time,),
        units={i: units[i] for i in range(len(columns))},
        station=about[1],
        serial=about[3] if full else "",
        summed=True,
        step=_step(about[7]) if full else None,
        unquote=True,
        aside=(b"TOA5,", b"TOACI1,", b"TIMESTAMP,", b"TMSTAMP,", b"TS,RN", b",,"),
        again='"TIMESTAMP",',
        notes=(f"table {about[7]} of program {about[5]}",) if full and about[7] else (),
    )


def _measured(index: int, name: str, unit: str, kind: str) -> Measured | None:
    """Rain is an amount only where the logger summed it up."""
    measured = quantity(index, name, unit)
    if measured is None or kind.lower() in ("std", "tmx", "tmn", "wvc"):
        return None
    if measured.variable == "rainfall":
        if _RAIN_RATE.search(plain(name)):
            return None
        summed = kind.lower() in ("tot", "") or plain(name).endswith(" tot")
        if not summed:
            return replace(measured, variable="rainfall_total")
    return measured


def _in_name(column: str) -> str:
    """The unit in the name of a column, where the file has no line of units: `Rain_mm_TOT`."""
    return next((part for part in column.split("_")[1:] if headers.unit_of(part)), "")


def _step(table: str) -> int | None:
    """The interval that a table's name says: Hourly, Five_mins, Table_15min."""
    words = plain(table).replace(" ", "")
    if "daily" in words:
        return DAY
    if "hourly" in words:
        return HOUR
    found = _INTERVAL.search(words)
    if found is None:
        return None
    count = int(found[1]) if found[1].isdecimal() else _COUNTS[found[1]]
    return count * {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}[found[2][0]]


def _wet(name: str) -> bool:
    return any(word in plain(name) for word in ("water", "wtemp", "wat", "river", "stream", "h2o"))


DIALECT = Dialect(
    "toa5",
    "Campbell Scientific TOA5",
    "the file begins with TOA5",
    recognise,
    lay_out,
)
