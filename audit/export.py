"""A log copied to a folder, in the layout of C2SP tlog-tiles, to be verified offline.

The folder holds the checkpoint, the hash tiles and the entry bundles of that size, and nothing
else: whatever is not needed to verify would be a place where a changed bit goes unnoticed.

This file must not judge what it copies; `verify` does that, on the folder, wherever it ends up.
"""

from __future__ import annotations

import os
from pathlib import Path

from audit.errors import AuditError, MissingError
from audit.source import LogSource, unchecked_checkpoint
from audit.tiles import TILE_WIDTH, parse_tile_path, paths_of, remains_path


def export_folder(log: LogSource, out: Path) -> int:
    """Copy `log` (a Log, a URL, a log's file) to `out` and return the number of entries.

    out: absent or empty, since a file left from before would be taken for part of the log.
    The checkpoint is written last: an export that was cut short does not look like a whole one.
    """
    note = log.checkpoint()
    size = unchecked_checkpoint(note).size
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise AuditError("the folder for the export is not empty")
        for path in paths_of(size):
            _copy(log, path, out)
        _write(out / "checkpoint", note.encode())
    except OSError as error:
        raise AuditError(f"the export cannot be written: {error.strerror}") from error
    return size


def _copy(log: LogSource, path: str, out: Path) -> None:
    """Copy a file; what remains of a bundle where a pruned log has no more."""
    try:
        content = log.read(path)
    except MissingError:
        tile = parse_tile_path(path)
        if tile.level is not None or tile.width != TILE_WIDTH:
            raise
        path = remains_path(tile.n)
        content = log.read(path)
    _write(out / path, content)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
