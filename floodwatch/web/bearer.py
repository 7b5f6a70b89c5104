"""API tokens in the Authorization header: looked up once in a few seconds, not at each request."""

from http import HTTPStatus
from threading import Lock

from flask import abort, current_app, g, request

from floodwatch.model.clock import MINUTE
from floodwatch.model.people import TokenGrant
from floodwatch.store import tokens
from floodwatch.web.services import Services

FRESH = 3.0  # seconds until a token is looked up again: how long a revoked one may still live
MOST = 10_000


class Grants:
    """Remembers for a few seconds what each token allows, and notes at most once a minute its use.

    Unknown tokens are not remembered, so that a flood of guesses cannot fill the memory.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = Lock()
        self._known: dict[str, tuple[float, TokenGrant]] = {}
        self._noted: dict[int, int] = {}

    def __call__(self, secret: str) -> TokenGrant | None:
        """What the secret allows now."""
        clock = self._services.clock
        known = self._known.get(secret)
        if known is not None and clock.monotonic() - known[0] < FRESH:
            return known[1]
        now = clock.wall()
        with self._services.database.read() as connection:
            found = tokens.grant(connection, secret, now=now)
        with self._lock:
            if len(self._known) > MOST:
                self._known.clear()
            if found is None:
                self._known.pop(secret, None)
                return None
            self._known[secret] = (clock.monotonic(), found)
            due = now - self._noted.get(found.id, 0) >= MINUTE
            if due:
                self._noted[found.id] = now
        if due:
            with self._services.database.write() as tx:
                tokens.used(tx.connection, [found.id], now=now)
        return found


def secret() -> str | None:
    """The token of this request, from its header only."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" and value.strip() else None


def present() -> bool:
    """Whether the request carries a token at all."""
    return secret() is not None


def require() -> TokenGrant:
    """The grant of this request's token; 401 when it is not valid."""
    grants: Grants = current_app.extensions["floodwatch.grants"]
    found = grants(secret() or "")
    if found is None:
        abort(HTTPStatus.UNAUTHORIZED, "the token is unknown, expired or revoked")
    g.grant = found
    return found


def grant() -> TokenGrant | None:
    """The grant under which this request was admitted; None for a signed-in person."""
    found: TokenGrant | None = g.get("grant")
    return found
