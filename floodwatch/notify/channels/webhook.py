"""A signed webhook: each message as JSON to one URL, with a key by which a repeat is known."""

import hashlib
import hmac
import json
import os
import ssl
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from floodwatch.model.errors import Refused
from floodwatch.model.fields import Duration, Table, refuse
from floodwatch.model.notification import Message, Result, Sent
from floodwatch.model.severity import Severity
from floodwatch.notify.channels.outbound import Forbidden, checked, deliver, network
from floodwatch.notify.channels.plain import lines, one_line
from floodwatch.notify.channels.secret import secret

SECRET = "FLOODWATCH_WEBHOOK_SECRET"  # noqa: S105 - the name of the variable
TIMEOUT_S = 10.0


def _url(given: object) -> str:
    try:
        checked(given if isinstance(given, str) else "")
    except Forbidden as error:
        refuse(str(error), 'write it as "https://host/path"')
    return str(given)


def _network(given: object) -> str:
    if not isinstance(given, str) or network(given) is None:
        refuse(f"{given!r} is not a network", 'write it as "192.168.10.0/24" or one address')
    return given


Url = Annotated[str, BeforeValidator(_url)]
Network = Annotated[str, BeforeValidator(_network)]


class WebhookTable(Table):
    """[channels.webhook]; the secret comes from the environment."""

    url: Url = Field(description='where to POST, such as url = "https://example.org/alerts"')
    allow: list[Network] = Field(default_factory=list)  # private networks that may be asked
    timeout: Duration = 10_000


class WebhookChannel:
    """POSTs each message; the signature is over the timestamp, a dot and the body."""

    name = "webhook"

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        environment: Mapping[str, str] | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._url = str(settings["url"])
        self._allowed: Sequence[str] = tuple(settings.get("allow", ()))
        self.timeout = float(settings.get("timeout", TIMEOUT_S * 1_000)) / 1_000
        self._environment = os.environ if environment is None else environment
        self._context = context

    def send(self, message: Message) -> Result:
        """One message."""
        return post_signed(
            self._url,
            document(message),
            message=message,
            secret_name=SECRET,
            environment=self._environment,
            allowed=self._allowed,
            seconds=self.timeout,
            context=self._context,
        )


def document(message: Message) -> dict[str, Any]:
    """What the receiver is told."""
    return {
        "id": message.key,
        "alert": message.alert_id,
        "kind": message.kind,
        "severity": Severity(message.severity).name,
        "person": one_line(message.person),
        "address": one_line(message.address),
        "subject": one_line(message.subject),
        "text": lines(message.body),
        "attempt": message.attempt,
        "at": message.at,
    }


def post_signed(
    url: str,
    content: Mapping[str, Any],
    *,
    message: Message,
    secret_name: str,
    environment: Mapping[str, str],
    allowed: Sequence[str],
    seconds: float,
    context: ssl.SSLContext | None,
) -> Result:
    """POST content as JSON, signed by the secret of that name."""
    try:
        key = secret(environment, secret_name)
    except Refused as error:
        return Result(Sent.RETRY, str(error))
    body = json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
    stamp = str(message.at // 1_000)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "FloodWatch",
        "Idempotency-Key": token(message.key),
        "FloodWatch-Timestamp": stamp,
        "FloodWatch-Signature": f"sha256={signature(key, stamp, body)}",
    }
    result, _ = deliver(
        url, body=body, headers=headers, seconds=seconds, allowed=allowed, context=context
    )
    return result


def signature(key: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 over the timestamp, a dot and the body, in hexadecimal."""
    return hmac.new(key.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def token(key: str) -> str:
    """A message's key as 32 letters and digits: it may hold names, which headers cannot carry."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]
