"""Bundles, receipts and openings from anybody: the parsers raise only our errors, judges none."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from audit.bundle import check_bundle, parse_bundle_file
from audit.errors import BundleError, ReceiptError
from audit.judging import NOT_OPENED, Logbook, judge_all
from audit.receipt import check_receipt
from tests.audit.memory_log import TestSigner, some_entries

SIGNER = TestSigner()
BOOK = Logbook(some_entries(6, ("policy.changed", "grant.given", "access.sent")))

BUNDLE = ("v", "checkpoint", "vkey", "entries", "history", "catalogue", "index", "entry", "path")
OPENING = ("index", "salt", "opening", "grant", "gid", "g", "granted", "policy", "evidence")

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(max_size=6)
    | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(BUNDLE + OPENING), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(st.binary(max_size=200) | plain.map(orjson.dumps))
def test_a_bundle_from_anybody(body: bytes) -> None:
    for raw in (body, b"izin-bundle:1:" + sha256(body).hexdigest().encode() + b"\n" + body):
        try:
            parse_bundle_file(raw)
        except BundleError:
            continue
        try:
            check_bundle(raw, SIGNER.verifier)
        except BundleError:
            continue
        raise AssertionError("nobody signed this")


@given(
    st.text(max_size=120)
    | st.from_regex(r"izin-receipt:[12]:izin\.example/log:[0-9]+:[a-z,]+\n.*\n.*\n")
)
def test_a_receipt_from_anybody(text: str) -> None:
    try:
        check_receipt(text, bytes(32), SIGNER.verifier, agencies=["polri"])
    except ReceiptError:
        return
    raise AssertionError("nobody signed this")


@given(st.lists(plain, max_size=4) | plain, plain, plain)
def test_openings_from_anybody(openings: Any, salt: Any, opening: Any) -> None:
    """Whatever a broker sends: each access of the sample is judged, and none is good."""
    named = [{"index": 2, "salt": salt, "opening": opening, "grant": opening}]
    for sent in (openings, named, [{"index": 5, "opening": openings, "salt": "ab" * 32}]):
        judged = judge_all([2, 5], sent, BOOK)
        assert [2, 5] == [each.index for each in judged]
        assert all(each.faults for each in judged)
    assert (NOT_OPENED,) == judge_all([2], None, BOOK)[0].faults
