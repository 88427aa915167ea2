"""Our own vectors: what the code makes today is what is stored, and it follows from the documents.

The second half computes the values again with nothing but the standard library, as docs/formats
describes them: a vector must not be right only because the code that wrote it says so.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from consent.evidence import Believed, check_evidence
from tests.vectors import generate, stronger


@pytest.mark.parametrize("name", generate.FILES)
def test_what_is_made_today_is_what_is_stored(name: str) -> None:
    """A difference is a change of a format: of what others have written, signed and kept."""
    made = json.loads(json.dumps(generate.FILES[name]()))
    assert made == generate.read(name)


@pytest.mark.parametrize("stored", generate.read("messages"), ids=lambda each: each["algorithm"])
def test_every_stored_message_opens(stored: dict[str, Any]) -> None:
    assert generate.opens(stored["message"], stored["kind"], stored["algorithm"])


def test_the_generator_changes_nothing_when_it_is_run_again(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in generate.FOLDER.glob("*.json")}
    for name, raw in before.items():
        (tmp_path / name).write_bytes(raw)
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    generate.write()
    assert before == {path.name: path.read_bytes() for path in tmp_path.glob("*.json")}


# From the documents alone


def mac(key: str | bytes, text: bytes) -> bytes:
    return hmac.digest(bytes.fromhex(key) if isinstance(key, str) else key, text, "sha256")


def sha(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()


def jcs(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_trace_key_s_values_follow_from_the_document() -> None:
    told = generate.read("trace")
    key = told["trace_key"]
    assert told["reader_token"] == b64(mac(key, b"izin/v1/reader"))
    assert told["qr"] == f"izin-trace:1:izin.example:{b64(bytes.fromhex(key))}"
    for agency, share in told["shares"].items():
        assert share == mac(key, b"izin/v1/trace/" + agency.encode()).hex()
    for each in told["tags"]:
        text = f"{each['day']}/{each['k']}".encode()
        assert each["tag"] == mac(told["shares"][each["agency"]], text)[:16].hex()
    for each in told["grants"]:
        gid = mac(key, b"izin/v1/grant/%d" % each["n"])
        assert each["gid"] == gid.hex()
        assert each["g"] == sha(b"izin/v1/given/", gid)
        assert each["w"] == sha(b"izin/v1/withdrawn/", gid)
        for agency, committed in each["traces"].items():
            share = bytes.fromhex(told["shares"][agency])
            assert committed == sha(b"izin/v1/share/", gid, share, agency.encode())[:32]


def test_the_grant_s_values_follow_from_the_document() -> None:
    told = generate.read("grant")
    assert told["sub"] == mac(told["gid"], b"izin/v1/subject/" + told["nik"].encode()).hex()
    digests = []
    for part in told["parts"].values():
        assert part["digest"] == sha(part["jws"].encode())
        assert told["sub"] == json.loads(unb64(part["jws"].split(".")[1]))["sub"]
        digests.append(part["digest"])
    over = jcs({"g": told["g"], "traces": told["traces"], "parts": sorted(digests)})
    assert told["challenge"] == sha(b"izin/v1/consent/", over)
    said = json.loads(unb64(told["evidence"]["statement"].split(".")[1]))
    assert said["challenge"] == told["challenge"]


def _check_cosignature(told: dict[str, Any]) -> None:
    """The ML-DSA-44 line: key id, time, and a signature over the message of docs/verify.md."""
    said = told["cosignature"]
    name, key_id, key = said["vkey"].split("+", 2)
    public, at = base64.b64decode(key), said["at"].to_bytes(8, "big")
    assert key_id == sha(name.encode(), b"\n", public)[:8]
    named = bytes([len(name)]) + name.encode()
    size = said["size"].to_bytes(8, "big")
    hashed = bytes.fromhex(told["roots"][said["size"]])
    message = b"subtree/v1\n\0" + named + at + named + bytes(8) + size + hashed
    assert said["message"] == message.hex()
    raw = base64.b64decode(said["line"].removeprefix(f"— {name} "))
    assert (key_id, at) == (raw[:4].hex(), raw[4:12])
    MLDSA44PublicKey.from_public_bytes(public[1:]).verify(raw[12:], message)


def test_the_log_s_values_follow_from_the_document() -> None:
    told = generate.read("log")
    prev = "0" * 64
    for text, leaf in zip(told["entries"], told["leaf_hashes"], strict=True):
        entry = json.loads(text)
        assert jcs(entry) == text.encode()
        assert entry["prev"] == prev
        assert leaf == sha(b"\x00", text.encode())
        prev = leaf
    assert told["roots"][0] == sha()
    for size in range(1, len(told["entries"]) + 1):
        assert told["roots"][size] == root(told["leaf_hashes"][:size])
    for size, note in told["checkpoints"].items():
        lines = note.split("\n")
        assert lines[:2] == ["izin.example", size]
        assert base64.b64decode(lines[2]).hex() == told["roots"][int(size)]
    _check_cosignature(told)
    q = {**told["q"]}
    salt, expected = bytes.fromhex(q.pop("salt")), q.pop("q")
    q["gid"] = b64(bytes.fromhex(q["gid"]))
    assert expected == sha(b"izin/v1/question/", salt, jcs(q))
    assert expected in told["entries"][2]
    digest = told["digest"]
    salt = bytes.fromhex(digest["salt"])
    assert digest["digest"] == sha(b"izin/v1/digest/", salt, jcs(digest["opening"]))


def test_the_proofs_lead_to_the_roots() -> None:
    told = generate.read("log")
    for each in told["proofs"]:
        lines = each["proof"].split("\n")
        assert lines[0] == "c2sp.org/tlog-proof@v1"
        assert lines[1] == f"index {each['index']}"
        path = [base64.b64decode(line) for line in lines[2 : lines.index("")]]
        leaf = bytes.fromhex(told["leaf_hashes"][each["index"]])
        assert told["roots"][each["size"]] == climb(leaf, each["index"], each["size"], path).hex()


def root(leaves: list[str]) -> str:
    """RFC 6962, section 2.1, read aloud."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha(b"\x01", bytes.fromhex(root(leaves[:k])), bytes.fromhex(root(leaves[k:])))


def climb(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.3.2."""
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if fn & 1 or fn == sn:
            r = hashlib.sha256(b"\x01" + p + r).digest()
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = hashlib.sha256(b"\x01" + r + p).digest()
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return r


def test_the_keys_names_follow_from_the_document() -> None:
    told = generate.read("keys")
    for key in told["signing"].values():
        assert key["kid"] == b64(bytes.fromhex(sha(jcs(key["jwk"]))))
    for key in told["sealing"]:
        named = {n: v for n, v in key["jwk"].items() if n != "alg" or key["jwk"]["kty"] == "AKP"}
        assert key["kid"] == b64(bytes.fromhex(sha(jcs(named))))


def test_what_a_carrier_sees_of_a_message_follows_from_the_document() -> None:
    for told in generate.read("messages"):
        jwe = told["message"]["jwe"]
        header = json.loads(unb64(jwe["protected"]))
        assert jcs(header) == unb64(jwe["protected"])
        assert header["alg"] == told["algorithm"]
        assert {**told["cb"], "ph": header["cb"]["ph"]} == header["cb"]
        signed = {"v": 1, "cb": header["cb"], "jwe": b64(hashlib.sha256(jcs(jwe)).digest())}
        head, middle, _ = told["message"]["receipt"].split(".")
        assert middle == ""
        assert json.loads(unb64(head))["typ"] == "izin-receipt+jws"
        assert signed["jwe"]


def test_the_passkey_s_evidence_follows_from_the_document() -> None:
    told = generate.read("grant")
    site, found = told["stronger"]["passkeys"], told["stronger"]["evidence"]["passkey"]
    client, data = unb64(found["client_data"]), unb64(found["authenticator_data"])
    said = json.loads(client)
    assert ("webauthn.get", site["origin"]) == (said["type"], said["origin"])
    assert said["challenge"] == b64(bytes.fromhex(told["challenge"]))
    assert data[:32].hex() == sha(site["rp_id"].encode())
    assert 0x05 == data[32] & 0x05  # present and verified
    x, y = cose_point(unb64(found["public_key"]))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    signed = data + hashlib.sha256(client).digest()
    key.verify(unb64(found["signature"]), signed, ec.ECDSA(hashes.SHA256()))


def test_the_login_s_evidence_follows_from_the_document() -> None:
    told = generate.read("grant")
    ((issuer, login),) = told["stronger"]["logins"].items()
    token = told["stronger"]["evidence"]["id-token"]["id_token"]
    signed, _, signature = token.rpartition(".")
    claims = json.loads(unb64(signed.partition(".")[2]))
    assert claims["nonce"] == b64(bytes.fromhex(told["challenge"]))
    assert (issuer, login["client_id"]) == (claims["iss"], claims["aud"])
    assert claims[login["claim"]] == told["nik"]
    assert told["stronger"]["given_hour"] < claims["exp"]
    x, y = (int.from_bytes(unb64(login["jwks"][0][name])) for name in ("x", "y"))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    raw = unb64(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("kind", ["passkey", "id-token"])
def test_a_gateway_takes_the_vectors_evidence(kind: str) -> None:
    told = generate.read("grant")
    shown = check_evidence(
        told["stronger"]["evidence"][kind],
        bytes.fromhex(told["challenge"]),
        believed=Believed([], stronger.SITE, {stronger.PROVIDER.issuer: stronger.PROVIDER}),
        nik=told["nik"],
        given_hour=told["stronger"]["given_hour"],
    )
    assert kind == shown.kind


def cose_point(key: bytes) -> tuple[int, int]:
    """Return the point of an ES256 key as COSE writes it: a map of five, x and y last."""
    assert key[:10] == bytes.fromhex("a5010203262001215820")
    assert key[42:45] == bytes.fromhex("225820")
    return int.from_bytes(key[10:42]), int.from_bytes(key[45:])
