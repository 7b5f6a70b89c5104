"""The first tables."""

from alembic import op

from floodwatch.store.tables import metadata, revision as revision_table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind(), checkfirst=False)
    op.bulk_insert(revision_table, [{"id": 1, "rev": 0}])


def downgrade() -> None:
    metadata.drop_all(op.get_bind())
