"""How often the machine rings one person: one call covers all that is open, and tries are finite.

Pure. Calls are (when, for which severity) since the person's last answer; times service ms.
"""

from dataclasses import dataclass
from enum import StrEnum

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.severity import Severity

IN_PROGRESS = 10 * MINUTE  # so long an unanswered call covers what is new and no worse
SPOKEN_TO = 10 * MINUTE  # so long after an answer a text is enough for what is no worse
TRIES = 2  # unanswered calls; after them the machine asks somebody else
REST = 6 * HOUR  # until it rings again somebody who did not answer


class Verdict(StrEnum):
    """What is done about a new matter of a person who is to be called."""

    CALL = "call"
    COVERED = "covered"  # the call in progress, or the talk just had, covers it: a text is enough
    UNREACHED = "unreached"  # did not answer: whoever stands in is asked at once


@dataclass(frozen=True, slots=True)
class Line:
    """One person's telephone: unanswered calls, oldest first, and the last answer given."""

    unanswered: tuple[tuple[int, int], ...] = ()  # (at, severity)
    answered_at: int | None = None
    answered: int = 0  # the severity that was answered

    def rung(self, at: int, severity: int) -> "Line":
        """With one more call."""
        return Line((*self.unanswered, (at, severity)), self.answered_at, self.answered)


def may_call(line: Line, severity: Severity, *, now: int) -> Verdict:
    """Whether a new matter of this severity rings.

    A worse one rings through a call in progress, but nobody is rung a third time in vain.
    """
    recent = [call for call in line.unanswered if now - call[0] < REST]
    if len(recent) >= TRIES:
        return Verdict.UNREACHED
    if any(now - at < IN_PROGRESS and known >= severity for at, known in recent):
        return Verdict.COVERED
    return Verdict.COVERED if _spoken_to(line, severity, now) else Verdict.CALL


def may_repeat(line: Line, severity: Severity, *, within: int, now: int) -> bool:
    """Whether an unanswered matter rings once more, `within` ms after it was opened.

    Not when the person was rung about another matter since, or has just been spoken to.
    """
    recent = [call for call in line.unanswered if now - call[0] < REST]
    rung = any(now - at < min(within, IN_PROGRESS) // 2 for at, _ in recent)
    return len(recent) < TRIES and not rung and not _spoken_to(line, severity, now)


def _spoken_to(line: Line, severity: Severity, now: int) -> bool:
    at = line.answered_at
    return at is not None and now - at < SPOKEN_TO and line.answered >= severity
