"""Alembic's entry: migrates over the connection that floodwatch.store.migration hands in."""

from alembic import context

from floodwatch.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
