"""Every table of consent; private to this package and `broker.wiring`.

Rows only: no rules, no keys. What could say who somebody is stands sealed or keyed, and secrets
that somebody else holds (codes, cookies, request_uris) stand as SHA-256 only, so that a copy of
the database signs nobody in. Times are integer Unix seconds; SHA-256 values are raw bytes.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Engine, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel


class PersonRow(SQLModel, table=True):
    """One adult. `key` is her person key, wrapped under an epoch key; `*_sealed` are under hers."""

    __tablename__ = "person"

    id: str = Field(primary_key=True, max_length=22)
    nik_index: bytes = Field(sa_type=LargeBinary, unique=True)
    reader_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    epoch_kid: str = Field(max_length=43)
    key: bytes = Field(sa_type=LargeBinary)
    nik_sealed: bytes = Field(sa_type=LargeBinary)
    name_sealed: bytes = Field(sa_type=LargeBinary)
    village_sealed: bytes = Field(sa_type=LargeBinary)
    trace_key_sealed: bytes = Field(sa_type=LargeBinary)
    trace_key_printed: bool = Field(default=False)
    pin_salt: bytes = Field(sa_type=LargeBinary)
    pin_hash: bytes = Field(sa_type=LargeBinary)
    next_grant: int = Field(default=1)
    enrolled_at: int = Field(sa_type=BigInteger)

    def __repr__(self) -> str:
        return f"PersonRow(id={self.id!r})"

    __str__ = __repr__


class TraceChangeRow(SQLModel, table=True):
    """A person's change of trace key that is under way. again: JSON, grant id -> prepared id."""

    __tablename__ = "trace_change"

    person_id: str = Field(primary_key=True, max_length=22, foreign_key="person.id")
    key_sealed: bytes = Field(sa_type=LargeBinary)
    again: str
    printed: bool


class ClosedKeyRow(SQLModel, table=True):
    """A trace key that was a person's. settled: JSON list of agencies that know a later one."""

    __tablename__ = "closed_key"

    person_id: str = Field(primary_key=True, max_length=22, foreign_key="person.id")
    number: int = Field(primary_key=True)
    key_sealed: bytes = Field(sa_type=LargeBinary)
    settled: str


class PinAttemptRow(SQLModel, table=True):
    """Sign-in attempts for one NIK's blind index, whether anybody has that NIK or not."""

    __tablename__ = "pin_attempt"

    nik_index: bytes = Field(sa_type=LargeBinary, primary_key=True)
    attempts: int
    until: int = Field(sa_type=BigInteger, index=True)


class PasskeyRow(SQLModel, table=True):
    """A person's passkey; at most one. id_hash: SHA-256 of its credential id.

    Not sealed: a passkey is made for this site alone, and tells nobody else whose it is.
    """

    __tablename__ = "passkey"

    id_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    person_id: str = Field(max_length=22, foreign_key="person.id", unique=True)
    credential_id: bytes = Field(sa_type=LargeBinary)
    public_key: bytes = Field(sa_type=LargeBinary)
    sign_count: int = Field(sa_type=BigInteger)
    added_at: int = Field(sa_type=BigInteger)


class TagCounterRow(SQLModel, table=True):
    """How many tags of one person, agency (or `izin`) and day are drawn."""

    __tablename__ = "tag_counter"

    person_id: str = Field(primary_key=True, max_length=22, foreign_key="person.id")
    agency: str = Field(primary_key=True, max_length=64)
    day: str = Field(primary_key=True, max_length=10)
    drawn: int


class OpeningRow(SQLModel, table=True):
    """The opening of one digest in the log, sealed under the person's key."""

    __tablename__ = "opening"

    digest: str = Field(primary_key=True, max_length=64)
    person_id: str = Field(max_length=22, foreign_key="person.id", index=True)
    sealed: bytes = Field(sa_type=LargeBinary)


class GrantRow(SQLModel, table=True):
    """One grant. `idx` is its entry's index; items, parts and evidence are JSON texts."""

    __tablename__ = "grant_record"
    __table_args__ = (UniqueConstraint("person_id", "n"),)

    grant_id: str = Field(primary_key=True, max_length=22)
    person_id: str = Field(max_length=22, foreign_key="person.id", index=True)
    client_id: str = Field(max_length=64, index=True)
    programme: str = Field(max_length=64)
    subject: str = Field(max_length=43)
    purpose: str = Field(max_length=64)
    n: int
    granted: str
    declined: str
    valid_until: str = Field(max_length=10)
    frequency_per: str = Field(max_length=8)
    frequency_max: int
    retention_days: int
    prepared_at: int = Field(sa_type=BigInteger)
    given_at: int | None = Field(default=None, sa_type=BigInteger)
    withdrawn_at: int | None = Field(default=None, sa_type=BigInteger)
    idx: int | None = Field(default=None, sa_type=BigInteger)
    state: str = Field(max_length=16, index=True)
    parts: str
    evidence: str
    g: str = Field(max_length=64, unique=True)
    w: str = Field(max_length=64, unique=True)
    notice: str = Field(max_length=64)
    lang: str = Field(default="id", max_length=2, sa_column_kwargs={"server_default": "id"})

    def __repr__(self) -> str:
        return f"GrantRow(grant_id={self.grant_id!r}, state={self.state!r})"

    __str__ = __repr__


class NoticeRow(SQLModel, table=True):
    """The words of one notice, by their digest: canonical JSON, and nobody's data.

    questions: JSON, `[[agency, question], ...]` in the order of the notice's items.
    """

    __tablename__ = "notice"

    digest: str = Field(primary_key=True, max_length=64)
    text: str
    questions: str


class ReceiptRow(SQLModel, table=True):
    """The reference of one grant's receipt, which nobody guesses. replaced: by another grant.

    By the grant's commitment: a new trace key lets another grant go on under the same id.
    """

    __tablename__ = "receipt"

    g: str = Field(primary_key=True, max_length=64)
    reference: str = Field(max_length=22, unique=True)
    replaced: bool = Field(default=False)


class ClientRow(SQLModel, table=True):
    """One OAuth client of a programme. jwks: JSON, its keys; `{}` where jwks_uri has them."""

    __tablename__ = "client"

    client_id: str = Field(primary_key=True, max_length=64)
    programme: str = Field(max_length=64)
    jwks: str
    redirect_uris: str
    name_id: str
    name_en: str
    jwks_uri: str | None = None


class PushedRequestRow(SQLModel, table=True):
    """One pushed authorization request (RFC 9126)."""

    __tablename__ = "pushed_request"

    uri_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    client_id: str = Field(max_length=64)
    payload: str
    dpop_jkt: str | None = Field(default=None, max_length=43)
    expires: int = Field(sa_type=BigInteger, index=True)
    used: bool = Field(default=False)


class AuthorizationCodeRow(SQLModel, table=True):
    """One authorization code; kept for a while after its use, to notice a second one."""

    __tablename__ = "authorization_code"

    code_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    client_id: str = Field(max_length=64)
    request: str
    grant_id: str = Field(max_length=22, foreign_key="grant_record.grant_id", index=True)
    person_id: str = Field(max_length=22)
    code_challenge: str = Field(max_length=128)
    expires: int = Field(sa_type=BigInteger, index=True)
    consumed: bool = Field(default=False)


class RefreshTokenRow(SQLModel, table=True):
    """One refresh token. family: names the access tokens that it gives, and gave."""

    __tablename__ = "refresh_token"

    token_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    family: str = Field(max_length=22, unique=True)
    client_id: str = Field(max_length=64)
    grant_id: str = Field(max_length=22, foreign_key="grant_record.grant_id", index=True)
    jkt: str = Field(max_length=43)
    expires: int = Field(sa_type=BigInteger, index=True)
    revoked: bool = Field(default=False)


class PauseRow(SQLModel, table=True):
    """Until when a programme may not ask a person again, since she declined everything."""

    __tablename__ = "pause"

    person_id: str = Field(primary_key=True, max_length=22, foreign_key="person.id")
    programme: str = Field(primary_key=True, max_length=64)
    until: int = Field(sa_type=BigInteger, index=True)


class WebSessionRow(SQLModel, table=True):
    """One browser's session; `content`: JSON of opaque ids and of answers under way."""

    __tablename__ = "web_session"

    cookie_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    content: str
    expires: int = Field(sa_type=BigInteger, index=True)


class ReplayRow(SQLModel, table=True):
    """Something that may be used once: the SHA-256 of (kind, id), until it is too old anyway."""

    __tablename__ = "replay"

    what: bytes = Field(sa_type=LargeBinary, primary_key=True)
    until: int = Field(sa_type=BigInteger, index=True)


_ROWS = (
    PersonRow,
    TraceChangeRow,
    ClosedKeyRow,
    PinAttemptRow,
    PasskeyRow,
    TagCounterRow,
    OpeningRow,
    GrantRow,
    NoticeRow,
    ReceiptRow,
    ClientRow,
    PushedRequestRow,
    AuthorizationCodeRow,
    RefreshTokenRow,
    PauseRow,
    WebSessionRow,
    ReplayRow,
)


def create_tables(engine: Engine) -> None:
    """Make the tables where no migration does: in tests and throw-away databases."""
    tables = [SQLModel.metadata.tables[str(row.__tablename__)] for row in _ROWS]
    SQLModel.metadata.create_all(engine, tables=tables)
