"""The scripted people: each answers for himself, so long after he was asked as he always takes."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from floodwatch.model.people import Person


class Owed(Protocol):
    """An open obligation, as the alert log lists it."""

    @property
    def id(self) -> int:
        """Its number."""
        ...

    @property
    def alert_id(self) -> int:
        """The alert it belongs to."""
        ...

    @property
    def party(self) -> str:
        """The name of the person who owes the answer, or the room."""
        ...

    @property
    def opened_at(self) -> int:
        """When the person was asked, service ms."""
        ...


class Answer(NamedTuple):
    """A person answers an obligation now."""

    obligation_id: int
    person: str
    alert_id: int


def due_answers(waiting: Iterable[Owed], people: Mapping[str, Person], *, now: int) -> list[Answer]:
    """Who of the `waiting` answers by `now`, in the order in which they were asked.

    A person whose `answers_after` is None never answers; nor does a party that is nobody by name,
    such as the duty room, where the visitor sits.
    """
    due = [
        owed
        for owed in waiting
        if (person := people.get(owed.party)) is not None
        and person.answers_after is not None
        and owed.opened_at + person.answers_after <= now
    ]
    due.sort(key=lambda owed: (owed.opened_at, owed.id))
    return [Answer(owed.id, owed.party, owed.alert_id) for owed in due]
