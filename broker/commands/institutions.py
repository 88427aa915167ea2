"""`izin agency`, `izin programme`: who answers, and who asks."""

from __future__ import annotations

from pathlib import Path

import click

from broker.commands.plain import FILE, plain_errors, read_json, write_new
from broker.errors import BrokerError
from broker.papers import fingerprint, root_line
from keys.profiles import DEFAULT, PROFILES

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def programme() -> None:
    """Programmes that ask: their OAuth clients here, and their own portal."""


@programme.command("add")
@click.argument("client_id")
@click.option("--programme", "programme_id", required=True, help="Which programme: pkh or bpnt.")
@click.option("--jwks", type=FILE, help="The client's public keys (RFC 7517).")
@click.option("--jwks-uri", help="Instead: the https URL at which the client publishes its keys.")
@click.option("--redirect-uri", required=True, multiple=True)
@click.option(
    "--root-key",
    type=FILE,
    help="JWK file of the programme's root signing key, from the paper agreement; without it no "
    "answer key of the programme counts, so it can be given consent but ask nothing.",
)
@plain_errors
def programme_add(
    client_id: str,
    programme_id: str,
    jwks: Path | None,
    jwks_uri: str | None,
    redirect_uri: tuple[str, ...],
    root_key: Path | None,
) -> None:
    """Register a programme's client, or change it."""
    from broker.wiring import open_broker

    with open_broker() as broker:
        broker.add_client(
            client_id,
            programme=programme_id,
            jwks=None if jwks is None else read_json(jwks),
            jwks_uri=jwks_uri,
            redirect_uris=redirect_uri,
            root=None if root_key is None else read_json(root_key),
        )
        roots = broker.programmes.roots()
    click.echo(f"Registered {client_id} for {programme_id}")
    if programme_id in roots:
        click.echo("Compare with the paper agreement:")
        click.echo(root_line("programme", programme_id, roots[programme_id]))


@programme.command("list")
@plain_errors
def programme_list() -> None:
    """List the registered clients."""
    from broker.wiring import open_broker

    with open_broker() as broker:
        for client in broker.clients.list():
            click.echo(f"{client.client_id}\t{client.programme}\t{' '.join(client.redirect_uris)}")


@programme.command("init")
@click.option("--home", required=True, type=FOLDER, help="The portal's folder; made if absent.")
@click.option("--programme", "programme_id", required=True, help="Which programme: pkh or bpnt.")
@click.option("--client-id", required=True, help="What its OAuth client will be called.")
@click.option("--issuer", required=True, help="Public URL of the broker.")
@click.option("--url", required=True, help="Public URL of the portal.")
@click.option("--port", default=8200, show_default=True, help="Port that it serves on.")
@click.option(
    "--sealing",
    type=click.Choice(list(PROFILES)),
    default=DEFAULT,
    show_default=True,
    help="Algorithm of the key that answers are sealed to, when it is made.",
)
@plain_errors
def programme_init(
    home: Path, programme_id: str, client_id: str, issuer: str, url: str, port: int, sealing: str
) -> None:
    """Make a programme's keys, and the files that the broker's operator needs of it."""
    import json

    from broker.programme.settings import SETTINGS_NAME, load_settings, parse_settings
    from broker.programme.setup import prepare_programme
    from policies.load import PILOT, load

    path = home / SETTINGS_NAME
    table = {"portal": {"issuer": issuer, "url": url, "port": port}}
    settings = load_settings(path) if path.exists() else parse_settings(table, home=home)
    names = load(settings.policies_path or PILOT).programmes
    if programme_id not in names:
        raise BrokerError(
            f"there is no programme {programme_id}; the policy has {', '.join(names)}"
        )
    made = prepare_programme(home, programme_id, client_id, sealing=sealing)
    if path.exists():
        click.echo(f"{path} stays as it is; issuer, url and port are changed in it")
    else:
        lines = [f'issuer = "{settings.issuer}"', f'url = "{settings.url}"', f"port = {port}"]
        write_new(path, "\n".join(["[portal]", *lines, ""]))
        click.echo(f"Wrote {path}")
    (home / f"{programme_id}-jwks.json").write_text(json.dumps(made.jwks, indent=1) + "\n")
    (home / f"{programme_id}-root.json").write_text(json.dumps(made.root_jwk) + "\n")
    click.echo(f"Hand to the broker: {programme_id}-jwks.json, {programme_id}-root.json")
    click.echo("For the paper agreement:")
    click.echo(root_line("programme", programme_id, made.root))


@programme.command("serve")
@click.option("--config", required=True, type=FILE, help="The portal's file, programme.toml.")
@plain_errors
def programme_serve(config: Path) -> None:
    """Serve the reference portal of the programmes until Ctrl-C."""
    from broker.programme.cli import serve as run

    run(config)


@click.group()
def agency() -> None:
    """Agencies that answer, and where their gateways are."""


@agency.command("add")
@click.argument("agency_id")
@click.option("--url", required=True, help="Where the agency's gateway answers.")
@click.option(
    "--root-key",
    required=True,
    type=FILE,
    help="JWK file of the agency's root signing key, from the paper agreement.",
)
@plain_errors
def agency_add(agency_id: str, url: str, root_key: Path) -> None:
    """Register an agency, or move it; its gateway must be running."""
    from broker.wiring import open_broker

    with open_broker() as broker:
        broker.add_agency(agency_id, url=url, root=read_json(root_key))
        root = broker.agencies.routes()[agency_id].root
    click.echo(f"Registered {agency_id} at {url}")
    click.echo("Compare with the paper agreement:")
    click.echo(root_line("agency", agency_id, root))


@agency.command("list")
@plain_errors
def agency_list() -> None:
    """List the registered agencies."""
    from broker.wiring import open_broker

    with open_broker() as broker:
        for route in broker.agencies.routes().values():
            click.echo(f"{route.id}\t{route.url}\t{fingerprint(route.root.raw)}")
