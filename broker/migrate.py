"""Bring a database to the tables of this version, through Alembic.

The broker, gateways, programmes and witnesses each have a `migrations` folder of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Engine, inspect, text

BROKER: Final = Path(__file__).with_name("migrations")
GATEWAY: Final = Path(__file__).with_name("gateway") / "migrations"
WITNESS: Final = Path(__file__).with_name("witness") / "migrations"
PROGRAMME: Final = Path(__file__).with_name("programme") / "migrations"

_MIGRATING: Final = 0x697A696E_6D696772


def upgrade(engine: Engine, migrations: Path) -> None:
    """Run every migration of the folder that `engine`'s database has not seen.

    Alembic is imported only if there is one: it would double the start of a program that is up
    to date.
    """
    if is_current(engine, migrations):
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # As SQLite does by itself: of two that start at once, one runs the migrations.
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATING})"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def is_current(engine: Engine, migrations: Path) -> bool:
    """Whether `engine`'s database has seen every migration of the folder."""
    return _version(engine) == _newest(migrations)


def _version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _newest(migrations: Path) -> str:
    """Return the newest revision: files are named NUMBER_words.py and their id is the number."""
    return max(path.name.partition("_")[0] for path in (migrations / "versions").glob("*_*.py"))
