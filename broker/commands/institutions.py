"""`izin agency`, `izin programme`, `izin trust`: who answers, who asks, and who believes whom."""

from __future__ import annotations

from pathlib import Path

import click

from broker.commands.plain import FILE, plain_errors, read_json, write_new
from broker.errors import BrokerError
from keys.signing import VerifyKey

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def programme() -> None:
    """Programmes that ask: their OAuth clients here, and their own portal."""


@programme.command("add")
@click.argument("client_id")
@click.option("--programme", "programme_id", required=True, help="Which programme: pkh or bpnt.")
@click.option("--jwks", required=True, type=FILE, help="The client's public keys (RFC 7517).")
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
            jwks=read_json(jwks),
            redirect_uris=redirect_uri,
            root=None if root_key is None else read_json(root_key),
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


@programme.command("init")
@click.option("--home", required=True, type=FOLDER, help="The portal's folder; made if absent.")
@click.option("--programme", "programme_id", required=True, help="Which programme: pkh or bpnt.")
@click.option("--client-id", required=True, help="What its OAuth client will be called.")
@click.option("--issuer", required=True, help="Public URL of the broker.")
@click.option("--url", required=True, help="Public URL of the portal.")
@click.option("--port", default=8200, show_default=True, help="Port that it serves on.")
@plain_errors
def programme_init(
    home: Path, programme_id: str, client_id: str, issuer: str, url: str, port: int
) -> None:
    """Make a programme's keys, and the files that the broker's operator needs of it."""
    import json

    from broker.programme.settings import SETTINGS_NAME, parse_settings
    from broker.programme.setup import prepare_programme

    table = {"portal": {"issuer": issuer, "url": url, "port": port}}
    settings = parse_settings(table, home=home)
    made = prepare_programme(home, programme_id, client_id)
    path = home / SETTINGS_NAME
    if not path.exists():
        lines = [f'issuer = "{settings.issuer}"', f'url = "{settings.url}"', f"port = {port}"]
        write_new(path, "\n".join(["[portal]", *lines, ""]))
    (home / f"{programme_id}-jwks.json").write_text(json.dumps(made.jwks, indent=1) + "\n")
    (home / f"{programme_id}-root.json").write_text(json.dumps(made.root_jwk) + "\n")
    click.echo(f"Made {path}")
    click.echo(f"Hand to the broker: {programme_id}-jwks.json, {programme_id}-root.json")
    click.echo(f"Compare by phone, the root key's thumbprint: {made.root.thumbprint}")


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
    click.echo(f"Registered {agency_id} at {url}")


@agency.command("list")
@plain_errors
def agency_list() -> None:
    """List the registered agencies."""
    from broker.wiring import open_broker

    with open_broker() as broker:
        for route in broker.agencies.routes().values():
            click.echo(f"{route.id}\t{route.url}\t{route.root.thumbprint}")


@click.command()
@click.option("--agency", "agencies", multiple=True, metavar="ID=FILE", help="An agency's root.")
@click.option(
    "--programme", "programmes", multiple=True, metavar="ID=FILE", help="A programme's root."
)
@click.option("--log-url", help="Where agencies reach the log; default: the issuer and /log.")
@click.option("--witnesses", type=FILE, help="A C2SP tlog-policy file, if there are witnesses.")
@plain_errors
def trust(
    agencies: tuple[str, ...],
    programmes: tuple[str, ...],
    log_url: str | None,
    witnesses: Path | None,
) -> None:
    """Print a trust file for agencies and programmes: the broker's keys, and the given roots.

    Whoever puts it into place compares each key with the paper agreement first: what a trust file
    says is believed, and nothing that arrives over the wire ever changes it.
    """
    from broker.wiring import open_broker
    from keys import trust as trust_file
    from keys.trust import BrokerTrust, TrustFile

    with open_broker() as broker:
        known = BrokerTrust(
            origin=broker.settings.origin,
            log_vkey=broker.log.vkey,
            log_url=log_url or f"{broker.settings.issuer}/log",
            consent_keys=(broker.keys.consent.public,),
            root=broker.keys.root.public,
        )
    quorum = "" if witnesses is None else witnesses.read_text("utf-8")
    text = trust_file.format(TrustFile(known, _roots(programmes), _roots(agencies), quorum))
    click.echo(text, nl=False)


def _roots(named: tuple[str, ...]) -> dict[str, VerifyKey]:
    roots = {}
    for each in named:
        owner, equals, path = each.partition("=")
        if not equals:
            raise BrokerError("write ID=FILE, such as polri=polri-root.json")
        roots[owner] = VerifyKey.from_jwk(read_json(Path(path)))
    return roots
