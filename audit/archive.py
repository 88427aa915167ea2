"""A whole log as one file: the folder of an export as a tar archive with nothing to spare.

Any program that reads tar (POSIX.1-1988, "ustar") unpacks it. Beyond that format every byte is set:
each header is the one that we would write for that name and length, padding is zeros, two empty
blocks end the file. So there is no place where a changed bit goes unnoticed.

This file must not judge what the log says; `verify` does that.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final

from audit.errors import AuditError, LogUnavailableError, MissingError, TamperedError
from audit.steps import FILES
from audit.tiles import parse_tile_path

BLOCK: Final = 512
END: Final = bytes(2 * BLOCK)
FIRST: Final = b"checkpoint\0"
_NAME_BYTES: Final = 100


def write_archive(files: Iterable[tuple[str, bytes]], out: Path) -> None:
    """Write (name, content) of each file to `out`, which must not exist.

    Under another name until it is whole: an export that was cut short does not look like one.
    """
    if out.exists():
        raise AuditError("there is a file of that name already")
    part = out.with_name(f"{out.name}.part")
    try:
        with part.open("wb") as file:
            for name, content in files:
                file.write(_header(name, len(content)) + content + _padding(len(content)))
            file.write(END)
            file.flush()
            os.fsync(file.fileno())
        part.rename(out)
    except OSError as error:
        raise AuditError(f"the export cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


class ArchiveSource:
    """A log in one file, as `write_archive` made it."""

    def __init__(self, path: Path) -> None:
        """Find where each file begins; what is not as we write it is told by `check_files`."""
        self._path = path
        self._places: dict[str, tuple[int, int]] = {}
        self._is_whole = False
        try:
            with path.open("rb") as file:
                self._is_whole = self._index(file, os.fstat(file.fileno()).st_size)
        except OSError as error:
            raise _unreadable(error) from error

    def checkpoint(self) -> str:
        """Return the file `checkpoint`."""
        return self._bytes("checkpoint").decode("utf-8", errors="replace")

    def read(self, path: str) -> bytes:
        """Return the tile or bundle at `path`."""
        parse_tile_path(path)
        return self._bytes(path)

    @property
    def names(self) -> frozenset[str]:
        """The names of all files that were found."""
        return frozenset(self._places)

    def check_whole(self) -> None:
        """Raise TamperedError if anything is not as `write_archive` writes it."""
        if not self._is_whole:
            raise TamperedError(FILES, None, "the archive is damaged or was cut short")

    def _index(self, file: BinaryIO, size: int) -> bool:
        """Note where files begin until the end or the first thing that is not ours."""
        at = 0
        while (header := file.read(BLOCK)) != END[:BLOCK]:
            name, length = _told(header)
            stop = at + BLOCK + length
            padding = -stop % BLOCK
            if name is None or name in self._places or stop + padding > size:
                return False
            file.seek(stop)
            if file.read(padding) != bytes(padding):
                return False
            self._places[name] = (at + BLOCK, length)
            at = stop + padding
        return file.read() == END[BLOCK:]

    def _bytes(self, name: str) -> bytes:
        if name not in self._places:
            # What lies behind a damaged header is not missing: it cannot be found.
            self.check_whole()
            raise MissingError("the archive has no such file")
        start, length = self._places[name]
        try:
            with self._path.open("rb") as file:
                file.seek(start)
                return file.read(length)
        except OSError as error:
            raise _unreadable(error) from error


def is_archive(start: bytes) -> bool:
    """Whether a file that begins with `start`, a block, is or was an archive of ours.

    Either mark will do, so that a changed bit in one is told as damage, not as another format.
    """
    return start.startswith(FIRST) or start[257:262] == b"ustar"


def _header(name: str, length: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = length
    return info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


def _told(header: bytes) -> tuple[str | None, int]:
    """Return the name and the length that a header tells; no name if it is none of ours."""
    try:
        name = header[:_NAME_BYTES].rstrip(b"\0").decode("ascii")
        length = int(header[124:135], 8)
        return (name, length) if _header(name, length) == header else (None, 0)
    except (ValueError, tarfile.HeaderError):
        return None, 0


def _padding(length: int) -> bytes:
    return bytes(-length % BLOCK)


def _unreadable(error: OSError) -> LogUnavailableError:
    return LogUnavailableError(f"the archive cannot be read: {error.strerror}")
