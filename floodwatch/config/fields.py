"""The kinds of values that configuration files hold, each with its own words for a mistake."""

import difflib
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, ClassVar, NoReturn, TypeVar
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from floodwatch.model.clock import DAY, HOUR, MINUTE, SECOND
from floodwatch.model.season import Season
from floodwatch.model.severity import Severity
from floodwatch.model.station import StationKind
from floodwatch.model.variable import VARIABLES

T = TypeVar("T")


class Table(BaseModel):
    """A TOML table: no key beyond those declared, no silent conversion of types."""

    # Keys without which the rest of a table can still be checked when one of them is wrong.
    spare: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def refuse(what: str, remedy: str = "") -> NoReturn:
    """Refuse a value within a validator."""
    context = {"what": what.replace("{", "(").replace("}", ")"), "remedy": remedy}
    raise PydanticCustomError("refused", "{what}", context)


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy that names the nearest known word, or all of them when none is near."""
    choices = list(known)
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    if not choices:
        return ""
    if len(choices) > 40:
        return f"{len(choices)} are known"
    return f"use one of: {', '.join(choices)}"


_SPANS = {"ms": 1, "s": SECOND, "min": MINUTE, "h": HOUR, "d": DAY}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)")


def duration_ms(given: object) -> int:
    """Milliseconds of a duration written as "5min", "1h", "0s" or "2d"."""
    match = _DURATION.fullmatch(given.strip()) if isinstance(given, str) else None
    if match is None:
        refuse(f"{given!r} is not a duration", 'write a number and s, min, h or d, such as "20min"')
    return round(float(match[1]) * _SPANS[match[2]])


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


def _zone(given: object) -> str:
    if not isinstance(given, str) or given not in available_timezones():
        near = difflib.get_close_matches(str(given), available_timezones(), n=1)
        hint = f"did you mean {near[0]!r}?" if near else 'use a name such as "Asia/Shanghai"'
        refuse(f"unknown time zone {given!r}", hint)
    return given


def _phone(given: object) -> str:
    if not isinstance(given, str) or not re.fullmatch(r"\+[1-9]\d{6,14}", given):
        refuse(
            f"{given!r} is not a telephone number",
            'write it internationally without spaces, such as "+8610000000001"',
        )
    return given


_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+")


def _mail(given: object) -> str:
    if not isinstance(given, str) or not _MAIL.fullmatch(given) or len(given) > 254:
        refuse(f"{given!r} is not an e-mail address", 'write it as "name@example.org"')
    return given


def _word(longest: int) -> BeforeValidator:
    def check(given: object) -> str:
        fitting = isinstance(given, str) and 0 < len(given) <= longest and given == given.strip()
        if not fitting or any(c == "/" or ord(c) < 32 for c in str(given)):
            refuse(
                f"{given!r} cannot be used as a name here",
                f'write 1 to {longest} characters in quotes, without "/" and without spaces around',
            )
        return str(given)

    return BeforeValidator(check)


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
    if isinstance(given, date):
        return given
    refuse(f"{given!r} is not a date", "write a date without quotes, such as 2026-01-31")


Duration = Annotated[int, BeforeValidator(duration_ms)]
SeverityWord = Annotated[Severity, BeforeValidator(_severity)]
Kind = Annotated[StationKind, BeforeValidator(_kind)]
VariableName = Annotated[str, BeforeValidator(_variable)]
Zone = Annotated[str, BeforeValidator(_zone)]
Phone = Annotated[str, BeforeValidator(_phone)]
Mail = Annotated[str, BeforeValidator(_mail)]
Code = Annotated[str, _word(64)]
GaugeName = Annotated[str, _word(32)]
Word = Annotated[str, _word(200)]
SeasonDays = Annotated[Season, BeforeValidator(_season)]
Moment = Annotated[date | datetime, BeforeValidator(_moment)]
Positive = Annotated[float, Field(gt=0)]
