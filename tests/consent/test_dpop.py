"""DPoP proofs, point by point of RFC 9449 section 4.3, each with its tampered twin."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey

from consent import dpop
from consent.errors import DpopError
from keys import base64url
from keys.signing import SigningKey

NOW = 1_800_000_000
URL = "https://izin.example/oauth/token"
EC = ECKey.generate_key("P-256")
EC_PUBLIC = {k: v for k, v in EC.as_dict(private=False).items() if k in {"kty", "crv", "x", "y"}}
ED = SigningKey.from_seed(bytes([9]) * 32)
CLAIMS: dict[str, Any] = {"htm": "POST", "htu": URL, "iat": NOW, "jti": "one-proof-of-many"}


def encode(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def proof(
    *, claims: dict[str, Any] | None = None, header: dict[str, Any] | None = None, key: ECKey = EC
) -> str:
    """Return an ES256 proof with some header members and claims replaced."""
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": EC_PUBLIC, **(header or {})}
    signing_input = f"{encode(head)}.{encode({**CLAIMS, **(claims or {})})}"
    algorithm = jws.JWSRegistry(algorithms=["ES256"]).get_alg("ES256")
    return f"{signing_input}.{encode(algorithm.sign(signing_input.encode(), key))}"


def ed_proof(alg: str = "EdDSA", *, key: SigningKey = ED, jwk: dict[str, str] | None = None) -> str:
    head = {"typ": "dpop+jwt", "alg": alg, "jwk": jwk or ED.public.jwk()}
    signing_input = f"{encode(head)}.{encode(CLAIMS)}"
    return f"{signing_input}.{encode(key.sign(signing_input.encode()))}"


def check(*headers: str, method: str = "POST", url: str = URL, **more: Any) -> dpop.DpopProof:
    return dpop.check(headers, method=method, url=url, **{"at": NOW, **more})


def test_a_proof_gives_thumbprint_and_id() -> None:
    members = json.dumps(EC_PUBLIC, sort_keys=True, separators=(",", ":")).encode()
    thumbprint = base64url.encode(hashlib.sha256(members).digest())

    assert check(proof()) == (thumbprint, CLAIMS["jti"], None)


@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519"])
def test_both_names_of_ed25519_are_accepted(alg: str) -> None:
    assert check(ed_proof(alg)).jkt == ED.public.thumbprint


def test_the_example_of_rfc_9449_holds() -> None:
    """Figure 1 and its thumbprint from section 6.1, figure 9."""
    text = (
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0V"
        "jNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10Nn"
        "Y5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE"
        "9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-Gx"
        "A6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
    )
    found = dpop.check([text], method="POST", url="https://server.example.com/token", at=1562262616)

    assert found[:2] == ("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", "-BwC3ESc6acc2lTc")


@pytest.mark.parametrize("headers", [(), (proof(), proof()), (f"{proof()},{proof()}",), ("",)])
def test_there_is_exactly_one_header(headers: tuple[str, ...]) -> None:
    with pytest.raises(DpopError):
        check(*headers)


@pytest.mark.parametrize("method", ["GET", "post", ""])
def test_a_proof_is_for_one_method(method: str) -> None:
    with pytest.raises(DpopError, match="method"):
        check(proof(), method=method)


@pytest.mark.parametrize(
    "htu",
    [
        URL,
        URL + "?a=1#b",
        "HTTPS://IZIN.example:443/oauth/token",
        "https://izin.example/%6Fauth/token",
    ],
)
def test_spellings_of_the_same_address_are_equal(htu: str) -> None:
    assert check(proof(claims={"htu": htu}))


@pytest.mark.parametrize(
    "htu",
    [
        "http://izin.example/oauth/token",
        "https://izin.example:8443/oauth/token",
        "https://izin.example/oauth/token/",
        "https://izin.example/OAUTH/token",
        "https://izin.example/oauth%2Ftoken",
        "https://izin.example/x/../oauth/token",
        "https://izin.example.evil.example/oauth/token",
        "https://izin.example@evil.example/oauth/token",
        "https://user@izin.example/oauth/token",
        "/oauth/token",
        "https://izin.example:port/oauth/token",
        "https://[izin/oauth/token",
        "",
        None,
        5,
    ],
)
def test_other_addresses_are_not(htu: object) -> None:
    with pytest.raises(DpopError):
        check(proof(claims={"htu": htu}))


@pytest.mark.parametrize("iat", [NOW + 10, NOW, NOW - 60])
def test_a_proof_is_of_about_now(iat: int) -> None:
    assert check(proof(claims={"iat": iat}))


@pytest.mark.parametrize("iat", [NOW + 11, NOW - 61, float(NOW), str(NOW), None, True])
def test_another_time_is_refused(iat: object) -> None:
    with pytest.raises(DpopError, match="iat"):
        check(proof(claims={"iat": iat}))


def test_a_proof_is_bound_to_the_token_that_it_comes_with() -> None:
    bound = proof(claims={"ath": dpop.encode_ath("the.access.token")})

    assert check(bound, token="the.access.token")
    for text in (bound, proof(), proof(claims={"ath": ""})):
        with pytest.raises(DpopError, match="token"):
            check(text, token="another.access.token")


@pytest.mark.parametrize("jti", [None, "", "short", "x" * 257, 12345678])
def test_a_proof_has_an_id(jti: object) -> None:
    with pytest.raises(DpopError, match="jti"):
        check(proof(claims={"jti": jti}))


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": "at+jwt"},
        {"alg": "HS256"},
        {"alg": "none"},
        {"alg": "ES384"},
        {"alg": "RS256"},
        {"alg": "EdDSA"},
        {"alg": ["ES256"]},
        {"kid": "x"},
        {"crit": ["x"], "x": 1},
        {"b64": False, "crit": ["b64"]},
        {"jwk": {}},
        {"jwk": "x"},
        {"jwk": {**EC_PUBLIC, "x": 5}},
        {"jwk": {**EC_PUBLIC, "x": "AAAA"}},
        {"jwk": {**EC_PUBLIC, "x": str(EC_PUBLIC["x"]) + "="}},
        {"jwk": {**EC_PUBLIC, "crv": "P-384"}},
        {"jwk": {**EC_PUBLIC, "kty": "OKP"}},
        {"jwk": {**EC_PUBLIC, "y": EC_PUBLIC["x"]}},
        {"jwk": {**EC_PUBLIC, "x5c": []}},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jwk": {"kty": "RSA", "n": "AAAA", "e": "AQAB"}},
    ],
)
def test_another_header_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(DpopError):
        check(proof(header=header))


def test_a_private_key_in_the_header_is_refused() -> None:
    """Its owner has published it: whoever read the request holds it too."""
    with pytest.raises(DpopError, match="public"):
        check(proof(header={"jwk": EC.as_dict(private=True)}))
    with pytest.raises(DpopError, match="public"):
        check(ed_proof(jwk={**ED.public.jwk(), "d": "A" * 43}))


def test_a_signature_by_another_key_is_refused() -> None:
    with pytest.raises(DpopError, match="signature"):
        check(proof(key=ECKey.generate_key("P-256")))
    with pytest.raises(DpopError, match="signature"):
        check(ed_proof(key=SigningKey.from_seed(bytes(32))))


def test_a_small_order_key_signs_nothing() -> None:
    """Under the identity point some libraries accept a fixed signature over anything."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": encode(b"\x01" + bytes(31))}
    head = encode({"typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk})
    forged = ".".join([head, encode(CLAIMS), encode(b"\x01" + bytes(63))])
    with pytest.raises(DpopError):
        check(forged)


def test_harmless_members_of_a_key_do_not_change_its_name() -> None:
    described = {**EC_PUBLIC, "alg": "ES256", "use": "sig", "kid": "mine"}

    assert check(proof(header={"jwk": described})).jkt == check(proof()).jkt


def test_duplicate_members_are_refused() -> None:
    whole = json.dumps({"typ": "dpop+jwt", "alg": "ES256", "jwk": EC_PUBLIC})
    head = whole.replace('"alg"', '"alg": "none", "alg"')
    _, claims, signature = proof().split(".")
    with pytest.raises(DpopError, match="JWT"):
        check(f"{encode(head.encode())}.{claims}.{signature}")


@pytest.mark.parametrize("at", range(0, 500, 17))
def test_a_changed_character_is_refused(at: int) -> None:
    text = proof()
    at %= len(text)
    with pytest.raises(DpopError):
        check(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :])


@given(st.text(max_size=100) | st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*"))
def test_the_parser_raises_only_our_error(text: str) -> None:
    with pytest.raises(DpopError):
        check(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(st.sampled_from(["typ", "alg", "jwk"]), json_values)
def test_any_header_raises_only_our_error(name: str, value: Any) -> None:
    with pytest.raises(DpopError):
        check(proof(header={name: value}))


@given(st.sampled_from(["kty", "crv", "x", "y"]), json_values)
def test_any_key_raises_only_our_error(name: str, value: Any) -> None:
    with pytest.raises(DpopError):
        check(proof(header={"jwk": {**EC_PUBLIC, name: value}}))


@given(st.text(max_size=60))
def test_any_address_raises_only_our_error(htu: str) -> None:
    with pytest.raises(DpopError):
        check(proof(claims={"htu": f"https://{htu}"}))
