"""The second alarm: a siren on the local network that is switched by a signed webhook."""

import ssl
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from floodwatch.model.fields import Duration, Table
from floodwatch.model.notification import Message, Result, Sent
from floodwatch.model.severity import Severity
from floodwatch.notify.channels.webhook import SignedChannel
from floodwatch.outside.fields import Network, Url

SECRET = "FLOODWATCH_SIREN_SECRET"  # noqa: S105 - the name of the variable
SOUNDS_S = 30
QUIET = ("resolved", "digest", "alive")  # said in words, never with the siren


class SirenTable(Table):
    """[channels.siren]; the secret comes from the environment."""

    url: Url = Field(description='the switch, such as url = "http://192.0.2.7/siren"')
    allow: list[Network] = Field(default_factory=list)
    sounds: Duration = 30_000  # how long it is to sound; it ends by itself
    timeout: Duration = 5_000


class SirenChannel(SignedChannel):
    """Switches the siren on for grades I and II; for all else it is silent and says so."""

    name = "siren"
    secret_name = SECRET
    usual_s = 5.0

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        environment: Mapping[str, str] | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(settings, environment=environment, context=context)
        self._sounds = int(settings.get("sounds", SOUNDS_S * 1_000)) // 1_000

    def send(self, message: Message) -> Result:
        """Switch it, or leave it."""
        if message.severity < Severity.II or message.kind in QUIET:
            return Result(Sent.ACCEPTED, "no siren for this: it is for grades I and II that begin")
        content = {
            "id": message.key,
            "state": "on",
            "seconds": self._sounds,
            "severity": Severity(message.severity).name,
        }
        return self._post_signed(message, content)
