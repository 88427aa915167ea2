"""What shows that the person gave a grant: evidence over a challenge that binds all its parts.

Pure: no I/O. Kinds and their strength are the catalogue's (`policies.catalogue.EVIDENCE`). This
version makes and checks three: the consent server's word that she signed in and allowed it
(broker-attested), an external login's ID token, and her passkey's assertion. Every other kind is
refused rather than believed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from audit.canonical import encode
from consent.assertion import Assertion, check_assertion, decoded
from consent.committing import challenge as challenge
from consent.errors import EvidenceError, LoginError, PasskeyError
from consent.id_token import check_id_token
from keys import base64url
from keys.errors import KeysError
from keys.jws import peek_header, sign_compact, verify_compact
from keys.sign_in_trust import LoginProvider, PasskeySite
from keys.signing import SigningKey, VerifyKey

BROKER_ATTESTED: Final = "broker-attested"
ID_TOKEN: Final = "id-token"  # noqa: S105  # a kind of evidence, no secret
PASSKEY: Final = "passkey"
EVIDENCE_TYP: Final = "izin-evidence+jws"
_HOUR_SECONDS: Final = 3_600
_UNNAMED: Final = b"\x00"


@dataclass(frozen=True)
class Believed:
    """Whose word counts: the trust file's consent keys, passkey site and login providers."""

    consent_keys: Collection[VerifyKey]
    site: PasskeySite | None = None
    logins: Mapping[str, LoginProvider] = field(default_factory=dict)


@dataclass(frozen=True)
class Shown:
    """What evidence shows. credential: SHA-256 of the passkey's public key, for a passkey only."""

    kind: str
    credential: bytes | None = None


def attest(over: bytes, key: SigningKey) -> dict[str, str]:
    """Return broker-attested evidence over a challenge, as message members."""
    statement = sign_compact(_attestation(over), key, typ=EVIDENCE_TYP)
    return {"kind": BROKER_ATTESTED, "statement": statement}


def passkey_evidence(assertion: Assertion, public_key: bytes) -> dict[str, str]:
    """Return an assertion over a challenge as message members; public_key: COSE bytes."""
    return {
        "kind": PASSKEY,
        "public_key": base64url.encode(public_key),
        "authenticator_data": base64url.encode(assertion.authenticator_data),
        "client_data": base64url.encode(assertion.client_data),
        "signature": base64url.encode(assertion.signature),
    }


def login_evidence(id_token: str) -> dict[str, str]:
    """Return an ID token whose nonce is `nonce_of` the challenge, as message members."""
    return {"kind": ID_TOKEN, "id_token": id_token}


def nonce_of(over: bytes) -> str:
    """Return a challenge as the `nonce` of a login."""
    return base64url.encode(over)


def check_evidence(
    evidence: Mapping[str, object],
    over: bytes,
    *,
    believed: Believed,
    nik: str,
    given_hour: int,
) -> Shown:
    """Return what `evidence` shows once it is shown to be over the challenge `over`.

    nik: of whom the question is. given_hour: when the hour of the grant's entry began, Unix
    seconds. Raises EvidenceError.
    """
    kind = evidence.get("kind")
    if kind == BROKER_ATTESTED:
        _check_attested(evidence, over, believed)
        return Shown(BROKER_ATTESTED)
    if kind == ID_TOKEN:
        _check_login(evidence, over, believed, nik, given_hour)
        return Shown(ID_TOKEN)
    if kind == PASSKEY:
        return Shown(PASSKEY, _check_passkey(evidence, over, believed))
    raise EvidenceError("this kind of evidence cannot be checked, so it shows nothing")


def _check_attested(evidence: Mapping[str, object], over: bytes, believed: Believed) -> None:
    statement = _members(evidence, "statement")["statement"]
    try:
        kid = peek_header(statement).get("kid")
        key = next((key for key in believed.consent_keys if key.thumbprint == kid), None)
        if key is None:
            raise EvidenceError("no trusted consent key signed the evidence")
        _, payload = verify_compact(statement, key, typ=EVIDENCE_TYP)
    except KeysError as error:
        raise EvidenceError("the evidence is not a JWS of the consent server") from error
    # Equality of the whole body: evidence for another grant, however genuine, is no evidence here.
    if payload != _attestation(over):
        raise EvidenceError("the evidence is over another challenge")


def _check_login(
    evidence: Mapping[str, object], over: bytes, believed: Believed, nik: str, given_hour: int
) -> None:
    token = _members(evidence, "id_token")["id_token"]
    try:
        login = check_id_token(
            token,
            providers=believed.logins,
            nonce=nonce_of(over),
            # Long over when the question comes; it must have held when the grant was given.
            since=given_hour,
            until=given_hour + _HOUR_SECONDS,
        )
    except LoginError as error:
        raise EvidenceError("the ID token does not show this consent") from error
    # Else the broker could show any user of the provider, itself for one.
    if login.nik != nik:
        raise EvidenceError("the ID token is another person's")
    if not login.is_anew:
        raise EvidenceError("she did not sign in for this consent")


def _check_passkey(evidence: Mapping[str, object], over: bytes, believed: Believed) -> bytes:
    if believed.site is None:
        raise EvidenceError("the agreement names no site whose passkeys count")
    members = _members(evidence, "public_key", "authenticator_data", "client_data", "signature")
    try:
        public_key = decoded(members, "public_key")
        assertion = Assertion(
            credential_id=_UNNAMED,
            authenticator_data=decoded(members, "authenticator_data"),
            client_data=decoded(members, "client_data"),
            signature=decoded(members, "signature"),
        )
        # The sign count is the consent server's to check: grants are asked about in any order.
        check_assertion(assertion, public_key, challenge=over, site=believed.site)
    except PasskeyError as error:
        raise EvidenceError("the passkey's assertion does not show this consent") from error
    return hashlib.sha256(public_key).digest()


def _members(evidence: Mapping[str, object], *names: str) -> dict[str, str]:
    if evidence.keys() != {"kind", *names}:
        raise EvidenceError("the evidence is not of its form")
    members = {name: text for name in names if isinstance(text := evidence[name], str)}
    if len(members) != len(names):
        raise EvidenceError("the evidence is not of its form")
    return members


def _attestation(over: bytes) -> bytes:
    return encode({"v": 1, "kind": BROKER_ATTESTED, "challenge": over.hex()})
