"""The tables of people who sign in, of devices' tokens, and of what was changed by whom."""

from sqlalchemy import Boolean, Column, ForeignKey, String, Text

from floodwatch.store.schema import Identity, Json, Millis
from floodwatch.store.schema import table as _table

user = _table(
    "user",
    Column("id", Identity, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("password", String(400), nullable=False),  # PHC string, argon2id
    Column("role", String(16), nullable=False),
    Column("person", String(200)),  # who of recipients.toml this user is
    Column("disabled", Boolean, nullable=False, default=False),
    Column("created_at", Millis, nullable=False),
    Column("last_login", Millis),
)

session = _table(
    "session",
    Column("id", String(64), primary_key=True),  # SHA-256 of the cookie's secret
    Column("user_id", Identity, ForeignKey("user.id"), nullable=False, index=True),
    Column("created_at", Millis, nullable=False),  # wall ms
    Column("seen_at", Millis, nullable=False),
)

token = _table(
    "token",
    Column("id", Identity, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256
    Column("stations", Json),  # NULL: all
    Column("created_at", Millis, nullable=False),
    Column("expires_at", Millis),
    Column("revoked_at", Millis),
    Column("last_used", Millis),
)

audit = _table(
    "audit",
    Column("id", Identity, primary_key=True),
    Column("at", Millis, nullable=False),
    Column("who", String(200), nullable=False),
    Column("action", String(64), nullable=False),
    Column("what", Text, nullable=False),
    Column("before", Json),
    Column("after", Json),
)
