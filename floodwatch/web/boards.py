"""The board as of one revision: made once and shared by all who look at it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from floodwatch.model.clock import DAY, HOUR, SECOND
from floodwatch.model.severity import Severity
from floodwatch.store import board
from floodwatch.web import rain_since_eight
from floodwatch.web.alert_words import headline
from floodwatch.web.board_rows import TREND, Coverage, Known, Row, coverage, rows
from floodwatch.web.here import Here

SHARED_FOR = 2 * SECOND  # of service time: ages and rain windows move on without any write
OF_STAGE = ("stage", "tail_stage", "pressure", "turbidity", "residual_chlorine", "flow")


@dataclass(frozen=True)
class Board:
    """Rows by group, open alerts with their answers, and coverage."""

    rev: int
    version: int
    now: int
    rows: list[Row]
    coverage: Coverage
    alerts: list[dict[str, Any]]
    by_code: dict[str, Row] = field(default_factory=dict)

    @property
    def newest(self) -> int | None:
        """The time of the newest reading of any station."""
        times = [row.main.time for row in self.rows if row.main.time is not None]
        return max(times, default=None)

    @property
    def needing(self) -> list[dict[str, Any]]:
        """The open alerts that need somebody now, worst and unanswered first."""
        return [alert for alert in self.alerts if not _only_watched(alert)]

    @property
    def watched(self) -> list[dict[str, Any]]:
        """The others: nobody owes an answer to them, or another alert speaks for them."""
        return [alert for alert in self.alerts if _only_watched(alert)]

    def group(self, name: str) -> list[Row]:
        """The rows of one table of the board, in the order they stand."""
        return [row for row in self.rows if row.group == name]


class Boards:
    """Keeps the newest board."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: Board | None = None

    def at(self, connection: Connection, here: Here) -> Board:
        """The board of this moment."""
        with self._lock:
            kept = self._kept
            if (
                kept is not None
                and (kept.rev, kept.version) == (here.rev, here.district.version)
                and 0 <= here.now - kept.now < SHARED_FOR * max(1.0, here.speed)
            ):
                return kept
            self._kept = made = make(connection, here)
            return made


def make(connection: Connection, here: Here) -> Board:
    """Read what the board needs and make it."""
    alerts = board.alerts(connection, state="firing")
    numbers = [alert["id"] for alert in alerts]
    answers, asked = board.answers(connection, numbers), board.room_owes(connection, numbers)
    reached = board.reached_at(connection, numbers)
    for alert in alerts:
        alert["since"] = reached.get(alert["id"], alert["fired_at"])
        alert["asks"] = alert["id"] in asked or alert["id"] in answers
        alert["answered"], alert["owed"] = answers.get(alert["id"], (0, 0))
        alert["headline"] = headline(alert)
    spans = board.rain_spans(here.now, morning(here.now, here.tz))
    earlier = board.earlier(connection, OF_STAGE, span=HOUR)
    for variable, span in TREND.items():
        earlier |= board.earlier(connection, [variable], span=span)
    spans = spans | {"week": (here.now - 7 * DAY, here.now)}
    sums = board.rain(connection, spans)
    sums |= rain_since_eight.sums(connection, here.district, spans)
    known = Known(
        here.now,
        board.latest(connection),
        earlier,
        {key: {n: v for n, v in each.items() if n != "week"} for key, each in sums.items()},
        {key.station: each["week"] for key, each in sums.items()},
        alerts,
    )
    made = rows(here.district, known)
    by_code = {row.code: row for row in made}
    # Of one severity those that somebody owes an answer to come before those only on the screen.
    alerts.sort(key=lambda a: (_acknowledged(a), -a["severity"], not a["asks"], -a["since"]))
    for alert in alerts:
        alert["current"] = _current(alert, by_code.get(alert["station"]))
    return Board(
        here.rev,
        here.district.version,
        here.now,
        made,
        coverage(here.district, known),
        alerts,
        by_code,
    )


def _only_watched(alert: dict[str, Any]) -> bool:
    """Grade IV on the screen only or already acknowledged, and what another alert speaks for."""
    if str(alert["muted_by"] or "").startswith("alert:"):
        return True
    lowest = alert["severity"] == Severity.IV
    return lowest and (not alert["asks"] or _acknowledged(alert))


def _acknowledged(alert: dict[str, Any]) -> bool:
    return alert["acked_severity"] is not None and alert["acked_severity"] >= alert["severity"]


def _current(alert: dict[str, Any], row: Row | None) -> float | None:
    """The value to show: the newest of the gauge for a level, else what the rule saw last."""
    value = row.values.get(alert["variable"]) if row and alert["type"] == "level" else None
    shown: float | None = alert["value"] if value is None or value.value is None else value.value
    return shown


def morning(now: int, tz: ZoneInfo) -> int:
    """The last 08:00 local before now, ms."""
    local = datetime.fromtimestamp(now / 1000, tz)
    eight = local.replace(hour=8, minute=0, second=0, microsecond=0)
    if eight > local:
        eight -= timedelta(days=1)
    return int(eight.timestamp() * 1000)
