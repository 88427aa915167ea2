"""A sealed message with one thing of it flipped, for whoever carries messages and has no key."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from broker.envelope import Message
from tests.broker.forging import b64

MEMBERS = ("alg", "cb", "crit", "cty", "ek", "enc", "kid", "typ")
BINDING = ("v", "iss", "aud", "jti", "iat", "exp", "answer_by", "cid", "ckpt", "ph")
SEALED = ("encrypted_key", "iv", "ciphertext", "tag")


def flip(value: Any) -> Any:
    """Return something else of the same shape, as far as there is such a thing."""
    if isinstance(value, int):
        return value - 1
    if isinstance(value, str):
        return ("A" if value[0] != "A" else "B") + value[1:]
    if isinstance(value, list):
        return [flip(each) for each in value]
    name = next(iter(sorted(value)))
    return {**value, name: flip(value[name])}


def with_header(message: Message, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Message:
    """Return the message with another protected header."""
    text = message.jwe["protected"]
    header = change(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
    return Message({**message.jwe, "protected": b64(_plain(header))}, message.receipt)


def _plain(header: dict[str, Any]) -> bytes:
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()


def flipped_header(message: Message, name: str) -> Message:
    """Return the message with the member `name` of its header flipped."""
    return with_header(message, lambda header: {**header, name: flip(header[name])})


def flipped_binding(message: Message, name: str) -> Message:
    """Return the message with the member `name` of its binding flipped."""
    return with_header(
        message,
        lambda header: {**header, "cb": {**header["cb"], name: flip(header["cb"][name])}},
    )


def flipped_sealed(message: Message, name: str) -> Message:
    """Return the message with the part `name` of the JWE flipped."""
    return Message({**message.jwe, name: flip(message.jwe[name])}, message.receipt)
