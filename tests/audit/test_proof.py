"""Proofs as text: each holds for one entry at one place in one signed tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.errors import ProofError
from audit.merkle import leaf_hash, prove_inclusion
from audit.proof import InclusionProof, check_proof, format_proof, parse_proof
from audit.tiles import TileNodes
from tests.audit.memory_log import TestSigner, log_of, naive_root, some_entries

SIGNER = TestSigner()
ENTRIES = some_entries(11)
LOG = log_of(ENTRIES, SIGNER)


def proof_of(index: int) -> InclusionProof:
    hashes = prove_inclusion(index, len(ENTRIES), TileNodes(LOG.read, len(ENTRIES)))
    return InclusionProof(index, tuple(hashes), LOG.checkpoint())


TEXT = format_proof(proof_of(6))


@pytest.mark.parametrize("index", range(11))
def test_every_entrys_proof_holds_for_it_and_for_no_other(index: int) -> None:
    text = format_proof(proof_of(index))
    found, checkpoint = check_proof(text, ENTRIES[index], SIGNER.verifier)
    assert (index, 11) == (found, checkpoint.size)
    for other in set(ENTRIES) - {ENTRIES[index]}:
        with pytest.raises(ProofError):
            check_proof(text, other, SIGNER.verifier)


def test_the_text_is_that_of_the_specification() -> None:
    head, _, checkpoint = TEXT.partition("\n\n")
    assert head.split("\n")[:2] == ["c2sp.org/tlog-proof@v1", "index 6"]
    assert LOG.checkpoint() == checkpoint


def test_a_log_of_one_entry_needs_no_hashes() -> None:
    checkpoint = Checkpoint(SIGNER.name, 1, naive_root([leaf_hash(b"x")]))
    text = format_proof(InclusionProof(0, (), sign_checkpoint(checkpoint, SIGNER)))
    assert text[: text.index("izin.")] == "c2sp.org/tlog-proof@v1\nindex 0\n\n"
    assert (0, checkpoint) == check_proof(text, b"x", SIGNER.verifier)


def test_every_flipped_bit_of_a_proof_is_refused() -> None:
    raw = TEXT.encode()
    for bit in range(8 * len(raw)):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((ProofError, UnicodeDecodeError)):
            check_proof(changed.decode(), ENTRIES[6], SIGNER.verifier)


def test_another_key_is_refused() -> None:
    with pytest.raises(ProofError):
        check_proof(TEXT, ENTRIES[6], TestSigner(seed=8).verifier)


@given(
    st.integers(0, 2**63 - 2),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.text(min_size=1),
)
def test_every_proof_goes_there_and_back(index: int, hashes: list[bytes], note: str) -> None:
    proof = InclusionProof(index, tuple(hashes), note)
    assert proof == parse_proof(format_proof(proof))


@given(st.text())
def test_any_text_parses_or_raises_our_error(text: str) -> None:
    first = "c2sp.org/tlog-proof@v1\nindex "
    for candidate in (text, first + text, f"{first}1\n{text}\n\nnote"):
        try:
            proof = parse_proof(candidate)
        except ProofError:
            continue
        assert candidate == format_proof(proof)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@v1\n", "@v2\n"),
        ("@v1\n", "@v1\nextra AAAA\n"),
        ("index 6", "index 06"),
        ("index 6", "index +6"),
        ("index 6", "index -6"),
        ("index 6", "index " + "9" * 5000),
        ("index 6", "index 9223372036854775807"),
        ("index 6\n", ""),
        ("index 6\n", "index 6\nAAAA\n"),
        ("index 6\n", "index 6\n" + ("A" * 43 + "=\n") * 64),
        ("\n\n", "\r\n\r\n"),
    ],
)
def test_other_spellings_are_refused(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(ProofError):
        check_proof(TEXT.replace(old, new), ENTRIES[6], SIGNER.verifier)


@pytest.mark.parametrize("bad", [(-1, ()), (2**63 - 1, ()), (0, (b"",)), (0, (bytes(32),) * 64)])
def test_what_is_no_proof_is_not_written(bad: tuple[int, tuple[bytes, ...]]) -> None:
    with pytest.raises(ProofError):
        format_proof(InclusionProof(*bad, checkpoint="note"))
