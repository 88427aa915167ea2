"""A sender that breaks one rule at a time, written from docs/formats/message.md.

It shares no code with `broker.jwe` and `broker.envelope`: what the two agree on was written down.
Each hook changes one layer; everything outside that layer is made afresh and is consistent, so
that a test shows the one check which must fail, not a decryption that fails by accident.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from broker.envelope import Message
from keys.profiles import PROFILES, grow_key
from keys.sealing import PublicKey
from keys.signing import SigningKey
from keys.statements import Statement, sign_statement
from keys.xwing import PublicSealingKey

AT = 1_795_500_000
BROKER = "izin.example/log"
AGENCY = "bpjs_kes"
PROGRAMME = "pkh"

BROKER_ROOT = SigningKey.from_seed(b"\x01" * 32)
AGENCY_ROOT = SigningKey.from_seed(b"\x02" * 32)
STRANGER_ROOT = SigningKey.from_seed(b"\x03" * 32)
BROKER_KEY = SigningKey.from_seed(b"\x04" * 32)
AGENCY_KEY = SigningKey.from_seed(b"\x05" * 32)
STRANGER_KEY = SigningKey.from_seed(b"\x06" * 32)


class EitherKey:
    """A sealing key of the profile that is being tested (see the fixture `profile`)."""

    algorithm_now = "HPKE-9-KE"

    def __init__(self, seed: bytes) -> None:
        self.of = {algorithm: grow_key(algorithm, seed) for algorithm in PROFILES}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.of[EitherKey.algorithm_now], name)


AGENCY_SEALING: Any = EitherKey(b"\x07" * 32)
PROGRAMME_SEALING: Any = EitherKey(b"\x08" * 32)
STRANGER_SEALING: Any = EitherKey(b"\x09" * 32)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jcs(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def vouch(
    key: SigningKey = BROKER_KEY,
    *,
    root: SigningKey = BROKER_ROOT,
    owner: str = BROKER,
    use: str = "sign",
    from_: int = AT - 1_000,
    until: int = AT + 1_000_000,
) -> str:
    return sign_statement(Statement(owner, use, key.public.thumbprint, from_, until), root)


def lead_to(to: PublicKey) -> tuple[bytes, dict[str, Any], dict[str, str]]:
    """Return a content key, and what leads `to` to it in the header and beside it."""
    if isinstance(to, PublicSealingKey):
        sealed = to.seal_key(b"k" * 32)
        return b"k" * 32, {"ek": b64(sealed.ek)}, {"encrypted_key": b64(sealed.encrypted_key)}
    jwk = to.jwk()
    point = ec.EllipticCurvePublicNumbers(
        int.from_bytes(unb64(jwk["x"])), int.from_bytes(unb64(jwk["y"])), ec.SECP256R1()
    )
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    shared = ephemeral.exchange(ec.ECDH(), point.public_key())
    info = bytes.fromhex("00000007") + b"A256GCM" + bytes(8) + bytes.fromhex("00000100")
    content_key = hashlib.sha256(bytes.fromhex("00000001") + shared + info).digest()
    own = ephemeral.public_key().public_numbers()
    epk = {
        "kty": "EC",
        "crv": "P-256",
        "x": b64(own.x.to_bytes(32)),
        "y": b64(own.y.to_bytes(32)),
    }
    return content_key, {"epk": epk}, {}


def question_cb() -> dict[str, Any]:
    return {
        "v": 1,
        "iss": BROKER,
        "aud": AGENCY,
        "jti": b64(b"j" * 16),
        "iat": AT,
        "exp": AT + 300,
        "answer_by": AT + 3_600,
        "cid": b64(b"c" * 32),
        "ckpt": {"size": 41, "root": b64(b"r" * 32)},
    }


def same(value: Any) -> Any:
    return value


@dataclass
class Forger:
    """One message; a hook gets what is right at its layer and returns what is sent instead."""

    kind: str = "question"
    size: int = 16_384
    cb: dict[str, Any] = field(default_factory=question_cb)
    payload: dict[str, Any] = field(default_factory=lambda: {"secret": "5110990000000001"})
    signer: SigningKey = BROKER_KEY
    statement: str = field(default_factory=vouch)
    to: PublicKey = field(default_factory=lambda: AGENCY_SEALING.public)
    # hooks, from the innermost layer outwards
    members: Callable[[dict[str, Any]], Any] = same
    padded: Callable[[bytes], bytes] = same
    inner_header: Callable[[dict[str, Any]], Any] = same
    inner: Callable[[str], str] = same
    header: Callable[[dict[str, Any]], Any] = same
    header_bytes: Callable[[bytes], bytes] = same
    jwe: Callable[[dict[str, Any]], Any] = same
    receipt: Callable[[dict[str, Any]], Any] = same
    receipt_signer: SigningKey | None = None

    def message(self) -> Message:
        inner = self.inner(self.signed()).encode()
        content_key, lead, beside = lead_to(self.to)
        header = self.header(
            {
                **lead,
                "alg": self.to.jwk()["alg"],
                "cb": {**self.cb, "ph": b64(hashlib.sha256(inner).digest())},
                "crit": ["cb"],
                "cty": f"izin-{self.kind}+jws",
                "enc": "A256GCM",
                "kid": self.to.thumbprint,
                "typ": f"izin-{self.kind}+jwe",
            }
        )
        protected = b64(self.header_bytes(jcs(header)))
        sealed = AESGCM(content_key).encrypt(b"n" * 12, inner, protected.encode())
        jwe = self.jwe(
            {
                "protected": protected,
                **beside,
                "iv": b64(b"n" * 12),
                "ciphertext": b64(sealed[:-16]),
                "tag": b64(sealed[-16:]),
            }
        )
        receipt = self.receipt(
            {"v": 1, "cb": header.get("cb"), "jwe": b64(hashlib.sha256(jcs(jwe)).digest())}
        )
        signed = self._sign(
            {"typ": "izin-receipt+jws"}, jcs(receipt), self.receipt_signer or self.signer
        )
        head, _, signature = signed.split(".")
        return Message(jwe, f"{head}..{signature}")

    def signed(self) -> str:
        members = {**self.payload, "v": 1, "cb": self.cb, "pad": ""}
        members["pad"] = "." * (self.size - len(jcs(members)))
        padded = self.padded(jcs(self.members(members)))
        header = {
            "typ": f"izin-{self.kind}+jws",
            "pub": b64(self.signer.public.raw),
            "stmt": self.statement,
        }
        return self._sign(header, padded, self.signer, self.inner_header)

    @staticmethod
    def _sign(
        header: dict[str, Any],
        payload: bytes,
        key: SigningKey,
        hook: Callable[[dict[str, Any]], Any] = same,
    ) -> str:
        whole = hook({"alg": "EdDSA", "kid": key.public.thumbprint, **header})
        signed = f"{b64(jcs(whole))}.{b64(payload)}"
        return f"{signed}.{b64(key.sign(signed.encode()))}"
