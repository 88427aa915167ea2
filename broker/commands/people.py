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
