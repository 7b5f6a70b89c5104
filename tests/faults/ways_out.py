"""Ways out that are down, slow, refusing or lying, and remember what they really took."""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import Enum

from floodwatch.model.clock import SetClock
from floodwatch.model.notification import Message, Result, Sent
from tests.faults.fuse import Fuse


class Mood(Enum):
    """How a provider behaves."""

    WELL = "well"
    DOWN = "down"  # refuses for now
    SILENT = "silent"  # nobody can say what became of it
    LYING = "lying"  # takes it, and reports an error
    BREAKING = "breaking"  # the library raises, sometimes after it was taken
    SLOW = "slow"  # takes it late, within its limit
    HANGING = "hanging"  # comes back long after its limit
    REFUSING = "refusing"  # refuses some receivers for good


@dataclass(frozen=True)
class Taken:
    """A message that a provider really has, and when (true ms)."""

    message: Message
    at: int


@dataclass
class Post:
    """What all providers together saw: the truth about delivery."""

    taken: list[Taken] = field(default_factory=list)
    times: Counter[str] = field(default_factory=Counter)  # key -> how often it was taken
    excused: Counter[str] = field(default_factory=Counter)  # key -> how often it may be repeated
    tried: dict[tuple[int | None, str], set[str]] = field(  # (alert, person) -> kinds handed over
        default_factory=lambda: defaultdict(set)
    )
    keys: set[str] = field(default_factory=set)  # keys handed over
    heard: set[tuple[int | None, str]] = field(default_factory=set)  # (alert, person) that it took


@dataclass
class WayOut:
    """One provider."""

    name: str
    timeout: float
    clock: SetClock
    fuse: Fuse
    post: Post
    chance: random.Random
    mood: Mood = Mood.WELL

    def lasts(self) -> float:
        """Seconds a sending takes now."""
        if self.mood is Mood.SLOW:
            return self.timeout * self.chance.uniform(0.2, 0.95)
        if self.mood is Mood.HANGING:
            return self.timeout + 10 + self.chance.uniform(1, 200)
        return self.chance.choice((0.0, 0.0, 0.3))

    def send(self, message: Message) -> Result:
        """Hand one message over."""
        self.post.keys.add(message.key)
        self.post.tried[message.alert_id, message.person].add(message.kind)
        self.fuse.reach(f"before {self.name} had it")
        result = self._answer(message)
        self.fuse.reach(f"after {self.name} had it")
        return result

    def _answer(self, message: Message) -> Result:
        mood, often = self.mood, self.chance.random() < 0.5
        if mood is Mood.DOWN:
            return Result(Sent.RETRY, "connection refused")
        if mood is Mood.REFUSING and hash_of(message.person) % 3 == 0:
            return Result(Sent.PERMANENT, "550 no such receiver")
        if mood is Mood.LYING:
            self._take(message, excused=True)
            return Result(Sent.RETRY, "451 try again later")
        if mood is Mood.SILENT:
            if often:
                self._take(message, excused=True)
            return Result(Sent.UNKNOWN, "no answer")
        if mood is Mood.BREAKING:
            if often:
                self._take(message, excused=True)
            raise ConnectionResetError("connection reset by peer")
        self._take(message)
        return Result(Sent.ACCEPTED, "taken", provider_id=f"{self.name}-{len(self.post.taken)}")

    def _take(self, message: Message, *, excused: bool = False) -> None:
        self.post.taken.append(Taken(message, int(self.clock.monotonic() * 1000)))
        self.post.times[message.key] += 1
        self.post.heard.add((message.alert_id, message.person))
        if excused:
            self.post.excused[message.key] += 1


def hash_of(text: str) -> int:
    """The same in every process."""
    return sum(text.encode())
