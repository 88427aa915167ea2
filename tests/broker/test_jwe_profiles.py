"""The two algorithms apart: what only one of them has, and that a message never chooses.

With the vectors and the libraries of others.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwe as jose
from joserfc.jwk import ECKey
from joserfc.registry import HeaderParameter

from broker.envelope import Message
from broker.errors import MessageError
from broker.jwe import open_content
from keys.ecdh_es import EcdhKey, read_point
from keys.profiles import PROFILES
from keys.sealing import SealedKey
from keys.xwing import SealingKey
from tests.broker.forging import AGENCY_SEALING, EitherKey, Forger, b64, lead_to, unb64
from tests.broker.sealed import NIK, opened, question, refusal

OTHER = {"HPKE-9-KE": "ECDH-ES", "ECDH-ES": "HPKE-9-KE"}


@pytest.fixture
def ecdh() -> EcdhKey:
    key = AGENCY_SEALING.of["ECDH-ES"]
    assert isinstance(key, EcdhKey)
    return key


# The algorithm belongs to the recipient's key


@pytest.mark.parametrize("algorithm", PROFILES)
def test_a_message_under_another_algorithm_than_the_key_s_does_not_open(algorithm: str) -> None:
    """Whole and consistent, sealed to the other key that the same agency might have had."""
    message = Forger(to=AGENCY_SEALING.of[OTHER[algorithm]].public).message()
    assert refusal(message, recipient=AGENCY_SEALING.of[algorithm]) == (
        "alg is not that of the recipient's key"
    )
    assert opened(message, recipient=AGENCY_SEALING.of[OTHER[algorithm]]).payload


@pytest.mark.parametrize("algorithm", PROFILES)
def test_naming_the_right_key_under_another_algorithm_does_not_help(algorithm: str) -> None:
    recipient = AGENCY_SEALING.of[algorithm]
    message = Forger(
        to=AGENCY_SEALING.of[OTHER[algorithm]].public,
        header=lambda header: {**header, "kid": recipient.thumbprint},
    ).message()
    assert "alg is not" in refusal(message, recipient=recipient)


@pytest.mark.parametrize("algorithm", PROFILES)
def test_saying_the_right_algorithm_with_the_other_s_members_does_not_help(algorithm: str) -> None:
    message = Forger(
        to=AGENCY_SEALING.of[OTHER[algorithm]].public,
        header=lambda header: {**header, "alg": algorithm},
    ).message()
    assert "exactly its members" in refusal(message, recipient=AGENCY_SEALING.of[algorithm])


# HPKE-9-KE


@pytest.mark.parametrize(
    ("ek", "why"),
    [(b64(b"e" * 1_120), "does not open"), ("", "ek has not 1120 bytes"), ({}, "ek is not a text")],
)
def test_another_encapsulation_is_refused(ek: Any, why: str) -> None:
    message = Forger(header=lambda header: {**header, "ek": ek}).message()
    assert why in refusal(message)


# ECDH-ES


def test_its_message_has_no_encrypted_key_and_its_point_in_the_protected_header(
    ecdh: EcdhKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EitherKey, "algorithm_now", "ECDH-ES")
    message = question()
    assert message.jwe.keys() == {"protected", "iv", "ciphertext", "tag"}
    header = json.loads(unb64(message.jwe["protected"]))
    assert header["alg"] == "ECDH-ES"
    assert header["epk"].keys() == {"crv", "kty", "x", "y"}
    assert opened(message, recipient=ecdh).payload == {"secret": NIK}


def _points() -> dict[str, Any]:
    right = lead_to(AGENCY_SEALING.of["ECDH-ES"].public)[1]["epk"]
    off = b64((int.from_bytes(unb64(right["y"])) ^ 1).to_bytes(32))
    return {
        "off the curve": ({**right, "y": off}, "does not open"),
        "the origin": ({**right, "x": b64(bytes(32)), "y": b64(bytes(32))}, "does not open"),
        "beyond the field": ({**right, "x": b64(b"\xff" * 32)}, "does not open"),
        "another ephemeral key": (
            lead_to(AGENCY_SEALING.of["ECDH-ES"].public)[1]["epk"],
            "does not open",
        ),
        "the recipient's own": (
            {name: AGENCY_SEALING.of["ECDH-ES"].public.jwk()[name] for name in right},
            "does not open",
        ),
        "of another curve": ({**right, "crv": "P-384"}, "epk is not"),
        "of another type": ({**right, "kty": "OKP"}, "epk is not"),
        "with a private half": ({**right, "d": right["x"]}, "epk is not"),
        "named": ({**right, "kid": "k"}, "epk is not"),
        "without y": ({name: right[name] for name in ("crv", "kty", "x")}, "epk is not"),
        "without a leading zero": ({**right, "x": b64(b"x" * 31)}, "epk is not"),
        "padded": ({**right, "x": right["x"] + "="}, "epk is not"),
        "in another spelling": ({**right, "x": right["x"][:-1] + "B"}, "epk is not"),
        "a number": ({**right, "x": 5}, "epk is not"),
        "a text": ("x", "epk is not"),
        "a list": ([], "epk is not"),
    }


@pytest.mark.parametrize("name", _points())
def test_another_point_is_refused(ecdh: EcdhKey, name: str) -> None:
    epk, why = _points()[name]
    message = Forger(to=ecdh.public, header=lambda header: {**header, "epk": epk}).message()
    assert why in refusal(message, recipient=ecdh)


@pytest.mark.parametrize("value", ["", "AAAA", None, b64(b"k" * 48)])
def test_an_encrypted_key_beside_a_direct_agreement_is_refused(ecdh: EcdhKey, value: Any) -> None:
    """joserfc writes an empty one; two spellings of one message would be two messages."""
    message = Forger(to=ecdh.public, jwe=lambda jwe: {**jwe, "encrypted_key": value}).message()
    assert "exactly its members" in refusal(message, recipient=ecdh)


# Others


def test_the_published_vectors_of_hpke_9_ke_open(vectors: Path) -> None:
    """draft-ietf-jose-hpke-pq-pqt: through the same two decryptions as our own messages."""
    rows = json.loads((vectors / "crypto" / "jose-hpke-pq-pqt-draft00.json").read_text())
    rows = [row for row in rows if row["alg"] == "HPKE-9-KE"]
    assert rows
    for row in rows:
        recipient = SealingKey.from_seed(unb64(row["jwk"]["priv"]))
        jwe = row["flattened"]
        assert row["jwk"]["kid"] == recipient.thumbprint
        content = _open_vector(jwe, recipient, f"{jwe['protected']}.{jwe['aad']}")
        protected, encrypted_key, iv, ciphertext, tag = row["compact"].split(".")
        compact = {
            "protected": protected,
            "encrypted_key": encrypted_key,
            "iv": iv,
            "ciphertext": ciphertext,
            "tag": tag,
        }
        assert content == _open_vector(compact, recipient, protected)
        assert content.startswith(b"You can trust us")
        with pytest.raises(MessageError, match="does not open"):
            _open_vector(jwe, recipient, jwe["protected"])


def _open_vector(jwe: dict[str, str], recipient: SealingKey, authenticated: str) -> bytes:
    ek = json.loads(unb64(jwe["protected"]))["ek"]
    return open_content(
        SealedKey(unb64(ek), unb64(jwe["encrypted_key"])),
        iv=unb64(jwe["iv"]),
        ciphertext=unb64(jwe["ciphertext"]),
        tag=unb64(jwe["tag"]),
        authenticated=authenticated.encode(),
        recipient=recipient,
    )


def test_the_wycheproof_message_of_this_profile_opens(vectors: Path) -> None:
    """Of its JWEs one is direct agreement on P-256 for A256GCM; all others our header refuses."""
    told = json.loads((vectors / "crypto" / "wycheproof-json_web_encryption.json").read_text())
    opened_texts = []
    for group in told["testGroups"]:
        for test in group["tests"]:
            protected, encrypted_key, iv, ciphertext, tag = [*test["jwe"].split("."), *"...."][:5]
            try:
                header = json.loads(unb64(protected))
                ours = (header["alg"], header["enc"], header["epk"]["crv"])
            except (ValueError, KeyError, TypeError):
                continue
            if ours != ("ECDH-ES", "A256GCM", "P-256") or encrypted_key:
                continue
            scalar = int.from_bytes(unb64(group["private"]["d"]))
            recipient = EcdhKey.from_key(ec.derive_private_key(scalar, ec.SECP256R1()))
            point = {name: header["epk"][name] for name in ("kty", "crv", "x", "y")}
            content = open_content(
                SealedKey(read_point(point), b""),
                iv=unb64(iv),
                ciphertext=unb64(ciphertext),
                tag=unb64(tag),
                authenticated=protected.encode(),
                recipient=recipient,
            )
            assert test["result"] == "valid"
            assert content.hex() == test["pt"]
            opened_texts.append(content)
    assert len(opened_texts) == 1


def test_joserfc_opens_what_we_seal(ecdh: EcdhKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stock RFC 7518 to a library that never heard of us; `cb` only has to be let through."""
    monkeypatch.setattr(EitherKey, "algorithm_now", "ECDH-ES")
    jwe = question().jwe
    # Its JSON reader looks for `epk` beside the protected header, where nothing protects it.
    text = f"{jwe['protected']}..{jwe['iv']}.{jwe['ciphertext']}.{jwe['tag']}"
    found = jose.decrypt_compact(text, _jose_key(ecdh), registry=_registry())
    assert found.plaintext is not None
    assert found.plaintext.count(b".") == 2


def test_we_open_what_joserfc_seals(ecdh: EcdhKey) -> None:
    """Its compact form has `epk` in the protected header too, and an empty encrypted key."""
    public = ECKey.import_key({**ecdh.public.jwk()})
    header = {"alg": "ECDH-ES", "enc": "A256GCM"}
    text = jose.encrypt_compact(header, b"hello", public, registry=_registry())
    protected, encrypted_key, iv, ciphertext, tag = text.split(".")
    assert encrypted_key == ""
    epk = json.loads(unb64(protected))["epk"]
    content = open_content(
        SealedKey(read_point(epk), b""),
        iv=unb64(iv),
        ciphertext=unb64(ciphertext),
        tag=unb64(tag),
        authenticated=protected.encode(),
        recipient=ecdh,
    )
    assert content == b"hello"


def test_a_whole_message_over_joserfc_s_jwe_opens_once_its_header_is_canonical(
    ecdh: EcdhKey,
) -> None:
    """joserfc derives the key and seals our inner signature under our header.

    It writes the header's members in its own order, which we refuse; the tag is over the header's
    text, so all that is left to show is that the rest is right.
    """
    forger = Forger(to=ecdh.public)
    inner = forger.signed()
    forger.inner = lambda _: inner
    header = json.loads(unb64(forger.message().jwe["protected"]))
    del header["epk"]
    public = ECKey.import_key({**ecdh.public.jwk()})
    text = jose.encrypt_compact(header, inner, public, registry=_registry())
    protected, _, iv, ciphertext, tag = text.split(".")
    told = json.loads(unb64(protected))
    content = open_content(
        SealedKey(read_point(told["epk"]), b""),
        iv=unb64(iv),
        ciphertext=unb64(ciphertext),
        tag=unb64(tag),
        authenticated=protected.encode(),
        recipient=ecdh,
    )
    assert content == inner.encode()
    jwe = {"protected": protected, "iv": iv, "ciphertext": ciphertext, "tag": tag}
    assert "canonical" in refusal(Message(jwe, "x.y.z"), recipient=ecdh)


class _Registry(jose.JWERegistry):
    """joserfc caps headers at 512 bytes, and refuses `cb` unless told of it."""

    max_protected_header_length = 4_096
    max_ciphertext_length = 100_000


def _registry() -> jose.JWERegistry:
    return _Registry(
        header_registry={"cb": HeaderParameter("binding", lambda _: None)},
        algorithms=["ECDH-ES", "A256GCM"],
    )


def _jose_key(key: EcdhKey) -> ECKey:
    return ECKey.import_key(key._key)
