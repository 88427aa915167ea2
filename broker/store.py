"""The broker's own tables. Private to this package; only files of `broker` read or write them.

Times are Unix seconds. No row names a person: `person_id` is a random id, and a sealed answer is
as closed to the broker as to anybody else.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

# 64 bits in both: SQLite knows one kind of integer.
_WIDE = BigInteger().with_variant(Integer, "sqlite")


class AgencyRow(SQLModel, table=True):
    """An agency that answers: where its gateway is, and whose signature it answers with.

    keys: JSON of the gateway's working keys with their statements, as last learnt.
    """

    __tablename__ = "agency"

    id: str = Field(primary_key=True)
    url: str
    root: str
    keys: str = "{}"


class ProgrammeRootRow(SQLModel, table=True):
    """The root signing key of a programme, from the paper agreement."""

    __tablename__ = "programme_root"

    programme: str = Field(primary_key=True)
    root: str


class VerificationRow(SQLModel, table=True):
    """One programme's request about one person, and what came of it.

    body: SHA-256 of the request, so that a repeated request_id must mean the same thing.
    items: JSON as the programme gets it; empty until the verification is done.
    """

    __tablename__ = "verification"
    __table_args__ = (UniqueConstraint("client_id", "request_id"),)

    id: str = Field(primary_key=True)
    client_id: str
    request_id: str
    body: bytes = Field(sa_type=LargeBinary)
    grant_id: str
    person_id: str
    programme: str
    subject: str
    status: str
    items: str = "[]"
    created: int = Field(sa_type=_WIDE)


class AccessRow(SQLModel, table=True):
    """One access: made before its log entry, so that a crash leaves nothing unaccounted for.

    q: the entry's commitment, by which the entry is found when index is still empty.
    outcome: `answered` or `failed` once that is logged too.
    """

    __tablename__ = "access"

    question_id: str = Field(primary_key=True)
    verification_id: str = Field(foreign_key="verification.id", index=True)
    person_id: str = Field(index=True)
    grant_id: str
    programme: str
    purpose: str
    agency: str
    questions: str
    q: bytes = Field(sa_type=LargeBinary)
    at: int = Field(sa_type=_WIDE)
    index: int | None = Field(default=None, sa_type=_WIDE)
    outcome: str | None = None


class FormulaRow(SQLModel, table=True):
    """A formula that a programme has committed to in the log, for one area, from a moment on."""

    __tablename__ = "formula"

    index: int = Field(primary_key=True, sa_type=_WIDE)
    programme: str
    area: str
    formula: str
    valid_from: int = Field(sa_type=_WIDE)


class PolicyRow(SQLModel, table=True):
    """The policy that the log names last. one: 1, as there is one."""

    __tablename__ = "policy_in_force"

    one: int = Field(primary_key=True)
    digest: str = Field(max_length=64)


class PostedRow(SQLModel, table=True):
    """A programme's signed statement that stands in the log, so that posting it again is safe."""

    __tablename__ = "posted"

    statement: bytes = Field(primary_key=True, sa_type=LargeBinary)
    index: int = Field(sa_type=_WIDE)


class AuditRow(SQLModel, table=True):
    """An audit by sample that somebody began (`broker.auditing`), finished or not.

    reader: the SHA-256 of the auditor's token. size, root: of the checkpoint that was drawn from.
    indexes: JSON of what was drawn; empty until the nonce was shown. All bytes are hex.
    """

    __tablename__ = "audit"

    id: str = Field(primary_key=True)
    reader: str
    begun_at: int = Field(index=True)
    size: int = Field(sa_type=BigInteger)
    root: str
    most: int
    commitment: str
    coin: str
    nonce: str | None = None
    indexes: str = "[]"
    opened_at: int | None = None


class AuditedRow(SQLModel, table=True):
    """An access that was opened to an auditor. person_id: None where it could not be opened."""

    __tablename__ = "audited"

    audit_id: str = Field(primary_key=True, foreign_key="audit.id")
    index: int = Field(primary_key=True, sa_type=BigInteger)
    person_id: str | None = Field(default=None, index=True)
    at: int
