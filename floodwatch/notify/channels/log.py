"""The log as a way out: always there, so that no alert is without one."""

import logging

from floodwatch.model.notification import Message, Result, Sent

_log = logging.getLogger(__name__)


class LogChannel:
    """Writes messages into the service's own log."""

    name = "log"
    timeout = 5.0

    def send(self, message: Message) -> Result:
        """One line a message."""
        _log.warning("to %s (%s): %s", message.person, message.address, message.subject)
        return Result(Sent.ACCEPTED, "written to the log")
