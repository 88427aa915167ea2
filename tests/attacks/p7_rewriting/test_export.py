"""P7, nothing is rewritten: an export of the running log, changed in every way, and read offline.

The export is taken over HTTP with the command that auditors use, and verified by it as well.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx2
import pytest
from flask import Flask

from audit.errors import AuditError
from audit.export import export_folder
from audit.note import parse_vkey
from audit.source import FolderSource, HttpSource
from audit.tiles import parse_bundle
from audit.verify import verify
from tests.attacks.rogue import Rogue
from tests.attacks.stages import IZIN, ROOT, WorldStage

Change = Callable[[list[bytes]], list[bytes]]
ENTRIES = 40


@pytest.fixture(scope="module")
def export(rogue: Rogue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the log as a folder, of some more than 40 entries and less than 256."""
    if rogue.log.size < ENTRIES:
        rogue.pad(ENTRIES - rogue.log.size)
    folder = tmp_path_factory.mktemp("export") / "log"
    url = rogue.broker.settings.issuer + "/log"
    if isinstance(rogue.stage, WorldStage):
        folder.mkdir()
        _copy_over(rogue.stage, url, folder)
    else:
        export_folder(HttpSource(url), folder)
    verify(FolderSource(folder), parse_vkey(rogue.log.vkey))
    return folder


def _copy_over(stage: WorldStage, url: str, folder: Path) -> None:
    class Source:
        def checkpoint(self) -> str:
            return self.read("checkpoint").decode()

        def read(self, path: str) -> bytes:
            response = stage.http.get(f"{url}/{path}")
            assert response.status_code == 200, path
            return response.content

    folder.rmdir()
    export_folder(Source(), folder)


def _verdict(folder: Path, vkey: str, *more: str) -> tuple[int, str]:
    told = subprocess.run(
        [*IZIN, "audit", "verify", str(folder), "--vkey", vkey, *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return told.returncode, told.stdout + told.stderr


def _bundle(folder: Path) -> Path:
    """Return the entry bundle that holds the newest entries."""
    return max((folder / "tile" / "entries").rglob("*"), key=lambda path: str(path.is_file()))


def _bundles(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "tile" / "entries").rglob("*") if path.is_file())


def _entries(path: Path) -> list[bytes]:
    raw, entries = path.read_bytes(), []
    while raw:
        size = int.from_bytes(raw[:2], "big")
        entries.append(raw[2 : 2 + size])
        raw = raw[2 + size :]
    assert parse_bundle(path.read_bytes(), len(entries)) == entries
    return entries


def _edit(entries: list[bytes]) -> list[bytes]:
    number = next(n for n, raw in enumerate(entries) if n >= 7 and b'"kind"' in raw)
    raw = entries[number]
    changed = re.sub(rb'"at":"(\d{4})', lambda m: b'"at":"%d' % (int(m[1]) - 1), raw)
    assert changed != raw
    return [*entries[:number], changed, *entries[number + 1 :]]


CHANGES: dict[str, tuple[Change, int]] = {
    "edited": (_edit, 7),
    "deleted": (lambda e: [*e[:9], *e[10:]], 9),
    "deleted and filled": (lambda e: [*e[:9], *e[10:], e[3]], 9),
    "inserted": (lambda e: [*e[:5], e[2], *e[5:]], 5),
    "inserted for one deleted": (lambda e: [*e[:5], e[2], *e[5:-1]], 5),
    "reordered": (lambda e: [*e[:11], e[12], e[11], *e[13:]], 11),
    "truncated": (lambda e: e[:-1], -1),
    "emptied": (lambda _: [], 0),
}


@pytest.mark.parametrize("name", CHANGES)
def test_entries_of_an_export(rogue: Rogue, export: Path, tmp_path: Path, name: str) -> None:
    """Would work where an export is a file of lines with a signature over its checkpoint only."""
    change, number = CHANGES[name]
    folder = tmp_path / "log"
    shutil.copytree(export, folder)
    path = _bundles(folder)[0]
    entries = _entries(path)
    expected = len(entries) - 1 if number < 0 else number
    path.write_bytes(b"".join(_framed(change(entries))))
    code, told = _verdict(folder, rogue.log.vkey)
    assert code == 1
    assert "TAMPERED P7" in told
    assert f"entry {expected}:" in told


@pytest.mark.parametrize("what", ["tile", "checkpoint", "extra file", "another key"])
def test_the_rest_of_an_export(rogue: Rogue, export: Path, tmp_path: Path, what: str) -> None:
    """Would work where only entries are checked: tiles and files feed other verifiers."""
    folder = tmp_path / "log"
    shutil.copytree(export, folder)
    vkey = rogue.log.vkey
    if what == "tile":
        path = next(p for p in (folder / "tile" / "0").rglob("*") if p.is_file())
        raw = bytearray(path.read_bytes())
        raw[33] ^= 1
        path.write_bytes(bytes(raw))
    elif what == "checkpoint":
        path = folder / "checkpoint"
        lines = path.read_text("utf-8").split("\n")
        path.write_text("\n".join([lines[0], str(int(lines[1]) - 1), *lines[2:]]), "utf-8")
    elif what == "extra file":
        (folder / "tile" / "entries" / "999").write_bytes(b"what no step reads")
    else:
        from audit.note import format_vkey

        vkey = format_vkey(rogue.log.origin, bytes(32))
    code, told = _verdict(folder, vkey)
    assert code == 1, told
    assert "TAMPERED P7" in told


def test_a_rollback_is_seen_by_who_kept_a_checkpoint(
    rogue: Rogue, export: Path, tmp_path: Path
) -> None:
    """Works without --since, and is written down: an old state, truly signed, is a true state.

    With the checkpoint that somebody kept, the first entry that is gone is named.
    """
    newer = tmp_path / "newer"
    newer.write_text(_grown(rogue), "utf-8")
    code, told = _verdict(export, rogue.log.vkey)
    assert code == 0, told
    code, told = _verdict(export, rogue.log.vkey, "--since", str(newer))
    size = len([entry for path in _bundles(export) for entry in _entries(path)])
    assert code == 1
    assert f"step 9, since: entry {size}:" in told


def _grown(rogue: Rogue) -> str:
    rogue.pad(3)
    return rogue.log.checkpoint()


def _framed(entries: Sequence[bytes]) -> list[bytes]:
    return [len(raw).to_bytes(2, "big") + raw for raw in entries]


def test_the_running_log_can_be_verified_by_anybody(demo: object, rogue: Rogue) -> None:
    """No attack: what the changes above differ from, over HTTP and with the public key alone."""
    report = verify(HttpSource(rogue.broker.settings.issuer + "/log"), parse_vkey(rogue.log.vkey))
    assert report.size > ENTRIES / 2
    assert demo is not None


def test_a_tile_that_was_never_signed_is_not_served(demo: object, rogue: Rogue) -> None:
    """Would work where the log serves files by name: a path outside it, or of a size to come."""
    url = rogue.broker.settings.issuer + "/log"
    for path in ("tile/0/999", "tile/entries/../../izin.db", "tile/9/000", "tile/0/000.p/0"):
        assert httpx2.get(f"{url}/{path}").status_code == 404
    assert demo is not None
    with pytest.raises(AuditError):
        HttpSource(url).read("../kek.key")
    assert Flask is not None
