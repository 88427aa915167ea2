"""The invented people, keys and grant that every vector is about; nothing is drawn by chance."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

from audit import trace
from audit.canonical import Json
from broker.asked import Asked
from consent.evidence import attest, challenge
from consent.parts import Part, part_digest, person_binding, sign_part
from keys import base64url
from keys.profiles import PROFILES, grow_key
from keys.signing import NamedSigner, SigningKey
from keys.statements import Statement, sign_statement
from policies.ask import Frequency, Item

ORIGIN = "izin.example"
AGENCY, OTHER_AGENCY, PROGRAMME, PURPOSE = "polri", "himbara", "pkh", "eligibility"
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
SECONDS = int(AT.timestamp())
DAY = AT.date()

NIK = "3510990211850001"
TRACE_KEY = bytes(range(32))
GRANT_NUMBER = 1
GID = trace.gid(TRACE_KEY, GRANT_NUMBER)
SUBJECT = base64url.encode(b"\x22" * 32)
NOTICE = hashlib.sha256(b"the words that she was shown").hexdigest()

SEEDS = {
    "log": b"\x01" * 32,
    "consent": b"\x02" * 32,
    "broker root": b"\x03" * 32,
    "broker sign": b"\x04" * 32,
    "agency root": b"\x05" * 32,
    "agency sign": b"\x06" * 32,
    "programme root": b"\x07" * 32,
    "agency seal": b"\x08" * 32,
    "programme answer": b"\x09" * 32,
}
SIGNING = {
    name: SigningKey.from_seed(seed)
    for name, seed in SEEDS.items()
    if name not in {"agency seal", "programme answer"}
}
SEALING = {
    (name, algorithm): grow_key(algorithm, SEEDS[name])
    for name in ("agency seal", "programme answer")
    for algorithm in PROFILES
}
LOG_SIGNER = NamedSigner(ORIGIN, SIGNING["log"])


def statement(owner: str, use: str, thumbprint: str, root: str) -> str:
    """Return a root's statement for a working key, good for a day around `AT`."""
    said = Statement(owner, use, thumbprint, SECONDS - 43_200, SECONDS + 43_200)
    return sign_statement(said, SIGNING[root])


QUESTIONS = {
    AGENCY: (Asked("motorcycles_above", {"count": 1}), Asked("owns_car")),
    OTHER_AGENCY: (Asked("balance_above", {"rupiah": 5_000_000}),),
}


def _part(agency: str) -> Part:
    return Part(
        programme=PROGRAMME,
        agency=agency,
        subject=SUBJECT,
        purpose=PURPOSE,
        questions=tuple(Item(agency, each.question, each.params) for each in QUESTIONS[agency]),
        valid_until=date(2027, 2, 28),
        frequency=Frequency("month", 1),
        retention_days=90,
        sub=person_binding(GID, NIK),
        notice=NOTICE,
    )


PARTS = {agency: sign_part(_part(agency), SIGNING["consent"]) for agency in QUESTIONS}
SHARES = {agency: trace.share(TRACE_KEY, agency) for agency in (*QUESTIONS, trace.IZIN)}
TRACES = sorted(trace.share_commitment(GID, SHARES[agency], agency).hex() for agency in QUESTIONS)
G = trace.given_commitment(GID).hex()
CHALLENGE = challenge(G, TRACES, [part_digest(part) for part in PARTS.values()])
EVIDENCE: dict[str, Json] = {**attest(CHALLENGE, SIGNING["consent"])}
