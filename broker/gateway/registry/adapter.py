"""What every registry adapter promises, whatever it asks behind; no adapter lives here.

SQL is one. REST, DCI/SPDCI search and a Python function fit the same three members.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal, Protocol

Answer = Literal["yes", "no", "unknown"]
Value = int | str

UNKNOWN_DATE: Final = "0001-01-01"
"""The `as_of` of a registry that cannot say how old it is: nobody mistakes it for fresh."""


class RegistryAdapter(Protocol):
    """One agency's registry.

    Whatever goes wrong in the registry is `unknown`, never `no` and never an exception: a
    gateway seals an `unknown` like any other answer, so nobody outside learns that it failed.
    """

    def answer(
        self, nik: str, question: str, params: Mapping[str, Value], *, today: date
    ) -> Answer:
        """Return the answer about the person with this NIK.

        question: a catalogue id of this agency; params: exactly its parameters, already checked
        against the catalogue's values. today: the agency's local date.
        """
        ...

    def as_of(self) -> str:
        """Return the date (YYYY-MM-DD) of the registry's oldest part, or `UNKNOWN_DATE`."""
        ...
