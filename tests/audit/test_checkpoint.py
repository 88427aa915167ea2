"""Checkpoints: the log's name, size and root, and nothing that could be read two ways."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import (
    Checkpoint,
    format_checkpoint,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from audit.errors import NoteError
from audit.merkle import EMPTY_ROOT, MAX_SIZE, leaf_hash
from audit.note import parse_vkey, sign_note
from audit.tiles import parse_bundle
from tests.audit.memory_log import TestSigner, naive_root

SIGNER = TestSigner()
CHECKPOINT = Checkpoint(SIGNER.name, 3, bytes(range(32)))
TEXT = format_checkpoint(CHECKPOINT)


def test_a_checkpoint_is_signed_and_opened() -> None:
    assert open_checkpoint(sign_checkpoint(CHECKPOINT, SIGNER), SIGNER.verifier) == CHECKPOINT


def test_extension_lines_are_kept() -> None:
    extended = Checkpoint(SIGNER.name, 0, EMPTY_ROOT, ("more", "and more"))
    assert extended == parse_checkpoint(format_checkpoint(extended))


@given(
    st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1),
    st.integers(0, MAX_SIZE),
    st.binary(min_size=32, max_size=32),
)
def test_every_checkpoint_goes_there_and_back(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin, size, root)
    assert checkpoint == parse_checkpoint(format_checkpoint(checkpoint))


@given(st.text())
def test_any_text_parses_or_raises_our_error(text: str) -> None:
    for candidate in (text, f"{TEXT}{text}", f"o\n{text}\n{TEXT.splitlines()[2]}\n"):
        try:
            parsed = parse_checkpoint(candidate)
        except NoteError:
            continue
        assert candidate == format_checkpoint(parsed)


@pytest.mark.parametrize(
    "size", ["03", "+3", "-1", "3 ", "", "x", "٣", "9223372036854775808", "1" * 5000, "1_0"]
)
def test_other_spellings_of_a_size_are_refused(size: str) -> None:
    with pytest.raises(NoteError):
        parse_checkpoint(TEXT.replace("\n3\n", f"\n{size}\n"))


@pytest.mark.parametrize("text", ["", "a\n1\n", TEXT + "\n", TEXT[:-1], TEXT.replace("=", "")])
def test_texts_that_are_no_checkpoint_are_refused(text: str) -> None:
    with pytest.raises(NoteError):
        parse_checkpoint(text)


def test_a_log_does_not_sign_for_another() -> None:
    with pytest.raises(NoteError):
        sign_checkpoint(Checkpoint("other.example", 0, EMPTY_ROOT), SIGNER)


def test_a_checkpoint_of_another_origin_is_refused() -> None:
    note = sign_note(format_checkpoint(Checkpoint("other.example", 0, EMPTY_ROOT)), SIGNER)
    with pytest.raises(NoteError, match="origin"):
        open_checkpoint(note, SIGNER.verifier)


@pytest.mark.parametrize(
    "bad", [Checkpoint("", 0, EMPTY_ROOT), Checkpoint("o", -1, EMPTY_ROOT), Checkpoint("o", 0, b"")]
)
def test_what_is_no_checkpoint_is_not_written(bad: Checkpoint) -> None:
    with pytest.raises(NoteError):
        format_checkpoint(bad)


@pytest.mark.parametrize("size", range(16))
def test_a_log_by_others_is_accepted(vectors: Path, size: int) -> None:
    """Tessera's test log: its checkpoints open, and its bundles hash to their roots."""
    folder = vectors / "tessera-log/testdata/log"
    vkey = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
    note = (folder / f"checkpoint.{size}").read_text()
    checkpoint = open_checkpoint(note, parse_vkey(vkey))
    assert size == checkpoint.size
    entries: list[bytes] = []
    if size:
        raw = (folder / f"tile/entries/000.p/{size}").read_bytes()
        entries = parse_bundle(raw, size)
        tile = (folder / f"tile/0/000.p/{size}").read_bytes()
        assert tile == b"".join(map(leaf_hash, entries))
    assert checkpoint.root == naive_root([leaf_hash(entry) for entry in entries])
