"""The outer layer of a message: flattened JWE JSON under the recipient's algorithm and A256GCM.

It seals bytes to a key and knows one layout of the header for each profile, `HPKE-9-KE` and
`ECDH-ES`; who sent the bytes, and what they say, is the envelope's business. No key or algorithm is
ever taken from a message: the recipient's registered key brings its own, and a message that says
another does not open. The content key and the nonce come from the caller's randomness; HPKE's
encapsulation draws its own inside `cryptography`.
Sources: RFC 7516; draft-ietf-jose-hpke-encrypt, mode Key Encryption; RFC 7518 section 4.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audit import canonical
from audit.canonical import Json
from broker.binding import Cb, Kind, cb_members, parse_cb
from broker.errors import MessageError
from broker.members import parse_object, read_binary, read_object
from keys import base64url, ecdh_es
from keys.errors import KeysError
from keys.profiles import Profile, find_profile
from keys.sealing import PrivateKey, PublicKey, RandomBytes, SealedKey

ENC = "A256GCM"
IV_BYTES = 12
TAG_BYTES = 16
MAX_HEADER_BYTES = 3_072  # 1,494 of them are `ek`, at most some 750 are ours
_MEMBERS = {"protected", "iv", "ciphertext", "tag"}
_HEADER = {"alg", "cb", "crit", "cty", "enc", "kid", "typ"}


@dataclass(frozen=True, slots=True)
class Header:
    """The protected header, read but not yet authenticated.

    profile: of the algorithm that it says. ek: as in `keys.sealing.SealedKey`.
    ph: SHA-256 of the sealed bytes. GCM does not commit to its key: without `ph` one ciphertext
    could be made to open as two contents under two keys.
    """

    profile: Profile
    kind: Kind
    kid: str
    ek: bytes
    cb: Cb
    ph: bytes


@dataclass(frozen=True, slots=True)
class Jwe:
    """A flattened JWE taken apart; `protected` stays text, since that text is authenticated.

    encrypted_key: empty where the profile has none.
    """

    protected: str
    header: Header
    encrypted_key: bytes
    iv: bytes
    ciphertext: bytes
    tag: bytes


def seal_jwe(
    content: bytes, *, kind: Kind, cb: Cb, ph: bytes, to: PublicKey, randomness: RandomBytes
) -> dict[str, str]:
    """Return the members of a flattened JWE that seals `content` to `to`."""
    try:
        drawn = to.draw_key(randomness)
    except KeysError as error:
        raise MessageError(f"the recipient's key cannot be used: {error}") from None
    iv = randomness(IV_BYTES)
    header = canonical.encode(
        {
            **_lead(to.algorithm, drawn.sealed.ek),
            "alg": to.algorithm,
            "cb": {**cb_members(cb), "ph": base64url.encode(ph)},
            "crit": ["cb"],
            "cty": content_type(kind),
            "enc": ENC,
            "kid": to.thumbprint,
            "typ": envelope_type(kind),
        }
    )
    protected = base64url.encode(header)
    sealed = AESGCM(drawn.content_key).encrypt(iv, content, protected.encode("ascii"))
    encrypted = drawn.sealed.encrypted_key
    return {
        "protected": protected,
        # RFC 7516 section 7.2.1: absent, not empty, where there is none.
        **({"encrypted_key": base64url.encode(encrypted)} if encrypted else {}),
        "iv": base64url.encode(iv),
        "ciphertext": base64url.encode(sealed[:-TAG_BYTES]),
        "tag": base64url.encode(sealed[-TAG_BYTES:]),
    }


def parse_jwe(value: object, *, most: Mapping[Kind, int]) -> Jwe:
    """Return the parts of a JWE, none of them authenticated yet.

    most: how many bytes may be sealed, by kind. Refused: members other than ours (`header`,
    `unprotected` and `aad` would bring values that nobody signed or checks), another algorithm,
    another spelling or order of the header.
    """
    members = read_object(value, _MEMBERS, "jwe", optional={"encrypted_key"})
    protected = members["protected"]
    header = _parse_header(read_binary(protected, "jwe.protected", most=MAX_HEADER_BYTES))
    size = header.profile.encrypted_key_bytes
    if ("encrypted_key" in members) != (size > 0):
        raise MessageError("jwe does not have exactly its members")
    return Jwe(
        protected=str(protected),
        header=header,
        encrypted_key=(
            read_binary(members["encrypted_key"], "jwe.encrypted_key", size=size) if size else b""
        ),
        iv=read_binary(members["iv"], "jwe.iv", size=IV_BYTES),
        ciphertext=read_binary(members["ciphertext"], "jwe.ciphertext", most=most[header.kind]),
        tag=read_binary(members["tag"], "jwe.tag", size=TAG_BYTES),
    )


def open_jwe(jwe: Jwe, recipient: PrivateKey) -> bytes:
    """Return the sealed bytes; raises MessageError, the same one whatever part was changed."""
    # The algorithm belongs to the registered key; were it the message's to choose, whoever carries
    # it could choose the weaker one.
    if jwe.header.profile.algorithm != recipient.algorithm:
        raise MessageError("alg is not that of the recipient's key")
    # The key ID is what the sender sealed for; another one would fail below without saying why.
    if jwe.header.kid != recipient.thumbprint:
        raise MessageError("the message is sealed to another key")
    return open_content(
        SealedKey(jwe.header.ek, jwe.encrypted_key),
        iv=jwe.iv,
        ciphertext=jwe.ciphertext,
        tag=jwe.tag,
        authenticated=jwe.protected.encode("ascii"),
        recipient=recipient,
    )


def open_content(
    sealed_key: SealedKey,
    *,
    iv: bytes,
    ciphertext: bytes,
    tag: bytes,
    authenticated: bytes,
    recipient: PrivateKey,
) -> bytes:
    """Return what `ciphertext` seals: key and content, without our layout.

    authenticated: the ASCII bytes of `protected` (RFC 7516 section 5.2 step 15).
    """
    try:
        content_key = recipient.open_key(sealed_key)
        return AESGCM(content_key).decrypt(iv, ciphertext + tag, authenticated)
    except (KeysError, InvalidTag, ValueError):
        raise MessageError("the message does not open") from None


def content_type(kind: Kind) -> str:
    """Return the type of what is sealed, `cty` outside and `typ` of the signature inside."""
    return f"izin-{kind}+jws"


def envelope_type(kind: Kind) -> str:
    """Return `typ` of the envelope."""
    return f"izin-{kind}+jwe"


def _parse_header(raw: bytes) -> Header:
    members = read_object(
        parse_object(raw, "the protected header"),
        _HEADER,
        "protected header",
        optional={"ek", "epk"},
    )
    try:
        profile = find_profile(members["alg"])
    except KeysError:
        raise MessageError("alg is not one of ours") from None
    if members["enc"] != ENC:
        raise MessageError("enc is another content encryption")
    if members["crit"] != ["cb"]:
        raise MessageError("crit does not name cb alone")
    kind = _kind(members["typ"])
    if members["cty"] != content_type(kind):
        raise MessageError("cty does not belong to typ")
    cb = members["cb"]
    if not isinstance(cb, dict) or "ph" not in cb:
        raise MessageError("cb does not have exactly its members")
    bound = {name: member for name, member in cb.items() if name != "ph"}
    return Header(
        profile=profile,
        kind=kind,
        kid=base64url.encode(read_binary(members["kid"], "kid", size=32)),
        ek=_read_lead(members, profile),
        cb=parse_cb(bound, kind=kind),
        ph=read_binary(cb["ph"], "cb.ph", size=32),
    )


def _lead(algorithm: str, ek: bytes) -> dict[str, Json]:
    """Return the header member that leads the recipient to the content key."""
    if algorithm == ecdh_es.ALGORITHM:
        return {"epk": {**ecdh_es.format_point(ek)}}
    return {"ek": base64url.encode(ek)}


def _read_lead(members: Mapping[str, object], profile: Profile) -> bytes:
    is_ecdh = profile.algorithm == ecdh_es.ALGORITHM
    name, other = ("epk", "ek") if is_ecdh else ("ek", "epk")
    if name not in members or other in members:
        raise MessageError("protected header does not have exactly its members")
    if not is_ecdh:
        return read_binary(members["ek"], "ek", size=profile.ek_bytes)
    try:
        return ecdh_es.read_point(members["epk"])
    except KeysError:
        raise MessageError("epk is not an ephemeral point as we write it") from None


def _kind(typ: object) -> Kind:
    if typ == envelope_type("question"):
        return "question"
    if typ == envelope_type("answer"):
        return "answer"
    raise MessageError("typ is neither a question nor an answer")
