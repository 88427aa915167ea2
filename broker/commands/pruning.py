"""`izin audit prune`: what goes from the broker's own log, said in plain words, then done."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import click

from audit.opening import open_store
from audit.pruned import LEAST_DAYS
from audit.pruning import NOTICE, Announced, Going, announce, announced, limit, look, remove
from audit.store import Store
from broker.commands.plain import plain_errors
from broker.settings import Settings, load_settings
from broker.wiring import now as by_the_clock
from broker.wiring import open_broker
from consent.persons import Clock


@plain_errors
def prune(
    before: date | None,
    below: int | None,
    *,
    dry_run: bool = False,
    compact: bool = False,
    clock: Clock = by_the_clock,
) -> None:
    """Announce what is to go, or remove what was announced a month ago; safe to repeat."""
    settings = load_settings()
    with closing(open_store(settings.log_place)) as store:
        if compact and not dry_run:
            store.compact()
            click.echo("Wrote the log's rows anew: the room of what was removed is free")
            return
        said = announced(store)
        if said is not None and said.below > store.pruning().below:
            if clock() < said.due:
                click.echo(_waiting(said))
                return
            _remove(store, said, clock, dry_run=dry_run)
            if dry_run:
                return
        _announce(store, settings, before, below, clock, dry_run=dry_run)


def _remove(store: Store, said: Announced, clock: Clock, *, dry_run: bool) -> None:
    going = look(store, said.below)
    click.echo(_told(going, f"Announced in entry {said.index}:"))
    if dry_run:
        click.echo("Nothing was removed: this was a dry run")
        return
    count = remove(store, said, now=clock())
    click.echo(f"Removed {count} bodies; the log's minimum index is {said.below}")


def _announce(
    store: Store,
    settings: Settings,
    before: date | None,
    below: int | None,
    clock: Clock,
    *,
    dry_run: bool,
) -> None:
    days = settings.log_bodies_days
    if before is None and below is None and not days:
        click.echo("Nothing to announce: log_bodies_days is 0, so all bodies stay")
        return
    if before is None:
        kept = LEAST_DAYS if below is not None else days
        before = (clock().astimezone(UTC) - timedelta(days=kept)).date()
    most = limit(store, now=clock(), before=before, most=below)
    if below is not None and most < below:
        click.echo(f"Entries from {most} on stay: bodies of {before} and later, and whole bundles")
    if most <= store.pruning().below:
        click.echo("Nothing to announce: no whole bundle of entries is old enough")
        return
    going = look(store, most)
    click.echo(_told(going, "To be announced:"))
    if going.until is None:
        click.echo("Nothing to announce: every one of these bodies stays")
        return
    if dry_run:
        click.echo("Nothing was announced: this was a dry run")
        return
    with open_broker(settings, clock=clock) as broker:
        index = announce(broker.log, store, going)
    click.echo(f"Announced in entry {index}; run this again on {_day(clock() + NOTICE)} or later")


def _told(going: Going, first: str) -> str:
    until = "" if going.until is None else f", the newest of {going.until}"
    return (
        f"{first} of entries {going.start} to {going.below - 1}, {going.bodies} bodies go "
        f"({going.size} bytes){until}; {going.remain} entries about grants, keys, policy and "
        f"formulas stay, and so do all hashes"
    )


def _waiting(said: Announced) -> str:
    return (
        f"Entry {said.index} announces that bodies under {said.below} may go; that may be done on "
        f"{_day(said.due)} or later, and nothing else is announced until then"
    )


def _day(moment: datetime) -> str:
    """Return the first whole UTC day that begins at `moment` or later."""
    return (moment.astimezone(UTC) + timedelta(days=1)).date().isoformat()
