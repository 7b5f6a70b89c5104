"""Which past period was the last storm, by the alerts that stand in the journal."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, select

from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.severity import Severity
from floodwatch.store.tables import alert

APART = DAY  # so long without a grave alert, and it was another storm
BEFORE, AFTER = 12 * HOUR, 6 * HOUR  # shown around it
LONGEST = 3 * DAY  # an alert that stands longer does not make the storm last
MOST = 2_000  # alerts looked at


class Storm(NamedTuple):
    """A period, ms UTC."""

    start: int
    end: int


def last_storm(connection: Connection, *, besides: Collection[str], now: int) -> Storm | None:
    """From well before the first to after the last of the alerts III or worse of one storm.

    `besides`: types of rules that say nothing of the water.
    """
    a = alert.c
    query = (
        select(a.fired_at, a.resolved_at)
        .where(a.worst >= int(Severity.III), a.type.not_in(list(besides)), a.fired_at <= now)
        .order_by(a.fired_at.desc())
        .limit(MOST)
    )
    start = end = None
    for fired, resolved in connection.execute(query):
        over = min(resolved or now, fired + LONGEST)
        if start is not None and start - over > APART:
            break
        end = max(end or 0, over)
        start = fired if start is None else min(start, fired)
    if start is None or end is None:
        return None
    return Storm(start - BEFORE, min(end + AFTER, now))
