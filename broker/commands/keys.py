"""`izin keys`: look at the broker's keys, and give the log a new one."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from broker.commands.plain import plain_errors


@click.group()
def keys() -> None:
    """The broker's keys; no command shows a secret."""


@keys.command("list")
@plain_errors
def keys_list() -> None:
    """List the broker's keys: use, state, age and name."""
    from broker.db import open_engine
    from broker.identity import open_keyring
    from broker.settings import load_settings
    from broker.wiring import now
    from keys.providers.file import FileKek

    settings = load_settings()
    engine = open_engine(settings.database_url)
    keyring = open_keyring(engine, FileKek.open(settings.kek_path), settings, clock=now)
    for record in keyring.list():
        made = datetime.fromtimestamp(record.created, UTC).date().isoformat()
        click.echo(f"{record.use}\t{record.state}\t{made}\t{record.kid}")
    engine.dispose()


@keys.command("vkeys")
@plain_errors
def keys_vkeys() -> None:
    """Print the verifier keys of the log, a line each, for auditors: Ed25519, then ML-DSA-44.

    For `izin audit verify`: the first as --vkey, the last as --witness. Between them stands, after
    `izin keys rotate log`, the old key.
    """
    from broker.wiring import open_broker

    with open_broker() as broker:
        for vkey in broker.log.vkeys:
            click.echo(vkey)
        if broker.cosigning is not None:
            click.echo(broker.cosigning.vkey)


@keys.command("rotate")
@click.argument("use", type=click.Choice(["log"]))
@plain_errors
def keys_rotate(use: str) -> None:
    """Make a new key that signs the log, beside which the old one goes on signing.

    Restart `izin serve` after it; give the trust files that `izin trust make` then prints to every
    agency and programme; end the old key with `izin keys retire log` once they are in place.
    """
    from broker.rotation import rotate_log
    from broker.settings import load_settings
    from broker.wiring import now

    vkeys = rotate_log(load_settings(), clock=now)
    click.echo(f"New {use} key: {vkeys[0]}")
    click.echo(f"Signs beside it: {vkeys[1]}")
    click.echo("Now restart izin serve, and renew every trust file (izin trust make)")


@keys.command("retire")
@click.argument("use", type=click.Choice(["log"]))
@plain_errors
def keys_retire(use: str) -> None:
    """End the old key of the log, which signs beside the new one since `izin keys rotate log`.

    Restart `izin serve` after it, and renew the trust files once more: from then on what the old
    key signs counts for a log up to the size printed, and no larger one.
    """
    from broker.rotation import retire_log
    from broker.settings import load_settings
    from broker.wiring import now

    vkey, last_size = retire_log(load_settings(), clock=now)
    click.echo(f"Retired {use} key: {vkey}")
    click.echo(f"It counts up to {last_size} entries: --earlier {last_size}:{vkey}")
    click.echo("Now restart izin serve, and renew every trust file (izin trust make)")
