"""`column IN (values)` for any number of values: they travel as one parameter, an array."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    String,
    Text,
    bindparam,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from floodwatch.store.dialect import Dialect, dialect_of


def among(
    connection: Connection, column: ColumnElement[Any], values: Iterable[Any]
) -> ColumnElement[bool]:
    """Whether a column of integers or strings is one of `values`; none of them: false.

    A list of `in_` is one parameter a value, and a database takes only so many.
    """
    dialect = dialect_of(connection.dialect.name)
    if dialect.name == "postgresql":
        kind = ARRAY(Text if isinstance(column.type, String) else BigInteger)
        return column.in_(select(func.unnest(cast(literal(list(values), kind), kind))))
    each = func.json_each(literal(dialect.array(values))).table_valued("value")
    return column.in_(select(each.c.value))


def listed(dialect: Dialect, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The same in a statement that is made once and kept: `name` is bound to `dialect.array`."""
    if dialect.name == "postgresql":
        kind = ARRAY(Text if isinstance(column.type, String) else BigInteger)
        return column.in_(select(func.unnest(cast(bindparam(name, type_=kind), kind))))
    each = func.json_each(bindparam(name, type_=Text)).table_valued("value")
    return column.in_(select(each.c.value))
