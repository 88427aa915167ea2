"""A sentence in both languages, Indonesian first; it must not choose a language for anybody."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """The same text in Indonesian (`id`) and English (`en`)."""

    id: str
    en: str
