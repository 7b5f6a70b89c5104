"""Exercises: who was asked, who has answered, whom no message reached."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from floodwatch.store import people as _people
from floodwatch.store.database import Transaction
from floodwatch.store.duty_tables import exercise as _exercise
from floodwatch.store.duty_tables import exercise_party as _party
from floodwatch.store.outbox import EXERCISE
from floodwatch.store.tables import outbox as _outbox


class Exercise(NamedTuple):
    """One exercise. `scope` is empty for everybody; `at` service ms."""

    id: int
    at: int
    who: str
    scope: str


class Way(NamedTuple):
    """One message of an exercise: by which channel, how it stands, and why."""

    channel: str
    state: str
    reason: str


class Asked(NamedTuple):
    """One person of an exercise. `reached`: a channel has accepted the message."""

    person: str
    answered_at: int | None
    via: str | None
    reached: bool
    ways: tuple[Way, ...]

    @property
    def said(self) -> str:
        """What the channels said of it, in a line."""
        return "；".join(" ".join(part for part in way if part) for way in self.ways)


def begin(tx: Transaction, *, who: str, scope: str, people: Iterable[str], now: int) -> int:
    """Open an exercise for these people; its number."""
    made = insert(_exercise).returning(_exercise.c.id)
    values = {"at": now, "who": who, "scope": scope, "rev": tx.rev}
    number = int(tx.connection.execute(made, values).scalar_one())
    rows = [{"exercise_id": number, "person": name, "rev": tx.rev} for name in people]
    tx.connection.execute(insert(_party), rows)
    return number


def answer(tx: Transaction, person: str, *, via: str, now: int, since: int) -> list[int]:
    """The person answers every exercise begun since then that still waits for it."""
    begun = select(_exercise.c.id).where(_exercise.c.at >= since)
    done = (
        update(_party)
        .where(_party.c.person == person, _party.c.answered_at.is_(None))
        .where(_party.c.exercise_id.in_(begun))
        .values(answered_at=now, via=via, rev=tx.rev)
        .returning(_party.c.exercise_id)
    )
    numbers = sorted(tx.connection.execute(done).scalars())
    if numbers:
        what = f"{', '.join(map(str, numbers))} by {via}"
        _people.record(tx.connection, now=now, who=person, action="exercise answer", what=what)
    return numbers


def owed(connection: Connection, person: str, *, since: int) -> list[Exercise]:
    """The exercises that wait for the person's answer."""
    query = (
        select(_exercise)
        .join(_party, _party.c.exercise_id == _exercise.c.id)
        .where(_party.c.person == person, _party.c.answered_at.is_(None))
        .where(_exercise.c.at >= since)
    )
    return [Exercise(r.id, r.at, r.who, r.scope) for r in connection.execute(query)]


def exercises(connection: Connection, *, limit: int = 24) -> list[Exercise]:
    """The newest exercises, newest first."""
    query = select(_exercise).order_by(_exercise.c.id.desc()).limit(limit)
    return [Exercise(r.id, r.at, r.who, r.scope) for r in connection.execute(query)]


def asked(connection: Connection, number: int) -> list[Asked]:
    """Everybody of an exercise: who has not answered first, whom nothing reached before all."""
    query = select(_outbox).where(_outbox.c.kind == EXERCISE, _outbox.c.seq == number)
    sent: dict[str, list[Any]] = {}
    for row in connection.execute(query):
        sent.setdefault(row.person, []).append(row)
    found = []
    for row in connection.execute(select(_party).where(_party.c.exercise_id == number)):
        mine = sent.get(row.person, [])
        reached = any(m.state == "accepted" and m.channel != "log" for m in mine)
        ways = tuple(Way(m.channel, m.state, m.reason or "") for m in mine)
        found.append(Asked(row.person, row.answered_at, row.via, reached, ways))
    return sorted(found, key=lambda one: (one.answered_at is not None, one.reached, one.person))
