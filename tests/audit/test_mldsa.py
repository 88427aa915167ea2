"""ML-DSA-44 cosignatures as C2SP tlog-cosignature says, each with a tampered twin.

The message is put together here a second time, by hand, from the specification.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from audit.checkpoint import Checkpoint, format_checkpoint, open_checkpoint, sign_checkpoint
from audit.cosignature import cosign, format_cosigner_vkey, join
from audit.errors import NoteError
from audit.mldsa import ML_DSA_44, cosigned_message
from audit.note import COSIGNATURE_V1, open_note, parse_vkey
from tests.audit.memory_log import TestSigner

LOG = TestSigner()
AT = 1_790_000_000
CHECKPOINT = Checkpoint(LOG.name, 300, bytes(range(32)))
TEXT = format_checkpoint(CHECKPOINT)


class Cosigner:
    """An ML-DSA-44 cosigner with a fixed key."""

    def __init__(self, name: str = LOG.name, seed: int = 9) -> None:
        self.name = name
        self._key = MLDSA44PrivateKey.from_seed_bytes(bytes([seed]) * 32)
        self.public_key = self._key.public_key().public_bytes_raw()
        self.vkey = format_cosigner_vkey(name, self.public_key, algorithm=ML_DSA_44)
        self.verifier = parse_vkey(self.vkey)

    def sign(self, message: bytes, /) -> bytes:
        return self._key.sign(message)


COSIGNER = Cosigner()
LINE = cosign(TEXT, COSIGNER, at=AT, algorithm=ML_DSA_44)
NOTE = sign_checkpoint(CHECKPOINT, LOG) + LINE


def blob(line: str) -> bytes:
    return base64.b64decode(line.split(" ")[2])


def line(name: str, raw: bytes) -> str:
    return f"— {name} {base64.b64encode(raw).decode()}\n"


def by_hand(name: str, at: int, checkpoint: Checkpoint) -> bytes:
    """Return the message as the specification's struct, in network byte order."""
    cosigner, origin = name.encode(), checkpoint.origin.encode()
    form = f">12sB{len(cosigner)}sQB{len(origin)}sQQ32s"
    sizes = (len(cosigner), cosigner, at, len(origin), origin, 0, checkpoint.size)
    return struct.pack(form, b"subtree/v1\n\0", *sizes, checkpoint.root)


def test_the_message_is_the_specification_s() -> None:
    for name, at in ((LOG.name, AT), ("w", 0), ("witness.example/é", 2**63 - 1)):
        assert by_hand(name, at, CHECKPOINT) == cosigned_message(name, TEXT, at)


def test_a_line_is_key_id_time_and_signature() -> None:
    raw = blob(LINE)
    key = LOG.name.encode() + b"\n\x06" + COSIGNER.public_key
    assert sha256(key).digest()[:4] == raw[:4]
    assert AT == int.from_bytes(raw[4:12], "big")
    public = MLDSA44PublicKey.from_public_bytes(COSIGNER.public_key)
    public.verify(raw[12:], by_hand(LOG.name, AT, CHECKPOINT))


def test_both_signatures_of_a_log_hold() -> None:
    opened = open_note(NOTE, [LOG.verifier, COSIGNER.verifier])
    assert [(LOG.name, None), (LOG.name, AT)] == [(s.name, s.at) for s in opened.signatures]
    assert CHECKPOINT == open_checkpoint(NOTE, LOG.verifier)


def test_a_verifier_that_does_not_know_the_key_ignores_the_line() -> None:
    broken = sign_checkpoint(CHECKPOINT, LOG) + line(LOG.name, blob(LINE)[:-1] + b"\0")
    assert CHECKPOINT == open_checkpoint(broken, LOG.verifier)
    with pytest.raises(NoteError, match="does not hold"):
        open_note(broken, [LOG.verifier, COSIGNER.verifier])


OTHERS = blob(cosign(TEXT, Cosigner(seed=10), at=AT, algorithm=ML_DSA_44))


@pytest.mark.parametrize(
    "tamper",
    [
        lambda note: note.replace("\n300\n", "\n301\n"),
        lambda note: note.replace("izin.example/log\n300", "izin.example/other\n300"),
        lambda note: note.replace("AAECAwQF", "AAECAwQG"),
        lambda note: note.replace(LINE, line(LOG.name, flip(blob(LINE), 11))),
        lambda note: note.replace(LINE, line(LOG.name, flip(blob(LINE), 12))),
        lambda note: note.replace(LINE, line(LOG.name, flip(blob(LINE), 2_431))),
        lambda note: note.replace(LINE, line(LOG.name, blob(LINE)[:-1])),
        lambda note: note.replace(LINE, line(LOG.name, blob(LINE) + b"\0")),
        lambda note: note.replace(
            LINE, line(LOG.name, blob(LINE)[:4] + b"\xff" * 8 + blob(LINE)[12:])
        ),
        lambda note: note.replace(LINE, line(LOG.name, COSIGNER.verifier.key_id + OTHERS[4:])),
    ],
    ids=["size", "origin", "root", "time", "first", "last", "short", "long", "late", "other"],
)
def test_a_tampered_twin_does_not_hold(tamper: Callable[[str], str]) -> None:
    tampered = tamper(NOTE)
    assert tampered != NOTE
    with pytest.raises(NoteError):
        open_note(tampered, [COSIGNER.verifier])


def flip(raw: bytes, place: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


def test_a_cosigner_s_name_is_signed_too() -> None:
    """Not so with cosignature/v1, where one key under two names passes for both."""
    renamed = Cosigner("other.example")
    forged = line(renamed.name, renamed.verifier.key_id + blob(LINE)[4:])
    with pytest.raises(NoteError, match="does not hold"):
        open_note(TEXT + "\n" + forged, [renamed.verifier])


def test_extension_lines_are_not_vouched_for() -> None:
    extended = format_checkpoint(Checkpoint(LOG.name, 300, bytes(range(32)), ("more",)))
    with pytest.raises(NoteError, match="extension"):
        cosign(extended, COSIGNER, at=AT, algorithm=ML_DSA_44)
    with pytest.raises(NoteError, match="extension"):
        open_note(f"{extended}\n{LINE}", [COSIGNER.verifier])


def test_a_size_written_otherwise_is_not_what_was_signed() -> None:
    """Would succeed where the number and not its text were compared."""
    with pytest.raises(NoteError):
        open_note(NOTE.replace("\n300\n", "\n0300\n"), [COSIGNER.verifier])


@pytest.mark.parametrize("name", ["n" * 256, "é" * 128])
def test_a_name_longer_than_its_length_byte_is_refused(name: str) -> None:
    with pytest.raises(NoteError):
        cosigned_message(name, TEXT, AT)


def test_a_vkey_reads_back_and_another_length_is_refused() -> None:
    assert (LOG.name, ML_DSA_44) == (COSIGNER.verifier.name, COSIGNER.verifier.algorithm)
    assert COSIGNER.public_key == COSIGNER.verifier.key
    with pytest.raises(NoteError):
        format_cosigner_vkey(LOG.name, COSIGNER.public_key)
    with pytest.raises(NoteError):
        format_cosigner_vkey(LOG.name, LOG.public_key, algorithm=ML_DSA_44)
    short = base64.b64encode(b"\x06" + bytes(32)).decode()
    key_id = sha256(f"{LOG.name}\n".encode() + b"\x06" + bytes(32)).hexdigest()[:8]
    with pytest.raises(NoteError):
        parse_vkey(f"{LOG.name}+{key_id}+{short}")


def test_a_signature_of_another_kind_of_key_is_not_taken() -> None:
    with pytest.raises(NoteError, match="another length"):
        cosign(TEXT, LOG, at=AT, algorithm=ML_DSA_44)
    with pytest.raises(NoteError, match="another length"):
        cosign(TEXT, COSIGNER, at=AT, algorithm=COSIGNATURE_V1)


def test_a_witness_may_answer_with_ml_dsa() -> None:
    witness = Cosigner("witness.example")
    signed = sign_checkpoint(CHECKPOINT, LOG)
    answer = cosign(TEXT, witness, at=AT, algorithm=ML_DSA_44)
    joined = join(signed, LINE + answer, witness.verifier)
    assert ("witness.example",) == open_note(joined, [witness.verifier]).names
