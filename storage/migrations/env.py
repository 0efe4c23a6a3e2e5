"""What alembic runs around a migration: it uses the connection and the transaction that `migrations` hands it."""

from alembic import context

from storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a table in place
    transactional_ddl=True,  # true for SQLite as well, as our engine begins transactions itself
)
with context.begin_transaction():
    context.run_migrations()
