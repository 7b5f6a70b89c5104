"""When a message that was not accepted is tried again, and when it is given up. Pure."""

from floodwatch.model.clock import DAY, MINUTE, SECOND
from floodwatch.model.severity import Severity

WAITS = (2 * SECOND, 5 * SECOND, 10 * SECOND, 20 * SECOND, 40 * SECOND)
STEADY = MINUTE
GIVEN_UP_AFTER = DAY
REFUSED = 5 * MINUTE  # after a refusal for good: it may have been a filter's mistake
ANOTHER_AFTER = 3  # tries, or
PATIENCE = 10 * SECOND  # since it was due: the person's next channel is taken beside this one
TOLD_AFTER = 7  # tries, about three minutes: the room is told that a message does not get out


def wait(tries: int, chance: float) -> int:
    """Milliseconds until the next try after `tries` of them; later ones are spread by 20 %.

    `chance` is a random number from 0 to 1.
    """
    if 0 < tries <= len(WAITS):
        return WAITS[tries - 1]
    return round(STEADY * (0.8 + 0.4 * chance))


def given_up(severity: int, *, alert_stands: bool, age: int) -> bool:
    """Whether a message of this `age` (ms) is not tried again; grades I and II are as long as the
    alert stands."""
    return age >= GIVEN_UP_AFTER and not (severity >= Severity.II and alert_stands)
