"""Waitress keeps a connection after an answer that has no body.

It closes one after every answer without a Content-Length, also after 204 and 304, which may have
none and end with their headers (RFC 9112, 6.3). A gateway that pushes each second would connect
anew each second. The task and the channel are waitress's own points to be replaced.
"""

from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import WSGITask

_CLOSES = b"\r\nConnection: close"


class _Task(WSGITask):  # type: ignore[misc]
    close_on_finish: bool

    def build_response_header(self) -> bytes:
        """As waitress makes it, but for a close that only the missing length asked for."""
        asked = (
            self.close_on_finish or "close" in self.request.headers.get("CONNECTION", "").lower()
        )
        made: bytes = super().build_response_header()
        if self.has_body or asked or self.version != "1.1":
            return made
        self.close_on_finish = False
        return made.replace(_CLOSES, b"", 1)


class _Channel(HTTPChannel):  # type: ignore[misc]
    task_class = _Task


def keep_connections(server: Any) -> None:
    """Have a server made by waitress's create_server, or the several it made, do so."""
    for each in [server, *getattr(server, "map", {}).values()]:
        if hasattr(each, "channel_class"):
            each.channel_class = _Channel
