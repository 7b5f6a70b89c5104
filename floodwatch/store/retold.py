"""What a rehearsal reads from the database in which it has told everything again."""

from collections import Counter
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from floodwatch.model.clock import SECOND
from floodwatch.store.answers import ROOM
from floodwatch.store.sounds import NIGHT_BEGINS, NIGHT_ENDS, night_of
from floodwatch.store.tables import obligation, outbox, sound

__all__ = ["ROOM", "Owed", "next_due", "owed", "told", "tones"]

_OPEN = obligation.c.state == "open"
_NEXT_OWED = select(func.min(obligation.c.due)).where(_OPEN)
_NEXT_SENT = select(func.min(outbox.c.next_at)).where(outbox.c.state.in_(("pending", "retry")))
_OWED = (
    select(
        obligation.c.alert_id,
        obligation.c.party,
        obligation.c.opened_at,
        obligation.c.within,
    )
    .where(_OPEN, obligation.c.step >= 0)
    .order_by(obligation.c.opened_at, obligation.c.id)
)


class Owed(NamedTuple):
    """An answer that is owed. `party`: a person's name or the room; times service ms."""

    alert_id: int
    party: str
    opened_at: int
    within: int


def owed(connection: Connection) -> list[Owed]:
    """Every answer that is owed now, the oldest first."""
    return [Owed(*row) for row in connection.execute(_OWED)]


def next_due(connection: Connection) -> int | None:
    """When the next obligation or message is due (service ms)."""
    found = (connection.execute(query).scalar_one() for query in (_NEXT_OWED, _NEXT_SENT))
    return min((int(moment) for moment in found if moment is not None), default=None)


def told(connection: Connection, tz: ZoneInfo) -> list[tuple[str, int, int, int, int, int]]:
    """By person: messages, calls, SMS parts, and the messages and calls of the night."""
    c = outbox.c
    query = select(c.person, c.created_at, c.accepted_at, c.way, c.parts).where(
        c.accepted_at.is_not(None)
    )
    messages, parts, night = Counter[str](), Counter[str](), Counter[str]()
    rung: dict[str, set[int]] = {}
    for person, created, accepted, way, count in connection.execute(query):
        parts[person] += count
        if way == "call":
            rung.setdefault(person, set()).add(created)  # a call on several channels is one call
        else:
            messages[person] += 1
            night[person] += _is_night(accepted, tz)
    everybody = sorted({*messages, *rung})
    return [
        (
            name,
            messages[name],
            len(rung.get(name, ())),
            parts[name],
            night[name],
            sum(_is_night(at, tz) for at in rung.get(name, ())),
        )
        for name in everybody
    ]


def tones(connection: Connection, tz: ZoneInfo) -> tuple[int, int, int]:
    """The tones of the room: all, those by night, and the most of one night."""
    moments = [at for (at,) in connection.execute(select(sound.c.at))]
    nights = Counter(night_of(at, tz)[0] for at in moments if _is_night(at, tz))
    return len(moments), nights.total(), max(nights.values(), default=0)


def _is_night(at: int, tz: ZoneInfo) -> bool:
    hour = datetime.fromtimestamp(at / SECOND, tz).hour
    return hour >= NIGHT_BEGINS or hour < NIGHT_ENDS
