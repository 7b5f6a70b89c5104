"""Whom the machine may ring in this transaction: what was rung before, and what is rung now."""

from collections.abc import Collection

from sqlalchemy import Connection

from floodwatch.alerts import calling
from floodwatch.alerts.calling import Line, Verdict
from floodwatch.model.severity import Severity
from floodwatch.store import call_history


class Telephones:
    """The lines of some people, asked for once; people unknown to it count as never rung."""

    def __init__(self, connection: Connection, people: Collection[str], *, now: int) -> None:
        self._now = now
        known = call_history.history(connection, people, since=now - calling.REST)
        self._lines = {
            name: Line(found.calls, found.answered_at, found.answered)
            for name, found in known.items()
        }

    def ring(self, name: str, severity: Severity) -> Verdict:
        """Whether a new matter rings; if so it counts as rung."""
        verdict = calling.may_call(self._line(name), severity, now=self._now)
        if verdict is Verdict.CALL:
            self._rung(name, severity)
        return verdict

    def ring_again(self, name: str, severity: Severity, *, within: int) -> bool:
        """Whether an unanswered matter rings once more; if so it counts as rung."""
        line = self._line(name)
        if not calling.may_repeat(line, severity, within=within, now=self._now):
            return False
        self._rung(name, severity)
        return True

    def _line(self, name: str) -> Line:
        return self._lines.get(name, Line())

    def _rung(self, name: str, severity: Severity) -> None:
        self._lines[name] = self._line(name).rung(self._now, int(severity))
