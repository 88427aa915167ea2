"""A sealed message: a padded payload, signed, sealed to one recipient, with a receipt outside.

Sign, then seal: the recipient holds a signature over the plaintext that it can show to others,
and a bridge sees no signature by which to join messages but the receipt, which is over the sealed
bytes. This file must not read the clock, remember what it has seen (the receiver keeps the pairs
(`cb.iss`, `cb.jti`) until `exp` + 60 s and refuses them again) or look into the payload, which
`broker.question` reads. The format, byte by byte: docs/formats/message.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from audit import canonical
from audit.canonical import Json, JsonInput
from audit.errors import AuditError
from broker.binding import Cb, Kind, cb_members, check_parties, check_times
from broker.errors import MessageError
from broker.jwe import Jwe, content_type, open_jwe, parse_jwe, seal_jwe
from broker.members import parse_object, read_binary, read_object, read_text, read_version
from keys import base64url, jws
from keys.errors import KeysError
from keys.sealing import PrivateKey, PublicKey, RandomBytes
from keys.signing import SigningKey, VerifyKey
from keys.statements import check_statement

RECEIPT_TYPE: Final = "izin-receipt+jws"
PAYLOAD_BYTES: Final[Mapping[Kind, int]] = {"question": 16_384, "answer": 1_024}
MAX_RECEIPT_CHARS: Final = 1_024
MAX_MESSAGE_BYTES: Final = 49_152  # of a whole message as JSON; a question is about 34 kB
_PADDING = "."
_OURS = frozenset({"v", "cb", "pad"})
# `pub` is the signing key itself: a statement and `kid` carry only its thumbprint.
_SIGNATURE_EXTRA = frozenset({"pub", "stmt"})


def _most_signed(payload_bytes: int) -> int:
    """Return the longest compact JWS over a payload of this size."""
    return jws.MAX_HEADER_BYTES * 4 // 3 + 2 + payload_bytes * 4 // 3 + 2 + 86 + 2


_MOST_SEALED: Final[Mapping[Kind, int]] = {
    "question": _most_signed(PAYLOAD_BYTES["question"]),
    "answer": _most_signed(PAYLOAD_BYTES["answer"]),
}


@dataclass(frozen=True, slots=True)
class Message:
    """What travels: the members of the flattened JWE and the detached receipt."""

    jwe: Mapping[str, str] = field(repr=False)
    receipt: str = field(repr=False)

    def members(self) -> dict[str, Json]:
        """Return the message as JSON members."""
        return {"jwe": {**self.jwe}, "receipt": self.receipt}

    def to_bytes(self) -> bytes:
        """Return the message as canonical JSON."""
        return canonical.encode(self.members())


@dataclass(frozen=True, slots=True)
class Opened:
    """A message that passed every check of `open_message`.

    payload: the members besides `v`, `cb` and `pad`. signer: thumbprint of the signing key.
    """

    payload: Mapping[str, Json] = field(repr=False)
    cb: Cb
    signer: str


def seal_message(
    payload: Mapping[str, JsonInput],
    cb: Cb,
    *,
    kind: Kind,
    recipient: PublicKey,
    signer: SigningKey,
    statement: str,
    randomness: RandomBytes,
) -> Message:
    """Return `payload` padded, signed by `signer`, sealed to `recipient`, with its receipt.

    statement: by the sender's root key, for `signer` and the use `sign`. Raises MessageError if
    the payload does not fit: nothing is ever sent in another size.
    """
    if (cb.rj is not None) != (kind == "answer"):
        raise MessageError("an answer has cb.rj, a question has not")
    padded = _pad(payload, cb, PAYLOAD_BYTES[kind])
    extra = {"pub": base64url.encode(signer.public.raw), "stmt": statement}
    try:
        signed = jws.sign_compact(padded, signer, typ=content_type(kind), extra=extra)
    except KeysError as error:
        raise MessageError(f"the message cannot be signed: {error}") from None
    content = signed.encode("ascii")
    ph = hashlib.sha256(content).digest()
    jwe = seal_jwe(content, kind=kind, cb=cb, ph=ph, to=recipient, randomness=randomness)
    receipt = jws.sign_detached(_receipt_payload(jwe, cb, ph), signer, typ=RECEIPT_TYPE)
    return Message(jwe, receipt)


def open_message(
    message: Message,
    *,
    kind: Kind,
    recipient: PrivateKey,
    sender_root: VerifyKey,
    sender: str,
    audience: str,
    at: int,
    held: bool = False,
) -> Opened:
    """Return what `message` says, if every check passes; raise MessageError otherwise.

    sender: who must have sent it; sender_root: that one's root key, from the trust file.
    audience: who we are. at: Unix seconds. held: see `broker.binding.check_times`.
    Left to the caller, who has the memory and the log: `jti` seen before, `rj` and `cid` against
    the question, `ckpt` against the checkpoints it knows.
    """
    # 1. Shape, sizes, header: exactly what we would have written.
    jwe = parse_jwe(message.jwe, most=_MOST_SEALED)
    cb = jwe.header.cb
    # 2. What may be said before any key is used: this kind, from whom, to whom, now.
    _check_kind(jwe, kind)
    check_parties(cb, sender=sender, audience=audience)
    check_times(cb, at=at, held=held)
    # 3. Both decryptions, over the header as authenticated data.
    content = open_jwe(jwe, recipient)
    # 4. The commitment to the content, which GCM lacks.
    if hashlib.sha256(content).digest() != jwe.header.ph:
        raise MessageError("cb.ph is not the hash of what is sealed")
    # 5. The signing key: its owner's root key vouches for it, now and for this use.
    try:
        signed = content.decode("ascii")
        header = jws.peek_header(signed)
        key = VerifyKey(read_binary(header.get("pub"), "pub of the inner signature", size=32))
        statement = header.get("stmt", "")
        check_statement(
            statement, sender_root, owner=sender, use="sign", thumbprint=key.thumbprint, at=at
        )
        # 6. The signature over the payload.
        _, padded = jws.verify_compact(signed, key, typ=content_type(kind), extra=_SIGNATURE_EXTRA)
    except UnicodeDecodeError:
        raise MessageError("what is sealed is not a signature") from None
    except KeysError as error:
        raise MessageError(f"the inner signature: {error}") from None
    # 7. The payload: its size, its canonical form, its padding, and the binding once more. The
    # signature covers the inner `cb` only, so an unequal outer one is somebody else's envelope.
    payload = _unpad(padded, cb, PAYLOAD_BYTES[kind])
    # 8. The receipt: the same key stands for the sealed bytes, towards whoever carried them.
    _check_receipt(message, jwe, key)
    return Opened(payload, cb, key.thumbprint)


def check_receipt(message: Message, *, kind: Kind, sender: VerifyKey) -> Cb:
    """Return the binding of a message that cannot be opened here, if `sender` signed its receipt.

    For whoever carries it: the broker of an answer, a bridge. Parties, times and `rj` are the
    caller's to check, with `broker.binding`.
    """
    jwe = parse_jwe(message.jwe, most=_MOST_SEALED)
    _check_kind(jwe, kind)
    _check_receipt(message, jwe, sender)
    return jwe.header.cb


def parse_message(value: object) -> Message:
    """Return the message of these JSON members, or raise MessageError; opens nothing."""
    members = read_object(value, {"jwe", "receipt"}, "the message")
    jwe = members["jwe"]
    if not isinstance(jwe, dict) or not all(isinstance(member, str) for member in jwe.values()):
        raise MessageError("jwe is not an object of texts")
    return Message(dict(jwe), read_text(members["receipt"], "receipt", most=MAX_RECEIPT_CHARS))


def parse_message_bytes(data: bytes) -> Message:
    """Return the message that these bytes canonically encode, or raise MessageError."""
    if len(data) > MAX_MESSAGE_BYTES:
        raise MessageError("the message is too long")
    return parse_message(parse_object(data, "the message"))


def _pad(payload: Mapping[str, JsonInput], cb: Cb, size: int) -> bytes:
    if not _OURS.isdisjoint(payload):
        raise MessageError("a payload does not bring v, cb or pad itself")
    members: dict[str, JsonInput] = {**payload, "v": 1, "cb": cb_members(cb), "pad": ""}
    try:
        missing = size - len(canonical.encode(members))
        if missing < 0:
            raise MessageError(f"the payload does not fit into {size} bytes")
        return canonical.encode({**members, "pad": _PADDING * missing})
    except AuditError:
        raise MessageError("the payload is not canonical JSON") from None


def _unpad(padded: bytes, cb: Cb, size: int) -> dict[str, Json]:
    if len(padded) != size:
        raise MessageError(f"the payload has not {size} bytes")
    payload = parse_object(padded, "the payload")
    if not payload.keys() >= _OURS:
        raise MessageError("the payload lacks v, cb or pad")
    read_version(payload.pop("v"), "v of the payload")
    # One character only: padding must not carry what nobody asked for.
    pad = payload.pop("pad")
    if not isinstance(pad, str) or pad != _PADDING * len(pad):
        raise MessageError("pad is not padding")
    # Compared as bytes, because Python takes `true` and 1 for equal.
    if canonical.encode(payload.pop("cb")) != canonical.encode(cb_members(cb)):
        raise MessageError("cb inside and outside differ")
    return payload


def _check_kind(jwe: Jwe, kind: Kind) -> None:
    if jwe.header.kind != kind:
        raise MessageError(f"the message is not of the kind {kind}")


def _receipt_payload(jwe: Mapping[str, str], cb: Cb, ph: bytes) -> bytes:
    digest = hashlib.sha256(canonical.encode(jwe)).digest()
    bound = {**cb_members(cb), "ph": base64url.encode(ph)}
    return canonical.encode({"v": 1, "cb": bound, "jwe": base64url.encode(digest)})


def _check_receipt(message: Message, jwe: Jwe, key: VerifyKey) -> None:
    payload = _receipt_payload(message.jwe, jwe.header.cb, jwe.header.ph)
    receipt = read_text(message.receipt, "receipt", most=MAX_RECEIPT_CHARS)
    try:
        jws.verify_detached(receipt, payload, key, typ=RECEIPT_TYPE)
    except KeysError as error:
        raise MessageError(f"the receipt: {error}") from None
