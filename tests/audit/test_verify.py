"""Whatever is changed in an export is noticed, and the first bad entry is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.entry import KINDS, draft, format_entry
from audit.errors import LogUnavailableError, MissingError, TamperedError
from audit.merkle import leaf_hash
from audit.note import parse_vkey
from audit.tiles import paths_of
from audit.verify import STEPS, verify
from tests.audit.memory_log import (
    START,
    MemoryLog,
    TestSigner,
    log_of,
    naive_root,
    some_entries,
    some_members,
)

SIGNER = TestSigner()
TAKEN = tuple(step for step in STEPS if step not in ("since", "files", "withdrawn", "tags"))
WITH_SINCE = tuple(step for step in STEPS if step not in ("files", "withdrawn", "tags"))
SMALL = log_of(some_entries(5), SIGNER)
ENTRIES = some_entries(600, tuple(KINDS))
LARGE = log_of(ENTRIES, SIGNER)


def flip(raw: bytes, bit: int) -> bytes:
    changed = bytearray(raw)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def flipped(log: MemoryLog, path: str, bit: int) -> MemoryLog:
    return log.with_file(path, flip(log.files[path], bit))


def blame(log: MemoryLog, since: Checkpoint | None = None) -> tuple[str, int | None]:
    with pytest.raises(TamperedError) as caught:
        verify(log, SIGNER.verifier, since=since)
    return caught.value.step, caught.value.index


@pytest.mark.parametrize("size", [0, 1, 2, 5, 255, 256, 257, 512, 600])
def test_a_good_log_passes(size: int) -> None:
    report = verify(log_of(ENTRIES[:size], SIGNER), SIGNER.verifier)
    assert size == report.size == sum(report.kinds.values())
    assert report.steps == TAKEN


def test_the_tests_log_has_the_files_that_the_specification_lists() -> None:
    assert {"checkpoint", *paths_of(600)} == LARGE.files.keys()
    assert "tile/1/000.p/2" in LARGE.files


@pytest.mark.parametrize("path", sorted(SMALL.files))
def test_every_single_flipped_bit_is_noticed(path: str) -> None:
    for bit in range(8 * len(SMALL.files[path])):
        blame(flipped(SMALL, path, bit))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(LARGE.files)), st.integers(min_value=0))
def test_a_flipped_bit_of_a_large_log_is_noticed(path: str, bit: int) -> None:
    blame(flipped(LARGE, path, bit % (8 * len(LARGE.files[path]))))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 599), st.integers(min_value=0))
def test_a_flipped_bit_in_an_entry_is_reported_with_its_number(index: int, bit: int) -> None:
    path, start = _bundle_of(index)
    position = sum(2 + len(raw) for raw in ENTRIES[start:index]) * 8
    position += bit % (8 * (2 + len(ENTRIES[index])))  # the length in front of it, too
    assert index == blame(flipped(LARGE, path, position))[1]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 599), st.integers(0, 255))
def test_a_flipped_bit_in_a_tile_is_reported_as_the_tiles(index: int, bit: int) -> None:
    """The entry is good and the root says so: the blame must not fall on the entry."""
    path = ["tile/0/000", "tile/0/001", "tile/0/002.p/88"][index // 256]
    assert ("tiles", index) == blame(flipped(LARGE, path, index % 256 * 256 + bit))


@pytest.mark.parametrize(("bit", "index"), [(0, 0), (255, 0), (256, 256), (511, 256)])
def test_a_flipped_bit_in_an_upper_tile_names_the_first_entry_below_it(
    bit: int, index: int
) -> None:
    assert ("tiles", index) == blame(flipped(LARGE, "tile/1/000.p/2", bit))


def test_a_checkpoint_that_is_not_utf_8_is_tampering() -> None:
    assert blame(LARGE.with_file("checkpoint", b"\xff")) == ("checkpoint", None)


@pytest.mark.parametrize("path", sorted(LARGE.files))
def test_a_missing_file_is_tampering(path: str) -> None:
    assert blame(LARGE.with_file(path, None))[0] in {"checkpoint", "bundles", "tiles"}


@pytest.mark.parametrize("path", sorted(LARGE.files))
def test_a_file_that_goes_on_is_tampering(path: str) -> None:
    blame(LARGE.with_file(path, LARGE.files[path] + b"\x00"))


@pytest.mark.parametrize("path", sorted(LARGE.files))
def test_a_file_cut_short_is_tampering(path: str) -> None:
    blame(LARGE.with_file(path, LARGE.files[path][:-1]))


@pytest.mark.parametrize("index", [0, 1, 300, 598])
def test_an_entry_dropped_from_a_bundle_is_reported_with_its_number(index: int) -> None:
    dropped = log_of([*ENTRIES[:index], *ENTRIES[index + 1 :]], SIGNER)
    assert index == blame(_entries_of(LARGE, dropped, 599))[1]


def test_two_entries_swapped_are_reported_with_the_first() -> None:
    raws = list(ENTRIES)
    raws[300], raws[301] = raws[301], raws[300]
    assert blame(_entries_of(LARGE, log_of(raws, SIGNER), 600))[1] == 300


def test_an_entry_put_in_is_reported_with_its_number() -> None:
    raws = [*ENTRIES[:300], ENTRIES[10], *ENTRIES[300:599]]
    assert blame(_entries_of(LARGE, log_of(raws, SIGNER), 600))[1] == 300


def test_rewriting_everything_but_the_signature_breaks_the_root() -> None:
    """Nothing in the copy contradicts itself, so no entry can be named."""
    other = log_of(some_entries(600, ("access.sent",)), SIGNER)
    assert blame(other.with_file("checkpoint", LARGE.files["checkpoint"])) == ("root", None)


@pytest.mark.parametrize("index", [1, 255, 256, 400])
def test_a_log_that_signs_a_broken_chain_is_reported(index: int) -> None:
    raws = [*ENTRIES[:index], *ENTRIES[index + 1 :]]
    assert ("chain", index) == blame(log_of(raws, SIGNER))


@pytest.mark.parametrize("index", [1, 255, 256, 400])
def test_a_log_that_signs_hours_going_back_is_reported(index: int) -> None:
    raw = format_entry(
        draft("policy.changed", some_members("policy.changed", 0)),
        START.replace(year=2020),
        leaf_hash(ENTRIES[index - 1]),
    )
    assert ("hours", index) == blame(log_of([*ENTRIES[:index], raw], SIGNER))


@pytest.mark.parametrize("index", [10, 256, 400])
def test_a_log_that_signs_a_mark_twice_is_reported(index: int) -> None:
    raws = some_entries(index)
    again = draft("access.sent", some_members("access.sent", 0))
    raws.append(format_entry(again, START.replace(year=2027), leaf_hash(raws[-1])))
    assert ("marks", index) == blame(log_of(raws, SIGNER))


@pytest.mark.parametrize("index", [0, 255, 256, 400])
@pytest.mark.parametrize("bad", [b"{}", b"", b"null", b'{"v":1}', b"[1]", b"\xff"])
def test_a_log_that_signs_what_is_no_entry_is_reported(index: int, bad: bytes) -> None:
    assert ("entries", index) == blame(log_of([*ENTRIES[:index], bad], SIGNER))


def test_a_log_that_signs_an_entry_with_white_space_is_reported() -> None:
    raws = [*ENTRIES[:3], ENTRIES[3].replace(b",", b", ", 1)]
    assert blame(log_of(raws, SIGNER)) == ("entries", 3)


def test_another_key_is_refused() -> None:
    with pytest.raises(TamperedError, match="checkpoint"):
        verify(LARGE, TestSigner(seed=8).verifier)


def test_an_origin_that_is_not_the_keys_name_is_refused() -> None:
    text = LARGE.checkpoint().replace("izin.example/log\n600", "izin.example/two\n600")
    assert blame(LARGE.with_file("checkpoint", text.encode()))[0] == "checkpoint"


def test_a_witness_that_did_not_sign_is_missed() -> None:
    witness = TestSigner("witness.example", seed=9).verifier
    with pytest.raises(TamperedError, match="not signed by witness"):
        verify(LARGE, SIGNER.verifier, witnesses=[witness])


def test_a_source_that_cannot_be_reached_is_not_tampering() -> None:
    class Broken(MemoryLog):
        def read(self, path: str) -> bytes:
            raise LogUnavailableError("no route")

    with pytest.raises(LogUnavailableError) as caught:
        verify(Broken(LARGE.files, 600), SIGNER.verifier)
    assert not isinstance(caught.value, MissingError)


@pytest.mark.parametrize("old", [0, 1, 100, 255, 256, 257, 511, 512, 513, 599, 600])
def test_a_log_that_grew_from_an_older_checkpoint_passes(old: int) -> None:
    since = _checkpoint(log_of(ENTRIES[:old], SIGNER))
    assert verify(LARGE, SIGNER.verifier, since=since).steps == WITH_SINCE


@pytest.mark.parametrize("old", [1, 100, 255, 256, 257, 511, 512, 513, 599, 600])
def test_a_log_rewritten_and_signed_again_is_seen_by_who_kept_a_checkpoint(old: int) -> None:
    since = _checkpoint(log_of(some_entries(old, ("access.sent",)), SIGNER))
    assert blame(LARGE, since) == ("since", None)


def test_a_rollback_names_the_first_entry_that_is_gone() -> None:
    assert blame(log_of(ENTRIES[:300], SIGNER), _checkpoint(LARGE)) == ("since", 300)


def test_an_older_checkpoint_of_another_log_is_refused() -> None:
    assert blame(LARGE, Checkpoint("other.example", 0, naive_root([]))) == ("since", None)


def test_a_log_of_another_kind_of_entries_passes_up_to_step_2(vectors: Path) -> None:
    """A real tlog-tiles log: signature, bundles and tree are ours; its entries are not JSON."""
    folder = vectors / "tessera-log/testdata/log"
    files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    vkey = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
    with pytest.raises(TamperedError) as caught:
        verify(MemoryLog(files, 15), parse_vkey(vkey))
    assert (caught.value.step, caught.value.index) == ("entries", 0)


def _checkpoint(log: MemoryLog) -> Checkpoint:
    return open_checkpoint(log.checkpoint(), SIGNER.verifier)


def _bundle_of(index: int) -> tuple[str, int]:
    names = ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"]
    return names[index // 256], index // 256 * 256


def _entries_of(log: MemoryLog, other: MemoryLog, size: int) -> MemoryLog:
    """Return `log` with the other's bundles in place of its own."""
    files = {path: raw for path, raw in log.files.items() if "entries" not in path}
    for path, raw in other.files.items():
        if "entries" in path:
            files[path.replace(".p/87", ".p/88")] = raw
    return MemoryLog(files, size)


def test_the_page_about_verifying_names_the_same_steps_and_members() -> None:
    page = (Path(__file__).parents[2] / "docs/verify.md").read_text()
    for number, step in enumerate(STEPS, 1):
        assert f"**{number}. `{step}`" in page
    for kind, members in KINDS.items():
        row = next(
            line for line in page.splitlines() if line.startswith("|") and f"`{kind}`" in line
        )
        like_sent = set(KINDS["access.sent"]) if "as `access.sent`" in row else set()
        for name in set(members) - like_sent:
            assert f"`{name.removesuffix('?')}`" in row, (kind, name)
