"""The trace key's HMAC, which is written out for speed, gives the published values."""

from __future__ import annotations

import json
from pathlib import Path

from audit.trace import _hmac


def test_our_hmac_gives_wycheproof_s_tags(vectors: Path) -> None:
    suite = json.loads((vectors / "crypto/wycheproof-hmac_sha256.json").read_text())
    tried = 0
    for group in suite["testGroups"]:
        for case in group["tests"]:
            key, message = bytes.fromhex(case["key"]), bytes.fromhex(case["msg"])
            if len(key) != 32:
                continue  # a trace key and a share have 32 bytes, and nothing else is passed
            found = _hmac(key, message)[: group["tagSize"] // 8]
            assert (case["result"] == "valid") is (found == bytes.fromhex(case["tag"]))
            tried += 1
    assert tried > 10
