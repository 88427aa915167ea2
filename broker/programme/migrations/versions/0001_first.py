"""The programme's first tables, and its keyring's."""

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
        "client",
        sa.Column("programme", sa.String(64), primary_key=True),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("sign_statement", sa.String, nullable=False),
        sa.Column("answer_statement", sa.String, nullable=False),
    )
    op.create_table(
        "application",
        sa.Column("ref", sa.String(22), primary_key=True),
        sa.Column("session", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.LargeBinary, unique=True),
        sa.Column("programme", sa.String(64), nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("lang", sa.String(2), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "verification",
        sa.Column("request_id", sa.String(22), primary_key=True),
        sa.Column("ref", sa.String(22), sa.ForeignKey("application.ref"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_verification_ref", "verification", ["ref"])
    op.create_table(
        "decision",
        sa.Column(
            "request_id",
            sa.String(22),
            sa.ForeignKey("verification.request_id"),
            primary_key=True,
        ),
        sa.Column("formula", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("index", sa.BigInteger),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    for table in ("decision", "verification", "application", "client", "key"):
        op.drop_table(table)
