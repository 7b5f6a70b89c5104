"""示范手机: the demonstration's only way out, a page of the service itself."""

from collections.abc import Callable

from floodwatch.model.notification import Message, Result, Sent


class InboxChannel:
    """Keeps messages where the page of the demonstration's phones finds them."""

    name = "inbox"
    timeout = 35.0  # as long as a writer waits for its turn

    def __init__(self, keep: Callable[[Message], None]) -> None:
        self._keep = keep

    def send(self, message: Message) -> Result:
        """Kept once, however often it is sent."""
        self._keep(message)
        return Result(Sent.ACCEPTED, "in the inbox")
