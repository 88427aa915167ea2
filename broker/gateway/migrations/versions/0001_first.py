"""The gateway's first tables, and its keyring's."""

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
        "statement",
        sa.Column("thumbprint", sa.String(43), primary_key=True),
        sa.Column("use", sa.String(16), nullable=False),
        sa.Column("statement", sa.String, nullable=False),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("verified_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_checkpoint_verified_at", "checkpoint", ["verified_at"])
    op.create_table(
        "conflict",
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("root", sa.LargeBinary, primary_key=True),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("against", sa.String, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "withdrawal_day",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("read_at", sa.BigInteger, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
    )
    op.create_table(
        "withdrawal",
        sa.Column("w", sa.LargeBinary, primary_key=True),
        sa.Column("index", sa.BigInteger, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
    )
    op.create_table(
        "pin",
        sa.Column("person", sa.LargeBinary, primary_key=True),
        sa.Column("share_pin", sa.LargeBinary, nullable=False),
        sa.Column("evidence", sa.String(64), nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_pin_first_seen", "pin", ["first_seen"])
    op.create_table(
        "subject_pin",
        sa.Column("person", sa.LargeBinary, primary_key=True),
        sa.Column("programme", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(43), nullable=False),
        sa.UniqueConstraint("programme", "subject"),
    )
    op.create_table(
        "asked",
        sa.Column("question_id", sa.String(22), primary_key=True),
        sa.Column("q", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("tag", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("person", sa.LargeBinary, nullable=False),
        sa.Column("programme", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(64), nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
    )
    op.create_index("asked_person", "asked", ["person", "programme", "purpose", "asked_at"])
    op.create_table(
        "asked_value",
        sa.Column(
            "question_id", sa.String(22), sa.ForeignKey("asked.question_id"), primary_key=True
        ),
        sa.Column("question", sa.String(64), primary_key=True),
        sa.Column("person", sa.LargeBinary, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
    )
    op.create_index("asked_value_person", "asked_value", ["person", "question", "asked_at"])
    op.create_table(
        "replay",
        sa.Column("iss", sa.String(64), primary_key=True),
        sa.Column("jti", sa.String(22), primary_key=True),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_replay_until", "replay", ["until"])
    op.create_table(
        "trail",
        sa.Column("index", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("person", sa.LargeBinary, nullable=False),
        sa.Column("salt", sa.LargeBinary),
        sa.Column("message", sa.String(22)),
    )
    op.create_index("ix_trail_person", "trail", ["person"])
