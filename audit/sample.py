"""Which accesses an audit opens, drawn so that neither the broker nor the auditor chooses.

The checkpoint's root fixes what there is to draw from. The auditor commits to 32 random bytes, the
broker answers with 32 of its own, and only then are the auditor's shown: a broker that could
foresee the draw would log its bad accesses where they are not drawn, and an auditor who could
choose it would open a certain neighbour's. Afterwards anybody can draw the same again.

Pure; randomness comes in as arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Final

from audit.errors import AuditError

MOST: Final = 1_000
"""The largest sample: at 99 %, it excludes that 1 access in 200 is bad."""

MOST_DRAWS: Final = 50_000
"""Draws end here, whatever was found by then: a log may have fewer accesses than were asked for."""

COIN_BYTES: Final = 32
_RANGE: Final = 1 << 256


def commitment(nonce: bytes) -> bytes:
    """Return what the auditor sends first: it binds him to `nonce` (32 bytes) and hides it."""
    return sha256(b"izin/v1/sample/nonce/" + _coin(nonce)).digest()


def draw(
    root: bytes,
    nonce: bytes,
    coin: bytes,
    *,
    size: int,
    most: int,
    is_access: Callable[[int], bool],
) -> list[int]:
    """Return the first `most` different accesses among the first MOST_DRAWS draws, rising.

    root, size: of the checkpoint. nonce: the auditor's, coin: the broker's, 32 bytes each.
    is_access: whether the entry at an index is an `access.sent`; called once an index.

    Draw c (from 0) is SHA-256("izin/v1/sample/" || root || nonce || coin || c in 8 bytes), as a
    number, modulo the size; the few numbers that would favour low indexes are passed over.
    """
    if not 1 <= most <= MOST or size < 0:
        raise AuditError(f"a sample has 1 to {MOST} accesses")
    if size == 0:
        return []
    fair = _RANGE - _RANGE % size
    first = sha256(b"izin/v1/sample/" + root + _coin(nonce) + _coin(coin))
    seen: dict[int, bool] = {}
    chosen: list[int] = []
    for number in range(MOST_DRAWS):
        each = first.copy()
        each.update(number.to_bytes(8, "big"))
        value = int.from_bytes(each.digest(), "big")
        index = value % size
        if value >= fair or index in seen:
            continue
        seen[index] = is_access(index)
        if seen[index]:
            chosen.append(index)
            if len(chosen) == most:
                break
    return sorted(chosen)


def excluded(population: int, sampled: int, *, doubt: float) -> int | None:
    """Return the smallest number of bad accesses that a clean sample excludes.

    population: accesses in the log. sampled: how many of them were opened and found good.
    doubt: 0.05 for 95 %. None where a clean sample of this size excludes nothing.

    Exact, without replacement: b bad ones all escape with the chance of drawing `sampled` from the
    other population - b, which is the product over i < b of (population - sampled - i) /
    (population - i). In a large population that is (1 - b/population)^sampled.
    """
    if sampled <= 0:
        return None
    escape = 1.0
    for bad in range(1, population + 1):
        escape *= max(0, population - sampled - (bad - 1)) / (population - (bad - 1))
        if escape <= doubt:
            return bad
    return None


def _coin(value: bytes) -> bytes:
    if len(value) != COIN_BYTES:
        raise AuditError("a sample's coins have 32 bytes each")
    return value
