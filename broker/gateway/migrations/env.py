"""Alembic's environment of a gateway: runs on the connection that the gateway hands over."""

from alembic import context

from broker.gateway.store import GatewayTable

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=GatewayTable.metadata,
    # SQLite cannot alter a column in place.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
