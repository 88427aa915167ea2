"""The exported folder: what it consists of, and that nothing in it can change unnoticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.errors import AuditError, LogUnavailableError, TamperedError
from audit.export import export_folder
from audit.merkle import EMPTY_ROOT
from audit.source import FolderSource
from audit.tiles import paths_of
from audit.verify import Report, verify
from tests.audit.logs import access, open_log, verifier


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def checked(folder: Path, log_folder: Path) -> Report:
    source = FolderSource(folder)
    report = verify(source, verifier(open_log(log_folder)))
    source.check_files(report.size)
    return report


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 600])
def test_an_export_holds_the_logs_files_and_verifies(tmp_path: Path, size: int) -> None:
    log = open_log(tmp_path)
    if size:
        log.append([access() for _ in range(size)])
    out = tmp_path / "out"
    assert export_folder(log, out) == size
    assert files_of(out) == {"checkpoint", *paths_of(size)}
    assert checked(out, tmp_path).size == size


def test_an_empty_log_exports_its_checkpoint(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    export_folder(log, tmp_path / "out")
    assert checked(tmp_path / "out", tmp_path).checkpoint.root == EMPTY_ROOT


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append([access() for _ in range(2)])
    out = tmp_path / "out"
    export_folder(log, out)
    for name in files_of(out):
        path = out / name
        good = path.read_bytes()
        for bit in range(len(good) * 8):
            bad = bytearray(good)
            bad[bit // 8] ^= 1 << bit % 8
            path.write_bytes(bad)
            with pytest.raises(TamperedError):
                verify(FolderSource(out), verifier(log))
        path.write_bytes(good)
    assert checked(out, tmp_path).size == 2


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    with pytest.raises(AuditError, match="not empty"):
        export_folder(log, tmp_path)


def test_an_export_cut_short_has_no_checkpoint(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append([access() for _ in range(300)])

    class Failing:
        def checkpoint(self) -> str:
            return log.checkpoint()

        def read(self, path: str) -> bytes:
            if path.startswith("tile/1"):
                raise LogUnavailableError("gone")
            return log.read(path)

    with pytest.raises(LogUnavailableError):
        export_folder(Failing(), tmp_path / "out")
    assert not (tmp_path / "out" / "checkpoint").exists()


def test_a_log_may_grow_while_it_is_exported(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append([access() for _ in range(250)])

    class Growing:
        def checkpoint(self) -> str:
            return log.checkpoint()

        def read(self, path: str) -> bytes:
            log.append([access() for _ in range(5)])
            return log.read(path)

    assert export_folder(Growing(), tmp_path / "out") == 250
    assert checked(tmp_path / "out", tmp_path).size == 250
