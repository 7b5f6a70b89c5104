"""recipients.toml: groups, shifts and holidays, by which a route names whoever is there."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from floodwatch.config.fields import Table, Word, refuse
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.people import Shift

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST = 60  # days of one holiday


def _time_of_day(given: object) -> int:
    match = re.fullmatch(r"(\d\d):(\d\d)", given) if isinstance(given, str) else None
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        refuse(f"{given!r} is not a time of day", 'write it as "HH:MM", such as "17:30"')
    return int(match[1]) * HOUR + int(match[2]) * MINUTE


def _weekday(given: object) -> int:
    if not isinstance(given, str) or given not in DAYS:
        refuse(f"{given!r} is not a day of the week", f"use one of: {', '.join(DAYS)}")
    return DAYS.index(given)


def _day(given: object) -> date:
    if not isinstance(given, date) or isinstance(given, datetime):
        refuse(f"{given!r} is not a day", "write a date without quotes, such as 2026-10-01")
    return given


TimeOfDay = Annotated[int, BeforeValidator(_time_of_day)]
Weekday = Annotated[int, BeforeValidator(_weekday)]
Day = Annotated[date, BeforeValidator(_day)]


class GroupTable(Table):
    """[[group]]"""

    name: Word = Field(description='what routes call it, with "@" before')
    people: list[str] = Field(description="the names of its people")


class ShiftTable(Table):
    """[[shift]]"""

    name: Word = Field(description='what routes call it, with "@" before')
    people: list[str] = Field(description="who sits in the room then")
    start: TimeOfDay = Field(alias="from", description='when it begins, such as "17:30"')
    end: TimeOfDay = Field(alias="to", description='when it ends, such as "08:00"')
    days: list[Weekday] = Field(default_factory=list)
    holiday: bool | None = None


class HolidayTable(Table):
    """[[holiday]]"""

    name: str = ""
    first: Day = Field(alias="from", description="its first day, such as 2026-10-01")
    last: Day | None = Field(default=None, alias="to")


def shift_of(table: ShiftTable) -> Shift:
    """The shift in the words of the model."""
    return Shift(
        name=table.name,
        people=tuple(table.people),
        start=table.start,
        end=table.end,
        days=tuple(table.days),
        holiday=table.holiday,
    )


def days_of(holidays: Iterable[HolidayTable]) -> Iterator[date]:
    """Every day of these holidays."""
    for table in holidays:
        last = table.last or table.first
        for number in range(min((last - table.first).days, LONGEST) + 1):
            yield table.first + timedelta(days=number)
