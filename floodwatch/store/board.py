"""What the pages read: one statement a question, whatever the number of stations."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, select

from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.quality import Flag
from floodwatch.model.reading import Latest, Reading, SeriesKey
from floodwatch.store import tables as t
from floodwatch.store.among import among

_KEY = (t.series.c.station, t.series.c.gauge, t.series.c.variable, t.series.c.period)
_FIT = t.reading.c.quality % 10 != int(Flag.FAIL)


def revision(connection: Connection) -> int:
    """The number of the newest write."""
    return connection.execute(select(func.max(t.revision.c.rev))).scalar() or 0


def latest(connection: Connection, *, after: int = -1) -> dict[SeriesKey, Latest]:
    """The newest believable reading of each series that changed after revision `after`."""
    row = t.latest.c
    statement = select(
        *_KEY, row.time, row.value, row.quality, row.received, row.heard, row.since, row.late
    ).join_from(t.latest, t.series, row.series_id == t.series.c.id)
    if after >= 0:
        statement = statement.where(row.rev > after)
    found = {}
    for *key, time, value, quality, received, heard, since, late in connection.execute(statement):
        series = SeriesKey(*key)
        reading = Reading(series, time, value, quality, received)
        found[series] = Latest(reading, heard, since, late)
    return found


def earlier(
    connection: Connection, variables: Iterable[str], *, span: int
) -> dict[SeriesKey, tuple[int, float]]:
    """(time, value) of the reading in force `span` ms before each series' newest one."""
    newest = t.latest
    back = (
        select(func.max(t.reading.c.time))
        .where(
            t.reading.c.series_id == newest.c.series_id,
            t.reading.c.time <= newest.c.time - span,
            _FIT,
        )
        .correlate(newest)
        .scalar_subquery()
    )
    wanted = (
        select(newest.c.series_id.label("id"), back.label("time"))
        .join_from(newest, t.series, newest.c.series_id == t.series.c.id)
        .where(t.series.c.variable.in_(tuple(variables)))
        .subquery()
    )
    statement = (
        select(*_KEY, t.reading.c.time, t.reading.c.value)
        .select_from(wanted)
        .join(
            t.reading,
            and_(t.reading.c.series_id == wanted.c.id, t.reading.c.time == wanted.c.time),
        )
        .join(t.series, t.series.c.id == wanted.c.id)
    )
    return {SeriesKey(*key): (time, value) for *key, time, value in connection.execute(statement)}


def rain(
    connection: Connection, spans: Mapping[str, tuple[int, int]]
) -> dict[SeriesKey, dict[str, float]]:
    """Sums of rainfall increments (mm) over each span (after, until], by series and span name."""
    if not spans:
        return {}
    time = t.reading.c.time
    sums = [
        func.sum(case((and_(time > after, time <= until), t.reading.c.value), else_=0.0))
        for after, until in spans.values()
    ]
    statement = (
        select(*_KEY, *sums)
        .join_from(t.series, t.reading, t.series.c.id == t.reading.c.series_id)
        .where(
            t.series.c.variable == "rainfall",
            time > min(after for after, _ in spans.values()),
            time <= max(until for _, until in spans.values()),
            _FIT,
        )
        .group_by(t.series.c.id, *_KEY)
    )
    return {
        SeriesKey(*row[:4]): dict(zip(spans, row[4:], strict=True))
        for row in connection.execute(statement)
    }


def open_counts(connection: Connection) -> tuple[int, int]:
    """How many alerts are open, and how many of them nobody in the room has acknowledged."""
    row = connection.execute(
        select(
            func.count(),
            func.sum(case((t.alert.c.acked_severity >= t.alert.c.severity, 0), else_=1)),
        ).where(t.alert.c.resolved_at.is_(None))
    ).one()
    return row[0], int(row[1] or 0)


def alerts(
    connection: Connection, *, state: str = "firing", limit: int = 500, station: str = ""
) -> list[dict[str, Any]]:
    """Alerts, worst and unanswered first while open, newest first among the ended."""
    a = t.alert.c
    statement: Select[Any] = select(t.alert)
    if state == "firing":
        statement = statement.where(a.resolved_at.is_(None))
    if station:
        statement = statement.where(a.station == station)
    unanswered = case((a.acked_severity >= a.severity, 1), else_=0)
    statement = statement.order_by(
        a.resolved_at.is_not(None),
        case((a.resolved_at.is_(None), unanswered), else_=0),
        case((a.resolved_at.is_(None), -a.severity), else_=0),
        a.fired_at.desc(),
    ).limit(limit)
    return [dict(row._mapping) for row in connection.execute(statement)]


def answers(connection: Connection, ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """(answered, owed) of the persons' obligations, by alert; the room's own is not counted."""
    o = t.obligation.c
    statement = (
        select(o.alert_id, o.party, func.max(case((o.state == "open", 1), else_=0)))
        .where(among(connection, o.alert_id, ids), o.party != "room", o.step >= 0)
        .group_by(o.alert_id, o.party)
    )
    found: dict[int, tuple[int, int]] = {}
    for alert, _party, still in connection.execute(statement):
        done, owed = found.get(alert, (0, 0))
        found[alert] = (done + (not still), owed + 1)
    return found


def reached_at(connection: Connection, ids: Iterable[int]) -> dict[int, int]:
    """When each alert came to its present severity, service ms: fired, worsened or eased."""
    e = t.alert_event.c
    statement = (
        select(e.alert_id, func.max(e.at).label("at"))
        .where(e.alert_id.in_(list(ids)), e.kind.in_(("fired", "worsened", "eased")))
        .group_by(e.alert_id)
    )
    return {row.alert_id: row.at for row in connection.execute(statement)}


def room_owes(connection: Connection, ids: Iterable[int]) -> set[int]:
    """Which of these alerts the duty room itself must still answer."""
    o = t.obligation.c
    statement = select(o.alert_id).where(
        o.alert_id.in_(list(ids)), o.party == "room", o.state == "open"
    )
    return set(connection.execute(statement).scalars())


def rows_after(connection: Connection, table: str, rev: int, *, most: int = 500) -> list[Any]:
    """Rows of a table that carry a later revision."""
    known = t.metadata.tables[table]
    statement = select(known).where(known.c.rev > rev).order_by(known.c.rev).limit(most)
    return [dict(row._mapping) for row in connection.execute(statement)]


def late(
    connection: Connection, key: SeriesKey, *, start: int, end: int, by: int
) -> list[tuple[int, float, int]]:
    """(time, value, received) of readings that came more than `by` ms after their time (补报)."""
    r = t.reading.c
    statement = (
        select(r.time, r.value, r.received)
        .join_from(t.reading, t.series, r.series_id == t.series.c.id)
        .where(
            *(column == part for column, part in zip(_KEY, key, strict=True)),
            r.time >= start,
            r.time <= end,
            r.received - r.time > by,
        )
        .order_by(r.time)
        .limit(5000)
    )
    return [tuple(row) for row in connection.execute(statement)]


def rain_spans(now: int, morning: int) -> dict[str, tuple[int, int]]:
    """The board's rain windows; `morning` is today's 08:00 (or yesterday's, before it), ms."""
    spans = {f"{hours}h": (now - hours * HOUR, now) for hours in (1, 3, 6, 12, 24)}
    return spans | {"today": (morning, now), "yesterday": (morning - DAY, morning)}
