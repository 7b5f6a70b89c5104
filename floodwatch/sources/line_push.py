"""/write and /api/v2/write: what speaks to InfluxDB pushes here unchanged; 204 after the commit."""

import json
import re
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from flask import Blueprint, Response, request

from floodwatch import __version__
from floodwatch.model.batch import Receipt, Rejection
from floodwatch.model.errors import StorageError
from floodwatch.model.reading import Outcome
from floodwatch.sources.line_readings import from_lines
from floodwatch.sources.push_bodies import BadBody, Parsed
from floodwatch.sources.push_request import FOREIGN, NotAdmitted, Push, admitted, body, looked_into

V1, V2, PING, QUERY = "/write", "/api/v2/write", "/ping", "/query"
VERSION = f"1.8.10-floodwatch-{__version__}"  # clients look at how it begins
TOLD = 5  # refusals that an answer spells out
_LONGEST = 200  # characters of each
_SET_UP = re.compile(r"\s*(?:CREATE|SHOW)\s+DATABASES?\b", re.IGNORECASE)


class Dialect(Enum):
    """Whose words the errors are said in."""

    V1 = 1
    V2 = 2


class _Code(NamedTuple):
    """How version 2 calls a status."""

    code: str
    retry: str = ""


_CODES = {
    400: _Code("invalid"),
    401: _Code("unauthorized"),
    403: _Code("forbidden"),
    413: _Code("request too large"),
    415: _Code("invalid"),
    429: _Code("too many requests", "1"),
    503: _Code("unavailable", "2"),
}


def add_to(made: Blueprint, push: Push) -> None:
    """Add the routes to a blueprint."""

    def write_v1() -> Response:
        """Line protocol as InfluxDB 1 takes it."""
        return _receive(push, Dialect.V1)

    def write_v2() -> Response:
        """Line protocol as InfluxDB 2 takes it."""
        return _receive(push, Dialect.V2)

    def query() -> Response:
        """The one question a sender asks before it writes: may there be a database."""
        return _set_up(push)

    for path, view in ((V1, write_v1), (V2, write_v2), (QUERY, query)):
        view.needs = "device"  # type: ignore[attr-defined]
        made.add_url_rule(path, view.__name__, view, methods=["POST"])
    _ping.needs = "public"  # type: ignore[attr-defined]
    made.add_url_rule(PING, "ping", _ping, methods=["GET", "HEAD"])


def _ping() -> Response:
    """That somebody is here who takes line protocol."""
    response = Response(status=204)
    response.headers["X-Influxdb-Version"] = VERSION
    response.headers["X-Influxdb-Build"] = "FloodWatch"
    return response


def _receive(push: Push, dialect: Dialect) -> Response:
    try:
        grant, limits = admitted(push)
        precision = request.args.get("precision", "")
        with looked_into(push, grant):
            found = body(limits.largest)
            parsed = from_lines(
                found, precision=precision, now=push.now, most=limits.most, words=push.limits.words
            )
        receipt = push.notes.submit(grant, parsed)
    except NotAdmitted as error:
        # Telegraf's output for version 1 throws away what is answered with 4xx.
        slow_down = error.status == 429 and dialect is Dialect.V1
        return _error(dialect, 503 if slow_down else error.status, str(error))
    except BadBody as error:
        return _error(dialect, error.status, str(error))
    except StorageError as error:
        return _error(dialect, 503, f"nothing of this request was stored: {error}")
    return _answer(dialect, parsed, receipt)


def _answer(dialect: Dialect, parsed: Parsed, receipt: Receipt) -> Response:
    """204; or what was refused, all else being stored."""
    refused = [*parsed.refused]
    for rejection in receipt.rejected:
        if receipt.outcomes[rejection.index] is Outcome.REJECTED:
            refused.append(Rejection(parsed.places[rejection.index], rejection.reason))
    if not refused:
        return _with_version(Response(status=204))
    nothing_else = len(refused) == len(parsed.places) + len(parsed.refused)
    foreign = nothing_else and all(r.reason.startswith(FOREIGN) for r in refused)
    return _error(dialect, 403 if foreign else 400, _partial(refused))


def _partial(refused: Iterable[Rejection]) -> str:
    """In the words senders look for: "partial write: … dropped=n", n lines."""
    said: dict[str, int] = {}
    lines = set()
    for each in sorted(refused, key=lambda each: each.index):
        said.setdefault(each.reason[:_LONGEST], each.index + 1)
        lines.add(each.index)
    told = [f"{reason} (line {line})" for reason, line in list(said.items())[:TOLD]]
    if len(said) > TOLD:
        told.append(f"and {len(said) - TOLD} other reasons")
    return f"partial write: {'; '.join(told)} dropped={len(lines)}"


def _set_up(push: Push) -> Response:
    try:
        admitted(push)
    except NotAdmitted as error:
        return _error(Dialect.V1, error.status, str(error))
    asked = request.values.get("q", "")
    if not _SET_UP.match(asked):
        return _error(
            Dialect.V1, 400, "line protocol is only written here; see GET /api/v1/readings"
        )
    return _with_version(_json({"results": [{"statement_id": 0}]}, 200))


def _error(dialect: Dialect, status: int, text: str) -> Response:
    known = _CODES.get(status, _Code("invalid"))
    if dialect is Dialect.V1:
        response = _json({"error": text}, status)
    else:
        response = _json({"code": known.code, "message": text}, status)
        response.headers["X-Platform-Error-Code"] = known.code
    if known.retry:
        response.headers["Retry-After"] = known.retry
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="floodwatch"'
    return _with_version(response)


def _with_version(response: Response) -> Response:
    response.headers["X-Influxdb-Version"] = VERSION
    return response


def _json(document: object, status: int) -> Response:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status=status, mimetype="application/json")
