"""Evidence is over one challenge, and one grant's is no other's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import encode
from consent.errors import EvidenceError
from consent.evidence import (
    EVIDENCE_TYP,
    Believed,
    Shown,
    attest,
    challenge,
    check_evidence,
)
from keys.jws import sign_compact
from keys.signing import SigningKey

KEY = SigningKey.from_seed(bytes([5]) * 32)
OTHER = SigningKey.from_seed(bytes([6]) * 32)
G, TRACES, PARTS = "aa" * 32, ["bb" * 16, "cc" * 16], ["dd" * 32, "ee" * 32]
OVER = challenge(G, TRACES, PARTS)
BELIEVED = Believed([OTHER.public, KEY.public])


def check(evidence: Mapping[str, object], believed: Believed = BELIEVED) -> Shown:
    return check_evidence(evidence, OVER, believed=believed, nik="3510990101800002", given_hour=0)


def test_the_challenge_is_the_designs_formula() -> None:
    parts, traces = '","'.join(PARTS), '","'.join(TRACES)
    text = f'{{"g":"{G}","parts":["{parts}"],"traces":["{traces}"]}}'

    assert hashlib.sha256(b"izin/v1/consent/" + text.encode()).digest() == OVER


def test_the_challenge_does_not_depend_on_order() -> None:
    assert challenge(G, TRACES[::-1], PARTS[::-1]) == OVER


@pytest.mark.parametrize(
    "other",
    [
        challenge("ab" * 32, TRACES, PARTS),
        challenge(G, TRACES[:1], PARTS),
        challenge(G, TRACES, PARTS[:1]),
        challenge(G, TRACES, [*PARTS, "ff" * 32]),
    ],
)
def test_evidence_for_another_challenge_is_refused(other: bytes) -> None:
    with pytest.raises(EvidenceError, match="another challenge"):
        check(attest(other, KEY))


def test_evidence_names_its_kind() -> None:
    assert Shown("broker-attested") == check(attest(OVER, KEY))


@pytest.mark.parametrize(
    "twist",
    [
        {"kind": "passkey"},
        {"kind": ""},
        {"more": "x"},
        {"statement": ""},
        {"statement": 1},
        {"statement": "a.b.c"},
        {"statement": sign_compact(encode({"challenge": OVER.hex()}), KEY, typ=EVIDENCE_TYP)},
        {
            "statement": sign_compact(
                encode({"v": 1, "kind": "broker-attested", "challenge": OVER.hex()}),
                KEY,
                typ="izin-part+jws",
            )
        },
    ],
)
def test_a_tampered_twin_is_refused(twist: dict[str, object]) -> None:
    with pytest.raises(EvidenceError):
        check({**attest(OVER, KEY), **twist})


def test_an_untrusted_signer_is_refused() -> None:
    with pytest.raises(EvidenceError, match="no trusted consent key"):
        check(attest(OVER, OTHER), Believed([KEY.public]))


@given(st.dictionaries(st.sampled_from(["kind", "statement"]), st.text(max_size=60)))
def test_any_other_members_raise_only_our_error(members: dict[str, str]) -> None:
    with pytest.raises(EvidenceError):
        check({"kind": "broker-attested", **members})
