"""The first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agency",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("root", sa.String(), nullable=False),
        sa.Column("keys", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "client",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("jwks", sa.String(), nullable=False),
        sa.Column("redirect_uris", sa.String(), nullable=False),
        sa.Column("name_id", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("client_id"),
    )
    op.create_table(
        "formula",
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("formula", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("index"),
    )
    op.create_table(
        "key",
        sa.Column("kid", sa.String(length=43), nullable=False),
        sa.Column("use", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=253), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("retired", sa.BigInteger(), nullable=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("kid"),
    )
    with op.batch_alter_table("key", schema=None) as batch_op:
        batch_op.create_index(
            "key_one_active",
            ["owner", "use"],
            unique=True,
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        )

    op.create_table(
        "person",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("nik_index", sa.LargeBinary(), nullable=False),
        sa.Column("reader_hash", sa.LargeBinary(), nullable=False),
        sa.Column("epoch_kid", sa.String(length=43), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("nik_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("village_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("trace_key_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("pin_salt", sa.LargeBinary(), nullable=False),
        sa.Column("pin_hash", sa.LargeBinary(), nullable=False),
        sa.Column("next_grant", sa.Integer(), nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("nik_index"),
        sa.UniqueConstraint("reader_hash"),
    )
    op.create_table(
        "pin_attempt",
        sa.Column("nik_index", sa.LargeBinary(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("nik_index"),
    )
    with op.batch_alter_table("pin_attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pin_attempt_until"), ["until"], unique=False)

    op.create_table(
        "posted",
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("statement"),
    )
    op.create_table(
        "programme_root",
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("root", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("programme"),
    )
    op.create_table(
        "pushed_request",
        sa.Column("uri_hash", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("dpop_jkt", sa.String(length=43), nullable=True),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("uri_hash"),
    )
    with op.batch_alter_table("pushed_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pushed_request_expires"), ["expires"], unique=False)

    op.create_table(
        "replay",
        sa.Column("what", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("what"),
    )
    with op.batch_alter_table("replay", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_replay_until"), ["until"], unique=False)

    op.create_table(
        "verification",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("items", sa.String(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("client_id", "request_id"),
    )
    op.create_table(
        "web_session",
        sa.Column("cookie_hash", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("cookie_hash"),
    )
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_web_session_expires"), ["expires"], unique=False)

    op.create_table(
        "access",
        sa.Column("question_id", sa.String(), nullable=False),
        sa.Column("verification_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("questions", sa.String(), nullable=False),
        sa.Column("q", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["verification_id"],
            ["verification.id"],
        ),
        sa.PrimaryKeyConstraint("question_id"),
    )
    with op.batch_alter_table("access", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_access_verification_id"), ["verification_id"], unique=False
        )

    op.create_table(
        "grant_record",
        sa.Column("grant_id", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=43), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("granted", sa.String(), nullable=False),
        sa.Column("declined", sa.String(), nullable=False),
        sa.Column("valid_until", sa.String(length=10), nullable=False),
        sa.Column("frequency_per", sa.String(length=8), nullable=False),
        sa.Column("frequency_max", sa.Integer(), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=False),
        sa.Column("prepared_at", sa.BigInteger(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("idx", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("parts", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("g", sa.String(length=64), nullable=False),
        sa.Column("w", sa.String(length=64), nullable=False),
        sa.Column("notice", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("grant_id"),
        sa.UniqueConstraint("g"),
        sa.UniqueConstraint("person_id", "n"),
        sa.UniqueConstraint("w"),
    )
    with op.batch_alter_table("grant_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grant_record_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_grant_record_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_grant_record_state"), ["state"], unique=False)

    op.create_table(
        "opening",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("digest"),
    )
    with op.batch_alter_table("opening", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opening_person_id"), ["person_id"], unique=False)

    op.create_table(
        "tag_counter",
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("person_id", "agency", "day"),
    )
    op.create_table(
        "authorization_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("grant_id", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("code_challenge", sa.String(length=128), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("consumed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["grant_record.grant_id"],
        ),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    with op.batch_alter_table("authorization_code", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_authorization_code_expires"), ["expires"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_authorization_code_grant_id"), ["grant_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("authorization_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_authorization_code_grant_id"))
        batch_op.drop_index(batch_op.f("ix_authorization_code_expires"))

    op.drop_table("authorization_code")
    op.drop_table("tag_counter")
    with op.batch_alter_table("opening", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opening_person_id"))

    op.drop_table("opening")
    with op.batch_alter_table("grant_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grant_record_state"))
        batch_op.drop_index(batch_op.f("ix_grant_record_person_id"))
        batch_op.drop_index(batch_op.f("ix_grant_record_client_id"))

    op.drop_table("grant_record")
    with op.batch_alter_table("access", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_verification_id"))
        batch_op.drop_index(batch_op.f("ix_access_person_id"))

    op.drop_table("access")
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_web_session_expires"))

    op.drop_table("web_session")
    op.drop_table("verification")
    with op.batch_alter_table("replay", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_replay_until"))

    op.drop_table("replay")
    with op.batch_alter_table("pushed_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pushed_request_expires"))

    op.drop_table("pushed_request")
    op.drop_table("programme_root")
    op.drop_table("posted")
    with op.batch_alter_table("pin_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pin_attempt_until"))

    op.drop_table("pin_attempt")
    op.drop_table("person")
    with op.batch_alter_table("key", schema=None) as batch_op:
        batch_op.drop_index(
            "key_one_active",
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        )

    op.drop_table("key")
    op.drop_table("formula")
    op.drop_table("client")
    op.drop_table("agency")
