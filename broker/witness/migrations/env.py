"""Alembic's environment of a witness: runs on the connection that the witness hands over."""

from alembic import context

from broker.witness.store import WitnessTable

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=WitnessTable.metadata,
    # SQLite cannot alter a column in place.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
