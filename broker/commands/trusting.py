"""`izin trust`: make the file that says whom an institution believes, and read it out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from broker.commands.plain import FILE, plain_errors, read_json
from broker.errors import BrokerError
from keys.signing import VerifyKey

if TYPE_CHECKING:
    from broker.settings import Settings
    from keys.sign_in_trust import LoginProvider


@click.group()
def trust() -> None:
    """Trust files: whom an agency or a programme believes, from the paper agreement."""


@trust.command()
@click.option("--agency", "agencies", multiple=True, metavar="ID=FILE", help="An agency's root.")
@click.option(
    "--programme", "programmes", multiple=True, metavar="ID=FILE", help="A programme's root."
)
@click.option("--log-url", help="Where agencies reach the log; default: the issuer and /log.")
@click.option(
    "--witnesses", type=FILE, help="A C2SP tlog-policy file; default: the broker's own setting."
)
@click.option(
    "--login-keys",
    type=FILE,
    help="The login provider's JWKS, as the agreement has it; else its ID tokens do not count.",
)
@plain_errors
def make(
    agencies: tuple[str, ...],
    programmes: tuple[str, ...],
    log_url: str | None,
    witnesses: Path | None,
    login_keys: Path | None,
) -> None:
    """Print a trust file: this broker's keys, and the roots that are given.

    Run by the broker's operator, for all. Whoever puts it into place first compares what
    `izin trust show` says of it with the paper agreement: what a trust file says is believed, and
    nothing that arrives over the wire ever changes it.
    """
    from broker.log_keys import continued_log
    from broker.rotation import earlier_log_keys
    from broker.wiring import open_broker, read_witnesses
    from keys import trust as trust_file
    from keys.sign_in_trust import site_of
    from keys.trust import BrokerTrust, TrustFile

    with open_broker() as broker:
        known = BrokerTrust(
            origin=broker.settings.origin,
            log_vkey=broker.log.vkey,
            log_url=log_url or f"{broker.settings.issuer}/log",
            consent_keys=(broker.keys.consent.public,),
            root=broker.keys.root.public,
            earlier_log_keys=earlier_log_keys(broker),
            continues=continued_log(broker.log.entry(0)) if broker.log.size else None,
        )
        # Read even where another file is given: a broken setting is said now.
        read_witnesses(broker.settings)
        path = witnesses or broker.settings.witnesses_path
    quorum = "" if path is None else path.read_text("utf-8")
    text = trust_file.format(
        TrustFile(
            known,
            _roots(programmes),
            _roots(agencies),
            quorum,
            passkeys=site_of(broker.settings.issuer),
            logins=_logins(broker.settings, login_keys),
        )
    )
    click.echo(text, nl=False)


@trust.command()
@click.argument("file", type=FILE)
@plain_errors
def show(file: Path) -> None:
    """Say a trust file in the form in which an agreement is written, to compare line by line."""
    from broker.papers import sign_in_lines, trust_lines
    from keys.trust import parse

    try:
        trusted = parse(file.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise BrokerError(f"{file.name} is not a trust file") from error
    for line in trust_lines(trusted):
        click.echo(line)
    click.echo(f"log        {trusted.broker.log_url}")
    for line in sign_in_lines(trusted):
        click.echo(line)
    # The witnesses' keys are short as they are, and stand in their own files in this form.
    for line in trusted.quorum.splitlines() or ["no witness: the broker alone vouches for its log"]:
        click.echo(f"witnesses  {line}")


def _logins(settings: Settings, path: Path | None) -> dict[str, LoginProvider]:
    from keys.sign_in_trust import LoginProvider, login_keys

    if path is None:
        return {}
    if not settings.login_issuer:
        raise BrokerError("--login-keys: the broker's settings name no login_issuer")
    found = LoginProvider(
        settings.login_issuer,
        settings.login_client_id,
        settings.login_claim,
        login_keys(read_json(path)),
    )
    return {found.issuer: found}


def _roots(named: tuple[str, ...]) -> dict[str, VerifyKey]:
    roots = {}
    for each in named:
        owner, equals, path = each.partition("=")
        if not equals:
            raise BrokerError("write ID=FILE, such as polri=polri-root.json")
        roots[owner] = VerifyKey.from_jwk(read_json(Path(path)))
    return roots
