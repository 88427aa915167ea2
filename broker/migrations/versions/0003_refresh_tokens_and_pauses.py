"""Refresh tokens, pauses after a no, and clients whose keys stand at a URL"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.add_column(sa.Column("jwks_uri", sa.String(), nullable=True))
    op.create_table(
        "refresh_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("family", sa.String(length=22), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.String(length=22), nullable=False),
        sa.Column("jkt", sa.String(length=43), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["grant_record.grant_id"]),
        sa.PrimaryKeyConstraint("token_hash"),
        sa.UniqueConstraint("family"),
    )
    with op.batch_alter_table("refresh_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refresh_token_grant_id"), ["grant_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_refresh_token_expires"), ["expires"], unique=False)
    op.create_table(
        "pause",
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("person_id", "programme"),
    )
    with op.batch_alter_table("pause", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pause_until"), ["until"], unique=False)


def downgrade() -> None:
    op.drop_table("pause")
    op.drop_table("refresh_token")
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.drop_column("jwks_uri")
