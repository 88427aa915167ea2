"""The one error of this package; it must hold no personal data, only names of files and members."""

from __future__ import annotations


class PolicyError(Exception):
    """A policy file, a formula or a look-up in the catalogue is wrong.

    An expected "no" is never this error: a refusal is a value with reasons (see `decide`).
    """

    def __init__(self, message: str, line: int | None = None, file: str | None = None) -> None:
        self.message = message
        self.line = line
        self.file = file
        where = "" if file is None else file if line is None else f"{file}:{line}"
        super().__init__(f"{where}: {message}" if where else message)
