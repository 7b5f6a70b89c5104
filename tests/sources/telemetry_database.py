"""A county's telemetry database for the tests: tables of SL 323 on a real server."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, NullPool, create_engine, make_url, text

from floodwatch.model.clock import MINUTE

ZONE = ZoneInfo("Asia/Shanghai")
DATETIME = {"postgresql": "timestamp", "mysql": "datetime"}
TABLES = {
    "ST_PPTN_R": "STCD char(12) NOT NULL, TM {dt} NOT NULL, DRP numeric(5,1), INTV numeric(5,2),"
    " PDR numeric(5,2), DYP numeric(5,1), WTH char(1), MODITIME {dt}",
    "ST_RSVR_R": "STCD char(12) NOT NULL, TM {dt} NOT NULL, RZ numeric(7,3), INQ numeric(9,3),"
    " W numeric(9,3), BLRZ numeric(7,3), OTQ numeric(9,3), RWPTN char(1), MODITIME {dt}",
    "ST_PUMP_R": "STCD char(12) NOT NULL, TM {dt} NOT NULL, PPUPZ numeric(7,3),"
    " PPDWZ numeric(7,3), OMCN int, PMPQ numeric(9,3), MODITIME {dt}",
}
_numbers = count(1)


def local(moment: int) -> datetime:
    """As a column has it."""
    return datetime.fromtimestamp(moment / 1000, UTC).astimezone(ZONE).replace(tzinfo=None)


class Telemetry:
    """One database; `url` is what a source is configured with, of an account that only reads."""

    def __init__(self, engine: Engine, url: str) -> None:
        self.engine, self.url = engine, url

    def put(self, table: str, station: str, at: int, *, changed: int | None = None,
            **values: Any) -> None:  # fmt: skip
        """A row, or its correction; MODITIME is `changed`, else TM."""
        row: Mapping[str, Any] = {
            "STCD": station, "TM": local(at), "MODITIME": local(changed or at), **values
        }  # fmt: skip
        columns, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        with self.engine.begin() as connection:
            connection.execute(
                text(f"DELETE FROM {table} WHERE STCD = :STCD AND TM = :TM"), dict(row)
            )
            connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({marks})"), dict(row))

    def fill(self, station: str, begin: int, number: int, *, step: int = MINUTE) -> None:
        """Many rows of ST_RSVR_R."""
        rows = [
            {"s": station, "t": local(begin + n * step), "z": 90 + n % 100 / 100}
            for n in range(number)
        ]
        with self.engine.begin() as connection:
            connection.execute(
                text("INSERT INTO ST_RSVR_R (STCD, TM, RZ, MODITIME) VALUES (:s, :t, :z, :t)"),
                rows,
            )

    def run(self, statement: str) -> None:
        """Any statement of its administrator."""
        with self.engine.begin() as connection:
            connection.execute(text(statement))


@contextmanager
def telemetry(server: str) -> Iterator[Telemetry]:
    """A database with the tables, on a server whose URL up to the database name is given."""
    name = f"slt323_{next(_numbers)}"
    administrator = make_url(server + ("postgres" if "postgresql" in server else "mysql"))
    outer = create_engine(administrator, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    kind = outer.dialect.name
    with outer.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        if kind == "mysql":
            connection.execute(text("CREATE USER IF NOT EXISTS reader@'%' IDENTIFIED BY 'geheim'"))
            connection.execute(text(f"GRANT SELECT ON {name}.* TO reader@'%'"))
    engine = create_engine(administrator.set(database=name), poolclass=NullPool)
    with engine.begin() as connection:
        for table, columns in TABLES.items():
            connection.execute(text(f"CREATE TABLE {table} ({columns.format(dt=DATETIME[kind])})"))
    # With PostgreSQL the owner is configured: that it cannot write is the session's doing.
    user = "reader" if kind == "mysql" else administrator.username
    url = administrator.set(database=name, username=user).render_as_string()
    yield Telemetry(engine, url)  # it goes with its server
