"""What SQLite and PostgreSQL say differently: arrays as parameters, and upserts of many rows."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any, Protocol, cast

from sqlalchemy import JSON, ClauseElement, Connection, Executable, Select, Table, TextClause
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Row = Sequence[Any]


class Dialect(Protocol):
    """The form of a statement whose length does not depend on how many rows it is given.

    Numbers with a fraction go in by `upsert`, never inside JSON: SQLite's own reading of decimal
    text is not promised to be exact.
    """

    name: str

    def __hash__(self) -> int:
        """One object a database: statements are kept by it."""
        ...

    def integers(self, parameter: str) -> str:
        """A subselect of one column: `... WHERE id IN {dialect.integers("ids")}`."""
        ...

    def texts(self, parameter: str) -> str:
        """The same for strings."""
        ...

    def array(self, values: Iterable[Any]) -> Any:
        """The value to bind for `integers` and `texts`."""
        ...

    def rows(self, parameter: str, columns: Mapping[str, str]) -> str:
        """A subselect with these columns; their types are "integer" or "text"."""
        ...

    def records(self, rows: Iterable[Row]) -> str:
        """The value to bind for `rows`."""
        ...

    def ask(
        self, connection: Connection, statement: Executable, values: Mapping[str, Any]
    ) -> Sequence[Row]:
        """All rows of a statement of the live path, as the driver gives them, by the shortest way.

        The statement is made once and kept, with a bindparam for all that changes. JSON columns may
        come as text (see `document`), truth as 0 or 1.
        """
        ...

    def dicts(
        self, connection: Connection, statement: Select[Any], values: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """The same by column, each value as its column's type has it: documents, truth."""
        ...

    def run(
        self, connection: Connection, statement: TextClause, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """A statement of the live path that brings nothing, once for each of these values."""
        ...

    def document(self, value: Any) -> Any:
        """What a JSON column holds, of a row that `ask` has brought."""
        ...

    def part(self, connection: Connection) -> AbstractContextManager[object]:
        """A part of a transaction that is taken back alone when it raises."""
        ...

    def upsert(
        self,
        connection: Connection,
        table: Table,
        rows: Iterable[Row],
        *,
        columns: Sequence[str] | None = None,
        key: Sequence[str] | None = None,
        update: Sequence[str] | None = None,
    ) -> None:
        """Insert rows (by default all columns, in the table's order), or update those that exist.

        `key` is a unique constraint's columns, by default the primary key; `update` the columns to
        overwrite, by default all others; with an empty one existing rows stay. Of two rows with the
        same key the last wins.
        """
        ...


class SQLite:
    """Arrays travel as JSON text."""

    name = "sqlite"

    def integers(self, parameter: str) -> str:
        """json_each unpacks the array."""
        return f"(SELECT value FROM json_each(:{parameter}))"

    texts = integers

    def array(self, values: Iterable[Any]) -> str:
        """JSON text."""
        return json.dumps(list(values))

    def rows(self, parameter: str, columns: Mapping[str, str]) -> str:
        """json_each unpacks the rows, json_extract the columns."""
        fields = ", ".join(
            f"json_extract(value, '$[{index}]') AS {_quoted(name)}"
            for index, name in enumerate(columns)
        )
        return f"(SELECT {fields} FROM json_each(:{parameter}))"

    def records(self, rows: Iterable[Row]) -> str:
        """JSON text."""
        return json.dumps([list(row) for row in rows])

    def ask(
        self, connection: Connection, statement: Executable, values: Mapping[str, Any]
    ) -> Sequence[Row]:
        """Of the driver itself: a reading asks some twenty questions of a few microseconds each."""
        if isinstance(statement, TextClause):
            words = statement.text
        else:
            words, fixed = _compiled(statement)
            values = {**fixed, **values}
        return cast(Sequence[Row], _driver(connection, words, values, "execute").fetchall())

    def dicts(
        self, connection: Connection, statement: Select[Any], values: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Read as SQLAlchemy would."""
        columns = _columns(statement)
        return [
            {
                name: value if read is None else read(value)
                for (name, read), value in zip(columns, row, strict=True)
            }
            for row in self.ask(connection, statement, values)
        ]

    def run(
        self, connection: Connection, statement: TextClause, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Of the driver itself."""
        if rows:
            _driver(connection, statement.text, rows, "executemany")

    def document(self, value: Any) -> Any:
        """JSON is kept as text, but SQLite makes a number of what looks like one."""
        return json.loads(value) if isinstance(value, str) else value

    @contextmanager
    def part(self, connection: Connection) -> Iterator[None]:
        """A savepoint by the shortest way; parts may lie within parts."""
        _driver(connection, "SAVEPOINT part", (), "execute")
        try:
            yield
        except BaseException:
            # Raises itself when the whole transaction is gone: then nothing else in it stands.
            _driver(connection, "ROLLBACK TO part", (), "execute")
            _driver(connection, "RELEASE part", (), "execute")
            raise
        _driver(connection, "RELEASE part", (), "execute")

    def upsert(
        self,
        connection: Connection,
        table: Table,
        rows: Iterable[Row],
        *,
        columns: Sequence[str] | None = None,
        key: Sequence[str] | None = None,
        update: Sequence[str] | None = None,
    ) -> None:
        """One prepared statement stepped through all rows by the driver."""
        names, unique = _names(table, columns, key)
        values = _last_of_each(rows, names, unique)
        if not values:
            return
        changed = None if update is None else tuple(update)
        statement = _upserting(table, names, unique, changed)
        _driver(connection, statement, _encoded(values, table, names), "executemany")


class PostgreSQL:
    """Arrays are arrays; rows travel as jsonb, and as one array a column for upserts."""

    name = "postgresql"

    def integers(self, parameter: str) -> str:
        """unnest unpacks the array."""
        return f"(SELECT unnest(CAST(:{parameter} AS bigint[])))"

    def texts(self, parameter: str) -> str:
        """unnest unpacks the array."""
        return f"(SELECT unnest(CAST(:{parameter} AS text[])))"

    def array(self, values: Iterable[Any]) -> list[Any]:
        """A list, which the driver adapts."""
        return list(values)

    def rows(self, parameter: str, columns: Mapping[str, str]) -> str:
        """jsonb_array_elements unpacks the rows."""
        cast = {"integer": "bigint", "text": "text"}
        fields = ", ".join(
            f"CAST(e ->> {index} AS {cast[kind]}) AS {_quoted(name)}"
            for index, (name, kind) in enumerate(columns.items())
        )
        source = f"jsonb_array_elements(CAST(:{parameter} AS jsonb)) AS e"
        return f"(SELECT {fields} FROM {source})"

    def records(self, rows: Iterable[Row]) -> str:
        """JSON text."""
        return json.dumps([list(row) for row in rows])

    def ask(
        self, connection: Connection, statement: Executable, values: Mapping[str, Any]
    ) -> Sequence[Row]:
        """As any other statement."""
        return connection.execute(statement, values).all()

    def dicts(
        self, connection: Connection, statement: Select[Any], values: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """As any other statement."""
        return [dict(row) for row in connection.execute(statement, values).mappings()]

    def run(
        self, connection: Connection, statement: TextClause, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """As any other statement."""
        if rows:
            connection.execute(statement, list(rows))

    def document(self, value: Any) -> Any:
        """The driver has read it."""
        return value

    def part(self, connection: Connection) -> AbstractContextManager[object]:
        """As SQLAlchemy has it."""
        return connection.begin_nested()

    def upsert(
        self,
        connection: Connection,
        table: Table,
        rows: Iterable[Row],
        *,
        columns: Sequence[str] | None = None,
        key: Sequence[str] | None = None,
        update: Sequence[str] | None = None,
    ) -> None:
        """One statement over one array a column."""
        names, unique = _names(table, columns, key)
        values = _last_of_each(rows, names, unique)
        if not values:
            return
        head, tail = _insert(table, names), _conflict(names, unique, update)
        lists = [list(column) for column in zip(*_encoded(values, table, names), strict=True)]
        connection.exec_driver_sql(f"{head} {_unnested(table, names)}{tail}", tuple(lists))


def dialect_of(name: str) -> Dialect:
    """The dialect of an SQLAlchemy engine's name."""
    return _POSTGRESQL if name == "postgresql" else _SQLITE


_SQLITE, _POSTGRESQL = SQLite(), PostgreSQL()


def _driver(connection: Connection, statement: str, values: Any, way: str) -> sqlite3.Cursor:
    """Past SQLAlchemy, which takes ten times as long as SQLite; its errors are those of both."""
    driver = connection.connection.dbapi_connection
    for hear in connection.dispatch.before_cursor_execute:  # whoever listens hears these too
        hear(connection, None, statement, values, None, way == "executemany")
    try:
        return cast(sqlite3.Cursor, getattr(driver, way)(statement, values))
    except sqlite3.Error as error:
        raise DBAPIError.instance(
            statement, values, error, sqlite3.Error, dialect=connection.dialect
        ) from error


@cache  # to make a statement of its parts and look for its words takes a hundred times as long
def _compiled(statement: Executable) -> tuple[str, Mapping[str, Any]]:
    """The words of a statement for the driver, and the values that stand in it from the beginning.

    A value without bindparam is one of these: so is what `in_` lists.
    """
    made = cast(SQLCompiler, cast(ClauseElement, statement).compile(dialect=_NAMED))
    asked = {name: None for name, bind in made.binds.items() if bind.required}
    whole = made.construct_expanded_state(asked)  # lists of constants written out
    fixed = {name: value for name, value in whole.parameters.items() if name not in asked}
    return whole.statement, fixed


@cache
def _columns(statement: Select[Any]) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    """The columns of a statement: their names, and what reads a value of the driver, if need be."""
    return tuple(
        (str(column.key), column.type.dialect_impl(_NAMED).result_processor(_NAMED, None))
        for column in statement.selected_columns
    )


_NAMED = SQLiteDialect_pysqlite(paramstyle="named")


@cache
def _upserting(
    table: Table, names: tuple[str, ...], key: tuple[str, ...], update: tuple[str, ...] | None
) -> str:
    marks = ", ".join("?" * len(names))
    return f"{_insert(table, names)} VALUES ({marks}){_conflict(names, key, update)}"


def _names(
    table: Table, columns: Sequence[str] | None, key: Sequence[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    unique = key or table.primary_key.columns.keys()
    return tuple(columns or table.columns.keys()), tuple(unique)


@cache
def _insert(table: Table, names: tuple[str, ...]) -> str:
    return f"INSERT INTO {_quoted(table.name)} ({_listed(names)})"


@cache
def _unnested(table: Table, names: tuple[str, ...]) -> str:
    types = [_array_type(table.columns[name].type) for name in names]
    arrays = ", ".join(f"CAST(%s AS {kind}[])" for kind, _ in types)
    fields = ", ".join(f"CAST(a{index} AS {cast})" for index, (_, cast) in enumerate(types))
    aliases = ", ".join(f"a{index}" for index in range(len(names)))
    return f"SELECT {fields} FROM unnest({arrays}) AS u({aliases})"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _listed(names: Sequence[str]) -> str:
    return ", ".join(_quoted(name) for name in names)


def _conflict(names: Sequence[str], key: Sequence[str], update: Sequence[str] | None) -> str:
    changed = [name for name in names if name not in key] if update is None else update
    if not changed:
        return f" ON CONFLICT ({_listed(key)}) DO NOTHING"
    pairs = ", ".join(f"{_quoted(name)} = excluded.{_quoted(name)}" for name in changed)
    return f" ON CONFLICT ({_listed(key)}) DO UPDATE SET {pairs}"


def _last_of_each(rows: Iterable[Row], names: Sequence[str], key: Sequence[str]) -> list[Row]:
    where = [names.index(name) for name in key]
    return list({tuple(row[index] for index in where): row for row in rows}.values())


def _encoded(rows: Sequence[Row], table: Table, names: Sequence[str]) -> list[tuple[Any, ...]]:
    documents = _documents(table, tuple(names))
    if not documents:
        return [tuple(row) for row in rows]
    encoded = []
    for row in rows:
        values = list(row)
        for place, nullable in documents:
            values[place] = _document(values[place], nullable=nullable)
        encoded.append(tuple(values))
    return encoded


@cache
def _documents(table: Table, names: tuple[str, ...]) -> tuple[tuple[int, bool], ...]:
    """Which of the columns hold JSON, and whether they may be NULL."""
    columns = enumerate(table.columns[name] for name in names)
    return tuple((n, bool(c.nullable)) for n, c in columns if isinstance(c.type, JSON))


def _document(value: Any, *, nullable: bool) -> str | None:
    """JSON text; None is NULL where that may stand, else the document null."""
    return None if value is None and nullable else json.dumps(value, ensure_ascii=False)


def _array_type(kind: TypeEngine[Any]) -> tuple[str, str]:
    """The element type to send and the type to cast it to."""
    name = kind.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
    return ("text", name) if isinstance(kind, JSON) else (name, name)
