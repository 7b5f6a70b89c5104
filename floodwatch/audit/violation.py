"""What the audit finds."""

from typing import NamedTuple


class Violation(NamedTuple):
    """One thing that is not explained. `at` in ms; `where` is a rule, an alert or a message."""

    kind: str  # no alert | nobody told | not reached | no next step | outbox | time
    where: str
    at: int
    what: str
