"""The witness's first tables, and its keyring's."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The keyring's table; `keys.store` names its columns.
    op.create_table(
        "key",
        sa.Column("kid", sa.String(43), primary_key=True),
        sa.Column("use", sa.String(16), nullable=False),
        sa.Column("owner", sa.String(253), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("retired", sa.BigInteger),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    active = sa.text("state = 'active'")
    op.create_index(
        "key_one_active",
        "key",
        ["owner", "use"],
        unique=True,
        sqlite_where=active,
        postgresql_where=active,
    )
    op.create_table(
        "cosigned",
        sa.Column("origin", sa.String, primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("at", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("cosigned")
    op.drop_table("key")
