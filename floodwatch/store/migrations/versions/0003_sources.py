"""The sources: their state, raw frames, pictures, files taken, import profiles."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON()


def upgrade() -> None:
    op.create_table(
        "source_state",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("last_try", sa.BigInteger),
        sa.Column("last_success", sa.BigInteger),
        sa.Column("last_error", sa.Text),
        sa.Column("last_error_at", sa.BigInteger),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("newest", sa.BigInteger),
        sa.Column("taken", sa.BigInteger, nullable=False),
        sa.Column("stored", sa.BigInteger, nullable=False),
        sa.Column("duplicate", sa.BigInteger, nullable=False),
        sa.Column("rejected", sa.BigInteger, nullable=False),
        sa.Column("refusals", JSON, nullable=False),
        sa.Column("cursor", JSON, nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "frame",
        sa.Column("id", ID, primary_key=True),
        sa.Column("address", sa.String(16), nullable=False),
        sa.Column("station", sa.String(64)),
        sa.Column("peer", sa.String(64), nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("function", sa.Integer, nullable=False),
        sa.Column("serial", sa.Integer, nullable=False),
        sa.Column("sent", sa.String(12), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("readings", sa.Integer, nullable=False),
        sa.Column("problems", JSON, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "picture",
        sa.Column("id", ID, primary_key=True),
        sa.Column("station", sa.String(64), nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("mime", sa.String(32), nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "import_profile",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "dropped_file",
        sa.Column("id", ID, primary_key=True),
        sa.Column("folder", sa.String(64), nullable=False),
        sa.Column("name", sa.String(400), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("import_id", ID),
        sa.Column("reason", sa.Text),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("folder", "name", "digest", name="uq_dropped_file_folder_name_digest"),
    )
    op.create_index("ix_frame_received", "frame", ["received"])
    op.create_index("ix_frame_address", "frame", ["address", "received"])
    op.create_index("ix_frame_station", "frame", ["station", "id"])
    op.create_index("ix_picture_rev", "picture", ["rev"])
    op.create_index("ix_picture_station", "picture", ["station", "time"])
    op.create_index("ix_reading_rev", "reading", ["rev"])
    _mirror()


def _mirror() -> None:
    op.create_table(
        "archive_change",
        sa.Column("id", ID, primary_key=True),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.Column("series_id", ID, nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("end", sa.BigInteger, nullable=False),
        sa.Column("gone", sa.Boolean, nullable=False),
    )
    op.create_index("ix_archive_change_rev", "archive_change", ["rev"])
    op.create_table(
        "mirror_refused",
        sa.Column("id", ID, primary_key=True),
        sa.Column("series_id", ID, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("series_id", "time", name="uq_mirror_refused_series_id_time"),
    )


def downgrade() -> None:
    op.drop_index("ix_reading_rev", "reading")
    for name in ("archive_change", "mirror_refused", "dropped_file", "import_profile", "picture", "frame", "source_state"):
        op.drop_table(name)
