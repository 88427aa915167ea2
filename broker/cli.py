"""The `izin` command. Imports nothing heavy at the top: `izin audit` runs on the base install."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from audit.cli import audit
from broker.errors import BrokerError

P = ParamSpec("P")
R = TypeVar("R")


class _Lazy(click.Group):
    """A group whose command groups are imported when they are called for."""

    lazy = {  # noqa: RUF012 - click reads, nobody writes
        "gateway": ("broker.gateway.cli", "gateway", "The agency's side: answer sealed questions."),
        "demo": ("broker.demo.cli", "demo", "The whole story on this machine."),
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self.lazy])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, name, _ = self.lazy[cmd_name]
        try:
            loaded = __import__(module, fromlist=[name])
        except ModuleNotFoundError as error:
            raise click.ClickException(
                f"`izin {cmd_name}` needs more than the base install ({error.name} is missing); "
                "install izin with its extras server, gateway and programme"
            ) from error
        command: click.Command = getattr(loaded, name)
        return command


def plain_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our errors into one sentence on standard error and exit code 2."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from consent.errors import ConsentError
        from keys.errors import KeysError
        from policies.errors import PolicyError

        try:
            return command(*args, **kwargs)
        except (BrokerError, ConsentError, KeysError, PolicyError, OSError) as error:
            click.echo(f"izin: {error}", err=True)
            sys.exit(2)

    return run


@click.group(cls=_Lazy)
@click.version_option(package_name="izin", prog_name="izin")
def main() -> None:
    """Izin: no consent, no question; no proof in the log, no answer."""


main.add_command(audit)


@main.command()
@click.option(
    "--issuer", required=True, help="Public URL of the broker, such as https://izin.example."
)
@click.option("--origin", required=True, help="The log's name, such as izin.example.")
@click.option("--port", default=8000, show_default=True)
@plain_errors
def init(issuer: str, origin: str, port: int) -> None:
    """Make IZIN_HOME: settings, keys, database and an empty log."""
    import os

    from broker.settings import home_folder
    from broker.setup import initialise
    from broker.wiring import now

    made = initialise(home_folder(os.environ), issuer=issuer, origin=origin, port=port, clock=now)
    click.echo(f"Made {made.home}")
    click.echo(f"The log's key, for auditors and agencies: {made.vkey}")
    click.echo(f"The root key, for trust files: {made.root}")


@main.command()
@plain_errors
def serve() -> None:
    """Serve the broker until Ctrl-C."""
    from broker.app import serve as run
    from broker.settings import load_settings

    run(load_settings())


@main.group()
def programme() -> None:
    """Programmes that ask, and their OAuth clients."""


@programme.command("add")
@click.argument("client_id")
@click.option("--programme", "programme_id", required=True, help="Which programme: pkh or bpnt.")
@click.option("--jwks", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--redirect-uri", required=True, multiple=True)
@click.option(
    "--root-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JWK file of the programme's root signing key, from the paper agreement; "
    "without it the programme can ask but commit to no formula or decision.",
)
@plain_errors
def programme_add(
    client_id: str,
    programme_id: str,
    jwks: Path,
    redirect_uri: tuple[str, ...],
    root_key: Path | None,
) -> None:
    """Register a programme's client, or change it."""
    from broker.wiring import open_broker

    with open_broker() as broker:
        broker.add_client(
            client_id,
            programme=programme_id,
            jwks=_json_file(jwks),
            redirect_uris=redirect_uri,
            root=None if root_key is None else _json_file(root_key),
        )
    click.echo(f"Registered {client_id} for {programme_id}")


@programme.command("list")
@plain_errors
def programme_list() -> None:
    """List the registered clients."""
    from broker.wiring import open_broker

    with open_broker() as broker:
        for client in broker.clients.list():
            click.echo(f"{client.client_id}\t{client.programme}\t{' '.join(client.redirect_uris)}")


@programme.command("serve")
@click.option(
    "--config",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The portal's settings file, programme.toml.",
)
@plain_errors
def programme_serve(config: Path) -> None:
    """Serve the reference portal of the programmes until Ctrl-C."""
    from broker.programme.cli import serve as run

    run(config)


@main.group()
def agency() -> None:
    """Agencies that answer, and where their gateways are."""


@agency.command("add")
@click.argument("agency_id")
@click.option("--url", required=True, help="Where the agency's gateway answers.")
@click.option(
    "--root-key",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JWK file of the agency's root signing key, from the paper agreement.",
)
@plain_errors
def agency_add(agency_id: str, url: str, root_key: Path) -> None:
    """Register an agency, or move it; its gateway must be running."""
    from broker.wiring import open_broker

    with open_broker() as broker:
        broker.add_agency(agency_id, url=url, root=_json_file(root_key))
    click.echo(f"Registered {agency_id} at {url}")


@agency.command("list")
@plain_errors
def agency_list() -> None:
    """List the registered agencies."""
    from broker.wiring import open_broker

    with open_broker() as broker:
        for route in broker.agencies.routes().values():
            click.echo(f"{route.id}\t{route.url}")


def _json_file(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BrokerError(f"{path.name} is not JSON") from error


if __name__ == "__main__":
    main()
