"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", ID, primary_key=True),
        sa.Column("rule", sa.String(200), nullable=False),
        sa.Column("station", sa.String(64), nullable=False),
        sa.Column("gauge", sa.String(32), nullable=False),
        sa.Column("variable", sa.String(32), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("worst", sa.Integer, nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("band", sa.String(64), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("limit_value", sa.Float(53)),
        sa.Column("value", sa.Float(53)),
        sa.Column("value_time", sa.BigInteger),
        sa.Column("peak", sa.Float(53)),
        sa.Column("peak_at", sa.BigInteger),
        sa.Column("suspect", sa.Boolean, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("fired_at", sa.BigInteger, nullable=False),
        sa.Column("onset", sa.BigInteger, nullable=False),
        sa.Column("resolved_at", sa.BigInteger),
        sa.Column("acked_by", sa.String(200)),
        sa.Column("acked_at", sa.BigInteger),
        sa.Column("acked_severity", sa.Integer),
        sa.Column("note", sa.Text),
        sa.Column("config_version", ID, nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_alert_rev", "alert", ["rev"])
    still = sa.text("resolved_at IS NULL")
    op.create_index("uq_alert_open_rule", "alert", ["rule"], unique=True,
                    sqlite_where=still, postgresql_where=still)
    op.create_table(
        "audit",
        sa.Column("id", ID, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
    )
    op.create_table(
        "call",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("officer", sa.String(200), nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("alerts", sa.JSON, nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_call_person", "call", ["person"])
    op.create_table(
        "config_version",
        sa.Column("id", ID, primary_key=True),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("documents", sa.JSON, nullable=False),
    )
    op.create_table(
        "dirty",
        sa.Column("id", ID, primary_key=True),
        sa.Column("series_id", ID, nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("end", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_dirty_series", "dirty", ["series_id"])
    op.create_table(
        "import",
        sa.Column("id", ID, primary_key=True),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("names", sa.JSON, nullable=False),
        sa.Column("report", sa.JSON, nullable=False),
        sa.Column("undone_by", sa.String(200)),
        sa.Column("undone_at", sa.BigInteger),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "inbox",
        sa.Column("id", ID, primary_key=True),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_inbox_rev", "inbox", ["rev"])
    op.create_table(
        "job",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("every", sa.BigInteger, nullable=False),
        sa.Column("last_success", sa.BigInteger),
        sa.Column("last_error", sa.Text),
        sa.Column("last_error_at", sa.BigInteger),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("beat", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "revision",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "rule_state",
        sa.Column("rule", sa.String(200), primary_key=True),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("due", sa.BigInteger),
        sa.Column("alert_id", ID),
        sa.Column("state", sa.JSON, nullable=False),
        sa.Column("config_version", ID, nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_rule_state_due", "rule_state", ["due"])
    op.create_table(
        "series",
        sa.Column("id", ID, primary_key=True),
        sa.Column("station", sa.String(64), nullable=False),
        sa.Column("gauge", sa.String(32), nullable=False),
        sa.Column("variable", sa.String(32), nullable=False),
        sa.Column("period", sa.BigInteger, nullable=False),
        sa.Column("sealed_until", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("station", "gauge", "variable", "period"),
    )
    op.create_table(
        "service_time",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("now", sa.BigInteger, nullable=False),
        sa.Column("monotonic", sa.Float(53), nullable=False),
        sa.Column("boot", sa.String(64), nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("agrees", sa.Boolean, nullable=False),
        sa.Column("speed", sa.Float, nullable=False),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_setting_rev", "setting", ["rev"])
    op.create_table(
        "token",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("stations", sa.JSON),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("last_used", sa.BigInteger),
        sa.UniqueConstraint("hash"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "user",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("password", sa.String(400), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("person", sa.String(200)),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_login", sa.BigInteger),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "alert_event",
        sa.Column("id", ID, primary_key=True),
        sa.Column("alert_id", ID, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("severity", sa.Integer),
        sa.Column("previous", sa.Integer),
        sa.Column("value", sa.Float(53)),
        sa.Column("value_time", sa.BigInteger),
        sa.Column("who", sa.String(200)),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"]),
        sa.UniqueConstraint("alert_id", "seq"),
    )
    op.create_index("ix_alert_event_alert_id", "alert_event", ["alert_id"])
    op.create_index("ix_alert_event_rev", "alert_event", ["rev"])
    op.create_table(
        "block",
        sa.Column("series_id", ID, autoincrement=False, nullable=False),
        sa.Column("start", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("end", sa.BigInteger, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("format", sa.Integer, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"]),
        sa.PrimaryKeyConstraint("series_id", "start"),
    )
    op.create_table(
        "correction",
        sa.Column("id", ID, primary_key=True),
        sa.Column("series_id", ID, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("old_value", sa.Float(53)),
        sa.Column("old_quality", sa.Integer),
        sa.Column("new_value", sa.Float(53), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("import_id", ID),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"]),
    )
    op.create_index("ix_correction_series_time", "correction", ["series_id", "time"])
    op.create_table(
        "daily",
        sa.Column("series_id", ID, autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("coverage", sa.Float, nullable=False),
        sa.Column("minimum", sa.Float(53)),
        sa.Column("minimum_at", sa.BigInteger),
        sa.Column("maximum", sa.Float(53)),
        sa.Column("maximum_at", sa.BigInteger),
        sa.Column("mean", sa.Float(53)),
        sa.Column("sum", sa.Float(53)),
        sa.Column("first", sa.Float(53)),
        sa.Column("last", sa.Float(53)),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"]),
        sa.PrimaryKeyConstraint("series_id", "day"),
    )
    op.create_table(
        "import_delta",
        sa.Column("id", ID, primary_key=True),
        sa.Column("import_id", ID, nullable=False),
        sa.Column("series_id", ID, nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("end", sa.BigInteger, nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import.id"]),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"]),
    )
    op.create_index("ix_import_delta_import", "import_delta", ["import_id"])
    op.create_index("ix_import_delta_series", "import_delta", ["series_id", "start"])
    op.create_table(
        "latest",
        sa.Column("series_id", ID, primary_key=True, autoincrement=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("quality", sa.Integer, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("heard", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"]),
    )
    op.create_index("ix_latest_rev", "latest", ["rev"])
    op.create_table(
        "obligation",
        sa.Column("id", ID, primary_key=True),
        sa.Column("alert_id", ID, nullable=False),
        sa.Column("party", sa.String(200), nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("within", sa.BigInteger, nullable=False),
        sa.Column("due", sa.BigInteger),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("ended_by", sa.String(200)),
        sa.Column("via", sa.String(32)),
        sa.Column("note", sa.Text),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"]),
        sa.UniqueConstraint("alert_id", "party", "severity"),
    )
    op.create_index("ix_obligation_alert_id", "obligation", ["alert_id"])
    op.create_index("ix_obligation_due", "obligation", ["due"])
    op.create_index("ix_obligation_rev", "obligation", ["rev"])
    op.create_table(
        "outbox",
        sa.Column("id", ID, primary_key=True),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("alert_id", ID),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("next_at", sa.BigInteger),
        sa.Column("epoch", sa.BigInteger),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("accepted_at", sa.BigInteger),
        sa.Column("reason", sa.Text),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"]),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_outbox_alert_id", "outbox", ["alert_id"])
    op.create_index("ix_outbox_due", "outbox", ["state", "next_at"])
    op.create_index("ix_outbox_rev", "outbox", ["rev"])
    op.create_table(
        "quarantine",
        sa.Column("id", ID, primary_key=True),
        sa.Column("series_id", ID, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("import_id", ID),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("decided_by", sa.String(200)),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"]),
        sa.UniqueConstraint("series_id", "time", "value"),
    )
    op.create_table(
        "reading",
        sa.Column("series_id", ID, autoincrement=False, nullable=False),
        sa.Column("time", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("quality", sa.Integer, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"]),
        sa.PrimaryKeyConstraint("series_id", "time"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "session",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"]),
    )
    op.create_index("ix_session_user_id", "session", ["user_id"])
    op.create_table(
        "attempt",
        sa.Column("id", ID, primary_key=True),
        sa.Column("outbox_id", ID, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("sent", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"]),
    )
    op.create_index("ix_attempt_outbox_id", "attempt", ["outbox_id"])
    op.execute("INSERT INTO revision (id, rev) VALUES (1, 0)")


def downgrade() -> None:
    for name in reversed(_NAMES):
        op.drop_table(name)


_NAMES = (
    "alert", "audit", "call", "config_version", "dirty", "import", "inbox", "job", "lease",
    "revision", "rule_state", "series", "service_time", "setting", "token", "user",
    "alert_event", "block", "correction", "daily", "import_delta", "latest", "obligation",
    "outbox", "quarantine", "reading", "session", "attempt",
)
