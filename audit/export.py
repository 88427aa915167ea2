"""A log copied to a folder or an archive, in the layout of C2SP tlog-tiles, to verify offline.

The copy holds the checkpoint, the hash tiles and the entry bundles of that size, and nothing
else: whatever is not needed to verify would be a place where a changed bit goes unnoticed.

This file must not judge what it copies; `verify` does that, on the copy, wherever it ends up.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from audit.archive import write_archive
from audit.errors import AuditError, MissingError
from audit.source import LogSource, unchecked_checkpoint
from audit.tiles import TILE_WIDTH, parse_tile_path, paths_of, remains_path

_ENDING: Final = re.compile(r"\.[A-Za-z]{2,8}")


def export(log: LogSource, out: Path) -> int:
    """Copy `log` to `out` and return the number of entries.

    A name with an ending of letters, such as `log.tar`, that is no folder yet becomes an archive.
    """
    is_file = not out.is_dir() and _ENDING.fullmatch(out.suffix) is not None
    return (export_archive if is_file else export_folder)(log, out)


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
        for path, content in _files(log, size):
            _write(out / path, content)
        _write(out / "checkpoint", note.encode())
    except OSError as error:
        raise AuditError(f"the export cannot be written: {error.strerror}") from error
    return size


def export_archive(log: LogSource, out: Path) -> int:
    """Copy `log` to the file `out`, which must be absent, and return the number of entries."""
    note = log.checkpoint()
    size = unchecked_checkpoint(note).size

    def files() -> Iterator[tuple[str, bytes]]:
        yield "checkpoint", note.encode()
        yield from _files(log, size)

    write_archive(files(), out)
    return size


def _files(log: LogSource, size: int) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of each file; what remains of a bundle where a pruned log has no
    more."""
    for path in paths_of(size):
        try:
            content = log.read(path)
        except MissingError:
            tile = parse_tile_path(path)
            if tile.level is not None or tile.width != TILE_WIDTH:
                raise
            yield remains_path(tile.n), log.read(remains_path(tile.n))
        else:
            yield path, content


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
