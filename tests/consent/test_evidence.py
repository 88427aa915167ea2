"""Evidence is over one challenge, and one grant's is no other's."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import encode
from consent.errors import EvidenceError
from consent.evidence import EVIDENCE_TYP, attest, challenge, check_evidence
from keys.jws import sign_compact
from keys.signing import SigningKey

KEY = SigningKey.from_seed(bytes([5]) * 32)
OTHER = SigningKey.from_seed(bytes([6]) * 32)
G, TRACES, PARTS = "aa" * 32, ["bb" * 16, "cc" * 16], ["dd" * 32, "ee" * 32]
OVER = challenge(G, TRACES, PARTS)


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
        check_evidence(attest(other, KEY), OVER, consent_keys=[KEY.public])


def test_evidence_names_its_kind() -> None:
    found = check_evidence(attest(OVER, KEY), OVER, consent_keys=[OTHER.public, KEY.public])

    assert found == "broker-attested"


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
        check_evidence({**attest(OVER, KEY), **twist}, OVER, consent_keys=[KEY.public])


def test_an_untrusted_signer_is_refused() -> None:
    with pytest.raises(EvidenceError, match="no trusted consent key"):
        check_evidence(attest(OVER, OTHER), OVER, consent_keys=[KEY.public])


@given(st.dictionaries(st.sampled_from(["kind", "statement"]), st.text(max_size=60)))
def test_any_other_members_raise_only_our_error(members: dict[str, str]) -> None:
    with pytest.raises(EvidenceError):
        check_evidence({"kind": "broker-attested", **members}, OVER, consent_keys=[KEY.public])
