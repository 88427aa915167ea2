"""What the commands share: reading what was given. How they end is `audit.exits`.

This file must not print a key, a token or anything that a verified text does not say.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import click

from audit import exits
from audit.errors import AuditError
from audit.trace import parse_bare_key, parse_trace_key
from audit.words import LANGUAGES, Words, pick

MOST_BYTES: Final = 32 * 1024 * 1024
"""The longest file that a command takes into memory."""

lang_option = click.option(
    "--lang", type=click.Choice(LANGUAGES), default="en", help="Bahasa Indonesia or English."
)
token_option = click.option(
    "--token-file", type=click.Path(path_type=Path), help="A reader's token."
)


def print_json(members: Mapping[str, Any]) -> None:
    """Print one JSON object, a line."""
    exits.print_json({"v": 1, **members})


def own_log() -> str:
    """Return the file of the log of IZIN_HOME."""
    home = os.environ.get("IZIN_HOME")
    folder = Path(home) if home else Path.home() / ".local" / "share" / "izin"
    return str(folder / "log.db")


def read_token(file: Path | None) -> str | None:
    """Return the token in `file`."""
    return read_text(file).strip() if file is not None else None


def read_text(file: Path) -> str:
    """Return a text file; raises AuditError, which does not repeat its name or content."""
    try:
        return read_bytes(file).decode("utf-8")
    except UnicodeDecodeError as error:
        raise AuditError("a file that was given is not UTF-8 text") from error


def read_bytes(file: Path) -> bytes:
    """Return a file's content of at most MOST_BYTES."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise AuditError("a file that was given cannot be read") from error
    if len(content) > MOST_BYTES:
        raise AuditError("a file that was given is longer than any of ours")
    return content


def read_key(text: str) -> tuple[str | None, bytes]:
    """Return origin (None for a bare key) and trace key of part B; `-` reads it.

    From standard input it stays out of the list of processes, which others may read.
    """
    given = (sys.stdin.readline() if text == "-" else text).strip()
    if given.startswith("izin-trace:"):
        return parse_trace_key(given)
    return None, parse_bare_key(given)


def speaker(as_json: bool, lang: str) -> Callable[[Words], None]:
    """Return what says a sentence in the language asked for, or nothing where JSON is wanted."""
    return (lambda _: None) if as_json else (lambda words: click.echo(pick(words, lang)))
