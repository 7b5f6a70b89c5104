"""What people enter beside the readings: hazards, inspections, forecasts, backup sources."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from sqlalchemy import Connection, Select, Table, TextClause, func, insert, select, text, update

from floodwatch.store import duty_tables as t
from floodwatch.store.among import among
from floodwatch.store.database import Transaction
from floodwatch.store.dialect import Dialect, dialect_of

Row = dict[str, Any]


class Reader(Protocol):
    """Reads what of a register counts at `now`, of these stations or (None) of all."""

    def __call__(
        self, connection: Connection, stations: Collection[str] | None, *, now: int
    ) -> Sequence[Row]:
        """Rows by column name."""
        ...


def open_hazards(
    connection: Connection, stations: Collection[str] | None = None, *, now: int
) -> list[Row]:
    """The hazards that are not closed, oldest first."""
    del now
    if stations is None:
        return _rows(connection, _OPEN)
    dialect = dialect_of(connection.dialect.name)
    found = dialect.ask(connection, _open_of(dialect), {"stations": dialect.array(stations)})
    return [dict(zip(_HAZARD, row, strict=True)) for row in found]


_HAZARD = tuple(t.hazard.columns.keys())
_OPEN = select(t.hazard).where(t.hazard.c.closed_at.is_(None)).order_by(t.hazard.c.id)


@cache  # asked for every reading of a dam: making the statement anew costs as much as asking
def _open_of(dialect: Dialect) -> TextClause:
    return text(
        f"SELECT {', '.join(_HAZARD)} FROM hazard WHERE closed_at IS NULL"
        f" AND station IN {dialect.texts('stations')} ORDER BY id"
    )


def newest_inspections(
    connection: Connection, stations: Collection[str] | None = None, *, now: int
) -> list[Row]:
    """The last inspection of each station."""
    del now
    return _rows(connection, _newest(connection, t.inspection, stations))


def coming_forecasts(
    connection: Connection, stations: Collection[str] | None = None, *, now: int
) -> list[Row]:
    """The forecasts whose period is not over, the last one issued first; they name no station."""
    del stations
    query = select(t.forecast).where(t.forecast.c.ends > now)
    query = query.order_by(t.forecast.c.issued_at.desc(), t.forecast.c.id.desc())
    return _rows(connection, query)


def newest_backups(
    connection: Connection, stations: Collection[str] | None = None, *, now: int
) -> list[Row]:
    """The state of every backup source; whoever leans on one knows its station."""
    del stations, now
    return _rows(connection, _newest(connection, t.backup_source, None))


# Register -> what of it rules are given.
CURRENT: Mapping[str, Reader] = {
    "hazard": open_hazards,
    "inspection": newest_inspections,
    "forecast": coming_forecasts,
    "backup_source": newest_backups,
}
OF_STATION = frozenset({"hazard", "inspection"})  # a rule sees the rows of its own station only


def _newest(connection: Connection, table: Table, stations: Collection[str] | None) -> Select[Any]:
    place = func.row_number().over(
        partition_by=table.c.station, order_by=(table.c.at.desc(), table.c.id.desc())
    )
    ranked = _of(connection, table, select(table, place.label("place")), stations).subquery()
    columns = [ranked.c[name] for name in table.columns.keys()]  # noqa: SIM118 - of a collection
    return select(*columns).where(ranked.c.place == 1).order_by(ranked.c.station)


def _of(
    connection: Connection, table: Table, query: Select[Any], stations: Collection[str] | None
) -> Select[Any]:
    return query if stations is None else query.where(among(connection, table.c.station, stations))


def _rows(connection: Connection, query: Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]


TABLES: Mapping[str, Table] = {
    "hazard": t.hazard,
    "inspection": t.inspection,
    "forecast": t.forecast,
    "backup_source": t.backup_source,
}
STATES = ("ready", "running", "failed", "unknown")  # of a backup source


def add(tx: Transaction, register: str, values: Mapping[str, Any]) -> int:
    """Enter a row of a register; its number."""
    table = TABLES[register]
    made = insert(table).values(**values, rev=tx.rev).returning(table.c.id)
    return int(tx.connection.execute(made).scalar_one())


def close_hazard(tx: Transaction, number: int, *, who: str, now: int, note: str = "") -> Row | None:
    """Close a hazard that is open; its row as it was, None when there is none."""
    query = select(t.hazard).where(t.hazard.c.id == number, t.hazard.c.closed_at.is_(None))
    found = _rows(tx.connection, query)
    if not found:
        return None
    values: Row = {"closed_at": now, "closed_by": who, "rev": tx.rev}
    if note:
        values["note"] = " · ".join(part for part in (found[0]["note"], note) if part)
    tx.connection.execute(update(t.hazard).where(t.hazard.c.id == number).values(values))
    return found[0]


def newest(connection: Connection, register: str, *, limit: int = 50) -> list[Row]:
    """The rows entered last, newest first."""
    table = TABLES[register]
    return _rows(connection, select(table).order_by(table.c.id.desc()).limit(limit))
