"""What goes wrong and when: at least one fault an hour, all from one seed."""

import random
from collections.abc import Iterator
from typing import NamedTuple

from floodwatch.model.clock import DAY, HOUR, MINUTE
from tests.faults.ways_out import Mood

YEAR = 365 * DAY


class Fault(NamedTuple):
    """One thing that happens at a moment (true ms since the start)."""

    at: int
    kind: str  # kill | power | mood | clock | full | edit | silence
    number: int = 0  # points to the death, ms the clock leaps, pages, …
    name: str = ""
    lasts: int = 0


class Mix(NamedTuple):
    """How often each kind comes beside the others; 0: never."""

    kill: float = 3.0
    power: float = 1.0
    mood: float = 4.0
    clock: float = 1.0
    full: float = 0.6
    edit: float = 0.08
    silence: float = 1.5
    an_hour: float = 1.3  # faults


def faults(chance: random.Random, *, hours: float, mix: Mix) -> Iterator[Fault]:
    """The faults by time; in each hour there is one at least."""
    kinds = [name for name in KINDS if getattr(mix, name) > 0]
    weights = [getattr(mix, name) for name in kinds]
    for hour in range(int(hours)):
        number = 1 + (chance.random() < mix.an_hour - 1)
        for at in sorted(chance.randrange(HOUR) for _ in range(number)):
            kind = chance.choices(kinds, weights)[0]
            yield KINDS[kind](chance, hour * HOUR + at)


def _kill(chance: random.Random, at: int) -> Fault:
    return Fault(at, "kill", _points(chance))


def _power(chance: random.Random, at: int) -> Fault:
    return Fault(at, "power", _points(chance))


def _points(chance: random.Random) -> int:
    """Near or far: within one transaction, or after many."""
    return int(chance.expovariate(1 / chance.choice((3, 30, 150))))


def _mood(chance: random.Random, at: int) -> Fault:
    mood = chance.choice([m for m in Mood if m is not Mood.WELL])
    name = chance.choice(("sms_gammu", "smtp", "webhook", "voice", "sms_gammu", "smtp", "all"))
    lasts = int(chance.choice((MINUTE, 10 * MINUTE, HOUR, 3 * HOUR)) * chance.uniform(0.3, 1.5))
    return Fault(at, "mood", name=f"{name} {mood.value}", lasts=lasts)


def _clock(chance: random.Random, at: int) -> Fault:
    leap = chance.choice((-HOUR, HOUR, YEAR, -56 * YEAR, -5 * MINUTE, 20_000, -30 * DAY, 3_000))
    return Fault(at, "clock", leap, lasts=int(chance.uniform(0.05, 5) * HOUR))


def _full(chance: random.Random, at: int) -> Fault:
    return Fault(at, "full", lasts=int(chance.uniform(0.5, 20) * MINUTE))


def _edit(chance: random.Random, at: int) -> Fault:
    return Fault(at, "edit", chance.randrange(1 << 16))


def _silence(chance: random.Random, at: int) -> Fault:
    return Fault(at, "silence", chance.randrange(1 << 16), lasts=int(chance.uniform(0.1, 3) * HOUR))


KINDS = {
    "kill": _kill,
    "power": _power,
    "mood": _mood,
    "clock": _clock,
    "full": _full,
    "edit": _edit,
    "silence": _silence,
}
