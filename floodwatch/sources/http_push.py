"""POST /api/v1/readings: devices and gateways push readings; 200 only after the commit."""

import json
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from floodwatch.model.batch import Batch, Receipt, Rejection
from floodwatch.model.clock import Clock
from floodwatch.model.district import District
from floodwatch.model.errors import StorageError
from floodwatch.model.reading import Outcome
from floodwatch.sources import line_push
from floodwatch.sources.line_readings import from_lines
from floodwatch.sources.push_bodies import BadBody, Parsed, from_csv, from_json, in_order
from floodwatch.sources.push_notes import EXTENSION, PushNotes
from floodwatch.sources.push_request import (
    FOREIGN,
    NotAdmitted,
    Push,
    Tokens,
    admitted,
    body,
    looked_into,
)
from floodwatch.sources.push_settings import Limits, Pace, PushTable
from floodwatch.sources.way import Way

PATH = "/api/v1/readings"
KINDS = ("application/json", "text/csv", "text/plain")


def blueprint(
    submit: Callable[[Batch], Receipt],
    district: Callable[[], District],
    tokens: Tokens,
    *,
    clock: Clock,
    now: Callable[[], int] | None = None,
    write: Callable[[Sequence[Way]], object] | None = None,
    name: str = "push",
) -> Blueprint:
    """The push routes, for the pages' application or one of their own.

    `tokens` looks a secret up; `submit` returns after the commit; `now` (service ms) is the time of
    a line that has none; `write` puts into the store what each token's pushes came to.
    """
    made = Blueprint(name, __name__)
    notes = PushNotes(submit, district, clock=clock, write=write)
    push = Push(
        submit, district, tokens, Pace(clock), Limits(district, clock), now or clock.wall, notes
    )

    def readings() -> Response:
        """Readings as JSON, CSV or line protocol; each is stored or refused by itself."""
        return _receive(push)

    readings.needs = "device"  # type: ignore[attr-defined]
    made.add_url_rule(PATH, "readings", readings, methods=["POST"])
    line_push.add_to(made, push)
    made.record(lambda state: state.app.extensions.update({EXTENSION: notes}))
    return made


def _receive(push: Push) -> Response:
    try:
        grant, limits = admitted(push)
        with looked_into(push, grant):
            parsed = _parse(push, limits)
        receipt = push.notes.submit(grant, parsed)
    except NotAdmitted as error:
        return _not_admitted(error)
    except BadBody as error:
        return _error(error.status, "bad body", str(error))
    except StorageError as error:
        response = _error(503, "not stored", f"nothing of this request was stored: {error}")
        response.headers["Retry-After"] = "2"
        return response
    return _answer(parsed, receipt)


def _not_admitted(error: NotAdmitted) -> Response:
    if error.status == 401:
        response = _error(401, "unauthorized", str(error))
        response.headers["WWW-Authenticate"] = 'Bearer realm="floodwatch"'
        return response
    response = _error(429, "too many requests", str(error))
    response.headers["Retry-After"] = "1"
    return response


class _Zones:
    """The zone of a station by any of its names; asks for the district at most once a request."""

    def __init__(self, district: Callable[[], District]) -> None:
        self._ask = district
        self._district: District | None = None

    def __call__(self, station: str) -> ZoneInfo:
        if self._district is None:
            self._district = self._ask()
        return self._district.zone_of(self._district.codes.get(station, station))


def _parse(push: Push, limits: PushTable) -> Parsed:
    kind = request.mimetype
    if kind not in KINDS:
        raise BadBody(f"content type {kind!r}: send {', '.join(KINDS)}", status=415)
    found = body(limits.largest)
    if kind == "text/plain":
        precision = request.args.get("precision", "")
        return from_lines(
            found, precision=precision, now=push.now, most=limits.most, words=push.limits.words
        )
    read = from_json if kind == "application/json" else from_csv
    return read(found, _Zones(push.district), most=limits.most, words=push.limits.words)


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
