"""Reading a log: what is missing, what cannot be asked, and what must never be read."""

from __future__ import annotations

import gzip
import os
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from audit.errors import LogUnavailableError, MissingError, NoteError, TamperedError, TileError
from audit.export import export_folder
from audit.source import FolderSource, HttpSource, open_source, unchecked_checkpoint
from audit.verify import verify
from tests.audit.logs import access, open_log, verifier

TOKEN = "made-up-token"


@contextmanager
def served(
    answer: tuple[int, bytes], seen: list[tuple[str, str | None]], coding: str = ""
) -> Iterator[str]:
    """Serve one answer to everything on loopback. coding: its Content-Encoding, if any."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.path, self.headers.get("Authorization")))
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(answer[1])))
            if coding:
                self.send_header("Content-Encoding", coding)
            self.end_headers()
            self.wfile.write(answer[1])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/log"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_tile_is_asked_for_by_its_path_with_the_token() -> None:
    seen: list[tuple[str, str | None]] = []
    with served((200, b"x"), seen) as url:
        assert HttpSource(url + "/", TOKEN).read("tile/entries/x001/067.p/3") == b"x"
        assert HttpSource(url).checkpoint() == "x"
    assert seen == [
        ("/log/tile/entries/x001/067.p/3", f"Bearer {TOKEN}"),
        ("/log/checkpoint", None),
    ]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, LogUnavailableError),
        (401, LogUnavailableError),
        (403, LogUnavailableError),
        (404, MissingError),
        (500, LogUnavailableError),
    ],
)
def test_missing_is_told_from_could_not_ask(status: int, error: type[Exception]) -> None:
    with served((status, b""), []) as url, pytest.raises(error) as caught:
        HttpSource(url).read("tile/0/000")
    assert type(caught.value) is error


def test_an_endless_file_is_cut_off() -> None:
    with served((200, b"x" * 1_000_001), []) as url, pytest.raises(LogUnavailableError):
        HttpSource(url).checkpoint()


def test_a_packed_bundle_is_unpacked() -> None:
    with served((200, gzip.compress(b"x" * 1_000)), [], "gzip") as url:
        assert b"x" * 1_000 == HttpSource(url).read("tile/entries/000")


def test_a_packed_flood_is_cut_off() -> None:
    """Would succeed where the client unpacks all that has come before anybody counts."""
    bomb = gzip.compress(bytes(200_000_000), 9)
    with served((200, bomb), [], "gzip") as url:
        tracemalloc.start()
        with pytest.raises(LogUnavailableError, match="longer than any"):
            HttpSource(url).checkpoint()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 20_000_000


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(b"x" * 1_000)[:-9], "gzip"),
        (gzip.compress(b"x") + b"more", "gzip"),
        (b"not packed", "gzip"),
        (b"", "gzip"),
        (b"x", "br"),
        (b"x", "gzip, gzip"),
    ],
)
def test_what_cannot_be_unpacked_is_unavailable(body: bytes, coding: str) -> None:
    with served((200, body), [], coding) as url, pytest.raises(LogUnavailableError):
        HttpSource(url).read("tile/0/000")


def test_a_log_that_is_down_is_unavailable_and_the_token_stays_secret() -> None:
    with served((200, b""), []) as url:
        pass
    with pytest.raises(LogUnavailableError) as caught:
        HttpSource(url, TOKEN).checkpoint()
    assert TOKEN not in str(caught.value)


def test_a_token_is_not_sent_in_clear_over_a_network() -> None:
    with pytest.raises(LogUnavailableError, match="https"):
        HttpSource("http://log.example/log", TOKEN)
    HttpSource("https://log.example/log", TOKEN).close()
    HttpSource("http://localhost:8000/log", TOKEN).close()


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "tile/0/../../checkpoint", "tile"])
def test_nothing_but_tiles_is_read(tmp_path: Path, path: str) -> None:
    with pytest.raises(TileError):
        FolderSource(tmp_path).read(path)
    with pytest.raises(TileError):
        HttpSource("http://localhost/log").read(path)


def test_a_folder_tells_missing_from_unreadable(tmp_path: Path) -> None:
    source = FolderSource(tmp_path)
    with pytest.raises(MissingError):
        source.read("tile/0/000")
    (tmp_path / "tile/0/000").mkdir(parents=True)
    with pytest.raises(LogUnavailableError) as caught:
        source.read("tile/0/000")
    assert type(caught.value) is LogUnavailableError


@pytest.mark.parametrize("text", ["/nowhere", "http://", "https://:1/"])
def test_a_source_that_is_none_cannot_be_opened(text: str) -> None:
    with pytest.raises(LogUnavailableError):
        open_source(text)


def test_a_file_that_is_no_log_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("hello")
    with pytest.raises(LogUnavailableError):
        open_source(str(tmp_path / "file"))


def test_the_file_of_a_log_is_a_source_up_to_its_newest_note(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append([access() for _ in range(300)])
    log.append([access()])
    source = open_source(str(tmp_path / "log.db"))
    assert source.checkpoint() == log.checkpoint()
    assert verify(source, verifier(log)).size == 301


def test_the_file_of_a_log_is_read_while_somebody_holds_its_head(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append([access()])
    with log._store.lock_head():
        assert open_source(str(tmp_path / "log.db")).checkpoint() == log.checkpoint()


def test_the_file_of_a_new_log_has_no_checkpoint_yet(tmp_path: Path) -> None:
    open_log(tmp_path)
    with pytest.raises(LogUnavailableError, match="no signed checkpoint"):
        open_source(str(tmp_path / "log.db")).checkpoint()


@pytest.mark.parametrize(
    "name", ["notes.txt", "tile/0/000.p/2", "tile/entries/001", "tile/7/000.p/1", "Checkpoint"]
)
def test_a_file_that_nobody_vouches_for_is_found(tmp_path: Path, name: str) -> None:
    log = open_log(tmp_path)
    log.append([access() for _ in range(3)])
    out = tmp_path / "out"
    export_folder(log, out)
    FolderSource(out).check_files(3)
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    (out / name).write_bytes(b"")
    with pytest.raises(TamperedError):
        FolderSource(out).check_files(3)


def test_a_link_that_nobody_vouches_for_is_found(tmp_path: Path) -> None:
    os.symlink("/", tmp_path / "tile")
    with pytest.raises(TamperedError):
        FolderSource(tmp_path).check_files(0)


@pytest.mark.parametrize("note", ["", "x", "log\n1\n", "log\n1\n\n\n", "log\nx\ny\n\n— a b\n"])
def test_a_note_that_is_none_says_nothing(note: str) -> None:
    with pytest.raises(NoteError):
        unchecked_checkpoint(note)
