"""Alembic's environment: migrations always run on a connection that the catalog hands over."""

from alembic import context

from plainfilm.archive.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters tables by copying them
)
with context.begin_transaction():
    context.run_migrations()
