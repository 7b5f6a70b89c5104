"""People, the routes that lead alerts to them, and users of the pages."""

from dataclasses import dataclass

from floodwatch.model.severity import Severity


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is told. `deputy` may answer in the person's place."""

    name: str
    email: str = ""
    phone: str = ""
    language: str = "zh"
    role: str = ""
    deputy: str = ""
    answers_after: int | None = None  # demonstration only: ms until the scripted answer; None never


@dataclass(frozen=True, slots=True)
class Route:
    """Which alerts go to whom; empty tuples match everything; the first match wins.

    `people` and `roles` (of the station's persons) owe an answer if `must_answer`; those under
    `inform` and `inform_roles` are only told. `within` is the time in ms until an unanswered call
    goes to the next step.
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
