"""The duty room: mutes, plan ticks, registers, the log, incoming answers; ways of telling."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _columns()
    op.create_table(
        "backup_source",
        sa.Column("id", ID, primary_key=True),
        sa.Column("station", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_backup_source_rev", "backup_source", ["rev"])
    op.create_index("ix_backup_source_station", "backup_source", ["station"])
    op.create_table(
        "city_request",
        sa.Column("id", ID, primary_key=True),
        sa.Column("station", sa.String(64), nullable=False),
        sa.Column("alert_id", ID),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("asked_by", sa.String(200), nullable=False),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("answered_by", sa.String(200)),
        sa.Column("answer", sa.Text),
        sa.Column("running_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_city_request_rev", "city_request", ["rev"])
    op.create_index("ix_city_request_alert_id", "city_request", ["alert_id"])
    op.create_index("ix_city_request_ended_at", "city_request", ["ended_at"])
    op.create_table(
        "exercise",
        sa.Column("id", ID, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("scope", sa.String(200), nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_exercise_rev", "exercise", ["rev"])
    op.create_table(
        "exercise_party",
        sa.Column("exercise_id", ID, primary_key=True),
        sa.Column("person", sa.String(200), primary_key=True),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("via", sa.String(16)),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["exercise_id"], ["exercise.id"]),
    )
    op.create_index("ix_exercise_party_rev", "exercise_party", ["rev"])
    op.create_table(
        "forecast",
        sa.Column("id", ID, primary_key=True),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("begins", sa.BigInteger, nullable=False),
        sa.Column("ends", sa.BigInteger, nullable=False),
        sa.Column("rainfall_mm", sa.Float(53), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_forecast_ends", "forecast", ["ends"])
    op.create_index("ix_forecast_rev", "forecast", ["rev"])
    op.create_table(
        "hazard",
        sa.Column("id", ID, primary_key=True),
        sa.Column("station", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("found_at", sa.BigInteger, nullable=False),
        sa.Column("found_by", sa.String(200), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("due", sa.BigInteger),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("variable", sa.String(32)),
        sa.Column("gauge", sa.String(32)),
        sa.Column("limit_value", sa.Float(53)),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("closed_by", sa.String(200)),
        sa.Column("note", sa.Text),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_hazard_rev", "hazard", ["rev"])
    op.create_index("ix_hazard_station", "hazard", ["station"])
    op.create_table(
        "incoming",
        sa.Column("id", ID, primary_key=True),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("provider_id", sa.String(200), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("person", sa.String(200)),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("alerts", sa.JSON, nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("channel", "provider_id"),
    )
    op.create_index("ix_incoming_rev", "incoming", ["rev"])
    op.create_table(
        "inspection",
        sa.Column("id", ID, primary_key=True),
        sa.Column("station", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_inspection_rev", "inspection", ["rev"])
    op.create_index("ix_inspection_station", "inspection", ["station"])
    op.create_table(
        "log_entry",
        sa.Column("id", ID, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("alert_id", ID),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_log_entry_at", "log_entry", ["at"])
    op.create_index("ix_log_entry_rev", "log_entry", ["rev"])
    op.create_table(
        "mute",
        sa.Column("id", ID, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("station", sa.String(64), nullable=False),
        sa.Column("alert_id", ID),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("begins", sa.BigInteger, nullable=False),
        sa.Column("ends", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("second", sa.String(200)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("ended_by", sa.String(200)),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"]),
    )
    op.create_index("ix_mute_alert_id", "mute", ["alert_id"])
    op.create_index("ix_mute_ends", "mute", ["ends"])
    op.create_index("ix_mute_ended_at", "mute", ["ended_at"])
    op.create_index("ix_mute_rev", "mute", ["rev"])
    op.create_table(
        "plan_tick",
        sa.Column("id", ID, primary_key=True),
        sa.Column("alert_id", ID, nullable=False),
        sa.Column("plan", sa.String(200), nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("undone_at", sa.BigInteger),
        sa.Column("undone_by", sa.String(200)),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"]),
    )
    op.create_index("ix_plan_tick_alert_id", "plan_tick", ["alert_id"])
    op.create_index("ix_plan_tick_rev", "plan_tick", ["rev"])
    op.create_table(
        "quota_use",
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("address", sa.String(320), primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("n", sa.Integer, nullable=False),
    )
    op.create_index("ix_quota_use_day", "quota_use", ["day"])
    op.create_table(
        "response",
        sa.Column("id", ID, primary_key=True),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("level", sa.Integer),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("document", sa.String(200), nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_response_rev", "response", ["rev"])
    op.create_table(
        "sound",
        sa.Column("id", ID, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("alert_id", ID, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_sound_at", "sound", ["at"])
    op.create_index("ix_sound_rev", "sound", ["rev"])


def _columns() -> None:
    op.add_column("alert", sa.Column("assignee", sa.String(200)))
    op.add_column("alert", sa.Column("muted_by", sa.String(64)))
    op.add_column("outbox", sa.Column("way", sa.String(8), nullable=False, server_default="text"))
    op.add_column("outbox", sa.Column("parts", sa.Integer, nullable=False, server_default="0"))
    op.add_column("outbox", sa.Column("provider_id", sa.String(200)))
    op.add_column("outbox", sa.Column("delivered_at", sa.BigInteger))
    op.add_column("outbox", sa.Column("digest_id", ID))
    op.add_column("outbox", sa.Column("instead_of", ID))
    op.add_column("outbox", sa.Column("slots", sa.Text()))
    op.create_index("ix_outbox_instead_of", "outbox", ["instead_of"])
    op.create_index("ix_outbox_digest_id", "outbox", ["digest_id"])
    op.create_index("ix_outbox_accepted_at", "outbox", ["accepted_at"])
    op.create_index("ix_outbox_person", "outbox", ["person", "created_at"])
    op.create_index("ix_alert_rule", "alert", ["rule"])
    op.create_index("ix_alert_event_at", "alert_event", ["at"])
    _obligation((*_OLD_UNIQUE, "stands_for"), _OLD_COLUMNS, _OLD_COLUMNS + _NEW_COLUMNS)
    op.create_index("ix_obligation_party", "obligation", ["party", "state", "ended_at"])


_OLD_UNIQUE = ("alert_id", "party", "severity")
_OLD_COLUMNS = (
    *("id", "alert_id", "party", "severity", "state", "opened_at", "within", "due", "step"),
    *("ended_at", "ended_by", "via", "note", "rev"),
)
_NEW_COLUMNS = ("stands_for", "way", "told_at")


def _obligation(unique: tuple[str, ...], kept: tuple[str, ...], columns: tuple[str, ...]) -> None:
    """The table made anew: SQLite changes no constraint of a table that is there."""
    for name in ("alert_id", "due", "rev"):
        op.drop_index(f"ix_obligation_{name}", "obligation")
    if op.get_bind().dialect.name == "postgresql":
        _altered(unique, columns)
    else:
        op.rename_table("obligation", "obligation_before")
        made = [column for column in _obligation_columns() if column.name in columns]
        op.create_table(
            "obligation",
            *made,
            sa.ForeignKeyConstraint(["alert_id"], ["alert.id"]),
            sa.UniqueConstraint(*unique),
        )
        names = ", ".join(kept)
        more, empty = (", stands_for", ", ''") if "stands_for" in columns else ("", "")
        op.execute(
            f"INSERT INTO obligation ({names}{more}) "  # noqa: S608
            f"SELECT {names}{empty} FROM obligation_before"
        )
        op.drop_table("obligation_before")
    for name in ("alert_id", "due", "rev"):
        op.create_index(f"ix_obligation_{name}", "obligation", [name])


def _altered(unique: tuple[str, ...], columns: tuple[str, ...]) -> None:
    added = "stands_for" in columns
    before = unique[:-1] if added else (*unique, "stands_for")
    op.drop_constraint(f"uq_obligation_{'_'.join(before)}", "obligation")
    for column in _obligation_columns():
        if column.name in _NEW_COLUMNS:
            if not added:
                op.drop_column("obligation", column.name)
            elif column.name == "stands_for":
                some = sa.Column(column.name, column.type, nullable=False, server_default="")
                op.add_column("obligation", some)
                op.alter_column("obligation", "stands_for", server_default=None)
            else:
                op.add_column("obligation", column)
    op.create_unique_constraint(f"uq_obligation_{'_'.join(unique)}", "obligation", list(unique))


def _obligation_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("id", ID, primary_key=True),
        sa.Column("alert_id", ID, nullable=False),
        sa.Column("party", sa.String(200), nullable=False),
        sa.Column("stands_for", sa.String(200), nullable=False),
        sa.Column("way", sa.String(8), nullable=False, server_default="call"),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("within", sa.BigInteger, nullable=False),
        sa.Column("due", sa.BigInteger),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("told_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("ended_by", sa.String(200)),
        sa.Column("via", sa.String(32)),
        sa.Column("note", sa.Text),
        sa.Column("rev", sa.BigInteger, nullable=False),
    ]


def downgrade() -> None:
    op.drop_index("ix_alert_rule", "alert")
    op.drop_index("ix_alert_event_at", "alert_event")
    op.drop_index("ix_outbox_person", "outbox")
    op.drop_index("ix_obligation_party", "obligation")
    op.execute("DELETE FROM obligation WHERE stands_for <> ''")
    _obligation(_OLD_UNIQUE, _OLD_COLUMNS, _OLD_COLUMNS)
    for name in _NAMES:
        op.drop_table(name)
    op.drop_index("ix_outbox_accepted_at", "outbox")
    op.drop_index("ix_outbox_instead_of", "outbox")
    op.drop_index("ix_outbox_digest_id", "outbox")
    for name in ("way", "parts", "provider_id", "delivered_at", "digest_id", "instead_of", "slots"):
        op.drop_column("outbox", name)
    for name in ("assignee", "muted_by"):
        op.drop_column("alert", name)


_NAMES = (
    "backup_source",
    "city_request",
    "exercise_party",
    "exercise",
    "forecast",
    "hazard",
    "incoming",
    "inspection",
    "log_entry",
    "mute",
    "plan_tick",
    "quota_use",
    "response",
    "sound",
)
