"""Draws that depend on a seed and a label only; not fit for secrets.

Python's `random` may change between versions, and one draw more would shift all later ones;
here every draw has a name, so a new one changes no other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """One invented person's draws."""

    def __init__(self, seed: int, path: str) -> None:
        self._path = f"{seed}/{path}"

    def below(self, limit: int, label: str) -> int:
        """Return a number from 0 to `limit` - 1."""
        digest = hashlib.sha256(f"{self._path}/{label}".encode()).digest()
        return int.from_bytes(digest) % limit

    def between(self, lowest: int, highest: int, label: str) -> int:
        """Return a number from `lowest` to `highest`, both included."""
        return lowest + self.below(highest - lowest + 1, label)

    def percent(self, chance: int, label: str) -> bool:
        """Return True in `chance` of a hundred cases."""
        return self.below(100, label) < chance

    def choice(self, items: Sequence[T], label: str) -> T:
        """Return one of the items."""
        return items[self.below(len(items), label)]
