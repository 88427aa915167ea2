"""Notices by digest, and receipts"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("grant_record", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("lang", sa.String(length=2), nullable=False, server_default="id")
        )
    op.create_table(
        "notice",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("questions", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "receipt",
        sa.Column("g", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=22), nullable=False),
        sa.Column("replaced", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("g"),
        sa.UniqueConstraint("reference"),
    )
