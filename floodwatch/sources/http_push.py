"""POST /api/v1/readings: devices and gateways push readings; 200 only after the commit."""

import json
from collections.abc import Callable
from threading import Lock
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from floodwatch.model.batch import Batch, Receipt, Rejection
from floodwatch.model.clock import Clock
from floodwatch.model.district import District
from floodwatch.model.errors import StorageError
from floodwatch.model.people import TokenGrant
from floodwatch.model.reading import Outcome
from floodwatch.sources.push_bodies import (
    LARGEST,
    BadBody,
    Parsed,
    from_csv,
    from_json,
    in_order,
    unpack,
)

PATH = "/api/v1/readings"
FOREIGN = "token is not allowed"  # how pipeline.intake begins the refusal of a foreign station
REQUESTS = 400.0  # a second and token, on average
BURST = 2_000.0
Tokens = Callable[[str], TokenGrant | None]


class Pace:
    """A bucket a token: how many requests it may still make now."""

    def __init__(self, clock: Clock, *, rate: float = REQUESTS, burst: float = BURST) -> None:
        self._clock = clock
        self._rate, self._burst = rate, burst
        self._lock = Lock()
        self._left: dict[int, tuple[float, float]] = {}  # token id -> (requests left, seconds)

    def admits(self, token: int) -> bool:
        """Take one request out of the token's bucket; False when it is empty."""
        now = self._clock.monotonic()
        with self._lock:
            left, since = self._left.get(token, (self._burst, now))
            left = min(self._burst, left + max(0.0, now - since) * self._rate)
            self._left[token] = (max(0.0, left - 1), now)
        return left >= 1


class _Push(NamedTuple):
    submit: Callable[[Batch], Receipt]
    district: Callable[[], District]
    tokens: Tokens
    pace: Pace


def blueprint(
    submit: Callable[[Batch], Receipt],
    district: Callable[[], District],
    tokens: Tokens,
    *,
    clock: Clock,
    name: str = "push",
) -> Blueprint:
    """The push route, for the pages' application or one of its own.

    `tokens` looks a secret up; `submit` returns after the commit.
    """
    made = Blueprint(name, __name__)
    push = _Push(submit, district, tokens, Pace(clock))

    def readings() -> Response:
        """Readings as JSON or CSV; each is stored or refused by itself."""
        return _receive(push)

    readings.needs = "device"  # type: ignore[attr-defined]
    made.add_url_rule(PATH, "readings", readings, methods=["POST"])
    return made


def _receive(push: _Push) -> Response:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    grant = push.tokens(secret.strip()) if scheme.lower() == "bearer" and secret else None
    if grant is None:
        response = _error(
            401, "unauthorized", "send Authorization: Bearer TOKEN with a valid token"
        )
        response.headers["WWW-Authenticate"] = 'Bearer realm="floodwatch"'
        return response
    if not push.pace.admits(grant.id):
        response = _error(429, "too many requests", "this token pushes too fast; wait a second")
        response.headers["Retry-After"] = "1"
        return response
    try:
        parsed = _parse(_Zones(push.district))
        receipt = push.submit(Batch(f"push:{grant.name}", parsed.readings, stations=grant.stations))
    except BadBody as error:
        return _error(error.status, "bad body", str(error))
    except StorageError as error:
        response = _error(503, "not stored", f"nothing of this request was stored: {error}")
        response.headers["Retry-After"] = "2"
        return response
    return _answer(parsed, receipt)


class _Zones:
    """The zone of a station by any of its names; asks for the district at most once a request."""

    def __init__(self, district: Callable[[], District]) -> None:
        self._ask = district
        self._district: District | None = None

    def __call__(self, station: str) -> ZoneInfo:
        if self._district is None:
            self._district = self._ask()
        return self._district.zone_of(self._district.codes.get(station, station))


def _parse(zones: _Zones) -> Parsed:
    kind = request.mimetype
    if kind not in ("application/json", "text/csv"):
        raise BadBody(f"content type {kind!r}: send application/json or text/csv", status=415)
    if (request.content_length or 0) > LARGEST:
        raise BadBody(f"the body is larger than {LARGEST} bytes", status=413)
    packed = request.stream.read(LARGEST + 1)
    if len(packed) > LARGEST:
        raise BadBody(f"the body is larger than {LARGEST} bytes", status=413)
    body = unpack(packed, request.headers.get("Content-Encoding", "").strip().lower())
    return from_json(body, zones) if kind == "application/json" else from_csv(body, zones)


def _answer(parsed: Parsed, receipt: Receipt) -> Response:
    refused = list(parsed.refused)
    quarantined: list[Rejection] = []
    for rejection in receipt.rejected:
        placed = Rejection(parsed.places[rejection.index], rejection.reason)
        held = receipt.outcomes[rejection.index] is Outcome.QUARANTINED
        (quarantined if held else refused).append(placed)
    count = receipt.count
    document: dict[str, Any] = {
        "accepted": count(Outcome.STORED),
        "duplicate": count(Outcome.DUPLICATE),
        "corrected": count(Outcome.CORRECTED),
        "quarantined": count(Outcome.QUARANTINED),
        "missing": count(Outcome.MISSING),
        "rejected": in_order(refused),
    }
    if quarantined:
        document["held"] = in_order(quarantined)
    whole = len(parsed.places) + len(parsed.refused)
    if whole and len(refused) == whole and all(r.reason.startswith(FOREIGN) for r in refused):
        return _error(403, "forbidden", refused[0].reason)
    return _json(document, 200)


def _error(status: int, error: str, detail: str) -> Response:
    return _json({"error": error, "detail": detail}, status)


def _json(document: dict[str, Any], status: int) -> Response:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status=status, mimetype="application/json")
