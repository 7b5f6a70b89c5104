"""When a provider counts as down, and how often it is tried then. Pure."""

from typing import NamedTuple

from floodwatch.model.clock import HOUR, MINUTE, SECOND
from floodwatch.model.notification import Sent

TRIPS_AFTER = 5  # failures in a row
PROBE_EVERY = 30 * SECOND
HUNG_MOST = 100  # tries of one channel that never came back, after which only a restart helps
TOLD_AFTER = 3 * MINUTE  # down this long is a system alert


class Line(NamedTuple):
    """How a provider stands. Times service ms; `since` None while it works."""

    failures: int = 0  # in a row
    since: int | None = None
    probed: int = 0
    said: str = ""
    last_ok: int | None = None

    @property
    def down(self) -> bool:
        """Whether it is tried only now and then."""
        return self.since is not None


UP = Line()


def heard(line: Line, sent: Sent, *, detail: str, at: int) -> Line:
    """The line after one attempt.

    A refusal for good is about one recipient or message: the provider has answered and is up, but
    that alone does not prove that it takes anything.
    """
    if sent is Sent.ACCEPTED:
        return Line(last_ok=at)
    if sent is Sent.PERMANENT:
        return line if line.down else line._replace(failures=0)
    failures = line.failures + 1
    since = line.since
    if since is None and failures >= TRIPS_AFTER:
        since = at
    return line._replace(failures=failures, since=since, probed=at, said=detail[:200])


def may_try(line: Line, *, trying: int, now: int) -> bool:
    """Whether one more message may be handed over; `trying` are being handed over now."""
    return not line.down or (trying == 0 and now - line.probed >= PROBE_EVERY)


def may_try_hung(line: Line, *, hung: int, usual: int, trying: int, now: int) -> bool:
    """The same for a channel of which `hung` tries (`usual` or more) never came back.

    One at a time, each after a longer pause: every try may cost a thread for good.
    """
    pause = min(PROBE_EVERY << min(hung - usual, 7), HOUR)
    return trying == 0 and hung < HUNG_MOST and now - line.probed >= pause
