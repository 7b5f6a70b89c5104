"""Notifications: one message to one recipient on one channel, and what became of each try."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
    kind: str = ""  # fired | worsened | resolved | reminder | digest | alive | exercise …
    way: str = "text"  # text | call
    slots: Mapping[str, str] = field(default_factory=dict)  # for a provider's template
    alert_id: int | None = None


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


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that came in by a channel. `provider_id` tells it from every other of the channel;
    `at` is when it came, ms UTC."""

    provider_id: str
    address: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a provider says later of a message it accepted under `provider_id`."""

    provider_id: str
    delivered: bool
    detail: str = ""
    at: int = 0
    call: "Call | None" = None  # how far a telephone call got


class Call(StrEnum):
    """How far a telephone call got. Only a pressed key is an answer."""

    ANSWERED = "answered"
    HEARD = "heard"  # to the end
    CONFIRMED = "confirmed"  # and the key was pressed
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    OFF = "off"
    FAILED = "failed"


class Receiving(Protocol):
    """A channel by which people answer."""

    def receive(self) -> Sequence[Incoming]:
        """What came in and was not confirmed yet, oldest first; asked again and again."""
        ...

    def confirm(self, provider_ids: Sequence[str]) -> None:
        """These are stored; they need not be handed over again."""
        ...


class Reporting(Protocol):
    """A channel that promises a receipt for each message it accepts."""

    def reports(self) -> Sequence[DeliveryReport]:
        """Receipts that have come; the same may come again."""
        ...
