"""A whole log as one file: written, read with other people's tar, changed at every place, and
verified by the command."""

from __future__ import annotations

import random
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audit import workers
from audit.archive import BLOCK, ArchiveSource, is_archive, write_archive
from audit.cli import audit
from audit.errors import AuditError, MissingError, TamperedError
from audit.log import Log
from audit.tiles import paths_of
from tests.audit.logs import access, open_log

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


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    opened = open_log(tmp_path)
    opened.append([access() for _ in range(300)])
    yield opened
    opened.close()


@pytest.fixture
def exported(log: Log, tmp_path: Path) -> Path:
    out = tmp_path / "copy.tar"
    result = run("export", str(tmp_path / "log.db"), "--out", str(out))
    assert (0, "exported 300 entries\n") == (result.exit_code, result.output)
    return out


def run(*arguments: str) -> Result:
    return CliRunner().invoke(audit, arguments, catch_exceptions=False)


def test_an_exported_file_is_verified(log: Log, exported: Path) -> None:
    result = run("verify", str(exported), "--vkey", log.vkey)
    assert 0 == result.exit_code
    assert "10. files: 300 entries" in result.output


def test_two_processes_read_one_file(
    log: Log, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "SMALL", 10)
    assert 0 == run("verify", str(exported), "--vkey", log.vkey, "--jobs", "2").exit_code


def test_other_commands_read_it_too(log: Log, exported: Path, tmp_path: Path) -> None:
    assert 0 == run("prove", "7", "--source", str(exported), "--vkey", log.vkey).exit_code
    again = run("export", str(exported), "--out", str(tmp_path / "folder"))
    assert 0 == again.exit_code
    assert 0 == run("verify", str(tmp_path / "folder"), "--vkey", log.vkey).exit_code


def test_a_changed_entry_is_named(log: Log, exported: Path) -> None:
    raw = exported.read_bytes()
    place = [match.start() for match in re.finditer(b'"access.sent"', raw)][271]
    exported.write_bytes(raw[:place] + b'"access.sEnt"' + raw[place + 13 :])
    result = run("verify", str(exported), "--vkey", log.vkey)
    assert 1 == result.exit_code
    assert "entry 271:" in result.output


def test_no_changed_bit_goes_unnoticed(log: Log, exported: Path) -> None:
    raw = exported.read_bytes()
    chosen = random.Random(5)
    headers = [match.start() - 257 for match in re.finditer(b"ustar\0", raw)]
    places = [chosen.randrange(len(raw)) for _ in range(30)]
    places += [chosen.choice(headers) + chosen.randrange(BLOCK) for _ in range(30)]
    for place in [0, 257, len(raw) - 1, *places]:
        changed = bytearray(raw)
        changed[place] ^= 1 << chosen.randrange(8)
        exported.write_bytes(changed)
        assert 1 == run("verify", str(exported), "--vkey", log.vkey).exit_code, place


def test_a_file_that_a_log_does_not_consist_of(log: Log, tmp_path: Path) -> None:
    files = [("checkpoint", log.checkpoint().encode())]
    files += [(path, log.read(path)) for path in paths_of(log.size)]
    write_archive([*files, ("tile/0/001", bytes(8192))], tmp_path / "more.tar")
    result = run("verify", str(tmp_path / "more.tar"), "--vkey", log.vkey)
    assert 1 == result.exit_code
    write_archive(files[:-1], tmp_path / "less.tar")
    assert 1 == run("verify", str(tmp_path / "less.tar"), "--vkey", log.vkey).exit_code


@pytest.mark.parametrize("name", ["copy", "copy-1.0", "copy.d"])
def test_other_names_become_folders(log: Log, tmp_path: Path, name: str) -> None:
    assert 0 == run("export", str(tmp_path / "log.db"), "--out", str(tmp_path / name)).exit_code
    assert (tmp_path / name / "checkpoint").is_file()


def test_a_folder_stays_one_whatever_its_name(log: Log, tmp_path: Path) -> None:
    (tmp_path / "copy.tar").mkdir()
    out = str(tmp_path / "copy.tar")
    assert 0 == run("export", str(tmp_path / "log.db"), "--out", out).exit_code
    assert (tmp_path / "copy.tar" / "checkpoint").is_file()


def test_evidence_in_one_file_is_verified_by_the_same_command(
    log: Log, exported: Path, tmp_path: Path
) -> None:
    out = str(tmp_path / "complaint.bundle")
    made = run("bundle", str(exported), "--entry", "12", "--vkey", log.vkey, "--out", out)
    assert 0 == made.exit_code
    result = run("verify", out, "--vkey", log.vkey)
    assert 0 == result.exit_code
    assert "PROVEN: 1 entries stand in" in result.output
    raw = Path(out).read_bytes()
    Path(out).write_bytes(raw[:-9] + bytes([raw[-9] ^ 1]) + raw[-8:])
    assert 1 == run("verify", out, "--vkey", log.vkey, "--json").exit_code
