"""A value that remembers its file, line and member, so that every mistake can be pointed at.

It must not read files or know any format: `load` makes these, `rows` takes them apart.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NoReturn

from policies.canonical import Plain
from policies.catalogue import Value
from policies.errors import PolicyError
from policies.words import Words

Content = str | int | Sequence["Located"] | Mapping[str, "Located"]

_ID: Final = re.compile(r"[a-z0-9_.-]{1,64}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Located:
    """A text, an integer, a list or a mapping, and where it stands.

    member: the path from the top of the file, as in `questions[2].params.rupiah`.
    """

    content: Content
    file: str
    line: int
    member: str = ""

    def refuse(self, what_to_do: str) -> NoReturn:
        """Raise the error that names file, line, member and what to do."""
        raise PolicyError(f"{self.member or 'the file'}: {what_to_do}", self.line, self.file)

    def mapping(
        self, required: Collection[str], optional: Collection[str] = ()
    ) -> Mapping[str, Located]:
        """Return the members of a mapping that has all of `required` and none but the known."""
        if not isinstance(self.content, Mapping):
            self.refuse(f"write a mapping with: {', '.join(required)}")
        for name, found in self.content.items():
            if name not in required and name not in optional:
                known = ", ".join((*required, *optional))
                found.refuse(f"is not known here; remove it or use one of: {known}")
        for name in required:
            if name not in self.content:
                self.refuse(f"add the member '{name}'")
        return self.content

    def named(self) -> Iterator[tuple[str, Located]]:
        """Return the members of a mapping whose names are free."""
        if not isinstance(self.content, Mapping):
            self.refuse("write a mapping of names to values")
        return iter(self.content.items())

    def each(self, *, some: bool = True) -> Sequence[Located]:
        """Return the elements of a list; with `some`, at least one."""
        if not isinstance(self.content, Sequence) or isinstance(self.content, str):
            self.refuse("write a list, each element after a '-'")
        if some and not self.content:
            self.refuse("write at least one element")
        return self.content

    def text(self) -> str:
        """Return a text that is not empty."""
        if not isinstance(self.content, str) or not self.content.strip():
            self.refuse("write a text (a number or a list does not fit here)")
        return self.content

    def identifier(self) -> str:
        """Return a text that may be an id in the log."""
        if not isinstance(self.content, str) or not _ID.fullmatch(self.content):
            self.refuse("write 1 to 64 of: a-z 0-9 _ . -")
        return self.content

    def one_of(self, allowed: Collection[str], what: str = "one of") -> str:
        """Return a text that is among `allowed`."""
        if not isinstance(self.content, str) or self.content not in allowed:
            self.refuse(f"write {what}: {', '.join(sorted(allowed)) or '(there is none)'}")
        return self.content

    def integer(self, *, least: int | None = None) -> int:
        """Return an integer, not below `least`."""
        if not isinstance(self.content, int) or (least is not None and self.content < least):
            self.refuse("write an integer" + ("" if least is None else f" of {least} or more"))
        return self.content

    def value(self) -> Value:
        """Return a parameter's value: an integer or a text."""
        return self.content if isinstance(self.content, int) else self.text()

    def day(self) -> date:
        """Return a date written YYYY-MM-DD."""
        text = self.text()
        try:
            return date.fromisoformat(text if _DATE.fullmatch(text) else "")
        except ValueError:
            self.refuse("write a date as YYYY-MM-DD")

    def words(self) -> Words:
        """Return a sentence in both languages."""
        both = self.mapping(("id", "en"))
        return Words(both["id"].text(), both["en"].text())

    def version(self) -> None:
        """Refuse a format that this code does not know; it grows by new versions only."""
        if self.content != 1:
            self.refuse("write 1, the only version of this format")

    def plain(self) -> Plain:
        """Return the content without its places, to be digested."""
        if isinstance(self.content, (str, int)):
            return self.content
        if isinstance(self.content, Mapping):
            return {name: each.plain() for name, each in self.content.items()}
        return [each.plain() for each in self.content]
