"""A KEK's file: only its owner reads it, nothing overwrites it, every refusal says what to do."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import KeysError
from keys.providers.file import FileKek, parse_file

PASSPHRASE = "warung di ujung jalan"


def _same(one: FileKek, other: FileKek) -> bool:
    return one.mac("nik", b"1") == other.mac("nik", b"1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kek"


def test_a_raw_kek_is_found_again_and_only_its_owner_can_read_it(path: Path) -> None:
    made = FileKek.create(path)
    assert _same(made, FileKek.open(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [path] == list(path.parent.iterdir())


def test_a_wide_umask_does_not_open_the_file(path: Path) -> None:
    before = os.umask(0)
    try:
        FileKek.create(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_keks_differ(tmp_path: Path) -> None:
    assert not _same(FileKek.create(tmp_path / "a"), FileKek.create(tmp_path / "b"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o601])
def test_a_file_open_to_others_is_refused(path: Path, mode: int) -> None:
    FileKek.create(path)
    path.chmod(mode)
    with pytest.raises(KeysError, match="chmod 600"):
        FileKek.open(path)


def test_a_passphrase_protects_the_file(path: Path) -> None:
    made = FileKek.create(path, PASSPHRASE)
    assert _same(made, FileKek.open(path, PASSPHRASE))
    with pytest.raises(KeysError, match="needs its passphrase"):
        FileKek.open(path)
    with pytest.raises(KeysError, match="passphrase is wrong"):
        FileKek.open(path, PASSPHRASE + "!")


def test_a_passphrase_is_the_same_however_it_is_typed(path: Path) -> None:
    made = FileKek.create(path, "café café café")
    assert _same(made, FileKek.open(path, "cafe\u0301 cafe\u0301 cafe\u0301"))


def test_a_passphrase_for_a_raw_file_is_refused(path: Path) -> None:
    FileKek.create(path)
    with pytest.raises(KeysError, match="no passphrase"):
        FileKek.open(path, PASSPHRASE)


def test_a_short_passphrase_is_refused(path: Path) -> None:
    with pytest.raises(KeysError, match="at least 12"):
        FileKek.create(path, "rahasia")
    assert not path.exists()


def test_a_kek_is_never_overwritten(path: Path) -> None:
    made = FileKek.create(path)
    with pytest.raises(KeysError, match="not overwritten"):
        FileKek.create(path)
    assert _same(made, FileKek.open(path))
    assert [path] == list(path.parent.iterdir())


def test_what_is_missing_or_no_file_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="No such file"):
        FileKek.open(tmp_path / "none")
    with pytest.raises(KeysError, match="not a regular file"):
        FileKek.open(tmp_path)
    with pytest.raises(KeysError, match="cannot write"):
        FileKek.create(tmp_path / "none" / "kek")


def test_a_pipe_does_not_hang_the_start(path: Path) -> None:
    os.mkfifo(path, 0o600)
    with pytest.raises(KeysError, match="not a regular file"):
        FileKek.open(path)


def test_no_repr_shows_the_kek(path: Path) -> None:
    assert repr(FileKek.create(path)) == "FileKek(<hidden>)"


@pytest.mark.parametrize("text", ["", "x" * 2_000, "izin-kek:2:raw:AAAA", "izin-kek:1:raw:AAAA\n"])
def test_another_text_is_refused(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(KeysError):
        FileKek.open(path)


@given(
    st.sampled_from(["", "izin-kek:1:raw:", "izin-kek:1:argon2id:"]),
    st.text(max_size=30) | st.text("AB_-:=\n", max_size=60),
)
def test_any_text_is_refused_with_our_error(prefix: str, rest: str) -> None:
    with pytest.raises(KeysError):
        parse_file(prefix + rest, None)


def test_a_passphrase_is_read_from_a_file_that_nobody_else_can_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never from the command line or a variable, which other programs can see."""
    secret = tmp_path / "passphrase"
    secret.write_text(f"{PASSPHRASE}\n")
    monkeypatch.setenv("IZIN_KEK_PASSPHRASE_FILE", str(secret))
    secret.chmod(0o640)
    with pytest.raises(KeysError, match="chmod 600"):
        FileKek.create(tmp_path / "kek")
    secret.chmod(0o600)
    made = FileKek.create(tmp_path / "kek")
    monkeypatch.delenv("IZIN_KEK_PASSPHRASE_FILE")
    assert _same(made, FileKek.open(tmp_path / "kek", PASSPHRASE))
    with pytest.raises(KeysError, match="needs its passphrase"):
        FileKek.open(tmp_path / "kek")
