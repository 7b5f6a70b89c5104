"""recipients.toml: the people who are told, and the routes that lead alerts to them."""

from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from floodwatch.config.dates import end_ms, start_ms
from floodwatch.config.fields import (
    Duration,
    Kind,
    Mail,
    Moment,
    Phone,
    SeverityWord,
    Table,
    VariableName,
    Word,
)
from floodwatch.config.roster_file import TimeOfDay
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.people import Duty, Person, Room, Route, Way

CALLED, WRITTEN = 5 * MINUTE, 0  # the time to answer in when none is given


class AwayTable(Table):
    """A span of leave: whole days, or moments."""

    first: Moment = Field(alias="from", description="its first day, such as 2026-07-01")
    last: Moment = Field(alias="to", description="its last day, such as 2026-07-14")


class PersonTable(Table):
    """[[person]]"""

    name: Word = Field(description="the name by which routes and stations call this person")
    email: Mail | None = None
    phone: Phone | None = None
    language: Literal["zh", "en"] = "zh"
    role: str = ""
    deputy: str = ""
    answers_after: Duration | None = None
    away: list[AwayTable] = Field(default_factory=list)


class DutyTable(Table):
    """[[route.duty]]: who is told in which way."""

    people: list[str] = Field(default_factory=list)
    roles: list[str] = Field(default_factory=list)
    way: Literal["call", "text", "list", "screen"] = "call"
    within: Duration | None = None
    after: Duration = 0
    at: TimeOfDay = 7 * HOUR
    channels: list[str] = Field(default_factory=list)

    @property
    def time_to_answer(self) -> int:
        """As given; without: five minutes for a call, and no answer asked for a text."""
        return self.within if self.within is not None else CALLED if self.way == "call" else WRITTEN


class RouteTable(Table):
    """[[route]]: what it matches, and who is told."""

    severity: list[SeverityWord] = Field(default_factory=list)
    kind: list[Kind] = Field(default_factory=list)
    station: list[str] = Field(default_factory=list)
    variable: list[VariableName] = Field(default_factory=list)
    type: list[str] = Field(default_factory=list)
    people: list[str] = Field(default_factory=list)
    roles: list[str] = Field(default_factory=list)
    inform: list[str] = Field(default_factory=list)
    inform_roles: list[str] = Field(default_factory=list)
    channels: list[str] = Field(default_factory=list)
    must_answer: bool = False
    within: Duration = 300_000
    screen_only: bool = False
    band: list[str] = Field(default_factory=list)
    direction: list[Literal["up", "down", "rise", "fall", "none"]] = Field(default_factory=list)
    point_type: list[Literal["road", "residential", "underpass"]] = Field(default_factory=list)
    room: Literal["answer", "sound", "screen"] = "answer"
    night: bool = False
    duty: list[DutyTable] = Field(default_factory=list)

    @property
    def catches_all(self) -> bool:
        """Whether it matches every alert."""
        conditions = (self.severity, self.kind, self.station, self.variable, self.type)
        return not any((*conditions, self.band, self.direction, self.point_type))

    @property
    def told(self) -> bool:
        """Whether it names anybody at all."""
        named = self.people or self.roles or self.inform or self.inform_roles
        return bool(named or any(duty.people or duty.roles for duty in self.duty))

    @property
    def names(self) -> list[str]:
        """The people it names who are told at once."""
        told = [
            name
            for d in self.duty
            if d.way in ("call", "text") and not d.after
            for name in d.people
        ]
        return [*self.people, *self.inform, *told]


def person_of(table: PersonTable, zone: ZoneInfo) -> Person:
    """The person in the words of the model; leave begins and ends at 08:00, as days do."""
    return Person(
        name=table.name,
        email=table.email or "",
        phone=table.phone or "",
        language=table.language,
        role=table.role,
        deputy=table.deputy,
        answers_after=table.answers_after,
        away=tuple(
            (start_ms(span.first, zone) or 0, end_ms(span.last, zone) or 0) for span in table.away
        ),
    )


def duty_of(table: DutyTable) -> Duty:
    """The duty in the words of the model."""
    return Duty(
        people=tuple(table.people),
        roles=tuple(table.roles),
        way=Way(table.way),
        within=table.time_to_answer,
        after=table.after,
        at=table.at,
        channels=tuple(table.channels),
    )


def route_of(table: RouteTable) -> Route:
    """The route in the words of the model."""
    return Route(
        severity=tuple(table.severity),
        kind=tuple(kind.value for kind in table.kind),
        station=tuple(table.station),
        variable=tuple(table.variable),
        type=tuple(table.type),
        people=tuple(table.people),
        roles=tuple(table.roles),
        inform=tuple(table.inform),
        inform_roles=tuple(table.inform_roles),
        channels=tuple(table.channels),
        must_answer=table.must_answer,
        within=table.within,
        screen_only=table.screen_only,
        band=tuple(table.band),
        direction=tuple(table.direction),
        point_type=tuple(table.point_type),
        duties=tuple(duty_of(duty) for duty in table.duty),
        room=Room(table.room),
        night=table.night,
    )
