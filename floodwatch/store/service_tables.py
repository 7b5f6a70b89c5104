"""The tables of the service itself: lease, clock, timetable, settings."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, String, Text

from floodwatch.store.schema import Identity, Json, Millis
from floodwatch.store.schema import table as _table

revision = _table(
    "revision",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("rev", BigInteger, nullable=False),
)

lease = _table(
    "lease",
    Column("name", String(32), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("holder", String(200), nullable=False),
    Column("beat", BigInteger, nullable=False),
)

service_time = _table(
    "service_time",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("now", Millis, nullable=False),  # service ms when the row was written
    Column("monotonic", Float(53), nullable=False),  # seconds, when the row was written
    Column("boot", String(64), nullable=False),  # which boot `monotonic` belongs to
    Column("offset", Millis, nullable=False),  # wall - service while the two agree
    Column("agrees", Boolean, nullable=False),  # False: our own wall clock is not to be believed
    Column("speed", Float, nullable=False),  # 1; the demonstration's clock may run faster, or 0
)

job = _table(
    "job",
    Column("name", String(64), primary_key=True),
    Column("every", Millis, nullable=False),
    Column("last_success", Millis),
    Column("last_error", Text),
    Column("last_error_at", Millis),
)

setting = _table(  # single facts that processes share: last refused configuration, demo control …
    "setting",
    Column("name", String(64), primary_key=True),
    Column("value", Json, nullable=False),
    Column("rev", BigInteger, nullable=False, index=True),
)

config_version = _table(
    "config_version",
    Column("id", Identity, primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("at", Millis, nullable=False),
    Column("who", String(200), nullable=False),
    Column("documents", Json, nullable=False),  # the files as parsed, curves included
)
