"""What every push has in common: a token, a pace, a body within limits; the rest is its own."""

import base64
import binascii
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from flask import request

from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.district import District
from floodwatch.model.people import TokenGrant
from floodwatch.sources.push_bodies import BadBody, unpack
from floodwatch.sources.push_notes import PushNotes
from floodwatch.sources.push_settings import Limits, Pace, PushTable

Tokens = Callable[[str], TokenGrant | None]
TOO_FAST = "this token pushes too fast; wait a second"
FOREIGN = "token is not allowed"  # how pipeline.intake begins the refusal of a foreign station


@dataclass(frozen=True)
class Push:
    """What the routes work with; `submit` returns after the commit, `now` is service ms."""

    submit: Callable[[Batch], Receipt]
    district: Callable[[], District]
    tokens: Tokens
    pace: Pace
    limits: Limits
    now: Callable[[], int]
    notes: PushNotes


class NotAdmitted(Exception):
    """The request is not looked into: `status` is 401 or 429."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def admitted(push: Push) -> tuple[TokenGrant, PushTable]:
    """What the token of this request allows, and the limits. Raises NotAdmitted."""
    if "p" in request.args or "u" in request.args:
        _unknown("user and password in the address end up in logs: send an Authorization header")
    secret = credential(request.headers.get("Authorization", ""))
    grant = push.tokens(secret) if secret else None
    if grant is None:
        _unknown("send Authorization: Bearer TOKEN with a valid token")
    limits = push.limits()
    if not push.pace.admits(grant.id, limits):
        push.notes.refused(grant, TOO_FAST)
        raise NotAdmitted(429, TOO_FAST)
    return grant, limits


def _unknown(text: str) -> NoReturn:
    raise NotAdmitted(401, text)


def credential(header: str) -> str | None:
    """The token in an Authorization header: Bearer, Token, or the password of Basic."""
    scheme, _, value = header.partition(" ")
    value = value.strip()
    match scheme.lower():
        case "bearer":
            return value or None
        case "token":  # InfluxDB 1.8 takes "Token user:password" as well
            return value.rpartition(":")[2] or None
        case "basic":
            try:
                pair = base64.b64decode(value, validate=True).decode("utf-8")
            except (binascii.Error, UnicodeDecodeError):
                return None
            return pair.partition(":")[2] or None
    return None


def body(largest: int) -> bytes:
    """The unpacked body of this request. Raises BadBody."""
    too_large = BadBody(f"the body is larger than {largest} bytes", status=413)
    if (request.content_length or 0) > largest:
        raise too_large
    packed = request.stream.read(largest + 1)
    if len(packed) > largest:
        raise too_large
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    return unpack(packed, encoding, largest=largest)


@contextmanager
def looked_into(push: Push, grant: TokenGrant) -> Iterator[None]:
    """A body of this token is read: that it cannot be is noted."""
    try:
        yield
    except BadBody as error:
        push.notes.refused(grant, str(error))
        raise
