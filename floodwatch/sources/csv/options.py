"""What a person may say about files to import; whatever is left out is detected and reported."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from floodwatch.model.clock import DAY, HOUR, MINUTE, SECOND
from floodwatch.model.errors import ImportRefused

AUTO = "auto"
CANONICAL = "canonical"  # as a unit: the values are in FloodWatch's own units
_MAPPING = re.compile(
    r"(?P<column>.+)=(?P<variable>[a-z_0-9]+)(?:@(?P<gauge>[^:@]+))?(?::(?P<unit>.+))?"
)
_SPAN = re.compile(r"(\d+)\s*(ms|s|min|h|d)")
_MS = {"ms": 1, "s": SECOND, "min": MINUTE, "h": HOUR, "d": DAY}


class Mapping(NamedTuple):
    """One value column and what it measures; an empty unit is looked for elsewhere."""

    column: str
    variable: str
    gauge: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The choices for one import. Empty means: find out."""

    dialect: str = AUTO  # auto | long | wide | one of sources.dialects.registry
    sheet: str = ""  # of a workbook
    force_tz: bool = False  # `tz` even where the file states another zone
    encoding: str = AUTO
    delimiter: str = ""
    station: str = ""
    station_column: str = ""
    create_stations: bool = False
    variable: str = ""
    gauge: str = ""
    unit: str = ""
    period: int | None = None  # ms
    tz: str = ""
    time_column: str = ""  # "date+time" joins two columns
    time_format: str = ""  # strptime's words, e.g. %d/%m/%Y %H:%M
    map: tuple[Mapping, ...] = ()
    decimal: str = ""  # the decimal mark
    thousands: str = ""  # the mark between groups of three digits
    no_value: tuple[str, ...] = ()  # further words and numbers for "no value"
    quality_column: str = ""  # the maker's flags of the values
    day_label: str = ""  # begin or end: which date a day of rain is called by
    accept_misdated: bool = False
    notify: bool = False
    dry_run: bool = False


def mapping(text: str) -> Mapping:
    """COLUMN=VARIABLE[@GAUGE][:UNIT] as given on the command line."""
    found = _MAPPING.fullmatch(text)
    if found is None:
        raise ImportRefused(f"--map {text!r}: write COLUMN=VARIABLE[@GAUGE][:UNIT]")
    return Mapping(*(part or "" for part in found.groups()))


def span(text: str) -> int:
    """A length of time such as 5min, 1h or 1d in milliseconds."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise ImportRefused(f"period {text!r}: write a number and s, min, h or d, such as 5min")
    return int(found[1]) * _MS[found[2]]
