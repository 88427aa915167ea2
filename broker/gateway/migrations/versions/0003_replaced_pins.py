"""Replaced pins"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "replaced_pin",
        sa.Column("person", sa.LargeBinary, primary_key=True),
        sa.Column("share_pin", sa.LargeBinary, primary_key=True),
        sa.Column("replaced_at", sa.BigInteger, nullable=False),
        sa.Column("closing", sa.BigInteger, nullable=False),
    )
