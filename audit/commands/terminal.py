"""What the commands share: reading what was given, and the last line with its exit code.

This file must not print a key, a token or anything that a verified text does not say.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
import orjson

from audit.errors import AuditError, TamperedError
from audit.trace import parse_bare_key, parse_trace_key
from audit.verify import STEPS
from audit.words import LANGUAGES, Words, pick

PROMISE: Final = "P7"
"""The promise that a tampered log breaks: nothing is rewritten."""

TAMPERED: Final = 1
COULD_NOT_RUN: Final = 2
MOST_BYTES: Final = 32 * 1024 * 1024
"""The longest file that a command takes into memory."""

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
lang_option = click.option(
    "--lang", type=click.Choice(LANGUAGES), default="en", help="Bahasa Indonesia or English."
)
token_option = click.option(
    "--token-file", type=click.Path(path_type=Path), help="A reader's token."
)
VKEY_HELP: Final = "The log's verifier key, from somewhere other than the log."


@contextmanager
def outcome(as_json: bool) -> Iterator[None]:
    """Turn our errors into the last line and the exit code."""
    say: Callable[[str], None] = (lambda _: None) if as_json else click.echo
    try:
        yield
    except TamperedError as error:
        number = STEPS.index(error.step) + 1 if error.step in STEPS else None
        where = f"entry {error.index}" if error.index is not None else "no single entry"
        step = f"step {number}, {error.step}" if number else error.step
        say(f"TAMPERED {PROMISE} (nothing is rewritten): {step}: {where}: {error.reason}")
        if as_json:
            print_json(
                {
                    "result": "tampered",
                    "promise": PROMISE,
                    "step": error.step,
                    "number": number,
                    "index": error.index,
                    "reason": error.reason,
                }
            )
        raise click.exceptions.Exit(TAMPERED) from error
    except AuditError as error:
        if as_json:
            print_json({"result": "error", "reason": str(error)})
        else:
            click.echo(f"could not run: {error}", err=True)
        raise click.exceptions.Exit(COULD_NOT_RUN) from error


def print_json(members: Mapping[str, Any]) -> None:
    """Print one JSON object, a line."""
    click.echo(orjson.dumps({"v": 1, **members}).decode())


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
