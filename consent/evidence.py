"""What shows that the person gave a grant: evidence over a challenge that binds all its parts.

Pure: no I/O. Kinds and their strength are the catalogue's (`policies.catalogue.EVIDENCE`). This
version makes and checks `broker-attested` only: the consent server says that the person signed in
with her PIN and allowed it. Every other kind is refused rather than believed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from audit.canonical import Json, encode
from audit.errors import AuditError
from consent.errors import EvidenceError
from keys.errors import KeysError
from keys.jws import peek_header, sign_compact, verify_compact
from keys.signing import SigningKey, VerifyKey

BROKER_ATTESTED: Final = "broker-attested"
EVIDENCE_TYP: Final = "izin-evidence+jws"


def challenge(g: str, traces: Iterable[str], part_digests: Iterable[str]) -> bytes:
    """Return what the evidence is over.

    All hex, as the log's entry carries them: `g`, the `traces` of every agency, and the digests
    of all parts (each agency gets its own part and the others' digests).
    """
    body: dict[str, Json] = {
        "g": g,
        "traces": [*sorted(traces)],
        "parts": [*sorted(part_digests)],
    }
    try:
        return hashlib.sha256(b"izin/v1/consent/" + encode(body)).digest()
    except AuditError as error:
        raise EvidenceError("the challenge cannot be computed of these values") from error


def attest(over: bytes, key: SigningKey) -> dict[str, str]:
    """Return broker-attested evidence over a challenge, as message members."""
    statement = sign_compact(_attestation(over), key, typ=EVIDENCE_TYP)
    return {"kind": BROKER_ATTESTED, "statement": statement}


def check_evidence(
    evidence: Mapping[str, object], over: bytes, *, consent_keys: Collection[VerifyKey]
) -> str:
    """Return the kind of `evidence` once it is shown to be over the challenge `over`.

    consent_keys: those of the trust file. Raises EvidenceError.
    """
    if evidence.get("kind") != BROKER_ATTESTED:
        raise EvidenceError("this kind of evidence cannot be checked, so it shows nothing")
    statement = evidence.get("statement")
    if evidence.keys() != {"kind", "statement"} or not isinstance(statement, str):
        raise EvidenceError("the evidence is not of its form")
    try:
        kid = peek_header(statement).get("kid")
        key = next((key for key in consent_keys if key.thumbprint == kid), None)
        if key is None:
            raise EvidenceError("no trusted consent key signed the evidence")
        _, payload = verify_compact(statement, key, typ=EVIDENCE_TYP)
    except KeysError as error:
        raise EvidenceError("the evidence is not a JWS of the consent server") from error
    # Equality of the whole body: evidence for another grant, however genuine, is no evidence here.
    if payload != _attestation(over):
        raise EvidenceError("the evidence is over another challenge")
    return BROKER_ATTESTED


def _attestation(over: bytes) -> bytes:
    return encode({"v": 1, "kind": BROKER_ATTESTED, "challenge": over.hex()})
