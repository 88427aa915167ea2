"""The ES256 verdicts behind tokens, client assertions and DPoP proofs are Wycheproof's."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.jwk import ECKey

from consent import es256
from consent.errors import TokenError


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_every_es256_verdict_is_wycheproof_s(vectors: Path) -> None:
    name = "crypto/wycheproof-ecdsa_secp256r1_sha256_p1363.json"
    tried = 0
    for group in json.loads((vectors / name).read_text())["testGroups"]:
        point = bytes.fromhex(group["publicKey"]["uncompressed"])
        key = es256.public_key(_b64(point[1:33]), _b64(point[33:]))
        for case in group["tests"]:
            message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
            holds = key.verifies(message, signature)
            assert (case["result"] == "valid") is holds, case["tcId"]
            tried += 1
    assert tried > 50


def test_another_library_verifies_what_we_sign_and_names_the_key_alike() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    theirs = ECKey.import_key(key)
    public = theirs.as_dict(private=False)
    header = _b64(json.dumps({"alg": "ES256"}).encode())
    signed = f"{header}.{_b64(b'{}')}"
    text = f"{signed}.{_b64(es256.sign(signed.encode(), key))}"

    assert jws.deserialize_compact(text, theirs, algorithms=["ES256"]).payload == b"{}"
    ours = es256.public_key(str(public["x"]), str(public["y"]))
    assert ours.thumbprint == theirs.thumbprint()
    assert not ours.verifies(b"another message", es256.sign(signed.encode(), key))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (_b64(bytes(32)), _b64(bytes(32))),
        (_b64(b"x" * 31), _b64(b"y" * 32)),
        (_b64(b"x" * 33), _b64(b"y" * 32)),
        (_b64(b"x" * 32) + "=", _b64(b"y" * 32)),
        ("", ""),
    ],
)
def test_what_is_no_point_of_the_curve_is_no_key(x: str, y: str) -> None:
    with pytest.raises(TokenError):
        es256.public_key(x, y)
