"""Who asks (programmes) and where (areas open to them); no judging here."""

from __future__ import annotations

from dataclasses import dataclass

from policies.words import Words


@dataclass(frozen=True)
class Programme:
    """A social assistance programme: an asking party."""

    id: str
    name: Words


@dataclass(frozen=True)
class Area:
    """A village opened to programmes; `code` as the Ministry of Home Affairs writes it."""

    code: str
    name: str
    programmes: frozenset[str]
