"""Pseudonyms are stable for who holds the key, and unrelated for who does not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from keys import base64url
from keys.errors import KeysError
from keys.pseudonym import (
    PIN_HASH_BYTES,
    Cost,
    argon2id,
    blind_index,
    pin_hash,
    pin_matches,
    stretch,
    subject,
)

PEPPER = b"\x08" * 32
SALT = b"\x09" * 16
NIK = "3510990000000001"


def test_argon2id_gives_the_values_of_its_specification(vectors: Path) -> None:
    """Those vectors that need no secret and no associated data, which we never use."""
    tried = 0
    for block in (vectors / "crypto" / "argon2id-rfc9106.txt").read_text().split("COUNT")[1:]:
        lines = [line for line in block.splitlines()[1:] if "=" in line and line[0] != "#"]
        case = {
            name.strip(): value.strip() for name, _, value in (ln.partition("=") for ln in lines)
        }
        if "secret" in case or "ad" in case:
            continue
        cost = Cost(int(case["memcost"]), int(case["iter"]), int(case["lanes"]))
        password, salt = bytes.fromhex(case["pass"]), bytes.fromhex(case["salt"])
        tried += 1
        assert (
            case["output"] == argon2id(password, salt, cost=cost, length=int(case["length"])).hex()
        )
    assert tried


def test_the_argon2id_under_us_gives_the_value_of_rfc_9106() -> None:
    """RFC 9106 section 5.3; it has a secret and associated data, so it goes past our function."""
    made = Argon2id(
        salt=b"\x02" * 16,
        length=32,
        iterations=3,
        lanes=4,
        memory_cost=32,
        secret=b"\x03" * 8,
        ad=b"\x04" * 12,
    ).derive(b"\x01" * 32)
    assert made.hex() == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"


def test_the_index_depends_on_pepper_and_nik() -> None:
    assert blind_index(PEPPER, NIK) == blind_index(PEPPER, NIK)
    assert blind_index(PEPPER, NIK) != blind_index(b"\x07" * 32, NIK)
    assert blind_index(PEPPER, NIK) != blind_index(PEPPER, NIK[:-1] + "2")


def test_two_programmes_know_a_person_by_unrelated_names() -> None:
    names = {subject(PEPPER, programme) for programme in ("pkh", "bpnt")}
    assert len(names) == 2
    assert {43} == {len(name) for name in names}
    assert all(len(base64url.decode(name)) == 32 for name in names)


def test_one_key_under_two_labels_gives_unrelated_values() -> None:
    assert base64url.encode(blind_index(PEPPER, "pkh")) != subject(PEPPER, "pkh")


def test_only_the_right_pin_matches() -> None:
    expected = pin_hash(PEPPER, "123456", SALT)
    assert len(expected) == PIN_HASH_BYTES
    assert pin_matches(PEPPER, "123456", SALT, expected)
    assert not pin_matches(PEPPER, "123457", SALT, expected)


def test_a_thief_of_the_database_lacks_the_pepper() -> None:
    expected = pin_hash(PEPPER, "123456", SALT)
    assert not pin_matches(b"\x07" * 32, "123456", SALT, expected)
    assert not pin_matches(PEPPER, "123456", b"\x0a" * 16, expected)


def test_short_salts_and_peppers_are_refused() -> None:
    with pytest.raises(KeysError):
        pin_hash(PEPPER, "123456", SALT[:8])
    with pytest.raises(KeysError):
        stretch(PEPPER, b"")
    with pytest.raises(KeysError):
        blind_index(b"", NIK)


def test_many_people_can_sign_in_at_once() -> None:
    """Hashes with several lanes deadlock inside OpenSSL when made concurrently; ours must not."""
    with ThreadPoolExecutor(8) as pool:
        hashes = pool.map(lambda salt: stretch(b"p" * 32, bytes([salt]) * 16), range(16))
        assert 16 == len(set(hashes))
