"""Where a log is read: a folder, an archive, a URL, the file or the server where a log is kept.

This file must not believe or judge what it reads; it only tells "there is no such file"
(MissingError, which a verifier holds against the log) from "could not ask" (LogUnavailableError).
"""

from __future__ import annotations

import ipaddress
import os
import zlib
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Protocol

import httpx2

from audit.archive import BLOCK, ArchiveSource, is_archive
from audit.checkpoint import Checkpoint, parse_checkpoint
from audit.errors import (
    LogUnavailableError,
    MissingError,
    NoteError,
    PrunedError,
    TamperedError,
)
from audit.note import MAX_NOTE_BYTES
from audit.opening import is_server
from audit.steps import FILES
from audit.tag_files import MAX_TAG_FILE_BYTES
from audit.tiles import TILE_WIDTH, bundles_of, parse_tile_path, path_of, paths_of, remains_path

MAX_FILE_BYTES = TILE_WIDTH * (65_535 + 2)
"""A full bundle of the longest entries; a source that sends more is not a log."""

_TIMEOUT_SECONDS = 30.0
_SQLITE = b"SQLite format 3\x00"


class LogSource(Protocol):
    """A log as files: its newest checkpoint, and tiles and bundles by their paths."""

    def checkpoint(self) -> str:
        """Return the newest signed checkpoint."""

    def read(self, path: str) -> bytes:
        """Return the tile or bundle at `path`; MissingError if the log has none there."""


class FolderSource:
    """A log in a folder, laid out as in tlog-tiles."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise LogUnavailableError("there is no such folder")
        self._folder = folder

    def checkpoint(self) -> str:
        """Return the file `checkpoint`."""
        return _text(self._bytes("checkpoint", MAX_NOTE_BYTES))

    def read(self, path: str) -> bytes:
        """Return the file at `path`."""
        parse_tile_path(path)  # nothing outside the folder has such a path
        return self._bytes(path, MAX_FILE_BYTES)

    def check_files(self, size: int) -> None:
        """Raise TamperedError if the folder holds a file that a log of `size` does not consist of.

        What no step reads, no step can vouch for: an export is exactly its files.
        """
        found = self._folder.rglob("*")
        files = [each for each in found if each.is_symlink() or not each.is_dir()]
        _check_names([each.relative_to(self._folder).as_posix() for each in files], size)

    def _bytes(self, name: str, most: int) -> bytes:
        try:
            # Unbuffered and by plain text: a verifier opens two files for 256 entries.
            with open(f"{self._folder}/{name}", "rb", buffering=0) as file:
                content = file.read(min(os.fstat(file.fileno()).st_size, most) + 1)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise MissingError("the folder has no such file") from error
        except OSError as error:
            raise LogUnavailableError(f"a file cannot be read: {error.strerror}") from error
        return content[:most] if len(content) <= most else _too_long()


class FileSource(ArchiveSource):
    """A log in an archive, as `izin audit export` wrote it."""

    def check_files(self, size: int) -> None:
        """Raise TamperedError unless the archive is a log's of `size` and every byte as written."""
        self.check_whole()
        _check_names(self.names, size)


def _check_names(names: Collection[str], size: int) -> None:
    expected = {"checkpoint", *paths_of(size)}
    # What remains of a bundle is read only where the bundle itself is not.
    expected.update(
        remains_path(bundle.n) for bundle in bundles_of(size) if path_of(bundle) not in names
    )
    if not expected.issuperset(names):
        raise TamperedError(FILES, None, "a file that the log does not consist of")


class HttpSource:
    """A log behind a URL such as http://host/log."""

    def __init__(self, url: str, token: str | None = None) -> None:
        """token: sent as a bearer token, to read entries of the last 24 hours."""
        try:
            parsed = httpx2.URL(url)
        except (httpx2.InvalidURL, ValueError) as error:
            raise LogUnavailableError("not a URL") from error
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise LogUnavailableError("not the URL of a log")
        if token is not None and parsed.scheme == "http" and not is_loopback(parsed.host):
            raise LogUnavailableError("a token is sent over https only")
        headers = {"Accept-Encoding": "gzip"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self._url = str(parsed).rstrip("/")
        self._client = httpx2.Client(headers=headers, timeout=_TIMEOUT_SECONDS)

    def checkpoint(self) -> str:
        """Return the log's newest checkpoint."""
        return _text(self._get("checkpoint", MAX_NOTE_BYTES))

    def read(self, path: str) -> bytes:
        """Return the tile or bundle at `path`."""
        parse_tile_path(path)
        return self._get(path, MAX_FILE_BYTES)

    def withdrawn(self, day: date) -> bytes:
        """Return the log's list of withdrawals of a day; MissingError if it has none."""
        return self._get(f"withdrawn/{day.isoformat()}", MAX_FILE_BYTES)

    def tag_file(self, day: date) -> bytes:
        """Return the tag file of a UTC day."""
        return self._get(f"tags/{day.isoformat()}", MAX_TAG_FILE_BYTES)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _get(self, path: str, most: int) -> bytes:
        try:
            with self._client.stream("GET", f"{self._url}/{path}") as response:
                if response.status_code == 410:
                    raise PrunedError("the log no longer keeps these entries' bodies")
                if response.status_code == 404:
                    raise MissingError("the log has no such file")
                if response.status_code in (401, 403):
                    raise LogUnavailableError("the log refuses: its fresh entries need a token")
                if response.status_code != 200:
                    raise LogUnavailableError(f"the log answered {response.status_code}")
                return _whole(response, most)
        except zlib.error as error:
            raise LogUnavailableError("what the log packed cannot be unpacked") from error
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise LogUnavailableError(
                f"the log cannot be reached: {type(error).__name__}"
            ) from error


def open_source(text: str, token: str | None = None) -> LogSource:
    """Return the source that `text` names: a log's URL, a folder, an archive, or its rows' place.

    Rows are in a log's own file, or behind `postgresql://`, whose password libpq takes from a
    file of its own (~/.pgpass): other users can read a command line.
    """
    if is_url(text):
        return HttpSource(text, token)
    if is_server(text):
        return _database(text)
    path = Path(text)
    return FolderSource(path) if path.is_dir() else _open_file(path)


def is_url(text: str) -> bool:
    """Whether `text` names a log behind a URL."""
    return text.startswith(("http://", "https://"))


def _open_file(path: Path) -> LogSource:
    """Return the source in a file, which says by its first bytes what it is."""
    try:
        with path.open("rb") as file:
            start = file.read(BLOCK)
    except OSError as error:
        raise LogUnavailableError(f"the source cannot be read: {error.strerror}") from error
    if start.startswith(_SQLITE):
        return _database(path)
    if is_archive(start):
        return FileSource(path)
    raise LogUnavailableError("the source is neither a URL nor a folder nor a log's file")


def _database(place: Path | str) -> LogSource:
    # Late: whoever reads a URL or a folder needs none of this.
    from audit.stored import DatabaseSource

    return DatabaseSource(place)


def unchecked_checkpoint(note: str) -> Checkpoint:
    """Return what a note says, whoever signed it: to know which files to fetch, no more."""
    cut = note.rfind("\n\n")
    if cut < 0:
        raise NoteError("a note is a text, an empty line and signature lines")
    return parse_checkpoint(note[: cut + 1])


def _whole(response: httpx2.Response, most: int) -> bytes:
    """Return the body, unpacked here and not by the client: a packed kilobyte can be a gigabyte."""
    coding = response.headers.get("Content-Encoding", "identity")
    if coding not in ("identity", "gzip"):
        raise LogUnavailableError("the log answers in a coding that nobody asked for")
    unpack = zlib.decompressobj(wbits=31) if coding == "gzip" else None
    content = bytearray()
    for chunk in response.iter_raw():
        # One byte more than may come: enough to know.
        content += unpack.decompress(chunk, most + 1 - len(content)) if unpack else chunk
        if len(content) > most:
            return _too_long()
    if unpack is not None and (not unpack.eof or unpack.unused_data or unpack.unconsumed_tail):
        raise LogUnavailableError("what the log packed cannot be unpacked")
    return bytes(content)


def _text(content: bytes) -> str:
    """Return the text; undecodable bytes stay visible, as something nobody signed."""
    return content.decode("utf-8", errors="replace")


def _too_long() -> bytes:
    raise LogUnavailableError("a file longer than any of a log")


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
