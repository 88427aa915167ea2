"""Evidence is over one challenge, and one grant's is no other's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

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
    login_evidence,
    nonce_of,
)
from keys import base64url
from keys.jws import sign_compact
from keys.sign_in_trust import PasskeySite
from keys.signing import SigningKey
from tests.authenticator import Passkey
from tests.provider_keys import Provider

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


# Evidence that is not the broker's word

SITE = PasskeySite("izin.example", "https://izin.example")
PASSKEY = Passkey(SITE)
PROVIDER = Provider()
NIK = "3510990101800002"
HOUR = 1_795_510_800
BOTH = Believed([KEY.public], SITE, PROVIDER.trusted)


def shown(evidence: Mapping[str, object], believed: Believed = BOTH, *, hour: int = HOUR) -> Shown:
    return check_evidence(evidence, OVER, believed=believed, nik=NIK, given_hour=hour)


def by_login(over: bytes = OVER, **changed: Any) -> dict[str, str]:
    return login_evidence(PROVIDER.token(NIK, nonce_of(over), HOUR + 60, **changed))


def test_a_passkey_is_shown_with_what_a_gateway_pins() -> None:
    expected = Shown("passkey", hashlib.sha256(PASSKEY.public_key).digest())
    assert expected == shown(PASSKEY.evidence(OVER))


def test_a_login_is_shown() -> None:
    assert Shown("id-token") == shown(by_login())


@pytest.mark.parametrize(
    "twist",
    [
        {"kind": "agent-passkey"},
        {"public_key": base64url.encode(Passkey(SITE).public_key)},
        {"public_key": "not base64url"},
        {"signature": ""},
        {"authenticator_data": "AA"},
        {"client_data": "e30"},
        {"more": "x"},
        {"signature": 1},
    ],
)
def test_a_passkey_s_tampered_twin_is_refused(twist: dict[str, object]) -> None:
    with pytest.raises(EvidenceError):
        shown({**PASSKEY.evidence(OVER), **twist})


@pytest.mark.parametrize("missing", ["public_key", "client_data", "signature"])
def test_a_passkey_s_evidence_that_lacks_something_is_refused(missing: str) -> None:
    found = PASSKEY.evidence(OVER)
    del found[missing]
    with pytest.raises(EvidenceError, match="not of its form"):
        shown(found)


def test_a_passkey_over_another_challenge_is_refused() -> None:
    with pytest.raises(EvidenceError):
        shown(PASSKEY.evidence(b"\x01" * 32))


def test_what_the_agreement_does_not_name_shows_nothing() -> None:
    for evidence in (PASSKEY.evidence(OVER), by_login()):
        with pytest.raises(EvidenceError):
            shown(evidence, Believed([KEY.public]))


@pytest.mark.parametrize(
    "changed",
    [
        {"nik": "3510990101800001"},
        {"auth_time": None},
        {"auth_time": HOUR + 60 - 601},
        {"nonce": nonce_of(b"\x01" * 32)},
        {"iss": "https://other.example"},
    ],
)
def test_a_login_that_is_not_hers_for_this_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(EvidenceError):
        shown(by_login(**changed))


def test_a_login_belongs_to_the_hour_of_the_grant_s_entry() -> None:
    assert "id-token" == shown(by_login(), hour=HOUR).kind
    for hour in (HOUR - 2 * 3_600, HOUR + 3_600):
        with pytest.raises(EvidenceError):
            shown(by_login(), hour=hour)


@given(st.dictionaries(st.sampled_from(sorted(PASSKEY.evidence(OVER))), st.text(max_size=40)))
def test_any_other_passkey_s_members_raise_only_our_error(members: dict[str, str]) -> None:
    with pytest.raises(EvidenceError):
        shown({"kind": "passkey", **members})
