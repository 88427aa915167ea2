"""Alembic's environment: runs migrations on the connection that the broker hands over."""

from alembic import context
from sqlmodel import SQLModel

import keys.store  # noqa: F401 - the imports fill SQLModel's metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    # SQLite cannot alter a column in place.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
