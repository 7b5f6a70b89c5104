"""Chat groups and all else that Apprise knows: WeCom, DingTalk, Feishu, ntfy and many more.

Its addresses hold secrets, so they come from the environment as lines `NAME URL`: a person's own, a
group's under its name, and `*` for everybody else.
"""

import os
from collections.abc import Mapping
from typing import Any

from floodwatch.model.errors import Refused
from floodwatch.model.fields import Duration, Table
from floodwatch.model.notification import Message, Result, Sent
from floodwatch.model.severity import Severity
from floodwatch.notify.channels.plain import lines, one_line
from floodwatch.notify.channels.sdk import bounded
from floodwatch.outside.secret import secret

URLS = "FLOODWATCH_APPRISE_URLS"
TIMEOUT_S = 15.0
EVERYBODY = "*"


class AppriseTable(Table):
    """[channels.apprise]; its addresses come from the environment."""

    timeout: Duration = 15_000


class AppriseChannel:
    """Hands each message to the service of the person's address.

    Apprise does not tell a refusal from a fault of the line: what it has not delivered is UNKNOWN.
    """

    name = "apprise"

    def __init__(
        self, settings: Mapping[str, Any], *, environment: Mapping[str, str] | None = None
    ) -> None:
        self.timeout = float(settings.get("timeout", TIMEOUT_S * 1_000)) / 1_000
        self._environment = os.environ if environment is None else environment

    def send(self, message: Message) -> Result:
        """One message to one address."""
        try:
            known = addresses(secret(self._environment, URLS))
        except Refused as error:
            return Result(Sent.RETRY, str(error))
        url = known.get(message.address) or known.get(message.person) or known.get(EVERYBODY)
        if url is None:
            who = one_line(message.person or message.address)
            return Result(Sent.PERMANENT, f"{URLS} has no line for {who} and none for *")
        return bounded(self.timeout, lambda: self._notify(url, message), lambda result: result)

    def _notify(self, url: str, message: Message) -> Result:
        import apprise
        from apprise import Apprise, AppriseAsset, NotifyType

        # No secure_logging off, no storage: nothing of an address is written anywhere.
        service = Apprise(asset=AppriseAsset(app_id="FloodWatch", app_desc="", storage_path=None))
        if not service.add(url):
            return Result(Sent.PERMANENT, "Apprise does not know such an address")
        grave = message.severity >= Severity.II
        answer: Any = service.notify(
            title=one_line(message.subject),
            body=lines(message.body) or one_line(message.subject),
            notify_type=NotifyType.FAILURE if grave else NotifyType.WARNING,
            body_format=apprise.NotifyFormat.TEXT,
        )
        if answer:
            return Result(Sent.ACCEPTED, "the service has taken it")
        return Result(Sent.UNKNOWN, "the service has not taken it, or nobody knows")


def addresses(text: str) -> dict[str, str]:
    """Lines `NAME URL`; empty ones and those after # say nothing."""
    found = {}
    for line in text.splitlines():
        name, _, url = line.strip().partition(" ")
        if name and not name.startswith("#") and url.strip():
            found[name] = url.strip()
    return found
