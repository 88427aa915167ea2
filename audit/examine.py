"""A verification with all that it takes around `verify`: the steps that a source must offer.

Steps 10, 13 and 14 are taken here because only some sources have what they look at; so is the
choice of processes. What the command line, the monitor and anybody else calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from audit.checkpoint import Checkpoint
from audit.kept import Kept
from audit.note import Verifier
from audit.source import FileSource, FolderSource, HttpSource, LogSource
from audit.steps import FILES, TAGS, WITHDRAWN
from audit.tag_checks import check_tag_files
from audit.verify import Opened, Report, verify
from audit.withdrawals import check_withdrawn, days_of
from audit.workers import checker_for

ProgressBar = Callable[[int], AbstractContextManager[Callable[[int], None]]]
"""Opens a display of progress over that many entries; what it yields is told of entries read."""


@dataclass(frozen=True)
class Place:
    """Where a log is and how it is read. token: of a reader, to see fresh entries."""

    source: LogSource
    text: str
    token: str | None = None
    jobs: int = 1


@dataclass(frozen=True)
class Trust:
    """What the auditor brings along: the log's key and the witnesses that must have cosigned."""

    verifier: Verifier
    witnesses: Sequence[Verifier] = ()


def no_bar(_: int) -> AbstractContextManager[Callable[[int], None]]:
    """Show nothing."""
    return nullcontext(lambda _: None)


def examine(
    place: Place,
    trust: Trust,
    opened: Opened,
    *,
    since: Checkpoint | None = None,
    kept: Kept | None = None,
    keep: bool = False,
    bar: ProgressBar = no_bar,
    all_days: bool = True,
    tag_files: bool = False,
) -> Report:
    """Return a report on the log whose checkpoint is `opened`, all steps taken that can be.

    all_days: whether step 13 asks for every day's list, or for those since `kept` only. tag_files:
    whether to take step 14, which reads every entry once more. Raises as `verify` does.
    """
    size = opened.checkpoint.size
    entries = size - (kept.edge.size if kept is not None else 0)
    with (
        checker_for(place.text, place.token, entries=entries, jobs=place.jobs) as checker,
        bar(max(0, entries)) as progress,
    ):
        report = verify(
            place.source,
            trust.verifier,
            witnesses=trust.witnesses,
            since=since,
            kept=kept,
            opened=opened,
            checker=checker,
            progress=progress,
            keep=keep,
        )
    if isinstance(place.source, FolderSource | FileSource):
        place.source.check_files(size)  # 10
        report = report.with_step(FILES)
    if isinstance(place.source, HttpSource) and report.began and report.newest:
        began = report.began if all_days or kept is None or not kept.at else kept.at
        ended = [each for each in report.ended if each.day >= began[:10]]
        days = days_of(began, report.newest, ended)
        if check_withdrawn(place.source.withdrawn, ended, size=size, days=days):  # 13
            report = report.with_step(WITHDRAWN)
    if tag_files and isinstance(place.source, HttpSource) and report.began and report.newest:
        past = days_of(report.began, report.newest, ())[:-1]  # the days that are over
        if check_tag_files(place.source.tag_file, place.source.read, size, past):  # 14
            report = report.with_step(TAGS)
    return report
