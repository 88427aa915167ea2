"""Who takes part in the gateway's tests: keys, settings, people and grants, all made up."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from audit import trace
from broker.asked import Asked
from keys import base64url
from keys.sign_in_trust import PasskeySite
from keys.signing import SigningKey
from keys.statements import Statement, sign_statement
from keys.xwing import SealingKey
from policies.ask import Frequency

AGENCY = "himbara"
ORIGIN = "izin.example"
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
FAR = date(2027, 2, 28)
OFTEN = Frequency("month", 10)

BROKER_ROOT = SigningKey.from_seed(b"\x11" * 32)
BROKER_SIGN = SigningKey.from_seed(b"\x12" * 32)
CONSENT = SigningKey.from_seed(b"\x13" * 32)
LOG = SigningKey.from_seed(b"\x14" * 32)
PROGRAMME_ROOT = SigningKey.from_seed(b"\x15" * 32)
STRANGER = SigningKey.from_seed(b"\x16" * 32)
ANSWER = SealingKey.from_seed(b"\x17" * 32)
BROKERS_OWN = SealingKey.from_seed(b"\x18" * 32)

SITE = PasskeySite("izin.example", "https://izin.example")
HAS_ACCOUNT = Asked("has_account")
RICH, POOR = "3510990101800001", "3510990101800002"

SETTINGS = """\
[gateway]
agency = "himbara"
origin = "himbara.izin.example"
url = "http://127.0.0.1:8100"
open_entries = true
{more}
[sources.bank]
url = "sqlite:///bank.db"
as_of = "2026-11-20"

[questions.has_account]
statement = "SELECT COUNT(*) FROM account WHERE nik = :nik"
operator = "holds"

[questions.balance_above]
statement = "SELECT balance FROM account WHERE nik = :nik"
operator = "above"
param = "rupiah"
"""


def above(rupiah: int) -> Asked:
    return Asked("balance_above", {"rupiah": rupiah})


def vouch(
    key_thumbprint: str,
    use: str,
    *,
    owner: str,
    root: SigningKey,
    at: datetime = NOW,
    days: int = 365,
) -> str:
    from_ = int(at.timestamp()) - 86_400
    return sign_statement(Statement(owner, use, key_thumbprint, from_, from_ + days * 86_400), root)


@dataclass
class Clock:
    moment: datetime = NOW

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class Person:
    nik: str = POOR
    trace_key: bytes = b"\x21" * 32
    subject: str = base64url.encode(b"\x22" * 32)
    tags: Any = field(default_factory=lambda: itertools.count())
    grants: Any = field(default_factory=lambda: itertools.count())


@dataclass(frozen=True)
class Grant:
    """A grant as the broker holds it; index: of its entry."""

    person: Person
    programme: str
    purpose: str
    gid: bytes
    part: str
    others: tuple[str, ...]
    evidence: Mapping[str, Any]
    index: int

    @property
    def w(self) -> bytes:
        return trace.withdrawn_commitment(self.gid)
