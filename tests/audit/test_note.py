"""Signed notes: whose signature holds, over which text, and nothing else."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.encoding import decode_base64
from audit.errors import NoteError
from audit.note import (
    MAX_SIGNATURES,
    Verifier,
    format_vkey,
    key_id,
    open_note,
    parse_vkey,
    sign_note,
)
from tests.audit.memory_log import TestSigner

SIGNER = TestSigner()
OTHER = TestSigner("other.example", seed=8)
TEXT = "izin.example/log\n3\nsomething\n"
NOTE = sign_note(TEXT, SIGNER)


def line_of(note: str) -> str:
    return note.rsplit("\n\n", 1)[1]


def test_a_signed_note_opens() -> None:
    opened = open_note(NOTE, [SIGNER.verifier])
    assert (TEXT, (SIGNER.name,)) == (opened.text, opened.names)


def test_the_notes_of_sumdb_and_c2sp_get_their_verdicts(vectors: Path) -> None:
    notes = json.loads((vectors / "tlog/notes.json").read_text())
    assert len(notes) >= 22
    for case in notes:
        try:
            note = base64.b64decode(case["note"]).decode()
            opened = open_note(note, [parse_vkey(vkey) for vkey in case["vkeys"]])
            good = bool(opened.names)
        except (NoteError, UnicodeDecodeError):
            good = False
        assert case["ok"] == good, case["name"]


@pytest.mark.parametrize("name", ["witness", "mirror"])
def test_the_cosignatures_of_a_witness_hold(vectors: Path, name: str) -> None:
    folder = vectors / "cosig-sample"
    note = (folder / f"{name}.checkpoint").read_text()
    keys = json.loads((folder / f"{name}.v0.json").read_text())["verifier_keys"]
    opened = open_note(note, [parse_vkey(keys[0])])
    assert (f"{name}.example.org",) == opened.names
    assert opened.signatures[0].at == 1_767_139_200
    with pytest.raises(NoteError):
        open_note(note.replace("\n300\n", "\n301\n"), [parse_vkey(keys[0])])


def test_an_unknown_key_is_ignored_and_a_known_one_that_fails_rejects_the_note() -> None:
    note = NOTE + line_of(sign_note(TEXT, OTHER))
    broken = NOTE + line_of(sign_note("another text\n", OTHER))
    keys = [SIGNER.verifier, OTHER.verifier]
    assert (SIGNER.name, OTHER.name) == open_note(note, keys).names
    assert (SIGNER.name,) == open_note(broken, keys[:1]).names
    with pytest.raises(NoteError, match="does not hold"):
        open_note(broken, keys)


def test_a_repeated_signature_counts_once() -> None:
    assert (SIGNER.name,) == open_note(NOTE + line_of(NOTE), [SIGNER.verifier]).names


@pytest.mark.parametrize(("lines", "good"), [(MAX_SIGNATURES, True), (MAX_SIGNATURES + 1, False)])
def test_signatures_are_limited(lines: int, good: bool) -> None:
    note = NOTE + line_of(NOTE) * (lines - 1)
    if good:
        open_note(note, [SIGNER.verifier])
    else:
        with pytest.raises(NoteError):
            open_note(note, [SIGNER.verifier])


def test_every_flipped_bit_of_a_note_is_refused() -> None:
    raw = NOTE.encode()
    for bit in range(8 * len(raw)):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((NoteError, UnicodeDecodeError)):
            open_note(changed.decode(), [SIGNER.verifier])


def test_the_text_may_hold_empty_lines() -> None:
    text = "one\n\ntwo\n"
    assert text == open_note(sign_note(text, SIGNER), [SIGNER.verifier]).text


@pytest.mark.parametrize("text", ["", "no line feed", "tab\there\n", "return\r\n", "\ud800\n"])
def test_texts_that_no_note_has_are_not_signed(text: str) -> None:
    with pytest.raises(NoteError):
        sign_note(text, SIGNER)


@given(st.text())
def test_any_text_opens_or_raises_our_error(text: str) -> None:
    for note in (text, f"{text}\n\n{line_of(NOTE)}", f"{TEXT}\n— {text}\n"):
        with pytest.raises(NoteError):
            open_note(note, [SIGNER.verifier])


@given(st.text() | st.from_regex(r"[a-z.]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}", fullmatch=True))
def test_any_text_is_a_verifier_key_or_raises_our_error(text: str) -> None:
    with pytest.raises(NoteError):
        parse_vkey(text)


def test_a_verifier_key_goes_there_and_back() -> None:
    vkey = format_vkey(SIGNER.name, SIGNER.public_key)
    assert SIGNER.verifier == parse_vkey(vkey)
    assert SIGNER.public_key == parse_vkey(vkey).key


@pytest.mark.parametrize("change", ["upper", "space", "bits", "key", "algorithm"])
def test_a_changed_verifier_key_is_refused(change: str) -> None:
    name, hex_id, key = format_vkey(SIGNER.name, SIGNER.public_key).split("+", 2)
    raw = base64.b64decode(key)
    changed = {
        "upper": f"{name}+{hex_id.upper()}+{key}",
        "space": f"{name} +{hex_id}+{key}",
        "bits": f"{name}+{hex_id}+{key[:-1]}+",
        "key": f"{name}+{hex_id}+{base64.b64encode(raw[:-1] + bytes([raw[-1] ^ 1])).decode()}",
        "algorithm": f"{name}+{key_id(name, 9, raw[1:]).hex()}"
        f"+{base64.b64encode(bytes([9]) + raw[1:]).decode()}",
    }[change]
    assert changed != format_vkey(SIGNER.name, SIGNER.public_key)
    with pytest.raises(NoteError):
        parse_vkey(changed)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\x00b"])
def test_names_that_no_key_has_are_refused(name: str) -> None:
    with pytest.raises(NoteError):
        format_vkey(name, bytes(32))


def test_two_keys_that_look_alike_are_refused() -> None:
    """Four bytes of key id collide for whoever tries 2^32 keys."""
    good = SIGNER.verifier
    twin = Verifier(good.name, good.key_id, good.algorithm, bytes(32))
    with pytest.raises(NoteError, match="share"):
        open_note(NOTE, [good, twin])


def test_base64_whose_unused_bits_are_set_is_refused() -> None:
    assert decode_base64("AA==") == b"\x00"
    for text in ("AB==", "AA=", "AA", "AA==\n", " AA==", "A-==", "ÄA=="):
        with pytest.raises(NoteError):
            decode_base64(text)
