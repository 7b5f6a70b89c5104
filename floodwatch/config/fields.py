"""The kinds of values that configuration files hold, each with its own words for a mistake."""

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from floodwatch.model.fields import (
    Duration,
    Mail,
    Table,
    Word,
    Zone,
    duration_ms,
    nearest,
    refuse,
    word,
)
from floodwatch.model.season import Season
from floodwatch.model.severity import Severity
from floodwatch.model.station import StationKind
from floodwatch.model.variable import VARIABLES

# Those that settings outside the folder's files are made of too are passed on from here.
__all__ = [
    "Code",
    "Duration",
    "GaugeName",
    "Kind",
    "Mail",
    "Moment",
    "Phone",
    "Positive",
    "SeasonDays",
    "SeverityWord",
    "Table",
    "VariableName",
    "Word",
    "Zone",
    "duration_ms",
    "nearest",
    "refuse",
]


def _severity(given: object) -> Severity:
    if not isinstance(given, str) or given not in Severity.__members__:
        refuse(f"{given!r} is not a severity", "use one of: IV, III, II, I (I is the worst)")
    return Severity[given]


def _kind(given: object) -> StationKind:
    known = [kind.value for kind in StationKind]
    if not isinstance(given, str) or given not in known:
        refuse(f"{given!r} is not a kind of station", nearest(str(given), known))
    return StationKind(given)


def _variable(given: object) -> str:
    if not isinstance(given, str) or given not in VARIABLES:
        refuse(f"unknown variable {given!r}", nearest(str(given), VARIABLES))
    return given


def _phone(given: object) -> str:
    if not isinstance(given, str) or not re.fullmatch(r"\+[1-9]\d{6,14}", given):
        refuse(
            f"{given!r} is not a telephone number",
            'write it internationally without spaces, such as "+8610000000001"',
        )
    return given


_SEASON = re.compile(r"(\d\d)-(\d\d)/(\d\d)-(\d\d)")


def _season(given: object) -> Season:
    match = _SEASON.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        refuse(
            f"{given!r} is not a season",
            'write first and last day as "MM-DD/MM-DD", such as "04-01/06-30"',
        )
    ends = [int(part) for part in match.groups()]
    for month, day in (ends[:2], ends[2:]):
        try:
            date(2024, month, day)  # a leap year: 02-29 is a day of a season
        except ValueError:
            refuse(f"{month:02d}-{day:02d} is not a day of the year", "correct the season")
    return Season((ends[0], ends[1]), (ends[2], ends[3]))


def _moment(given: object) -> date:
    if not isinstance(given, date):
        refuse(f"{given!r} is not a date", "write a date without quotes, such as 2026-01-31")
    return given


SeverityWord = Annotated[Severity, BeforeValidator(_severity)]
Kind = Annotated[StationKind, BeforeValidator(_kind)]
VariableName = Annotated[str, BeforeValidator(_variable)]
Phone = Annotated[str, BeforeValidator(_phone)]
Code = Annotated[str, word(64)]
GaugeName = Annotated[str, word(32)]
SeasonDays = Annotated[Season, BeforeValidator(_season)]
Moment = Annotated[date | datetime, BeforeValidator(_moment)]
Positive = Annotated[float, Field(gt=0)]
