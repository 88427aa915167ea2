"""P7: the log's own key signs what no entry may be, in a form that a quick reader lets pass.

The verifier checks whole bundles at once with patterns, and looks at single entries only where
one does not fit. These fit every pattern: each would succeed against a reader without the one
check that its name says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from audit.batch import leaf_hashes
from audit.canonical import encode, parse
from audit.entry import MAX_ENTRY_BYTES
from audit.errors import TamperedError
from audit.merkle import leaf_hash
from audit.reader import Reader
from audit.verify import verify
from tests.audit.memory_log import TestSigner, log_of, some_entries

SIGNER = TestSigner()
TRACES = ["0a" * 16, "0b" * 16, "0c" * 16]


def _with_traces(traces: list[str]) -> bytes:
    members: dict[str, Any] = dict(parse(some_entries(1, ("grant.given",))[0]))
    return encode({**members, "traces": traces})


def _behind(honest: bytes, **changed: Any) -> bytes:
    """Return an entry that looks like the honest one before it, but for what is changed."""
    members: dict[str, Any] = dict(parse(honest))
    members.update(prev=leaf_hash(honest).hex(), g="0f" * 32, **changed)
    return encode(members)


def _verdict(*entries: bytes) -> tuple[str, int | None] | None:
    try:
        verify(log_of(entries, SIGNER), SIGNER.verifier)
    except TamperedError as error:
        return error.step, error.index
    return None


def test_the_traces_of_an_honest_grant_pass() -> None:
    assert _verdict(_with_traces(TRACES)) is None


@pytest.mark.parametrize(
    "order",
    [
        lambda traces: traces[::-1],
        lambda traces: [traces[0], *traces],
        lambda traces: [*traces, traces[0]],
    ],
)
def test_traces_that_do_not_rise(order: Callable[[list[str]], list[str]]) -> None:
    """An order of its own, or a value twice, is room for a mark that only its writer reads."""
    assert ("entries", 0) == _verdict(_with_traces(order(TRACES)))


def test_what_differs_from_an_honest_entry_in_varying_places_only() -> None:
    """Would succeed where the second of a form is not looked at: the first one was parsed."""
    honest = _with_traces(TRACES)
    assert _verdict(honest, _behind(honest)) is None
    for changed in (
        {"traces": TRACES[::-1]},
        {"traces": [TRACES[0], TRACES[1], TRACES[1]]},
        {"traces": [*TRACES[:2], "0C" * 16]},
        {"digest": "0G" * 32},
        {"tag": "0 " * 16},
        {"at": "2026-13-24T09:00:00Z"},
        {"at": "2026-11-24T09:30:00Z"},
    ):
        assert _verdict(honest, _behind(honest, **changed)) == ("entries", 1), changed


def test_an_entry_that_is_longer_than_any_may_be() -> None:
    """Room for somebody's data, all of it in well-formed members. No bundle can hold it; a reader
    of another source would take it."""
    many = [f"{number:032x}" for number in range(MAX_ENTRY_BYTES // 35 + 1)]
    entry = _with_traces(many)
    assert len(entry) > MAX_ENTRY_BYTES
    assert not Reader().accept([entry], leaf_hashes([entry]))
