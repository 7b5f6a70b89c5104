"""What every table is made with: names of constraints, types, and the one metadata."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Integer, MetaData, Table
from sqlalchemy.schema import SchemaItem

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Identity = BigInteger().with_variant(Integer, "sqlite")
Millis = BigInteger
Json = JSON().with_variant(JSON(), "postgresql")


def table(name: str, *items: SchemaItem, **options: Any) -> Table:
    """A table of the one metadata."""
    return Table(name, metadata, *items, **options)
