"""The ES256 verdicts behind tokens, client assertions and DPoP proofs are Wycheproof's."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_every_es256_verdict_is_wycheproof_s(vectors: Path) -> None:
    name = "crypto/wycheproof-ecdsa_secp256r1_sha256_p1363.json"
    algorithm = JWSRegistry.algorithms["ES256"]
    tried = 0
    for group in json.loads((vectors / name).read_text())["testGroups"]:
        point = bytes.fromhex(group["publicKey"]["uncompressed"])
        key = ECKey.import_key(
            {"kty": "EC", "crv": "P-256", "x": _b64(point[1:33]), "y": _b64(point[33:])}
        )
        for case in group["tests"]:
            message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
            try:
                holds = algorithm.verify(message, signature, key)
            except ValueError:
                holds = False
            assert (case["result"] == "valid") is bool(holds), case["tcId"]
            tried += 1
    assert tried > 50
