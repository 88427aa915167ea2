"""A programme's home: its keys, its statements, its settings, its tables."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from broker.db import open_engine
from broker.migrate import PROGRAMME, upgrade
from broker.programme.errors import ProgrammeError, ProgrammeSettingsError
from broker.programme.oauth_keys import ClientKeys
from broker.programme.settings import load_settings, parse_settings
from broker.programme.setup import STATEMENT_SECONDS, open_identities, prepare_programme
from broker.programme.statements import formula_statement
from broker.programme.store import ProgrammeTable
from keys import base64url
from keys.jws import peek_header, verify_compact
from keys.providers.file import FileKek
from keys.signing import VerifyKey
from keys.statements import check_statement
from policies.eligibility import formula_digest
from policies.load import load
from tests.broker.programme.asking_world import AT, NOW

GOOD = {"issuer": "http://localhost:8000", "url": "http://127.0.0.1:8200"}


def identities(home: Path) -> Any:
    engine = open_engine(f"sqlite:///{home}/programme.db")
    found = open_identities(engine, FileKek.open(home / "programme-kek.key"), clock=lambda: NOW)
    engine.dispose()
    return found


def test_preparing_twice_keeps_everything(tmp_path: Path) -> None:
    first = prepare_programme(tmp_path, "pkh", "client", clock=lambda: NOW)
    before = identities(tmp_path)["pkh"]
    assert first == prepare_programme(tmp_path, "pkh", "client", clock=lambda: NOW)
    assert before.sign_statement == identities(tmp_path)["pkh"].sign_statement


def test_a_statement_that_is_about_to_end_is_renewed(tmp_path: Path) -> None:
    made = prepare_programme(tmp_path, "pkh", "client", clock=lambda: NOW)
    later = NOW + timedelta(seconds=STATEMENT_SECONDS - 86_400)
    prepare_programme(tmp_path, "pkh", "client", clock=lambda: later)
    identity = identities(tmp_path)["pkh"]
    check_statement(
        identity.answer_statement,
        made.root,
        owner="pkh",
        use="answer",
        thumbprint=identity.answer.thumbprint,
        at=AT + STATEMENT_SECONDS,
    )


def test_programmes_of_one_home_share_no_key(tmp_path: Path) -> None:
    made = [prepare_programme(tmp_path, name, name, clock=lambda: NOW) for name in ("pkh", "bpnt")]
    assert made[0].root != made[1].root
    assert made[0].jwks != made[1].jwks
    both = identities(tmp_path)
    assert both["pkh"].answer.thumbprint != both["bpnt"].answer.thumbprint
    assert both["pkh"].at_rest != both["bpnt"].at_rest


def test_only_public_keys_are_registered(tmp_path: Path) -> None:
    made = prepare_programme(tmp_path, "pkh", "client", clock=lambda: NOW)
    assert set(made.root_jwk) == {"kty", "crv", "x"}
    (key,) = made.jwks["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "alg", "use", "kid"}


def test_the_client_and_dpop_keys_differ() -> None:
    keys = ClientKeys.from_secret(b"s" * 32)
    assert keys._client.thumbprint() != keys._dpop.thumbprint()
    assert "s" * 32 not in repr(keys)
    with pytest.raises(ProgrammeError):
        ClientKeys.from_secret(b"s" * 31)


def test_a_formula_is_signed_by_the_vouched_key(tmp_path: Path) -> None:
    made = prepare_programme(tmp_path, "pkh", "client", clock=lambda: NOW)
    identity = identities(tmp_path)["pkh"]
    formula = load().formulas[("pkh", "35.10.15.2004")][0]
    hour = (NOW + timedelta(hours=26)).replace(minute=0, second=0, microsecond=0)
    statement = formula_statement(formula, identity, valid_from=hour)
    header = peek_header(statement)
    key = VerifyKey(base64url.decode(header["pub"]))
    _, payload = verify_compact(
        statement, key, typ="izin-formula+jws", extra=frozenset({"pub", "stmt"})
    )
    assert formula_digest(formula).encode() in payload
    check_statement(
        header["stmt"], made.root, owner="pkh", use="sign", thumbprint=key.thumbprint, at=AT
    )
    with pytest.raises(ProgrammeError, match="full hour"):
        formula_statement(formula, identity, valid_from=hour + timedelta(minutes=1))
    with pytest.raises(ProgrammeError, match="another programme"):
        formula_statement(load().formulas[("bpnt", "35.10.15.2004")][0], identity, valid_from=hour)


def test_the_migrations_make_exactly_the_tables_of_the_store(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/programme.db")
    upgrade(engine, PROGRAMME)
    upgrade(engine, PROGRAMME)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: (kind, name) != ("table", "key")},
        )
        assert compare_metadata(context, ProgrammeTable.metadata) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"issuer": None}, "issuer is missing"),
        ({"issuer": "http://izin.example"}, "must be https"),
        ({"url": "https://perlinsos.example/"}, "without a slash"),
        ({"port": "8200"}, "must be a number"),
        ({"port": 0}, "from 1 to 65535"),
        ({"portt": 1}, "no setting portt"),
        ({"trace_page": "trace"}, "is a path"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    portal = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    with pytest.raises(ProgrammeSettingsError, match=message):
        parse_settings({"portal": portal}, home=tmp_path)


def test_settings_are_read_from_a_file_and_its_folder_is_the_home(tmp_path: Path) -> None:
    path = tmp_path / "programme.toml"
    path.write_text('[portal]\nissuer = "https://izin.example"\nurl = "https://p.example"\n')
    settings = load_settings(path)
    assert settings.redirect_uri == "https://p.example/return"
    assert settings.trust_path == tmp_path / "trust.toml"
    with pytest.raises(ProgrammeSettingsError, match="there is no"):
        load_settings(tmp_path / "other.toml")
