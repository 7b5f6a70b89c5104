"""Links by which one person answers: signed, for a time, good for nothing else. Pure."""

import base64
import hmac
import json
from hashlib import sha256
from typing import NamedTuple

from floodwatch.model.clock import DAY
from floodwatch.model.errors import Refused

LASTS = 3 * DAY
LONGEST = 1_000
_BAD = "this link is not valid; answer by SMS, or call the duty room"
_OVER = "this link is too old; answer by SMS, or call the duty room"


class Grant(NamedTuple):
    """What a link allows: this person answers what was owed by him until it expires."""

    person: str
    alert_id: int | None
    expires: int  # service ms


def signed(grant: Grant, key: bytes) -> str:
    """The token of a link."""
    said = json.dumps(list(grant), ensure_ascii=False, separators=(",", ":")).encode()
    return f"{_text(said)}.{_text(_sign(said, key))}"


def opened(token: str, key: bytes, *, now: int) -> Grant:
    """What a token grants. Raises Refused when it is forged, damaged or too old."""
    body, dot, signature = token.partition(".")
    if not dot or len(token) > LONGEST:
        raise Refused(_BAD)
    try:
        said = _bytes(body)
    except ValueError:
        raise Refused(_BAD) from None
    right = _text(_sign(said, key)).encode()
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), right) or _text(said) != body:
        raise Refused(_BAD)
    person, alert_id, expires = json.loads(said)
    if now > expires:
        raise Refused(_OVER)
    return Grant(person, alert_id, expires)


def _sign(said: bytes, key: bytes) -> bytes:
    return hmac.new(key, b"answer:" + said, sha256).digest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
