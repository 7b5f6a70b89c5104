"""Puts a small district's readings and alerts straight into the tables."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from floodwatch.model.quality import GOOD
from floodwatch.model.reading import SeriesKey
from floodwatch.store import tables as t


def series_id(connection: Connection, key: SeriesKey) -> int:
    """The number of a series, made when it is missing."""
    columns = dict(zip(("station", "gauge", "variable", "period"), key, strict=True))
    found = connection.execute(select(t.series.c.id).filter_by(**columns)).scalar()
    if found is not None:
        return int(found)
    made = connection.execute(insert(t.series).values(sealed_until=0, **columns))
    return int(made.inserted_primary_key[0])


def put(
    connection: Connection,
    key: SeriesKey,
    points: Sequence[tuple[int, float]],
    *,
    rev: int,
    quality: int = GOOD,
    received: int | None = None,
    heard: int | None = None,
) -> None:
    """Readings of one series, and its newest one."""
    number = series_id(connection, key)
    rows = [
        {
            "series_id": number,
            "time": time,
            "value": value,
            "quality": quality,
            "received": time + 2000 if received is None else received,
            "rev": rev,
        }
        for time, value in points
    ]
    connection.execute(
        t.reading.delete().where(
            t.reading.c.series_id == number, t.reading.c.time.in_([p[0] for p in points[:500]])
        )
    )
    connection.execute(insert(t.reading), rows)
    newest = rows[-1]
    connection.execute(t.latest.delete().where(t.latest.c.series_id == number))
    connection.execute(
        insert(t.latest).values(
            **newest,
            heard=newest["time"] if heard is None else heard,
            since=newest["time"],
            late=False,
        )
    )


def put_alert(connection: Connection, *, rev: int, **fields: Any) -> int:
    """One alert row with its first event."""
    usual = {
        "gauge": "1",
        "variable": "stage",
        "type": "level",
        "direction": "up",
        "severity": 3,
        "origin": "live",
        "band": "design_flood",
        "label": "设计洪水位",
        "suspect": False,
        "facts": {},
        "config_version": 1,
        "rev": rev,
    }
    row = usual | fields
    row.setdefault("worst", row["severity"])
    row.setdefault("onset", row["fired_at"])
    row.setdefault(
        "rule", "/".join(str(row[n]) for n in ("station", "gauge", "variable", "type", "direction"))
    )
    number = int(connection.execute(insert(t.alert).values(**row)).inserted_primary_key[0])
    connection.execute(
        insert(t.alert_event).values(
            alert_id=number,
            seq=1,
            at=row["fired_at"],
            kind="fired",
            severity=row["severity"],
            value=row.get("value"),
            text="",
            facts={},
            rev=rev,
        )
    )
    return number


def put_duty(
    connection: Connection, alert: int, party: str, *, rev: int, at: int, **more: Any
) -> None:
    """One obligation."""
    row = {
        "alert_id": alert,
        "party": party,
        "severity": 3,
        "state": "open",
        "opened_at": at,
        "within": 300_000,
        "due": at + 300_000,
        "rev": rev,
    } | more
    connection.execute(insert(t.obligation).values(**row))
