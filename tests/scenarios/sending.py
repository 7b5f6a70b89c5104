"""The sender worked by hand on the scenario's clock, and channels that do as they are told."""

from dataclasses import dataclass, field
from time import monotonic

from floodwatch.model.notification import Channel, Message, Result, Sent
from floodwatch.pipeline.deliver import Deliverer, _Sending
from floodwatch.store.outbox import Claimed


@dataclass
class Scripted:
    """A way out: down for everybody, or refusing some addresses; what it took is kept."""

    name: str
    timeout: float = 5.0
    down: bool = False
    refuses: frozenset[str] = frozenset()
    heard: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> Result:
        """As it was told."""
        if self.down:
            return Result(Sent.RETRY, "no line to the provider")
        if message.person in self.refuses:
            return Result(Sent.PERMANENT, "refused: this number is not served")
        self.heard.append(message)
        return Result(Sent.ACCEPTED, "taken")


class HandWorked(Deliverer):
    """The sender with its threads taken out: each message is handed over where it is leased."""

    def _hand_over(self, row: Claimed, channel: Channel | None, link: str, now: int) -> None:
        if channel is None:
            super()._hand_over(row, channel, link, now)
        else:
            self._sending[row.id, row.tries] = _Sending(row.channel, monotonic() + 3600)
            self._send(row, channel, link, now)

    def work(self) -> None:
        """Rounds until nothing more is due."""
        for _ in range(200):
            self._awake.clear()
            self._round()
            if self._results.empty() and not self._unsettled and not self._awake.is_set():
                return
        raise AssertionError("the sender does not come to rest")
