"""Canonical bytes are RFC 8785 within the subset, and nothing outside it is digested."""

from __future__ import annotations

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from policies.canonical import canonical
from policies.errors import PolicyError

PLAIN = st.recursive(
    st.text() | st.integers(-(2**53) + 1, 2**53 - 1),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(PLAIN)
def test_bytes_equal_those_of_another_implementation(value: object) -> None:
    assert rfc8785.dumps(value) == canonical(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [1.5, None, True, 2**53, {"é": 1}, {1: 2}, ["\ud800"], b"x", {1}])
def test_what_is_outside_the_subset_is_refused(value: object) -> None:
    with pytest.raises(PolicyError):
        canonical(value)  # type: ignore[arg-type]
