"""How `izin audit` ends: the exit codes and the last line.

0: it holds. 1: the log was tampered with, and nothing else exits so: not an interruption, not an
error of ours. 2: the command could not run. This file must not print a key or a token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
import orjson

from audit.errors import AuditError, TamperedError
from audit.verdict import fault_json, spoken_fault

TAMPERED, COULD_NOT_RUN, INTERRUPTED = 1, 2, 130

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
VKEY_HELP = "The log's verifier key, from somewhere other than the log."


@contextmanager
def outcome(as_json: bool) -> Iterator[None]:
    """Turn errors into the last line and the exit code."""
    say: Callable[[str], None] = (lambda _: None) if as_json else click.echo
    try:
        yield
    except TamperedError as error:
        say(spoken_fault(error))
        if as_json:
            print_json({"v": 1, "result": "tampered", "fault": fault_json(error)})
        raise click.exceptions.Exit(TAMPERED) from error
    except AuditError as error:
        if as_json:
            print_json({"v": 1, "result": "error", "error": str(error)})
        could_not_run(str(error), quiet=as_json)
        raise click.exceptions.Exit(COULD_NOT_RUN) from error
    except KeyboardInterrupt as error:
        raise click.exceptions.Exit(INTERRUPTED) from error
    except click.exceptions.Exit:
        raise
    except Exception as error:
        # An uncaught error would exit 1, and accuse a log of what is our own mistake.
        could_not_run(f"an error of the verifier's own: {type(error).__name__}")
        raise click.exceptions.Exit(COULD_NOT_RUN) from error


def could_not_run(reason: str, *, quiet: bool = False) -> None:
    """Say that nothing can be said about the log."""
    if not quiet:
        click.echo(f"could not run: {reason}", err=True)


def print_json(members: dict[str, Any]) -> None:
    """Print one JSON document, on one line."""
    click.echo(orjson.dumps(members).decode())
