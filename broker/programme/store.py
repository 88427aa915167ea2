"""The programme's tables. Private to the asking side: rows only, no rules.

What is about a person stands sealed under the programme's key at rest (`sealed`); a cookie or a
`state` as SHA-256 only, so that a copy of the database opens nobody's page. Times are integer
Unix seconds.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, LargeBinary
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class ProgrammeTable(SQLModel, registry=registry()):
    """The base of the programme's tables: metadata of their own, apart from the broker's."""


class ClientRow(ProgrammeTable, table=True):
    """A programme of this home: its OAuth client, and its root's statements for its keys."""

    __tablename__ = "client"

    programme: str = Field(primary_key=True, max_length=64)
    client_id: str = Field(max_length=64)
    sign_statement: str
    answer_statement: str


class ApplicationRow(ProgrammeTable, table=True):
    """One application. state: SHA-256 of the `state` we wait for; None once it came back.

    status: `begun`, `granted`, `denied` or `failed`. sealed: see `applications.Held`.
    """

    __tablename__ = "application"

    ref: str = Field(primary_key=True, max_length=22)
    session: bytes = Field(sa_type=LargeBinary)
    state: bytes | None = Field(default=None, sa_type=LargeBinary, unique=True)
    programme: str = Field(max_length=64)
    area: str = Field(max_length=64)
    lang: str = Field(max_length=2)
    status: str = Field(max_length=16)
    sealed: bytes = Field(sa_type=LargeBinary)
    created: int = Field(sa_type=BigInteger)


class VerificationRow(ProgrammeTable, table=True):
    """One request to the broker: made before it leaves, so that a retry asks the same thing.

    status: `asking`, `answered` or `refused`. sealed: what came of it.
    """

    __tablename__ = "verification"

    request_id: str = Field(primary_key=True, max_length=22)
    ref: str = Field(foreign_key="application.ref", index=True, max_length=22)
    number: int
    status: str = Field(max_length=16)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    created: int = Field(sa_type=BigInteger)


class DecisionRow(ProgrammeTable, table=True):
    """One decision: the digest for the log, and sealed what it commits to.

    Made before it is posted; index is its entry's once that is proven. status: `made`, `logged`
    or `not_in_force`.
    """

    __tablename__ = "decision"

    request_id: str = Field(primary_key=True, foreign_key="verification.request_id", max_length=22)
    formula: str = Field(max_length=64)
    digest: str = Field(max_length=64)
    status: str = Field(max_length=16)
    index: int | None = Field(default=None, sa_type=BigInteger)
    sealed: bytes = Field(sa_type=LargeBinary)
