"""recipients.toml: the people who are told, and the routes that lead alerts to them."""

from typing import Literal

from pydantic import Field

from floodwatch.config.fields import (
    Duration,
    Kind,
    Mail,
    Phone,
    SeverityWord,
    Table,
    VariableName,
    Word,
)
from floodwatch.model.people import Person, Route


class PersonTable(Table):
    """[[person]]"""

    name: Word = Field(description="the name by which routes and stations call this person")
    email: Mail | None = None
    phone: Phone | None = None
    language: Literal["zh", "en"] = "zh"
    role: str = ""
    deputy: str = ""
    answers_after: Duration | None = None


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

    @property
    def catches_all(self) -> bool:
        """Whether it matches every alert."""
        return not (self.severity or self.kind or self.station or self.variable or self.type)

    @property
    def told(self) -> bool:
        """Whether it names anybody at all."""
        return bool(self.people or self.roles or self.inform or self.inform_roles)


def person_of(table: PersonTable) -> Person:
    """The person in the words of the model."""
    return Person(
        name=table.name,
        email=table.email or "",
        phone=table.phone or "",
        language=table.language,
        role=table.role,
        deputy=table.deputy,
        answers_after=table.answers_after,
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
    )
