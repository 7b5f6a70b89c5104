"""A database that is asked: read-only sessions that end, tables as they really are, a page of rows.

Every question is a transaction of its own, bounded in time and rows: nobody's telemetry database is
held up by a reader that hangs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    NullPool,
    Select,
    create_engine,
    event,
    inspect,
    null,
    select,
    text,
)
from sqlalchemy import column as column_of
from sqlalchemy import table as table_of
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from floodwatch.model.errors import Refused
from floodwatch.outside.bounded import within
from floodwatch.sources.sql_settings import Asked

T = TypeVar("T")
SPELT = {"INTV": ("INTV", "INVT")}  # as some databases spell it
CONNECT_S = 10


@dataclass(frozen=True, slots=True)
class Shape:
    """A table with the names it really has; what of the wanted columns is there."""

    asked: Asked
    name: str
    schema: str | None
    station: str
    time: str
    modified: str = ""
    interval: str = ""
    values: Mapping[str, str] = None  # type: ignore[assignment]  # asked column -> real one


class Row(NamedTuple):
    """One row as the driver gave it; `values` in the order of `Shape.values`."""

    station: Any
    time: Any
    modified: Any
    interval: Any
    values: tuple[Any, ...]


class SqlDatabase:
    """Connections are made for a question and closed after it."""

    def __init__(self, url: URL, *, schema: str, seconds: float, zone: str) -> None:
        self._schema = schema or None
        self._seconds = seconds
        self._shown = url.render_as_string(hide_password=True)
        self._engine = _engine(url, seconds=seconds, zone=zone)

    def shape(self, asked: Asked) -> Shape:
        """The table as it is. Raises Refused when it, or a column that must be, is not there."""
        return self._bounded(lambda connection: _shape(connection, asked, self._schema))

    def rows(
        self,
        shape: Shape,
        *,
        by: str,
        since: datetime,
        limit: int,
        oldest: datetime | None = None,
        codes: Sequence[str] = (),
    ) -> list[Row]:
        """At most `limit` rows whose column `by` is not before `since`, in its order.

        `oldest`: none whose time is before it; `codes`: of these stations alone.
        """
        statement = _statement(shape, by=by, since=since, oldest=oldest, codes=codes).limit(limit)

        def ask(connection: Connection) -> list[Row]:
            return [
                Row(row[0], row[1], row[2], row[3], tuple(row[4:]))
                for row in connection.execute(statement)
            ]

        return self._bounded(ask)

    def _bounded(self, ask: Callable[[Connection], T]) -> T:
        def work() -> T:
            with self._session() as connection:
                return ask(connection)

        try:  # the driver's own limits come first; this one is for a network that says nothing
            return within(self._seconds + _connect(self._seconds) + 3, work, name="sql-source")
        except TimeoutError:
            raise Refused(f"{self._shown}: no answer within {self._seconds:g} s") from None
        except SQLAlchemyError as error:
            raise Refused(f"{self._shown}: {_said(error)}") from error

    @contextmanager
    def _session(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            if connection.dialect.name == "oracle":
                connection.execute(text("SET TRANSACTION READ ONLY"))
            yield connection  # never committed


def _connect(seconds: float) -> int:
    """How long connecting may take: no longer than an answer, and 2 s at least."""
    return max(2, min(CONNECT_S, round(seconds)))


def _engine(url: URL, *, seconds: float, zone: str) -> Engine:
    options: dict[str, Any] = {}
    whole, connect = max(1, round(seconds)), _connect(seconds)
    match url.drivername:
        case "postgresql+psycopg":
            options = {
                "connect_timeout": connect,
                "tcp_user_timeout": whole * 1000,
                "options": f"-c default_transaction_read_only=on -c timezone={zone}"
                f" -c statement_timeout={whole * 1000}",
            }
        case "mysql+pymysql" | "mariadb+pymysql":
            options = {
                "connect_timeout": connect,
                "read_timeout": whole + 2,
                "write_timeout": whole,
            }
        case "mssql+pyodbc":
            options = {"timeout": connect}
        case "mssql+pymssql":
            options = {"login_timeout": connect, "timeout": whole}
        case "oracle+oracledb":
            options = {"tcp_connect_timeout": float(connect)}
    engine = create_engine(url, poolclass=NullPool, connect_args=options, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _limit(connection: Any, _record: Any) -> None:
        _bind(connection, engine.dialect, whole)

    return engine


def _bind(connection: Any, dialect: Any, seconds: int) -> None:
    """Make a new connection read-only and its statements end, as far as its database knows how."""
    statements: list[str] = []
    if dialect.name in ("mysql", "mariadb"):
        version = str(connection.get_server_info())
        maria = "mariadb" in version.lower()
        statements = ["SET SESSION TRANSACTION READ ONLY"]
        limit = f"max_statement_time={seconds}" if maria else f"max_execution_time={seconds * 1000}"
        statements.append(f"SET SESSION {limit}")
    elif dialect.name == "mssql":
        statements = [f"SET LOCK_TIMEOUT {seconds * 1000}"]
        if dialect.driver == "pyodbc":
            connection.timeout = seconds
    elif dialect.name == "oracle":
        connection.call_timeout = seconds * 1000
    cursor = connection.cursor()
    try:
        for statement in statements:
            cursor.execute(statement)
    finally:
        cursor.close()


def _shape(connection: Connection, asked: Asked, schema: str | None) -> Shape:
    inspector = inspect(connection)
    names = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
    # Not listed: a synonym, perhaps; it is asked by the name that was given.
    name = next((n for n in names if n.lower() == asked.name.lower()), asked.name)
    found = {column.lower(): column for column in _columns(connection, name, schema)}

    def real(wanted: str) -> str:
        spelt = SPELT.get(wanted.upper(), (wanted,))
        return next((found[s.lower()] for s in spelt if s.lower() in found), "")

    values = {column: there for column in asked.values if (there := real(column))}
    lacking = [c for c in (asked.station, asked.time) if not real(c)]
    lacking += [c for c in asked.values if c not in values and c not in asked.optional]
    if lacking or not values:
        columns = ", ".join(sorted(found.values()))
        missing = ", ".join(lacking or asked.values)
        raise Refused(f"{name} has no column {missing}; it has: {columns}")
    return Shape(
        asked,
        name,
        schema,
        real(asked.station),
        real(asked.time),
        real(asked.modified) if asked.modified else "",
        real(asked.interval) if asked.interval else "",
        values,
    )


def _columns(connection: Connection, name: str, schema: str | None) -> list[str]:
    """Of no row at all: it takes no more rights than reading does."""
    nothing = select(text("*")).select_from(table_of(name, schema=schema)).where(text("1 = 0"))
    try:
        return [str(column) for column in tuple(connection.execute(nothing).keys())]
    except DBAPIError as error:
        raise Refused(
            f"there is no table or view {name}{f' in {schema}' if schema else ''} that this "
            f"account may read; ask for SELECT on it, or name it in the settings ({_said(error)})"
        ) from None


def _statement(
    shape: Shape,
    *,
    by: str,
    since: datetime,
    oldest: datetime | None,
    codes: Sequence[str],
) -> Select[Any]:
    fields = [shape.station, shape.time, shape.modified, shape.interval, *shape.values.values()]
    columns: list[Any] = [column_of(f) for f in dict.fromkeys(fields) if f]
    table: Any = table_of(shape.name, *columns, schema=shape.schema)
    # every column by a name of its own: a value may be asked for twice, or not be there
    chosen = [(table.c[f] if f else null()).label(f"c{n}") for n, f in enumerate(fields)]
    order = table.c[by]
    statement = select(*chosen).select_from(table).where(order >= since).order_by(order)
    if oldest is not None:
        statement = statement.where(table.c[shape.time] >= oldest)
    if codes:
        statement = statement.where(table.c[shape.station].in_(codes))
    return statement


def _said(error: SQLAlchemyError) -> str:
    return " ".join(str(getattr(error, "orig", None) or error).split())[:160]
