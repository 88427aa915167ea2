"""What a sealed message costs beside the operations of the cryptographic libraries it needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.signing import SigningKey as RawSigningKey

from broker.binding import Cb, SeenCheckpoint
from broker.envelope import PAYLOAD_BYTES, Message, open_message, seal_message
from keys.signing import SigningKey
from keys.statements import Statement, sign_statement
from keys.xwing import SealingKey
from tests.bench.row import Row, Sizes, at_most
from tests.bench.timing import cpu_seconds, paired

AT = 1_790_000_000
BROKER, AGENCY = "izin.example", "polri"
TARGET = 1.5
CB = Cb(
    iss=BROKER,
    aud=AGENCY,
    jti="A" * 22,
    iat=AT,
    exp=AT + 300,
    answer_by=AT + 300,
    cid="A" * 43,
    ckpt=SeenCheckpoint(41, bytes(32)),
)
# About what a question with its evidence and two proofs holds.
PAYLOAD = {f"part{number}": "x" * 500 for number in range(16)}


def run(sizes: Sizes, scratch: Path) -> Sequence[Row]:
    """Return the rows of sealing and opening questions with X-Wing."""
    sealing = SealingKey.from_seed(os.urandom(32))
    root, signer = (SigningKey.from_seed(os.urandom(32)) for _ in range(2))
    vouched = Statement(BROKER, "sign", signer.public.thumbprint, AT - 10, AT + 10_000)
    statement = sign_statement(vouched, root)

    def seal() -> Message:
        return seal_message(
            PAYLOAD,
            CB,
            kind="question",
            recipient=sealing.public,
            signer=signer,
            statement=statement,
            randomness=os.urandom,
        )

    message = seal()

    def open_() -> None:
        open_message(
            message,
            kind="question",
            recipient=sealing,
            sender_root=root.public,
            sender=BROKER,
            audience=AGENCY,
            at=AT,
        )

    raw_seal, raw_open = _raw(sealing)
    count = sizes.messages
    return [
        _row(
            "seal + receipt", seal, raw_seal, count, sizes, "one X-Wing, one AES-GCM, two Ed25519"
        ),
        _row("open + verify", open_, raw_open, count, sizes, "the same, with three Ed25519"),
    ]


def _raw(sealing: SealingKey) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return sealing and opening without a format: the same operations over as many bytes."""
    key = RawSigningKey.generate()
    padded = bytes(PAYLOAD_BYTES["question"])
    signed = bytes(len(padded) * 4 // 3 + 900)  # as base64url, with its header
    receipt = bytes(700)
    content_key, iv = os.urandom(32), os.urandom(12)
    sealed_key = sealing.public.seal_key(content_key)
    sealed = AESGCM(content_key).encrypt(iv, signed, receipt)
    long, short = key.sign(signed).signature, key.sign(receipt).signature
    verify = key.verify_key.verify

    def seal() -> None:
        key.sign(signed)
        sealing.public.seal_key(content_key)
        AESGCM(content_key).encrypt(iv, signed, receipt)
        key.sign(receipt)

    def open_() -> None:
        AESGCM(sealing.open_key(sealed_key)).decrypt(iv, sealed, receipt)
        verify(receipt, short)  # the statement
        verify(signed, long)
        verify(receipt, short)

    return seal, open_


def _row(
    what: str,
    ours: Callable[[], object],
    raw: Callable[[], object],
    count: int,
    sizes: Sizes,
    needs: str,
) -> Row:
    def times(work: Callable[[], object]) -> Callable[[], float]:
        return lambda: cpu_seconds(lambda: [work() for _ in range(count)]) / count

    pair = paired(times(ours), times(raw), sizes.repeats)
    return at_most(
        f"{what}, one question, X-Wing",
        f"{pair.figure * 1e6:.0f} us",
        f"{pair.baseline * 1e6:.0f} us raw",
        pair.ratio,
        TARGET,
        f"CPU time; raw: {needs} over as many bytes.",
    )
