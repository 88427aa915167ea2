"""Reading one table of settings: TOML values, each overridden by a variable of the environment.

Pure; used by the broker, the gateways and the portal, each with its own names. What the values
may be beyond their kind is for the caller to check.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from broker.errors import BrokerError

_PLAIN: Final[Mapping[type, str]] = {
    str: "text in quotes",
    int: "a number",
    bool: "true or false",
    dict: "a table",
}


def read_table(
    table: Mapping[str, object],
    kinds: Mapping[str, type],
    *,
    name: str,
    paths: frozenset[str],
    needed: tuple[str, ...],
    variables: str,
    environment: Mapping[str, str],
    error: type[BrokerError],
) -> dict[str, object]:
    """Return the values that `table` and `environment` set, by their names.

    kinds: each setting's kind. name: the table's, for complaints. paths: which become a Path.
    variables: what a variable's name begins with, such as IZIN_. Tables have no variable.
    Raises `error` with one sentence that says what to write.
    """
    for each in sorted(set(table) - set(kinds)):
        raise error(f"[{name}] has no setting {each}; docs/settings.md lists them")
    values: dict[str, object] = {}
    for each, kind in kinds.items():
        value = table.get(each)
        variable = f"{variables}{each.upper()}"
        if kind is not dict and variable in environment:
            value = _from_text(environment[variable], kind, variable, error)
        if value is None:
            continue
        # Not isinstance: TOML's true would pass as a number.
        if type(value) is not kind:
            raise error(f"the setting {each} must be {_PLAIN[kind]}")
        values[each] = Path(str(value)) if each in paths else value
    for each in needed:
        if each not in values:
            raise error(f"the setting {each} is missing in [{name}]")
    return values


def check_numbers(
    values: object, bounds: tuple[tuple[str, int, int], ...], *, error: type[BrokerError]
) -> None:
    """Raise `error` where an attribute of `values` is not within its (name, least, most)."""
    for name, least, most in bounds:
        if not least <= getattr(values, name) <= most:
            raise error(f"the setting {name} is a number from {least} to {most}")


def _from_text(text: str, kind: type, variable: str, error: type[BrokerError]) -> object:
    if kind is int:
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise error(f"{variable} must be a number")
        return int(text)
    if kind is bool:
        if text not in {"true", "false"}:
            raise error(f"{variable} must be true or false")
        return text == "true"
    return text
