"""Audits that were begun, and which accesses they opened"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("begun_at", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.String(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("commitment", sa.String(), nullable=False),
        sa.Column("coin", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=True),
        sa.Column("indexes", sa.String(), nullable=False),
        sa.Column("opened_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_begun_at"), ["begun_at"], unique=False)
    op.create_table(
        "audited",
        sa.Column("audit_id", sa.String(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"]),
        sa.PrimaryKeyConstraint("audit_id", "index"),
    )
    with op.batch_alter_table("audited", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audited_person_id"), ["person_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("audited", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audited_person_id"))

    op.drop_table("audited")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_begun_at"))

    op.drop_table("audit")
