"""`izin person`: people who may sign in. What is typed comes from standard input, never argv,
where the shell's history and every other user of the machine would see it.
"""

from __future__ import annotations

import sys

import click

from broker.commands.plain import plain_errors
from broker.errors import BrokerError


@click.group()
def person() -> None:
    """People who apply, enrolled at a counter."""


@person.command("add")
@plain_errors
def person_add() -> None:
    """Enrol a person. Reads four lines from standard input: NIK, PIN, name, village code."""
    from broker.wiring import open_broker

    if sys.stdin.isatty():
        nik = click.prompt("NIK", err=True)
        pin = click.prompt("PIN (6 digits)", hide_input=True, confirmation_prompt=True, err=True)
        name = click.prompt("Name", err=True)
        village = click.prompt("Village code", err=True)
    else:
        lines = sys.stdin.read().splitlines()
        if len(lines) != 4:
            raise BrokerError("write four lines to standard input: NIK, PIN, name, village code")
        nik, pin, name, village = lines
    with open_broker() as broker:
        if village not in broker.policy.areas:
            names = ", ".join(sorted(broker.policy.areas))
            raise BrokerError(f"there is no such village in the policy; it has {names}")
        broker.persons.enrol(nik, pin, name, village)
    click.echo("Enrolled; she can sign in with her NIK and PIN.")


@person.command("replace-key")
@plain_errors
def person_replace_key() -> None:
    """Replace a person's trace key, and print the new one. Reads her NIK from standard input.

    For who cannot do it herself. She is asked to replace it again when she next signs in, since
    whoever runs this sees the key.
    """
    from audit.trace import format_trace_key
    from broker.wiring import open_broker

    nik = _nik()
    with open_broker() as broker:
        person_id = _known(broker.persons.with_nik(nik))
        broker.asking.trace_keys.replace(person_id, printed=True)
        key = broker.persons.open(person_id).trace_key
        click.echo(format_trace_key(broker.log.origin, key))
    click.echo("Replaced. Print the line above as her part B, and keep no copy.", err=True)


@person.command("printed")
@plain_errors
def person_printed() -> None:
    """Note that an agent printed a person's receipt. Reads her NIK from standard input.

    She is then asked, at her own sign-in, to replace the key that the agent may have seen.
    """
    from broker.wiring import open_broker

    nik = _nik()
    with open_broker() as broker:
        broker.asking.trace_keys.set_printed(_known(broker.persons.with_nik(nik)))
    click.echo("Noted; she is asked to replace her trace key when she signs in.")


def _nik() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("NIK", err=True))
    return sys.stdin.readline().strip()


def _known(person_id: str | None) -> str:
    if person_id is None:
        raise BrokerError("nobody with this NIK is enrolled")
    return person_id
