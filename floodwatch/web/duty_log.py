"""/log: the duty log (值班日志) of a day by shifts, and the form for a new entry."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from floodwatch.model.clock import HOUR
from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.moment import on_day, parse_day
from floodwatch.model.people import Role
from floodwatch.store import duty_log, people
from floodwatch.store.duty_log import Line
from floodwatch.web.care import done, field, me
from floodwatch.web.guard import needs
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.services import now, services

blueprint = Blueprint("duty_log", __name__)
MORNING = 8 * HOUR  # a day of the log runs from 08:00 to 08:00


class Watch(NamedTuple):
    """One shift of a day. Times ms UTC."""

    name: str
    people: tuple[str, ...]
    start: int
    end: int
    lines: list[Line]


@blueprint.get("/log")
@needs(Role.VIEWER)
def show() -> str:
    """One day, shift by shift."""
    with services().database.read() as connection:
        at = here(connection).now
        district = here().district
        today = (
            datetime.fromtimestamp(at / 1000, district.tz) - timedelta(milliseconds=MORNING)
        ).date()
        day = _day(request.args.get("day", ""), today)
        start, end = _bounds(day, district)
        lines = duty_log.lines(connection, start=start, end=end)
    return render_template(
        "log.html",
        day=day,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1) if day < today else None,
        watches=watches(lines, district, day),
        kinds=duty_log.KINDS,
        stations=district.stations,
    )


@blueprint.post("/log")
@needs(Role.OFFICER)
def write() -> ResponseReturnValue:
    """A new entry, at this moment; what was written is never changed."""
    kind, number = field("kind") or "note", field("alert_id")
    named = number.isascii() and number.isdigit() and len(number) < 12
    if kind not in duty_log.KINDS:
        raise Refused(f"kind is one of {', '.join(duty_log.KINDS)}")
    given = services()
    with given.database.write() as tx:
        at = now(given, tx.connection)
        duty_log.write(
            tx,
            field("text"),
            who=me(),
            kind=kind,
            now=at,
            alert_id=int(number) if named else None,
        )
        people.record(tx.connection, now=at, who=me(), action="duty log", what=field("text"))
    return done(_("已记入值班日志"), "duty_log.show")


def watches(lines: list[Line], district: District, day: date) -> list[Watch]:
    """The shifts of a day with their lines; one from 08:00 to 08:00 when none is configured."""
    start, end = _bounds(day, district)
    begun: dict[int, tuple[str, tuple[str, ...]]] = {}
    for shift in district.shifts:
        for each in (day, day + timedelta(days=1)):
            at = on_day(each, shift.start, district.tz)
            if start <= at < end and shift.begins_on(each, district.holidays):
                begun.setdefault(at, (shift.name, shift.people))
    if start not in begun:
        begun[start] = ("", ())
    edges = [*sorted(begun), end]
    return [
        Watch(*begun[low], low, high, [line for line in lines if low <= line.at < high])
        for low, high in pairwise(edges)
    ]


def _bounds(day: date, district: District) -> tuple[int, int]:
    next_day = day + timedelta(days=1)
    return on_day(day, MORNING, district.tz), on_day(next_day, MORNING, district.tz)


def _day(given: str, today: date) -> date:
    if not given:
        return today
    return min(parse_day(given), today)
