"""What two institutions read out to each other is the same on both sides, and says every key."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from broker.papers import fingerprint, root_line, sign_in_lines, trust_lines
from keys import trust
from keys.sign_in_trust import LoginProvider
from keys.signing import SigningKey
from tests.world import World

OTHER = SigningKey.from_seed(b"\x07" * 32).public


def test_a_fingerprint_is_ten_groups_of_four() -> None:
    expected = hashlib.sha256(b"k" * 32).hexdigest()[:40]
    assert expected == fingerprint(b"k" * 32).replace(" ", "")
    assert [4] * 10 == [len(group) for group in fingerprint(b"k" * 32).split(" ")]


def test_what_an_agency_prints_stands_in_the_trust_file_s_reading(world: World) -> None:
    text = (world.plan.portal_home / "trust.toml").read_text("utf-8")
    lines = trust_lines(trust.parse(text))
    assert root_line("agency", "polri", world.prepared.agencies["polri"].root) in lines
    assert 3 + 9 + 2 == len(lines)


def test_any_other_key_reads_differently(world: World) -> None:
    trusted = trust.parse((world.plan.portal_home / "trust.toml").read_text("utf-8"))
    known = trusted.broker
    for changed in (
        replace(trusted, broker=replace(known, root=OTHER)),
        replace(trusted, broker=replace(known, consent_keys=(OTHER,))),
        replace(trusted, broker=replace(known, consent_keys=(*known.consent_keys, OTHER))),
        replace(trusted, agencies={**trusted.agencies, "polri": OTHER}),
        replace(trusted, programmes={**trusted.programmes, "pkh": OTHER}),
    ):
        assert trust_lines(trusted) != trust_lines(changed)


def test_sign_in_is_read_out_with_every_key_of_a_provider(world: World) -> None:
    trusted = trust.parse((world.plan.portal_home / "trust.toml").read_text("utf-8"))
    assert ["passkeys   none count as evidence"] == sign_in_lines(replace(trusted, passkeys=None))
    keys = ({"kty": "RSA", "n": "AQ", "e": "AQAB"}, {"kty": "RSA", "n": "Ag", "e": "AQAB"})
    login = LoginProvider("https://login.example", "izin", "nik", keys)
    lines = sign_in_lines(replace(trusted, logins={login.issuer: login}))
    assert lines[:2] == [
        "passkeys   http://localhost:8000",
        "login      https://login.example as izin, NIK in nik",
    ]
    assert 4 == len(set(lines))
