"""Which SQL a gateway accepts: one SELECT about one person, parameters bound by name.

This catches mistakes of the agency's own administrator early, in plain words. It is not what
keeps the registry safe: sources are opened read-only (`sources`), and values are only ever bound.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from broker.gateway.registry.errors import RegistryError

NIK: Final = "nik"
TODAY: Final = "today"

# What a lone SELECT never needs. INTO writes a table in PostgreSQL; the rest start or hide
# another statement.
_FORBIDDEN: Final = frozenset(
    (
        *("alter", "analyze", "attach", "begin", "call", "commit", "copy", "create", "delete"),
        *("detach", "do", "drop", "execute", "grant", "insert", "into", "lock", "merge", "pragma"),
        *("reindex", "rollback", "set", "truncate", "update", "vacuum"),
    )
)
_QUOTED: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
# Everything that SQLAlchemy would take for a parameter, and no less.
_PARAMETER: Final = re.compile(r"(?<![:\w]):(\w+)")
_WORD: Final = re.compile(r"[A-Za-z_]\w*")


def check_select(statement: str, *, params: Collection[str], where: str) -> frozenset[str]:
    """Return the names that `statement` binds; raise RegistryError unless it is one SELECT.

    params: the names that it may bind. where: the words that the complaint begins with, which
    name the question.
    """
    bare = _without_quoted(statement, where)
    words = [word.lower() for word in _WORD.findall(_PARAMETER.sub(" ", bare))]
    if not words or not re.match(r"\s*select\b", bare, re.IGNORECASE):
        raise RegistryError(f"{where}: the statement must be a single SELECT")
    if ";" in bare:
        raise RegistryError(f"{where}: the statement must be a single SELECT, without a semicolon")
    for word in words:
        if word in _FORBIDDEN:
            raise RegistryError(
                f"{where}: the statement must be a single SELECT, so it cannot hold {word.upper()}"
            )
    named = frozenset(_PARAMETER.findall(bare))
    for name in sorted(named):
        if name not in params:
            raise RegistryError(f"{where}: the question has no parameter called {name}")
    return named


def _without_quoted(statement: str, where: str) -> str:
    """Return the statement with every quoted part blanked, refusing what would confuse this."""
    for match in _QUOTED.finditer(statement):
        # SQLAlchemy looks for `:name` inside quotes too and would bind it.
        if _PARAMETER.search(match.group()):
            raise RegistryError(f"{where}: a parameter cannot stand between quotes")
    bare = _QUOTED.sub(" '' ", statement)
    if bare.replace("''", "").count("'") or '"' in bare:
        raise RegistryError(f"{where}: a quote is not closed")
    for mark, plain in (("--", "a comment"), ("/*", "a comment"), ("\\", "a backslash")):
        if mark in statement:
            raise RegistryError(f"{where}: the statement cannot hold {plain}")
    if "$" in bare or "?" in bare or "%(" in bare:
        raise RegistryError(f"{where}: parameters are written :name")
    return bare
