"""A signed webhook: each message as JSON to one URL, with a key by which a repeat is known."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from floodwatch.model.errors import Refused
from floodwatch.model.fields import Duration, Table
from floodwatch.model.notification import Message, Result, Sent
from floodwatch.model.severity import Severity
from floodwatch.notify.channels.plain import lines, one_line
from floodwatch.notify.channels.url_channel import UrlChannel
from floodwatch.outside.fields import Network, Url
from floodwatch.outside.secret import secret

SECRET = "FLOODWATCH_WEBHOOK_SECRET"  # noqa: S105 - the name of the variable


class WebhookTable(Table):
    """[channels.webhook]; the secret comes from the environment."""

    url: Url = Field(description='where to POST, such as url = "https://example.org/alerts"')
    allow: list[Network] = Field(default_factory=list)  # private networks that may be asked
    timeout: Duration = 10_000


class SignedChannel(UrlChannel):
    """POSTs JSON; the signature is over the timestamp, a dot and the body."""

    secret_name: str  # of the variable that holds it

    def _post_signed(self, message: Message, content: Mapping[str, Any]) -> Result:
        try:
            key = secret(self._environment, self.secret_name)
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
        result, _ = self._post(body, headers)
        return result


class WebhookChannel(SignedChannel):
    """POSTs each message."""

    name = "webhook"
    secret_name = SECRET

    def send(self, message: Message) -> Result:
        """One message."""
        return self._post_signed(message, document(message))


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


def signature(key: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 over the timestamp, a dot and the body, in hexadecimal."""
    return hmac.new(key.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def token(key: str) -> str:
    """A message's key as 32 letters and digits: it may hold names, which headers cannot carry."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]
