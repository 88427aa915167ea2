"""A gateway's first start, its tables, and its commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from click.testing import CliRunner

from broker.db import open_engine
from broker.gateway.cli import gateway
from broker.gateway.setup import prepare_gateway
from broker.gateway.store import GatewayTable
from broker.migrate import GATEWAY, upgrade
from tests.broker.gateway.parties import POOR, Person, above
from tests.broker.gateway.world import World


def test_preparing_again_changes_nothing(world: World) -> None:
    before = world.gateway.identity.keys_document()
    again = prepare_gateway(world.home, clock=world.clock, random=world.random)
    assert again == world.prepared
    world.gateway.close()
    assert world.open().identity.keys_document() == before


def test_statements_are_renewed_before_they_end(world: World) -> None:
    before = world.gateway.identity
    world.clock.advance(days=310)
    prepare_gateway(world.home, clock=world.clock, random=world.random)
    world.gateway.close()
    after = world.open().identity
    assert after.sealing.thumbprint == before.sealing.thumbprint
    assert after.seal_statement != before.seal_statement


def test_the_kek_file_is_closed_to_others(world: World) -> None:
    assert world.gateway.settings.kek_path.stat().st_mode & 0o077 == 0


def test_migrations_make_the_tables_of_the_code(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/gateway.db")
    upgrade(engine, GATEWAY)
    upgrade(engine, GATEWAY)  # again: nothing is left to do

    def ours(_object: object, name: str | None, kind: str, *_: object) -> bool:
        # The keyring's table stands in another metadata.
        return not (kind == "table" and name in {"key", "alembic_version"})

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        assert compare_metadata(context, GatewayTable.metadata) == []
    engine.dispose()


def test_migrations_make_the_keyring_s_table(tmp_path: Path) -> None:
    from sqlmodel import SQLModel

    import keys.store  # noqa: F401  # fills the metadata

    engine = open_engine(f"sqlite:///{tmp_path}/gateway.db")
    upgrade(engine, GATEWAY)

    def keys_only(_object: object, name: str | None, kind: str, *_: object) -> bool:
        return not (kind == "table" and name != "key")

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": keys_only})
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()


def test_init_prints_what_goes_into_trust_files(world: World) -> None:
    result = CliRunner().invoke(gateway, ["init", "--home", str(world.home)])
    assert result.exit_code == 0
    assert world.prepared.log_vkey in result.output


def test_about_lists_the_person_s_entries_and_no_other(world: World) -> None:
    grant = world.give(Person())
    world.ask(grant)
    world.ask(grant, [above(1_000_000)])
    config = str(world.home / "gateway.toml")
    result = CliRunner().invoke(gateway, ["about", "--config", config], input=POOR + "\n")
    assert result.exit_code == 0
    assert POOR not in result.output
    assert "access.answered\tpkh\teligibility\thas_account" in result.output
    assert "question_not_granted" in result.output
    stranger = CliRunner().invoke(
        gateway, ["about", "--config", config], input="3510990101809999\n"
    )
    assert "0 entries" in stranger.output


@pytest.mark.parametrize("text", ["", "351099", "abcdefghijklmnop"])
def test_about_takes_a_nik_from_standard_input_only(world: World, text: str) -> None:
    config = str(world.home / "gateway.toml")
    assert CliRunner().invoke(gateway, ["about", "--config", config], input=text).exit_code == 1
    assert CliRunner().invoke(gateway, ["about", "--config", config, POOR]).exit_code == 2


def test_a_mistake_in_the_settings_is_one_sentence(tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text("[gateway]\n")
    result = CliRunner().invoke(gateway, ["about", "--config", str(config)], input=POOR)
    assert result.exit_code == 2
    assert "izin gateway: the setting agency is missing" in result.output
