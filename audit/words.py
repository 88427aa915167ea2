"""A sentence in Indonesian and in English. Pure; for what an auditor's install prints."""

from __future__ import annotations

from typing import Final, NamedTuple

LANGUAGES: Final = ("id", "en")


class Words(NamedTuple):
    """The same in both languages."""

    id: str
    en: str


def pick(words: Words, lang: str) -> str:
    """Return the sentence in `lang`: id or en."""
    return words.id if lang == "id" else words.en


def fill(words: Words, **values: object) -> Words:
    """Return the sentence with its holes filled; a value may be Words itself."""
    return Words(
        words.id.format(**{name: _in(value, "id") for name, value in values.items()}),
        words.en.format(**{name: _in(value, "en") for name, value in values.items()}),
    )


def _in(value: object, lang: str) -> object:
    return pick(value, lang) if isinstance(value, Words) else value
