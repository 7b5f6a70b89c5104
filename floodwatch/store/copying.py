"""Every row from one database into another: how a server's database becomes a file, and back."""

from typing import Any

from sqlalchemy import Column, Connection, Select, Table, func, insert, select, text

from floodwatch.store import tables

PIECE = 5_000  # rows at once: what is held in memory


def copy(source: Connection, target: Connection) -> int:
    """Copy all tables, parents first, in one pass each; the number of rows.

    The target has the tables, empty. What a server numbers by itself goes on after the highest.
    """
    rows = 0
    streamed = source.execution_options(yield_per=PIECE)
    for table in tables.metadata.sorted_tables:
        target.execute(table.delete())  # a new database has first rows of its own
        for piece in streamed.execute(select(table)).mappings().partitions():
            target.execute(insert(table), [dict(row) for row in piece])
            rows += len(piece)
        if target.dialect.name == "postgresql":
            _go_on_numbering(target, table)
    return rows


def count(connection: Connection, query: Select[Any]) -> int:
    """How many rows a query finds."""
    found: int = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    return found


def highest(connection: Connection, column: Column[Any]) -> int:
    """The highest value of a column; 0 when there is none."""
    return int(connection.execute(select(func.max(column))).scalar_one() or 0)


def _go_on_numbering(target: Connection, table: Table) -> None:
    column = table.autoincrement_column
    if column is None:
        return
    names = {"table": f'"{table.name}"', "column": column.name}
    sequence = target.execute(
        text("SELECT pg_get_serial_sequence(:table, :column)"), names
    ).scalar_one()
    if sequence:
        next_number = highest(target, column) + 1
        target.execute(
            text("SELECT setval(:sequence, :next, false)"),
            {"sequence": sequence, "next": next_number},
        )
