"""A sign of life to the outside: its absence is what tells when nothing here can tell any more."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from floodwatch.model.clock import Clock
from floodwatch.model.errors import FloodWatchError
from floodwatch.outside import outbound

_log = logging.getLogger(__name__)

HEARTBEAT = "heartbeat"  # the setting that says whether the last one was taken
EVERY_S = 60.0
LIMIT_S = 15.0


class Heartbeat:
    """Called by the engine's loop after each whole round; it alone lets a sign go out.

    `settings` gives [watch] as it stands; `fresh` tells whether all loops go round and succeed. The
    sending has a short-lived thread of its own, so that the loop waits for nothing.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        settings: Callable[[], Mapping[str, Any]],
        fresh: Callable[[], bool],
        ask: Callable[..., outbound.Reply] = outbound.ask,
    ) -> None:
        self._clock, self._settings, self._fresh, self._ask = clock, settings, fresh, ask
        self._last = float("-inf")
        self._sending: threading.Thread | None = None
        self.result: str | None = None  # empty: the last one was taken

    def round(self) -> None:
        """A whole round of the loop is done."""
        now = self._clock.monotonic()
        if now - self._last < EVERY_S or (self._sending and self._sending.is_alive()):
            return
        self._last = now
        try:
            watch = self._settings()
        except FloodWatchError:
            _log.exception("no heartbeat: its settings cannot be read")
            return
        url = str(watch.get("heartbeat_url") or "")
        if not url or not self._fresh():
            return
        allowed = [str(network) for network in watch.get("heartbeat_allowed") or ()]
        self._sending = threading.Thread(
            target=self._send, args=(url, allowed), name="heartbeat", daemon=True
        )
        self._sending.start()

    def _send(self, url: str, allowed: Sequence[str]) -> None:
        try:
            reply = self._ask(
                "GET",
                url,
                headers={"User-Agent": "floodwatch"},
                seconds=LIMIT_S,
                allowed=allowed,
            )
            said = "" if 200 <= reply.status < 300 else f"HTTP {reply.status}"
        except Exception as error:  # noqa: BLE001 - whatever it is, the next one follows in a minute
            said = f"{type(error).__name__}: {error}"
        if said and said != self.result:
            _log.warning("the heartbeat was not taken: %s", said)
        self.result = said
