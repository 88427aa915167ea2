"""Where a log is read: a folder, a URL, the file of a log.

This file must not believe or judge what it reads; it only tells "there is no such file"
(MissingError, which a verifier holds against the log) from "could not ask" (LogUnavailableError).
"""

from __future__ import annotations

import ipaddress
import os
from datetime import date
from pathlib import Path
from typing import Protocol

import httpx2

from audit.checkpoint import Checkpoint, parse_checkpoint
from audit.errors import LogUnavailableError, MissingError, NoteError, TamperedError
from audit.note import MAX_NOTE_BYTES
from audit.tag_files import MAX_TAG_FILE_BYTES
from audit.tiles import TILE_WIDTH, parse_tile_path, paths_of

MAX_FILE_BYTES = TILE_WIDTH * (65_535 + 2)
"""A full bundle of the longest entries; a source that sends more is not a log."""

FILES = "files"
"""The step that fails when a folder holds what a log of that size does not have."""

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
        expected = {"checkpoint", *paths_of(size)}
        for found in sorted(self._folder.rglob("*")):
            name = found.relative_to(self._folder).as_posix()
            if name not in expected and (found.is_symlink() or not found.is_dir()):
                raise TamperedError(FILES, None, "a file that the log does not consist of")

    def _bytes(self, name: str, most: int) -> bytes:
        try:
            with (self._folder / name).open("rb") as file:
                # A buffer of the file's size: one of `most` would take longer than the reading.
                content = file.read(min(os.fstat(file.fileno()).st_size, most) + 1)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise MissingError("the folder has no such file") from error
        except OSError as error:
            raise LogUnavailableError(f"a file cannot be read: {error.strerror}") from error
        return content[:most] if len(content) <= most else _too_long()


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
        if token is not None and parsed.scheme == "http" and not _is_loopback(parsed.host):
            raise LogUnavailableError("a token is sent over https only")
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        self._url = str(parsed).rstrip("/")
        self._client = httpx2.Client(headers=headers, timeout=_TIMEOUT_SECONDS)

    def checkpoint(self) -> str:
        """Return the log's newest checkpoint."""
        return _text(self._get("checkpoint", MAX_NOTE_BYTES))

    def read(self, path: str) -> bytes:
        """Return the tile or bundle at `path`."""
        parse_tile_path(path)
        return self._get(path, MAX_FILE_BYTES)

    def tag_file(self, day: date) -> bytes:
        """Return the tag file of a UTC day."""
        return self._get(f"tags/{day.isoformat()}", MAX_TAG_FILE_BYTES)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _get(self, path: str, most: int) -> bytes:
        try:
            with self._client.stream("GET", f"{self._url}/{path}") as response:
                if response.status_code in (404, 410):
                    raise MissingError("the log has no such file")
                if response.status_code == 403:
                    raise LogUnavailableError("the log refuses: its fresh entries need a token")
                if response.status_code != 200:
                    raise LogUnavailableError(f"the log answered {response.status_code}")
                content = bytearray()
                for chunk in response.iter_bytes():
                    content += chunk
                    if len(content) > most:
                        return _too_long()
                return bytes(content)
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise LogUnavailableError(
                f"the log cannot be reached: {type(error).__name__}"
            ) from error


def open_source(text: str, token: str | None = None) -> LogSource:
    """Return the source that `text` names: a log's URL, a folder, or a log's own file."""
    if text.startswith(("http://", "https://")):
        return HttpSource(text, token)
    path = Path(text)
    if path.is_dir():
        return FolderSource(path)
    try:
        with path.open("rb") as file:
            is_database = file.read(len(_SQLITE)) == _SQLITE
    except OSError as error:
        raise LogUnavailableError(f"the source cannot be read: {error.strerror}") from error
    if not is_database:
        raise LogUnavailableError("the source is neither a URL nor a folder nor a log's file")
    try:
        # Late: an auditor's install has no driver for the file of a running log.
        from audit.stored import DatabaseSource
    except ImportError as error:
        raise LogUnavailableError("reading a log's own file needs izin[server]") from error
    return DatabaseSource(path)


def unchecked_checkpoint(note: str) -> Checkpoint:
    """Return what a note says, whoever signed it: to know which files to fetch, no more."""
    cut = note.rfind("\n\n")
    if cut < 0:
        raise NoteError("a note is a text, an empty line and signature lines")
    return parse_checkpoint(note[: cut + 1])


def _text(content: bytes) -> str:
    """Return the text; undecodable bytes stay visible, as something nobody signed."""
    return content.decode("utf-8", errors="replace")


def _too_long() -> bytes:
    raise LogUnavailableError("a file longer than any of a log")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
