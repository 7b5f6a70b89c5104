"""One question by HTTP: conditional, bounded, redirects looked at, and how long to stay away."""

import http.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from floodwatch.model.clock import HOUR, MINUTE, SECOND
from floodwatch.model.errors import Refused
from floodwatch.outside.outbound import Forbidden, Reply, ask, checked

REDIRECTS = 3
LONGEST_AWAY = 6 * HOUR  # whatever the other side asks for
MB = 1_000_000


class Busy(Refused):
    """The other side wants to be left alone: `seconds` of it, None when it does not say."""

    def __init__(self, text: str, seconds: float | None) -> None:
        super().__init__(text)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked with."""

    headers: Mapping[str, str]
    secret_header: tuple[str, str] | None
    allowed: Sequence[str]
    seconds: float
    largest: int  # MB


@dataclass
class Known:
    """The marks of answers that were taken, by URL: what has not changed is not sent again."""

    marks: dict[str, dict[str, str]] = field(default_factory=dict)

    def keep(self, url: str, reply: Reply) -> None:
        """To be called when what the answer holds is committed."""
        given = {name.lower(): value for name, value in reply.headers.items()}
        found = {
            "If-None-Match": given.get("etag"),
            "If-Modified-Since": given.get("last-modified"),
        }
        marks = {name: value for name, value in found.items() if value}
        if len(self.marks) > 1000:
            self.marks.clear()
        if marks:
            self.marks[url] = marks


def fetch(url: str, request: Request, known: Known, *, now: int) -> Reply | None:
    """The answer with status 200; None when it has not changed.

    Raises Refused (Busy for 429 and 503) with the host and what is wrong: the URL may hold a
    secret.
    """
    host = urlsplit(url).hostname
    try:
        reply = _followed(url, request, known)
    except Forbidden as error:
        raise Refused(f"{host}: {error}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        said = str(getattr(error, "strerror", None) or error) or type(error).__name__
        raise Refused(f"{host}: {said}") from error
    if reply.status == 304:
        return None
    if reply.status in (429, 503):
        raise Busy(f"{host}: HTTP {reply.status}, it wants fewer questions", away(reply, now=now))
    if reply.status in (401, 403):
        raise Refused(f"{host}: HTTP {reply.status}, the secret is wrong or missing")
    if reply.status != 200:
        raise Refused(f"{host}: HTTP {reply.status}")
    if len(reply.body) > request.largest * MB:
        raise Refused(f"{host}: the answer is larger than {request.largest} MB; ask for less")
    return reply


def away(reply: Reply, *, now: int) -> float | None:
    """Seconds of Retry-After, a number or a date; None when there is none that makes sense."""
    given = {name.lower(): value for name, value in reply.headers.items()}.get("retry-after", "")
    if given.strip().isdigit():
        return min(float(given), LONGEST_AWAY / SECOND)
    try:
        until = parsedate_to_datetime(given).timestamp()
    except (TypeError, ValueError):
        return None
    return min(max(0.0, until - now / 1000), LONGEST_AWAY / SECOND)


def _followed(url: str, request: Request, known: Known) -> Reply:
    """The answer behind at most a few redirects; each address is judged like the first."""
    first, at = checked(url), url
    headers = {"User-Agent": "FloodWatch", "Accept-Encoding": "identity", **request.headers}
    for _ in range(REDIRECTS + 1):
        parts = checked(at)
        same = (parts.scheme, parts.netloc) == (first.scheme, first.netloc)
        own = dict([request.secret_header]) if same and request.secret_header else {}
        marks = known.marks.get(url, {}) if same else {}
        reply = ask(
            "GET", at, headers={**headers, **own, **marks}, seconds=request.seconds,
            allowed=request.allowed, most=request.largest * MB + 1,
        )  # fmt: skip
        if reply.status not in (301, 302, 303, 307, 308):
            return reply
        place = {name.lower(): value for name, value in reply.headers.items()}.get("location", "")
        at = urljoin(at, place)
        if first.scheme == "https" and not at.startswith("https://"):
            raise Forbidden("it leads from https to an address that is not")
    raise Forbidden("it leads from one address to the next without end")


class Patience:
    """When to ask again: as it was told, or longer with each failure. Seconds, monotonic."""

    def __init__(self, every: int) -> None:
        self._every = every / SECOND
        self._longest = max(self._every, 15 * MINUTE / SECOND)
        self._failures = 0
        self._until = float("-inf")

    def waits(self, at: float) -> bool:
        """Whether it is not time yet."""
        return at < self._until

    def worked(self) -> None:
        """The next question comes at its time."""
        self._failures = 0

    def failed(self, at: float, seconds: float | None = None) -> None:
        """`seconds`: what the other side asks for."""
        self._failures += 1
        longer = min(self._every * 2 ** (self._failures - 1), self._longest)
        # A little less: the timetable must not come a moment too early each time.
        self._until = at + (longer * 0.9 if seconds is None else max(seconds, 0.0))
