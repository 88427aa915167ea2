"""Sealing what an honest broker's types would never let out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from broker.envelope import Message
from broker.question import QuestionPayload
from tests.broker.gateway.world import World


class _Unchecked:
    """A question whose members are whatever they were made to be."""

    def __init__(self, payload: QuestionPayload, members: Mapping[str, Any]) -> None:
        self._payload = payload
        self._members = {**payload.to_members(), **members}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._payload, name)

    def to_members(self) -> dict[str, Any]:
        return self._members


def seal_raw(world: World, payload: QuestionPayload, members: Mapping[str, Any]) -> Message:
    """Return the sealed question with `members` in place of its own; truly signed and bound."""
    unchecked: Any = _Unchecked(payload, members)
    return world.seal(unchecked)
