"""The ways out, one file each, and the registry that makes them from their settings."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from floodwatch.model.notification import Channel, Message
from floodwatch.notify.channels.inbox import InboxChannel
from floodwatch.notify.channels.log import LogChannel
from floodwatch.notify.channels.smtp import SmtpChannel

_log = logging.getLogger(__name__)

# name -> how it is made from its table in floodwatch.toml
CHANNELS: dict[str, Callable[[Mapping[str, Any]], Channel]] = {
    "smtp": SmtpChannel,
    "log": lambda _: LogChannel(),
}


def make(
    settings: Mapping[str, Mapping[str, Any]],
    *,
    demonstration: bool,
    keep: Callable[[Message], None],
) -> dict[str, Channel]:
    """The configured channels and the log; the demonstration has its inbox and nothing else.

    `keep` writes a message into the inbox.
    """
    if demonstration:
        return {"inbox": InboxChannel(keep)}
    found: dict[str, Channel] = {"log": LogChannel()}
    for name in settings.keys() & CHANNELS.keys():
        try:
            found[name] = CHANNELS[name](settings[name])
        except Exception:  # noqa: BLE001 - its messages go by another way, the others by theirs
            _log.exception("channel %s cannot be made from its settings", name)
    return found
