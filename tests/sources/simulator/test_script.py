"""The scripted people answer after their own time, or never."""

from typing import NamedTuple

from floodwatch.model.clock import MINUTE
from floodwatch.model.people import Person
from floodwatch.sources.simulator.script import Answer, due_answers

PEOPLE = {
    person.name: person
    for person in (
        Person("示范丙三", answers_after=1 * MINUTE),
        Person("示范丙二", answers_after=2 * MINUTE),
        Person("示范丙一"),
    )
}


class Owed(NamedTuple):
    id: int
    alert_id: int
    party: str
    opened_at: int


WAITING = (
    Owed(1, 7, "示范丙一", 0),
    Owed(2, 7, "示范丙二", 0),
    Owed(3, 8, "示范丙三", 30_000),
    Owed(4, 7, "room", 0),
)


def test_nobody_answers_before_his_time():
    assert due_answers(WAITING, PEOPLE, now=MINUTE) == []


def test_each_answers_when_his_time_has_passed_in_the_order_of_asking():
    answers = due_answers(WAITING, PEOPLE, now=2 * MINUTE)
    assert answers == [Answer(2, "示范丙二", 7), Answer(3, "示范丙三", 8)]


def test_one_without_a_time_never_answers_nor_does_the_room():
    parties = {answer.person for answer in due_answers(WAITING, PEOPLE, now=10**12)}
    assert parties == {"示范丙二", "示范丙三"}
