"""What every command does the same way: say an error in one sentence, read a JSON file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from broker.errors import BrokerError
from broker.spoken import OURS, one_sentence

P = ParamSpec("P")
R = TypeVar("R")

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def plain_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our errors into one sentence on standard error and exit code 2."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except OURS as error:
            click.echo(f"izin: {one_sentence(error)}", err=True)
            sys.exit(2)

    return run


def read_json(path: Path) -> Any:
    """Return the JSON in a file; raises BrokerError."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BrokerError(f"{path.name} is not JSON") from error


def write_new(path: Path, text: str) -> None:
    """Write a file that must not exist yet; raises BrokerError."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise BrokerError(f"{path} exists already; it is not overwritten") from error
