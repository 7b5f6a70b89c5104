"""A person's own answer, by whatever way it came: it ends what that person owes, nothing else."""

from typing import NamedTuple

from floodwatch.pipeline.exercise import OPEN
from floodwatch.store import answers, exercises
from floodwatch.store.database import Transaction


class Answered(NamedTuple):
    """What an answer has ended, by number."""

    alerts: list[int]
    exercises: list[int]


def open_alerts(tx: Transaction, person: str) -> list[int]:
    """The alerts to which the person owes an answer, in the order in which it was asked."""
    owed = answers.open_obligations(tx.connection)
    return list(dict.fromkeys(one.alert_id for one in owed if one.party == person))


def answered(tx: Transaction, person: str, *, via: str, now: int, note: str = "") -> Answered:
    """End everything this person owes, alerts and exercises."""
    alerts = open_alerts(tx, person)
    if alerts:
        answers.answer(tx, person, who=person, via=via, now=now, note=note)
    done = exercises.answer(tx, person, via=via, now=now, since=now - OPEN)
    return Answered(alerts, done)
