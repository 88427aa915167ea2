"""Alembic's environment of a programme: runs on the connection that the programme hands over."""

from alembic import context

from broker.programme.store import ProgrammeTable

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=ProgrammeTable.metadata,
    # SQLite cannot alter a column in place.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
