"""Readings by hand as they were entered: who, when, what for which time; and what stands."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select, tuple_

from floodwatch.model.reading import SeriesKey
from floodwatch.model.station import MANUAL
from floodwatch.store.stretch import stretch
from floodwatch.store.tables import audit, series

ACTION = "manual"  # in the audit


def newest(connection: Connection, *, limit: int) -> list[dict[str, Any]]:
    """The last entries: (at, who) with the series, time, value, outcome and reason."""
    statement = (
        select(audit.c.at, audit.c.who, audit.c.before, audit.c.after)
        .where(audit.c.action == ACTION)
        .order_by(audit.c.id.desc())
        .limit(limit)
    )
    rows = connection.execute(statement)
    return [{**(row.after or {}), "old": row.before, "at": row.at, "who": row.who} for row in rows]


def standing(
    connection: Connection, keys: Collection[SeriesKey], time: int
) -> dict[SeriesKey, float]:
    """The values by hand that are stored for one moment."""
    if not keys:
        return {}
    c = series.c
    wanted = tuple_(c.station, c.variable, c.period).in_(
        [(key.station, key.variable, key.period) for key in keys]
    )
    statement = select(c.id, c.station, c.gauge, c.variable, c.period).where(
        c.gauge == MANUAL, wanted
    )
    ids = {int(row[0]): SeriesKey(*row[1:]) for row in connection.execute(statement)}
    found = {key: stretch(connection, number, time, time) for number, key in ids.items()}
    return {key: float(one.values[0]) for key, one in found.items() if one.size}
