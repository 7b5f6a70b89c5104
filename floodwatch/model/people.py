"""People, the routes that lead alerts to them, and users of the pages."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from floodwatch.model.clock import HOUR
from floodwatch.model.severity import Severity

ON_DUTY = "@duty"  # in place of a name: whoever is on shift


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is told. `deputy` may answer in the person's place.

    `away`: spans of leave, ms UTC (from, before); meanwhile the deputy is told instead.
    """

    name: str
    email: str = ""
    phone: str = ""
    language: str = "zh"
    role: str = ""
    deputy: str = ""
    answers_after: int | None = None  # demonstration only: ms until the scripted answer; None never
    away: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    """Who sits in the room from `start` to `end` (ms after local midnight; past it if earlier).

    `days` are the weekdays on which it begins, 0 Monday; empty: every day. `holiday` True: only
    on the district's holidays, then whatever the weekday; False: not on these; None: no matter.
    """

    name: str
    people: tuple[str, ...]
    start: int
    end: int
    days: tuple[int, ...] = ()
    holiday: bool | None = None

    def begins_on(self, day: date, holidays: Collection[date]) -> bool:
        """Whether it begins on a day, given the district's holidays."""
        off = day in holidays
        if self.holiday is True:
            return off
        if self.holiday is False and off:
            return False
        return not self.days or day.weekday() in self.days


class Way(StrEnum):
    """How somebody is told."""

    CALL = "call"  # by voice where there is a voice channel; an answer of his own is owed
    TEXT = "text"
    LIST = "list"  # one message in the morning with everything of the night
    SCREEN = "screen"  # sees it on the pages


@dataclass(frozen=True, slots=True)
class Duty:
    """Part of a route: these people and roles are told in this way.

    `within` is the time in ms to answer in, 0: no answer is asked. `after` > 0: told only when
    nobody has answered after so long. `at`: the local time of a list, ms after midnight.
    """

    people: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    way: Way = Way.CALL
    within: int = 300_000
    after: int = 0
    at: int = 7 * HOUR
    channels: tuple[str, ...] = ()

    @property
    def owes(self) -> bool:
        """Whether those it names must answer."""
        return self.within > 0 and self.way in (Way.CALL, Way.TEXT)


class Room(StrEnum):
    """What a route asks of the duty room."""

    ANSWER = "answer"  # must acknowledge; hears a tone from III on, or when somebody is called
    SOUND = "sound"  # must acknowledge, and hears a tone
    SCREEN = "screen"  # sees it


@dataclass(frozen=True, slots=True)
class Route:
    """Which alerts go to whom; empty tuples match everything; the first match wins.

    `duties` say who is told how. Shorthand: `people` and `roles` (of the station's persons) are
    called and owe an answer `within` so many ms if `must_answer`, else written to; those under
    `inform` and `inform_roles` are only written to. `night`: a grade IV too is told at night.
    """

    severity: tuple[Severity, ...] = ()
    kind: tuple[str, ...] = ()
    station: tuple[str, ...] = ()
    variable: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    inform: tuple[str, ...] = ()
    inform_roles: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    must_answer: bool = False
    within: int = 300_000
    screen_only: bool = False
    band: tuple[str, ...] = ()
    direction: tuple[str, ...] = ()
    point_type: tuple[str, ...] = ()
    duties: tuple[Duty, ...] = ()
    room: Room = Room.ANSWER
    night: bool = False

    @property
    def all_duties(self) -> tuple[Duty, ...]:
        """The duties, those of the shorthand first."""
        found = []
        if self.people or self.roles:
            way, within = (Way.CALL, self.within) if self.must_answer else (Way.TEXT, 0)
            found.append(Duty(self.people, self.roles, way, within))
        if self.inform or self.inform_roles:
            found.append(Duty(self.inform, self.inform_roles, Way.TEXT, 0))
        return (*found, *self.duties)


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """What the bearer of an API token may do: write readings of `stations` (None: of all)."""

    id: int
    name: str
    stations: frozenset[str] | None = None


class Role:
    """What a user may do; each includes those before it."""

    VIEWER, OFFICER, ENGINEER, ADMIN = "viewer", "officer", "engineer", "admin"
    ORDER = (VIEWER, OFFICER, ENGINEER, ADMIN)
