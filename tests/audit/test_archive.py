"""A whole log as one file: written, read with other people's tar, and changed at every place."""

from __future__ import annotations

import random
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.archive import BLOCK, ArchiveSource, is_archive, write_archive
from audit.errors import AuditError, MissingError, TamperedError

FILES = [
    ("checkpoint", b"a note\n"),
    ("tile/0/000.p/2", bytes(64)),
    ("tile/entries/000.p/2", b"x" * 513),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_archive(FILES, tmp_path / "log.tar")
    return tmp_path / "log.tar"


def test_what_was_written_is_read(path: Path) -> None:
    source = ArchiveSource(path)
    source.check_whole()
    assert "a note\n" == source.checkpoint()
    assert {name for name, _ in FILES} == source.names
    assert bytes(64) == source.read("tile/0/000.p/2")
    assert b"x" * 513 == source.read("tile/entries/000.p/2")


def test_any_tar_unpacks_it(path: Path, tmp_path: Path) -> None:
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path / "out", filter="data")
    for name, content in FILES:
        assert content == (tmp_path / "out" / name).read_bytes()


def test_the_same_log_makes_the_same_file(path: Path, tmp_path: Path) -> None:
    write_archive(FILES, tmp_path / "again.tar")
    assert path.read_bytes() == (tmp_path / "again.tar").read_bytes()


def test_a_file_that_is_there_is_not_written_over(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(AuditError, match="already"):
        write_archive(FILES, path)
    assert before == path.read_bytes()


def test_an_export_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def failing() -> object:
        yield FILES[0]
        raise MissingError("gone")

    with pytest.raises(MissingError):
        write_archive(failing(), tmp_path / "log.tar")  # type: ignore[arg-type]
    assert [] == list(tmp_path.iterdir())


def test_a_file_that_it_does_not_have_is_missing(path: Path) -> None:
    with pytest.raises(MissingError):
        ArchiveSource(path).read("tile/0/001")
    with pytest.raises(AuditError):
        ArchiveSource(path).read("../etc/passwd")


def test_every_changed_bit_outside_the_contents_is_told(path: Path) -> None:
    whole = path.read_bytes()
    inside: set[int] = set()
    at = 0
    for _, content in FILES:
        inside.update(range(at + BLOCK, at + BLOCK + len(content)))
        at += BLOCK + len(content) + -len(content) % BLOCK
    chosen = random.Random(3)
    for place in set(range(len(whole))) - inside:
        changed = bytearray(whole)
        changed[place] ^= 1 << chosen.randrange(8)
        path.write_bytes(changed)
        with pytest.raises(TamperedError):
            ArchiveSource(path).check_whole()


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw[:-1],
        lambda raw: raw[: -2 * BLOCK],
        lambda raw: raw[:700],
        lambda raw: raw + bytes(BLOCK),
        lambda raw: raw[: 2 * BLOCK] + raw,
        lambda raw: b"",
    ],
)
def test_an_archive_cut_short_drawn_out_or_doubled(
    path: Path, change: Callable[[bytes], bytes]
) -> None:
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(TamperedError):
        ArchiveSource(path).check_whole()


def test_what_lies_behind_a_damaged_header_is_not_called_missing(path: Path) -> None:
    changed = bytearray(path.read_bytes())
    changed[2 * BLOCK] ^= 1
    path.write_bytes(changed)
    with pytest.raises(TamperedError):
        ArchiveSource(path).read("tile/entries/000.p/2")


def test_an_archive_is_known_by_its_beginning(path: Path) -> None:
    start = path.read_bytes()[:BLOCK]
    assert is_archive(start)
    assert is_archive(b"C" + start[1:])
    assert is_archive(start[:257] + b"USTAR" + start[262:])
    assert not is_archive(b"SQLite format 3\x00" + bytes(BLOCK))


def test_a_log_of_a_length_that_no_file_has(tmp_path: Path) -> None:
    """A header may claim any length: it is held against the file, not read."""
    info = tarfile.TarInfo("checkpoint")
    info.size = 8**11 - 1
    path = tmp_path / "log.tar"
    path.write_bytes(info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict"))
    with pytest.raises(TamperedError):
        ArchiveSource(path).check_whole()
