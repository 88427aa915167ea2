"""The gateway's tables. Private to the gateway: rows only, no rules.

A person is `kek.mac("person", NIK)`: without the KEK nobody can try NIKs against these rows. No
share, answer or NIK is stored. Times are integer Unix seconds.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class GatewayTable(SQLModel, registry=registry()):
    """The base of the gateway's tables: metadata of their own, apart from the broker's."""


class CheckpointRow(GatewayTable, table=True):
    """A checkpoint of the broker's log that was verified and found consistent.

    Rows older than what any check looks at are pruned; the largest always stays.
    """

    __tablename__ = "checkpoint"

    size: int = Field(primary_key=True, sa_type=BigInteger)
    root: bytes = Field(sa_type=LargeBinary)
    note: str
    verified_at: int = Field(sa_type=BigInteger, index=True)


class EarlierLogRow(GatewayTable, table=True):
    """The largest verified checkpoint of a log that the broker's present one continues."""

    __tablename__ = "earlier_log"

    origin: str = Field(primary_key=True, max_length=253)
    size: int = Field(sa_type=BigInteger)
    root: bytes = Field(sa_type=LargeBinary)
    note: str
    left_at: int = Field(sa_type=BigInteger)


class ConflictRow(GatewayTable, table=True):
    """A signed checkpoint that contradicts a verified one: proof of a split view, kept for ever."""

    __tablename__ = "conflict"

    size: int = Field(primary_key=True, sa_type=BigInteger)
    root: bytes = Field(primary_key=True, sa_type=LargeBinary)
    note: str
    against: str
    seen_at: int = Field(sa_type=BigInteger)


class WithdrawalDayRow(GatewayTable, table=True):
    """How far one day's list of withdrawals is known. complete: the day was over when read."""

    __tablename__ = "withdrawal_day"

    day: str = Field(primary_key=True, max_length=10)
    read_at: int = Field(sa_type=BigInteger)
    complete: bool


class WithdrawalRow(GatewayTable, table=True):
    """A withdrawn grant's commitment, with its entry's index in the broker's log."""

    __tablename__ = "withdrawal"

    w: bytes = Field(primary_key=True, sa_type=LargeBinary)
    index: int = Field(sa_type=BigInteger)
    day: str = Field(max_length=10)


class PinRow(GatewayTable, table=True):
    """The trace share and the passkey first seen for a person, as their SHA-256.

    evidence: of the first grant. passkey_index: of the oldest grant's entry that the passkey
    confirmed; passkey_seen: when it was first seen.
    """

    __tablename__ = "pin"

    person: bytes = Field(primary_key=True, sa_type=LargeBinary)
    share_pin: bytes = Field(sa_type=LargeBinary)
    evidence: str = Field(max_length=64)
    first_seen: int = Field(sa_type=BigInteger, index=True)
    passkey: bytes | None = Field(default=None, sa_type=LargeBinary)
    passkey_index: int | None = Field(default=None, sa_type=BigInteger)
    passkey_seen: int | None = Field(default=None, sa_type=BigInteger, index=True)


class ForgottenPasskeyRow(GatewayTable, table=True):
    """A passkey that the agency's operator let go at the person's own wish."""

    __tablename__ = "forgotten_passkey"

    person: bytes = Field(primary_key=True, sa_type=LargeBinary)
    forgotten_at: int = Field(primary_key=True, sa_type=BigInteger)
    passkey: bytes = Field(sa_type=LargeBinary)
    passkey_seen: int = Field(sa_type=BigInteger)


class ReplacedPinRow(GatewayTable, table=True):
    """A share that was pinned for a person until a closing of it was shown. closing: its index."""

    __tablename__ = "replaced_pin"

    person: bytes = Field(primary_key=True, sa_type=LargeBinary)
    share_pin: bytes = Field(primary_key=True, sa_type=LargeBinary)
    replaced_at: int = Field(sa_type=BigInteger)
    closing: int = Field(sa_type=BigInteger)


class SubjectPinRow(GatewayTable, table=True):
    """A programme's pseudonym first seen for a person."""

    __tablename__ = "subject_pin"
    # Both ways: one pseudonym for two people would hand one person's answers out as another's.
    __table_args__: ClassVar[Any] = (UniqueConstraint("programme", "subject"),)

    person: bytes = Field(primary_key=True, sa_type=LargeBinary)
    programme: str = Field(primary_key=True, max_length=64)
    subject: str = Field(max_length=43)


class AskedRow(GatewayTable, table=True):
    """A question that passed every check. q and tag: of its entry in the broker's log."""

    __tablename__ = "asked"
    __table_args__: ClassVar[Any] = (
        Index("asked_person", "person", "programme", "purpose", "asked_at"),
    )

    question_id: str = Field(primary_key=True, max_length=22)
    q: bytes = Field(sa_type=LargeBinary, unique=True)
    tag: bytes = Field(sa_type=LargeBinary, unique=True)
    person: bytes = Field(sa_type=LargeBinary)
    programme: str = Field(max_length=64)
    purpose: str = Field(max_length=64)
    asked_at: int = Field(sa_type=BigInteger)


class AskedValueRow(GatewayTable, table=True):
    """The value with which one question of an access was asked. value: canonical JSON."""

    __tablename__ = "asked_value"
    __table_args__: ClassVar[Any] = (Index("asked_value_person", "person", "question", "asked_at"),)

    question_id: str = Field(primary_key=True, max_length=22, foreign_key="asked.question_id")
    question: str = Field(primary_key=True, max_length=64)
    person: bytes = Field(sa_type=LargeBinary)
    value: str
    asked_at: int = Field(sa_type=BigInteger)


class ReplayRow(GatewayTable, table=True):
    """A message that was accepted, remembered until nobody would accept it anyway."""

    __tablename__ = "replay"

    iss: str = Field(primary_key=True, max_length=64)
    jti: str = Field(primary_key=True, max_length=22)
    until: int = Field(sa_type=BigInteger, index=True)


class TrailRow(GatewayTable, table=True):
    """An entry of the gateway's own log that is about this person.

    salt, message: what the digest of a refusal's entry is made of, so that it can be opened.
    evidence: the kind that the question's grant was shown by; None where it was refused.
    """

    __tablename__ = "trail"

    index: int = Field(primary_key=True, sa_type=BigInteger)
    person: bytes = Field(sa_type=LargeBinary, index=True)
    salt: bytes | None = Field(default=None, sa_type=LargeBinary)
    message: str | None = Field(default=None, max_length=22)
    evidence: str | None = Field(default=None, max_length=64)


class StatementRow(GatewayTable, table=True):
    """The root key's statement for one of the gateway's working keys."""

    __tablename__ = "statement"

    thumbprint: str = Field(primary_key=True, max_length=43)
    use: str = Field(max_length=16)
    statement: str
