"""Notifications: one message to one recipient on one channel, and what became of each try."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class OutboxState(StrEnum):
    """Where an outbox row stands; the last four are final."""

    PENDING = "pending"
    LEASED = "leased"
    RETRY = "retry"
    ACCEPTED = "accepted"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


class Sent(StrEnum):
    """The outcome of one attempt."""

    ACCEPTED = "accepted"  # the channel has it
    RETRY = "retry"  # refused for now
    PERMANENT = "permanent"  # will never be taken: another channel, tell the room
    UNKNOWN = "unknown"  # nobody can say: sent again, recognisable as a repeat


@dataclass(frozen=True, slots=True)
class Message:
    """What is said. `key` is stable over retries (Message-ID, idempotency key).

    `at` is the service time of this attempt, ms.
    """

    key: str
    address: str
    person: str
    subject: str
    body: str
    severity: int
    attempt: int = 1
    at: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one message handed to a channel."""

    sent: Sent
    detail: str = ""
    provider_id: str = ""


class Channel(Protocol):
    """A way out. `send` must end within `timeout` seconds; it never raises for a refusal."""

    name: str
    timeout: float

    def send(self, message: Message) -> Result:
        """Hand one message over."""
        ...
