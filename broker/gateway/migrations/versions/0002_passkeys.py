"""Pinned passkeys, those that were forgotten, and the evidence behind each answer."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pin", sa.Column("passkey", sa.LargeBinary))
    op.add_column("pin", sa.Column("passkey_index", sa.BigInteger))
    op.add_column("pin", sa.Column("passkey_seen", sa.BigInteger))
    op.create_index("ix_pin_passkey_seen", "pin", ["passkey_seen"])
    op.add_column("trail", sa.Column("evidence", sa.String(64)))
    op.create_table(
        "forgotten_passkey",
        sa.Column("person", sa.LargeBinary, primary_key=True),
        sa.Column("forgotten_at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("passkey", sa.LargeBinary, nullable=False),
        sa.Column("passkey_seen", sa.BigInteger, nullable=False),
    )
