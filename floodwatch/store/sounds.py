"""Every tone the duty room was to hear."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select, text

from floodwatch.model.clock import HOUR, SECOND
from floodwatch.store.database import Transaction
from floodwatch.store.dialect import dialect_of
from floodwatch.store.tables import sound

NIGHT_BEGINS, NIGHT_ENDS = 23, 8  # local hours of the promise of a quiet night
LATELY = 12 * HOUR


class Sounded(NamedTuple):
    """One tone. `kind`: new | worse | repeat; `at` service ms."""

    at: int
    alert_id: int
    severity: int
    kind: str


def lately(connection: Connection, *, now: int) -> list[Sounded]:
    """The tones of the last hours, oldest first."""
    dialect = dialect_of(connection.dialect.name)
    rows = dialect.ask(connection, _HEARD, {"since": now - LATELY, "now": now})
    return [Sounded(*row) for row in rows]


_HEARD = text(
    "SELECT at, alert_id, severity, kind FROM sound WHERE at > :since AND at <= :now"
    " ORDER BY at, id"
)


def ring(tx: Transaction, tones: Iterable[Sounded]) -> None:
    """Let the room hear these."""
    rows = [tone._asdict() | {"rev": tx.rev} for tone in tones]
    if rows:
        tx.connection.execute(insert(sound), rows)


def count(connection: Connection, start: int, end: int) -> int:
    """How many tones there were from `start` to before `end`."""
    query = select(func.count()).where(sound.c.at >= start, sound.c.at < end)
    return int(connection.execute(query).scalar_one())


def night_of(now: int, tz: ZoneInfo) -> tuple[int, int]:
    """The night that lies nearest before `now` or around it, 23:00 to 08:00 local, ms UTC."""
    local = datetime.fromtimestamp(now / SECOND, tz)
    evening = local.date() if local.hour >= NIGHT_BEGINS else local.date() - timedelta(days=1)
    begins = datetime(evening.year, evening.month, evening.day, NIGHT_BEGINS, tzinfo=tz)
    morning = evening + timedelta(days=1)
    ends = datetime(morning.year, morning.month, morning.day, NIGHT_ENDS, tzinfo=tz)
    return round(begins.timestamp() * SECOND), round(ends.timestamp() * SECOND)
