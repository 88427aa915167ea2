"""`izin audit verify`: once, or again and again (`--watch`)."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.commands.bundle import check_bundle_command, is_evidence
from audit.commands.terminal import read_text, read_token
from audit.continued import CONTINUED, Link
from audit.errors import AuditError, TamperedError
from audit.examine import Place, Trust, examine
from audit.exits import (
    COULD_NOT_RUN,
    TAMPERED,
    VKEY_HELP,
    as_json_option,
    could_not_run,
    outcome,
    print_json,
)
from audit.following import Earlier, follow
from audit.kept import Kept
from audit.monitor import parse_command, watch
from audit.note import Verifier, parse_vkey, with_earlier
from audit.source import is_url, open_source, unchecked_checkpoint
from audit.state import read_state, write_state
from audit.verdict import Verdict, as_json, as_lines
from audit.verify import Opened, open_newest
from audit.watch import Look, Monitor
from audit.workers import processors

_path = click.Path(path_type=Path)
_A_DAY = 86_400


@click.command("verify")
@click.argument("source")
@click.option("--vkey", required=True, help=VKEY_HELP)
@click.option("--witness", "witnesses", multiple=True, help="A witness that must have cosigned.")
@click.option(
    "--earlier", multiple=True, metavar="SIZE:VKEY", help="A key before it, up to a size."
)
@click.option("--continues", multiple=True, metavar="VKEY", help="The key of the log before it.")
@click.option("--earlier-log", multiple=True, help="A copy of that log: URL, folder or file.")
@click.option("--since", type=_path, help="A checkpoint kept from earlier.")
@click.option("--state", type=_path, help="Go on from this file, and leave there how far it got.")
@click.option("--tag-files", is_flag=True, help="Compare the tag files of past days, too.")
@click.option("--token-file", type=_path, help="A reader's token.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; all processors if absent.")
@click.option("--watch", "every", type=click.FloatRange(min=0.1), help="Look again, in seconds.")
@click.option(
    "--stale-after",
    type=click.IntRange(min=1),
    default=_A_DAY,
    show_default=True,
    help="With --watch: seconds without a sign of life.",
)
@click.option("--on-alert", help="With --watch: a command; the alert's kind is added to it.")
@click.option("--metrics", type=_path, help="With --watch: a file in Prometheus' text format.")
@as_json_option
def verify_command(
    source: str,
    vkey: str,
    witnesses: tuple[str, ...],
    earlier: tuple[str, ...],
    continues: tuple[str, ...],
    earlier_log: tuple[str, ...],
    since: Path | None,
    state: Path | None,
    tag_files: bool,
    token_file: Path | None,
    jobs: int | None,
    every: float | None,
    stale_after: int,
    on_alert: str | None,
    metrics: Path | None,
    as_json: bool,
) -> None:
    """Verify the log at SOURCE: a log's URL, or a folder or a file made by export.

    For a file of `izin audit bundle`, check that its entries stand in the log (check-bundle).

    Exits 0 if every step passed, 1 if the log was tampered with, 2 if nothing can be said.
    """
    began = time.monotonic()
    if is_evidence(source):
        click.get_current_context().invoke(
            check_bundle_command, file=Path(source), vkey=vkey, witnesses=witnesses, as_json=as_json
        )
        return
    with outcome(as_json):
        opened: list[Opened] = []
        kept: Kept | None = None
        try:
            if every is None and (on_alert or metrics):
                raise AuditError("--on-alert and --metrics go with --watch")
            if tag_files and (every is not None or not is_url(source)):
                raise AuditError("--tag-files goes with the URL of a log, and without --watch")
            replaced = _earlier(earlier, (vkey, *continues))
            verifier = _verifier(vkey, replaced)
            trust = Trust(verifier, tuple(map(parse_vkey, witnesses)))
            token = read_token(token_file)
            number = jobs or processors()
            place = Place(open_source(source, token), source, token, number)
            keys = [_verifier(each, replaced) for each in continues]
            before = _before(keys, earlier_log, token, number)
            if before and every is not None:
                raise AuditError("--continues does not go with --watch")
            older = _older(since, [verifier, *(each.verifier for each in before)])
            kept = read_state(state) if state is not None else None
            if every is not None:
                monitor = Monitor(
                    place, trust, since=older, kept=kept, stale_after=stale_after, bar=_bar
                )
                command = parse_command(on_alert) if on_alert else []
                tell = _tell(as_json)
                watch(
                    monitor,
                    every=every,
                    tell=tell,
                    state=state,
                    metrics_file=metrics,
                    command=command,
                )
                raise click.exceptions.Exit(TAMPERED)  # it ends no other way
            verdict = _once(place, trust, older, kept, state, opened, before, tag_files)
        except AuditError as error:
            verdict = Verdict(opened[0] if opened else None, error=error)
        _end(_timed(verdict, kept, began, jobs or processors()), as_json)


def _earlier(texts: Sequence[str], newest: Sequence[str]) -> list[tuple[str, int]]:
    """Return vkey and last size of each `SIZE:VKEY`. newest: the keys that they may precede."""
    names = {parse_vkey(each).name for each in newest}
    found = []
    for text in texts:
        size, _, vkey = text.partition(":")
        if not (size.isascii() and size.isdigit() and len(size) <= 19):
            raise AuditError("write --earlier SIZE:VKEY")
        if parse_vkey(vkey).name not in names:
            raise AuditError("an earlier key of another log")
        found.append((vkey, int(size)))
    return found


def _verifier(vkey: str, replaced: Sequence[tuple[str, int]]) -> Verifier:
    """Return a log's verifier, with those of the replaced keys that were this log's."""
    newest = parse_vkey(vkey)
    return with_earlier(
        newest, [each for each in replaced if parse_vkey(each[0]).name == newest.name]
    )


def _once(
    place: Place,
    trust: Trust,
    older: Checkpoint | None,
    kept: Kept | None,
    state: Path | None,
    opened: list[Opened],
    before: Sequence[Earlier],
    tag_files: bool,
) -> Verdict:
    opened.append(open_newest(place.source, trust.verifier, trust.witnesses))
    # An older checkpoint of a log that this one continues is held against the link.
    is_own = older is not None and older.origin == trust.verifier.name
    report = examine(
        place,
        trust,
        opened[0],
        since=older if is_own else None,
        kept=kept,
        keep=state is not None,
        bar=_bar,
        tag_files=tag_files,
    )
    links: tuple[Link, ...] = ()
    if before or CONTINUED in report.kinds:
        checkpoint = opened[0].checkpoint
        links = follow(place.source, checkpoint, before, since=None if is_own else older)
    if state is not None and report.kept is not None:
        # Last: whatever failed before, the next run starts where this one did.
        write_state(state, report.kept)
    return Verdict(opened[0], report, continues=links)


def _timed(verdict: Verdict, kept: Kept | None, began: float, jobs: int) -> Verdict:
    return Verdict(
        verdict.opened,
        verdict.report,
        verdict.error,
        read_from=kept.edge.size if kept is not None else 0,
        seconds=time.monotonic() - began,
        jobs=jobs,
        continues=verdict.continues,
    )


def _older(since: Path | None, known: Sequence[Verifier]) -> Checkpoint | None:
    """Return a kept checkpoint of the log itself, or of one that it continues."""
    if since is None:
        return None
    note = read_text(since)
    origin = unchecked_checkpoint(note).origin
    key = next((each for each in known if each.name == origin), known[0])
    return open_checkpoint(note, key)


def _before(
    keys: Sequence[Verifier], copies: Sequence[str], token: str | None, jobs: int
) -> list[Earlier]:
    """Return what is given of the logs before, the newest first; a copy goes with each key."""
    if len(copies) > len(keys):
        raise AuditError("give the key of each --earlier-log with --continues")
    places = [Place(open_source(text, token), text, token, jobs) for text in copies]
    given = [*places, *[None] * (len(keys) - len(places))]
    return [Earlier(key, copy) for key, copy in zip(keys, given, strict=True)]


def _tell(json_wanted: bool) -> Callable[[Look], None]:
    def tell(look: Look) -> None:
        verdict = look.verdict
        if json_wanted:
            print_json({**as_json(verdict), "alerts": sorted(look.alerts), "age_seconds": look.age})
            return
        for kind in sorted(look.alerts):
            click.echo(f"ALERT {kind}")
        if verdict.result == "error":
            could_not_run(str(verdict.error))
        else:
            click.echo(list(as_lines(verdict))[-1])

    return tell


def _end(verdict: Verdict, json_wanted: bool) -> None:
    """Print the verdict and exit as it says."""
    if json_wanted:
        print_json(as_json(verdict))
    else:
        for line in as_lines(verdict):
            click.echo(line)
    if isinstance(verdict.error, TamperedError):
        raise click.exceptions.Exit(TAMPERED)
    if verdict.error is not None:
        could_not_run(str(verdict.error), quiet=json_wanted)
        raise click.exceptions.Exit(COULD_NOT_RUN)


@contextmanager
def _bar(entries: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=entries, label="entries", file=sys.stderr) as bar:
        yield bar.update
